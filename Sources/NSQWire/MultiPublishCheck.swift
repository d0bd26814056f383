/// Checks the body of an MPUB as it comes in, and remembers how far it got.
///
/// The memory makes input in small pieces cost no more than input at once. MPUB's total is compared with its
/// limit and otherwise only a hint of how much will come: the count and the inner sizes decide, as in the
/// original. Source: `nsqd` spec 1.8 and 1.9.
struct MultiPublishCheck: Sendable {
    private var checkedCount = 0
    private var offset = 0

    /// Judges the MPUB at the start of `input`, whose body begins at `bodyStart`.
    ///
    /// - Throws: The answer to a bad body, as soon as enough of it is there to tell.
    mutating func next(
        _ input: UnsafeRawBufferPointer,
        bodyStart: Int,
        limits: CommandLimits,
        inputHasEnded: Bool
    ) throws(ProtocolError) -> CommandReader.Step {
        guard let total = WireSize.read(input, at: bodyStart) else {
            guard !inputHasEnded else { throw .unreadableSize(.publishMany) }
            return .needsBytes(bodyStart + 4)
        }
        guard total > 0 else { throw .invalidSize(.publishMany, total) }
        guard Int(total) <= limits.maximumBodyBytes else {
            throw .tooBig(.publishMany, total, limit: limits.maximumBodyBytes)
        }
        let announcedEnd = bodyStart + 4 + Int(total)
        guard let count = WireSize.read(input, at: bodyStart + 4) else {
            guard !inputHasEnded else { throw .unreadableMessageCount }
            return .needsBytes(max(bodyStart + 8, announcedEnd))
        }
        guard count > 0, Int(count) <= limits.maximumMessageCount else {
            throw .invalidMessageCount(count)
        }
        let start = bodyStart + 8
        offset = max(offset, start)
        if let needed = try check(input, Int(count), limits, inputHasEnded) {
            return .needsBytes(max(needed, announcedEnd))
        }
        guard let base = input.baseAddress else { return .needsLine }
        let end = offset
        self = MultiPublishCheck()
        let bodies = MessageBodies(start: base + start, count: Int(count))
        return .command(.publishMany(bodies), byteCount: end)
    }

    /// Checks the bodies not checked so far; gives the bytes of input that the next one needs, or `nil`
    /// when all are there.
    private mutating func check(
        _ input: UnsafeRawBufferPointer,
        _ count: Int,
        _ limits: CommandLimits,
        _ inputHasEnded: Bool
    ) throws(ProtocolError) -> Int? {
        while checkedCount < count {
            guard let size = WireSize.read(input, at: offset) else {
                guard !inputHasEnded else { throw .unreadableMessageSize(index: checkedCount) }
                return offset + 4
            }
            guard size > 0 else { throw .invalidMessageSize(index: checkedCount, size) }
            guard Int(size) <= limits.maximumMessageBytes else {
                throw .messageTooBig(size, limit: limits.maximumMessageBytes)
            }
            let end = offset + 4 + Int(size)
            guard end <= input.count else {
                guard !inputHasEnded else { throw .shortMessage }
                return end
            }
            offset = end
            checkedCount += 1
        }
        return nil
    }
}
