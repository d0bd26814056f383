private import Glibc

/// The name of this machine.
package enum HostName {
    /// What the kernel calls this machine; empty when it cannot be read.
    package static func current() -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 257) { buffer in
            buffer.initialize(repeating: 0)
            // The last byte stays zero whatever the length, so the text always ends.
            guard let base = buffer.baseAddress, gethostname(base, buffer.count - 1) == 0 else {
                return ""
            }
            return String(cString: base)
        }
    }
}
