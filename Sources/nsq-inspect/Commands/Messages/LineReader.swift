import Glibc

/// Reads lines of bounded length from a file or standard input.
final class LineReader {
    /// Bytes that were read.
    private(set) var bytesRead: UInt64 = 0
    /// Bytes of the file; 0 when that cannot be told.
    let byteCount: UInt64

    private let descriptor: Int32
    private var waiting: [UInt8] = []
    private var start = 0
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
        var searched = start
        while true {
            if let end = newline(from: searched) {
                let line = Array(waiting[start..<end])
                start = end + 1
                return line
            }
            if isAtEnd { return rest() }
            waiting.removeFirst(start)
            start = 0
            searched = waiting.count
            guard waiting.count <= Self.maximumLineBytes else {
                throw InspectorError("a line is longer than \(Self.maximumLineBytes) bytes")
            }
            try fill()
        }
    }

    private func newline(from offset: Int) -> Int? {
        waiting[offset...].firstIndex(of: UInt8(ascii: "\n"))
    }

    /// A last line that has no end.
    private func rest() -> [UInt8]? {
        guard start < waiting.count else { return nil }
        let line = Array(waiting[start...])
        start = waiting.count
        return line
    }

    private func fill() throws {
        var chunk = [UInt8](repeating: 0, count: Self.chunkBytes)
        var count = -1
        repeat {
            count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        } while count < 0 && errno == EINTR
        guard count >= 0 else {
            throw InspectorError("cannot read lines: \(String(cString: strerror(errno)))")
        }
        isAtEnd = count == 0
        bytesRead += UInt64(count)
        waiting.append(contentsOf: chunk.prefix(count))
    }
}
