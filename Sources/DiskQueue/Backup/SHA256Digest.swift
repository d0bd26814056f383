private import CLibcrypto
private import Glibc

/// SHA-256 of bytes as they come, by the system's libcrypto.
final class SHA256Digest {
    /// Characters of a digest in hexadecimal.
    static let characters = 64

    private let context: OpaquePointer

    /// Begins a digest.
    init() throws(FileSystemError) {
        guard let context = EVP_MD_CTX_new() else { throw Self.failure }
        self.context = context
        try Self.check(EVP_DigestInit_ex(context, EVP_sha256(), nil))
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds `bytes`.
    func update(_ bytes: [UInt8]) throws(FileSystemError) {
        try Self.check(EVP_DigestUpdate(context, bytes, bytes.count))
    }

    /// The digest of all that was added, in lower-case hexadecimal; nothing may be added afterwards.
    func finish() throws(FileSystemError) -> String {
        var bytes = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        try Self.check(EVP_DigestFinal_ex(context, &bytes, &count))
        return bytes.prefix(Int(count)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    private static func check(_ status: Int32) throws(FileSystemError) {
        guard status == 1 else { throw failure }
    }

    private static var failure: FileSystemError {
        FileSystemError(operation: "compute SHA-256 with", path: "libcrypto", errno: ENOTSUP)
    }
}
