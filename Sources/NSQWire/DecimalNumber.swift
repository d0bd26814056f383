/// The protocol's decimal numbers: RDY counts, REQ and DPUB timeouts.
///
/// Source: `nsqd` spec 1.7.
package enum DecimalNumber {
    /// The value of `digits`, modulo 2^64.
    ///
    /// Empty is 0, and any byte but a digit makes it `nil`. Wrapping is the protocol's rule, and keeps a long run of digits from being a way to stop the daemon.
    package static func parse(_ digits: UnsafeRawBufferPointer) -> UInt64? {
        var value: UInt64 = 0
        for byte in digits {
            let digit = byte &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            value = value &* 10 &+ UInt64(digit)
        }
        return value
    }
}
