/// One thing in a store that is not as it should be.
package struct Finding: Sendable, Equatable {
    /// How bad it is.
    package enum Severity: String, Sendable {
        /// Bytes that the store relies on are damaged or missing.
        case damage
        /// Worth knowing: the next start deals with it, and nothing is lost.
        case notice
    }

    /// How bad it is.
    package var severity: Severity
    /// The file, or the folder when no file can be blamed.
    package var path: String
    /// Where in the file, bytes; `nil` when it is about the whole of it.
    package var offset: Int?
    /// How many bytes it is about.
    package var byteCount: Int?
    /// Messages that are lost with them, as far as it can be known.
    package var lostMessages: UInt64 = 0
    /// What it is, in one line.
    package var text: String

    /// Bytes the store relies on are damaged or missing.
    static func damage(
        _ path: String,
        _ text: String,
        at range: Range<Int>? = nil,
        lost: UInt64 = 0
    ) -> Finding {
        Finding(
            severity: .damage,
            path: path,
            offset: range?.lowerBound,
            byteCount: range?.count,
            lostMessages: lost,
            text: text
        )
    }

    /// Worth knowing.
    static func notice(_ path: String, _ text: String, at range: Range<Int>? = nil) -> Finding {
        Finding(
            severity: .notice,
            path: path,
            offset: range?.lowerBound,
            byteCount: range?.count,
            text: text
        )
    }
}
