package import NSQCore

/// The topic named by the latest publish command, checked against the grammar once per change of name.
///
/// A producer names the same topic in command after command; comparing bytes spares it the check, the
/// `String` and the lookup, and a PUB even the reading of its line. Whoever caches what belongs to the name
/// compares ``revision``.
package struct PublishTarget: Sendable {
    /// The name; `nil` before the first publish.
    package private(set) var name: TopicName?

    /// Rises with every change of ``name``.
    package private(set) var revision: UInt64 = 0

    /// Whether the client was found to be allowed to publish to it; a new name has yet to be.
    package internal(set) var isPermitted = false

    private static let prefix: StaticString = "PUB "

    /// The line of a PUB to the topic: prefix, name, `\n`.
    private var line = InlineArray<69, UInt8>(repeating: 0)

    /// Bytes of ``line``; 0 before the first publish.
    private var lineByteCount = 0

    /// Makes `candidate` the target; `false`, with nothing changed, when it is no topic name.
    mutating func select(_ candidate: UnsafeRawBufferPointer) -> Bool {
        if isSelected(candidate) { return true }
        guard let topic = TopicName(raw: candidate) else { return false }
        let prefix = UnsafeBufferPointer(
            start: Self.prefix.utf8Start,
            count: Self.prefix.utf8CodeUnitCount
        )
        lineByteCount = 0
        append(prefix)
        append(candidate)
        append(CollectionOfOne(UInt8(ascii: "\n")))
        name = topic
        isPermitted = false
        revision &+= 1
        return true
    }

    /// Bytes of the plain PUB line to the target at the start of `input`; `nil` when another line is there.
    mutating func publishLine(in input: UnsafeRawBufferPointer) -> Int? {
        let count = lineByteCount
        guard count > 0, input.count >= count else { return nil }
        let isEqual = withUnsafeBytes(of: &line) { line in
            ByteSearch.equal(
                UnsafeRawBufferPointer(rebasing: line[..<count]),
                UnsafeRawBufferPointer(rebasing: input[..<count])
            )
        }
        return isEqual ? count : nil
    }

    private mutating func isSelected(_ candidate: UnsafeRawBufferPointer) -> Bool {
        let nameStart = Self.prefix.utf8CodeUnitCount
        let nameEnd = lineByteCount - 1
        guard nameEnd - nameStart == candidate.count else { return false }
        return withUnsafeBytes(of: &line) {
            ByteSearch.equal(UnsafeRawBufferPointer(rebasing: $0[nameStart..<nameEnd]), candidate)
        }
    }

    private mutating func append(_ bytes: some Collection<UInt8>) {
        for byte in bytes {
            line[lineByteCount] = byte
            lineByteCount += 1
        }
    }
}
