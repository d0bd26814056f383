/// A valid topic name: 1 to 64 bytes of `[.a-zA-Z0-9_-]`, optionally ended by `#ephemeral`.
///
/// A name is ASCII by construction, so `String` equality is byte equality here. It is never used as a
/// path component: `..` is legal. Source: `nsqd` spec 1.7.
package struct TopicName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The name as it stands on the wire.
    package let text: String

    /// Checks `bytes` against the grammar; `nil` when they are no topic name.
    package init?(bytes: some Collection<UInt8>) {
        guard NameGrammar.accepts(bytes) else { return nil }
        text = String(decoding: bytes, as: UTF8.self)
    }

    /// Checks `text` against the grammar; `nil` when it is no topic name.
    package init?(_ text: String) {
        self.init(bytes: text.utf8)
    }

    /// Whether the name ends with `#ephemeral`: such a topic is never written to disk.
    package var isEphemeral: Bool { text.hasSuffix(NameGrammar.ephemeralSuffix) }

    package var description: String { text }

    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}
