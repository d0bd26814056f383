package import NSQCore

/// The topic named by the latest publish command, checked against the grammar once per change of name.
///
/// A producer names the same topic in command after command; comparing bytes spares it the check, the
/// `String` and the lookup. Whoever caches what belongs to the name compares ``revision``.
package struct PublishTarget: Sendable {
    /// The name; `nil` before the first publish.
    package private(set) var name: TopicName?

    /// Rises with every change of ``name``.
    package private(set) var revision: UInt64 = 0

    private var bytes = InlineArray<64, UInt8>(repeating: 0)
    private var byteCount = 0

    /// Makes `candidate` the target; `false`, with nothing changed, when it is no topic name.
    mutating func select(_ candidate: UnsafeRawBufferPointer) -> Bool {
        if byteCount > 0, isSelected(candidate) { return true }
        guard let topic = TopicName(bytes: candidate) else { return false }
        for (index, byte) in candidate.enumerated() {
            bytes[index] = byte
        }
        byteCount = candidate.count
        name = topic
        revision &+= 1
        return true
    }

    private mutating func isSelected(_ candidate: UnsafeRawBufferPointer) -> Bool {
        let count = byteCount
        return withUnsafeBytes(of: &bytes) {
            ByteSearch.equal(UnsafeRawBufferPointer(rebasing: $0[..<count]), candidate)
        }
    }
}
