private import Glibc

/// The operating system's words for an error number.
package enum SystemErrorText {
    /// The text of `number`, such as "No space left on device".
    ///
    /// Callable from any thread.
    package static func of(_ number: Int32) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let base = buffer.baseAddress,
                strerror_r(number, base, buffer.count) == 0
            else { return "error \(number)" }
            return String(cString: base)
        }
    }
}
