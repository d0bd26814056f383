import Glibc

/// Reads lines of bounded length from a file or standard input.
final class LineReader {
    /// Bytes that were read.
    private(set) var bytesRead: UInt64 = 0
    /// Bytes of the file; 0 when that cannot be told.
    let byteCount: UInt64

    private let descriptor: Int32
    private var waiting: [UInt8] = []
    private var at = 0
    private var isAtEnd = false

    /// A body of the largest size that nsqd takes by default is a hundredth of it.
    private static let maximumLineBytes = 512 << 20
    private static let chunkBytes = 1 << 20

    /// Opens `path`; `-` is standard input.
    init(_ path: String) throws {
        descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw InspectorError("cannot open \(path): \(String(cString: strerror(errno)))")
        }
        var status = stat()
        let isFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        byteCount = isFile ? UInt64(clamping: status.st_size) : 0
    }

    deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

    /// The next line without its end; `nil` behind the last one.
    func next() throws -> [UInt8]? {
        var searched = at
        while true {
            if let end = waiting[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { at = end + 1 }
                return Array(waiting[at..<end])
            }
            if isAtEnd {
                defer { at = waiting.count }
                return at < waiting.count ? Array(waiting[at...]) : nil
            }
            waiting.removeFirst(at)
            at = 0
            searched = waiting.count
            guard waiting.count <= Self.maximumLineBytes else {
                throw InspectorError("a line is longer than \(Self.maximumLineBytes) bytes")
            }
            try fill()
        }
    }

    private func fill() throws {
        var chunk = [UInt8](repeating: 0, count: Self.chunkBytes)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw InspectorError("cannot read lines: \(String(cString: strerror(errno)))")
            }
            isAtEnd = count == 0
            bytesRead += UInt64(count)
            waiting.append(contentsOf: chunk[..<count])
            return
        }
    }
}
