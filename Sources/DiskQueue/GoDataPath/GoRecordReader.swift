/// Reads the records of one data file of the original, and finds the next one behind damage.
///
/// The format has no checksum. A record is believed when its length is possible and what follows it looks like a
/// record too, or is the end; otherwise the next place is looked for at which length, time and id are all
/// possible, byte by byte. Source: `nsqd` spec 9.3.
///
/// Memory: 256 KiB, or one record that is longer.
package struct GoRecordReader {
    /// Offset of what was not looked at yet.
    private(set) var offset: Int
    /// Bytes that are no record.
    package private(set) var passedOverBytes = 0
    /// Where the first of them is; `nil` without any.
    private(set) var firstDamage: Int?

    private let file: any File
    private let end: Int
    private let maximumLength: Int
    private var buffer = ReadBuffer(minimum: ReadBuffer.pooledBytes)
    private var windowStart = 0
    private var windowCount = 0

    /// Reads `file` from `start` on.
    ///
    /// `maximumBodyBytes`: a longer message is taken for damage.
    package init(
        _ file: any File,
        from start: Int,
        maximumBodyBytes: Int
    ) throws(FileSystemError) {
        self.file = file
        end = try file.size()
        offset = start
        maximumLength = maximumBodyBytes + GoRecord.countedBytes
    }

    /// The next record; its body lives until the next call.
    ///
    /// - Returns: `nil` at the end.
    package mutating func next() throws(FileSystemError) -> GoRecord? {
        while offset < end {
            guard let head = try head(at: offset), fits(head.length, at: offset) else {
                try passOver(before: end)
                continue
            }
            let after = offset + 4 + head.length
            if try !isRecordOrEnd(after) {
                // The length is wrong when what it covers holds another record.
                if let inner = try nextPlausible(from: offset + 1, before: after) {
                    passOver(to: inner)
                    continue
                }
                if !head.isOfMessage {
                    try passOver(before: end)
                    continue
                }
            }
            guard let bytes = try view(4 + head.length, at: offset) else { break }
            offset = after
            return GoRecord(
                timestamp: head.timestamp,
                attempts: head.attempts,
                id: head.id,
                body: UnsafeRawBufferPointer(rebasing: bytes[GoRecord.headBytes...])
            )
        }
        // Nothing, unless the file was cut meanwhile.
        skipRest()
        return nil
    }

    /// Gives up what was not looked at.
    mutating func skipRest() {
        passOver(to: max(offset, end))
    }

    // MARK: - Judging

    private func fits(_ length: Int, at place: Int) -> Bool {
        (GoRecord.countedBytes...maximumLength).contains(length) && length <= end - place - 4
    }

    /// Whether a record may begin at `place`, behind another one.
    ///
    /// One whose length, or whose time or id, is damaged still does.
    private func isRecordOrEnd(_ place: Int) throws(FileSystemError) -> Bool {
        guard end - place >= GoRecord.headBytes, let head = try peek(place) else {
            return place == end
        }
        if head.isOfMessage { return true }
        guard fits(head.length, at: place) else { return false }
        let after = place + 4 + head.length
        guard end - after >= GoRecord.headBytes, let next = try peek(after) else {
            return after == end
        }
        return fits(next.length, at: after)
    }

    private mutating func passOver(before limit: Int) throws(FileSystemError) {
        passOver(to: try nextPlausible(from: offset + 1, before: limit) ?? limit)
    }

    private mutating func passOver(to place: Int) {
        guard place > offset else { return }
        firstDamage = firstDamage ?? offset
        passedOverBytes += place - offset
        offset = place
    }

    /// The first place before `limit` at which length, time and id are those of a record.
    private mutating func nextPlausible(
        from start: Int,
        before limit: Int
    ) throws(FileSystemError) -> Int? {
        var place = start
        while place < limit, try view(GoRecord.headBytes, at: place) != nil {
            let bytes = UnsafeRawBufferPointer(start: buffer.base, count: windowCount)
            let last = min(limit - 1, windowStart + windowCount - GoRecord.headBytes)
            while place <= last {
                let at = place - windowStart
                if fits(GoRecordHead.length(bytes, at: at), at: place),
                    GoRecordHead(bytes, at: at).isOfMessage
                {
                    return place
                }
                place += 1
            }
        }
        return nil
    }

    // MARK: - Bytes

    private func isInWindow(_ count: Int, at place: Int) -> Bool {
        place >= windowStart && place + count <= windowStart + windowCount
    }

    private mutating func head(at place: Int) throws(FileSystemError) -> GoRecordHead? {
        try view(GoRecord.headBytes, at: place).map { GoRecordHead($0) }
    }

    /// The head at `place`, without moving the window.
    private func peek(_ place: Int) throws(FileSystemError) -> GoRecordHead? {
        if isInWindow(GoRecord.headBytes, at: place) {
            let bytes = UnsafeRawBufferPointer(start: buffer.base, count: windowCount)
            return GoRecordHead(bytes, at: place - windowStart)
        }
        let bytes = try file.read(GoRecord.headBytes, at: place)
        guard bytes.count == GoRecord.headBytes else { return nil }
        return bytes.withUnsafeBytes { GoRecordHead($0) }
    }

    /// The `count` bytes at `place`; `nil` when the file ends before.
    private mutating func view(
        _ count: Int,
        at place: Int
    ) throws(FileSystemError) -> UnsafeRawBufferPointer? {
        guard count <= end - place else { return nil }
        if !isInWindow(count, at: place) {
            if count > buffer.capacity || buffer.capacity > max(count, ReadBuffer.pooledBytes) {
                buffer = ReadBuffer(minimum: max(count, ReadBuffer.pooledBytes))
            }
            windowStart = place
            windowCount = 0
            windowCount = try file.read(
                into: UnsafeMutableRawBufferPointer(
                    start: buffer.base,
                    count: min(buffer.capacity, end - place)
                ),
                at: place
            )
            guard windowCount >= count else { return nil }
        }
        return UnsafeRawBufferPointer(start: buffer.base + (place - windowStart), count: count)
    }
}
