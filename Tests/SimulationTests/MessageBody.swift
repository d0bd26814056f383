import DiskQueueTesting

/// Bodies of which every byte follows from the message's number, so that any wrong one shows.
enum MessageBody {
    /// The body of message `key`.
    static func bytes(of key: UInt64) -> [UInt8] {
        var random = SeededGenerator(seed: key &* 0x9E37_79B9_7F4A_7C15)
        let count =
            switch random.below(40) {
            case 0: 2_500
            case 1...5: 400 + random.below(500)
            default: 8 + random.below(150)
            }
        var bytes = little(key)
        while bytes.count < count { bytes += little(random.next()) }
        return Array(bytes.prefix(count))
    }

    /// The message whose body this is; `nil` when it is none's.
    static func key(of body: UnsafeRawBufferPointer) -> UInt64? {
        guard body.count >= 8 else { return nil }
        let key = UInt64(littleEndian: body.loadUnaligned(as: UInt64.self))
        return bytes(of: key).elementsEqual(body) ? key : nil
    }

    private static func little(_ value: UInt64) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}
