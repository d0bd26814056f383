/// A command of protocol V2.
///
/// The raw value is the name's own bytes, packed big-endian. Packing makes the lookup one load loop and one integer switch: no `String` is made for a command.
/// Names are upper case only. Source: `nsqd` spec 1.2 and 1.8.
package enum CommandName: UInt64, Sendable, CaseIterable {
    /// `IDENTIFY`.
    case identify = 0x4944_454E_5449_4659
    /// `AUTH`.
    case authenticate = 0x4155_5448
    /// `SUB`.
    case subscribe = 0x53_5542
    /// `RDY`.
    case ready = 0x52_4459
    /// `FIN`.
    case finish = 0x46_494E
    /// `REQ`.
    case requeue = 0x52_4551
    /// `TOUCH`.
    case touch = 0x54_4F55_4348
    /// `CLS`.
    case close = 0x43_4C53
    /// `NOP`.
    case nothing = 0x4E_4F50
    /// `PUB`.
    case publish = 0x50_5542
    /// `MPUB`.
    case publishMany = 0x4D50_5542
    /// `DPUB`.
    case publishDeferred = 0x4450_5542

    /// Longest name in bytes.
    static let maximumBytes = 8

    /// The command that `bytes` name; `nil` when there is none.
    package init?(bytes: UnsafeRawBufferPointer) {
        // A leading NUL would vanish in packing.
        guard bytes.count <= Self.maximumBytes, bytes.first != 0 else { return nil }
        var packed: UInt64 = 0
        for byte in bytes {
            packed = packed << 8 | UInt64(byte)
        }
        self.init(rawValue: packed)
    }

    /// The name as it stands on the wire, for error texts.
    package var text: String {
        withUnsafeBytes(of: rawValue.bigEndian) { bytes in
            String(decoding: bytes.drop { $0 == 0 }, as: UTF8.self)
        }
    }
}
