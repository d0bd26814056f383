/// A message frame as a consumer reads it.
struct ReceivedMessage: Hashable {
    let id: UInt64
    let attempts: UInt16
    let timestamp: Int64
    let body: String

    /// Reads all frames of `bytes`; `nil` when they are not whole frames in wire form.
    static func all(in bytes: some Collection<UInt8>) -> [ReceivedMessage]? {
        let bytes = Array(bytes)
        var messages: [ReceivedMessage] = []
        var offset = 0
        while offset < bytes.count {
            guard bytes.count - offset >= 34 else { return nil }
            let size = Int(number(bytes[offset..<offset + 4]))
            guard size >= 30, bytes.count - offset >= size + 4,
                number(bytes[offset + 4..<offset + 8]) == 2,
                let id = UInt64(
                    String(decoding: bytes[offset + 18..<offset + 34], as: UTF8.self),
                    radix: 16
                )
            else { return nil }
            messages.append(
                ReceivedMessage(
                    id: id,
                    attempts: UInt16(number(bytes[offset + 16..<offset + 18])),
                    timestamp: Int64(bitPattern: number(bytes[offset + 8..<offset + 16])),
                    body: String(decoding: bytes[offset + 34..<offset + 4 + size], as: UTF8.self)
                )
            )
            offset += 4 + size
        }
        return messages
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
