/// A note that a test harness puts between the operations of a simulated disk, such as "message 7
/// acknowledged".
package struct Mark: Hashable, Sendable {
    /// What a mark says; a harness adds its own.
    package struct Kind: Hashable, Sendable, ExpressibleByStringLiteral {
        /// The word, as it appears in a printed log.
        package let name: String

        /// Composes a kind from its word.
        package init(stringLiteral name: String) {
            self.name = name
        }
    }

    /// What happened.
    package let kind: Kind

    /// To which message, or whatever the harness numbers.
    package let subject: UInt64

    /// At which channel, or whatever the harness adds to the subject.
    package let detail: UInt64

    /// Composes a mark.
    package init(_ kind: Kind, _ subject: UInt64 = 0, _ detail: UInt64 = 0) {
        self.kind = kind
        self.subject = subject
        self.detail = detail
    }
}
