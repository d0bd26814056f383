/// The grammar that topic and channel names share: `^[.a-zA-Z0-9_-]+(#ephemeral)?$`, 1 to 64 bytes.
///
/// Source: `nsqd` spec 1.7. The check walks bytes, never characters, so that no Unicode rule can widen it.
enum NameGrammar {
    /// Longest name in bytes, the suffix `#ephemeral` included.
    static let maximumBytes = 64

    static let ephemeralSuffix = "#ephemeral"

    /// Whether `bytes` is a legal topic or channel name.
    static func accepts(_ bytes: some Collection<UInt8>) -> Bool {
        guard (1...maximumBytes).contains(bytes.count) else { return false }
        var stem = bytes[...]
        if stem.count > ephemeralSuffix.utf8.count,
            stem.suffix(ephemeralSuffix.utf8.count).elementsEqual(ephemeralSuffix.utf8)
        {
            stem = stem.dropLast(ephemeralSuffix.utf8.count)
        }
        return stem.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                true
            default:
                false
            }
        }
    }
}
