import Glibc
import Synchronization

/// Where answers go.
enum StandardOutput {
    private static let waiting = Mutex<[UInt8]>([])
    private static let bufferBytes = 64 * 1024

    /// Writes text as it is, once ``flush()`` is called or much of it has come.
    static func write(_ text: String) { write(text.utf8) }

    /// Writes bytes as they are; see ``write(_:)-(String)``.
    static func write(_ bytes: some Sequence<UInt8>) {
        let isFull = waiting.withLock { waiting in
            waiting.append(contentsOf: bytes)
            return waiting.count >= bufferBytes
        }
        if isFull { flush() }
    }

    /// Hands what was written to whoever reads it.
    static func flush() {
        let bytes = waiting.withLock { waiting in
            defer { waiting.removeAll(keepingCapacity: true) }
            return waiting
        }
        Descriptor(number: STDOUT_FILENO).write(bytes)
    }

    /// Whether a person looks at it.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
}

/// An open file descriptor of the process.
struct Descriptor {
    /// Its number.
    let number: Int32

    /// Writes all of `bytes`; ends the program when nobody can take them any more.
    func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            if count < 0 { Glibc.exit(ExitStatus.failure.rawValue) }
            rest = rest.dropFirst(count)
        }
    }
}
