private import Glibc

/// How a system call is made: interrupted ones are repeated, failures become ``FileSystemError``.
enum SystemCall {
    /// Makes `call`, repeating it while signals interrupt it.
    ///
    /// - Returns: what the call returned, 0 or more.
    @inline(__always)
    static func run<Value: SignedInteger>(
        _ operation: String,
        _ path: String,
        _ call: () -> Value
    ) throws(FileSystemError) -> Value {
        while true {
            let result = call()
            if result >= 0 { return result }
            let number = errno
            if number != EINTR {
                throw FileSystemError(operation: operation, path: path, errno: number)
            }
        }
    }

    /// Makes `call` once, for syncs.
    ///
    /// After any failure, an interruption too, nobody knows what is durable, and a second call on the
    /// same descriptor may report success for lost bytes.
    static func once(
        _ operation: String,
        _ path: String,
        _ call: () -> Int32
    ) throws(FileSystemError) {
        if call() < 0 {
            throw FileSystemError(operation: operation, path: path, errno: errno)
        }
    }
}
