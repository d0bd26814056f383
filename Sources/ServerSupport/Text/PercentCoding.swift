/// Percent-encoding as Go's `net/url` reads it: byte-wise, and an error for a bad escape.
package enum PercentCoding {
    /// Decodes `bytes`; `nil` for a `%` that two hex digits do not follow.
    ///
    /// `plusIsSpace` is for query strings. Bytes that are no UTF-8 become U+FFFD, which no name
    /// allows.
    package static func decode(_ bytes: some Collection<UInt8>, plusIsSpace: Bool) -> String? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(hexValue),
                    let low = rest.popFirst().flatMap(hexValue)
                else { return nil }
                decoded.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace:
                decoded.append(UInt8(ascii: " "))
            default:
                decoded.append(byte)
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    /// Escapes every byte of `text` that may not stand in a path as it is.
    package static func encodePath(_ text: String) -> String {
        escape(text.utf8) { byte in
            isLetterOrDigit(byte) || "/-._~$&+,:;=@".utf8.contains(byte)
        }
    }

    /// Escapes the bytes of `query` that could break out of a header field, and no others.
    package static func encodeQuery(_ query: some StringProtocol) -> String {
        escape(query.utf8) { byte in (0x21...0x7e).contains(byte) }
    }

    /// Escapes `bytes` as the value of a form's field, where a space is a `+`.
    package static func encodeFormValue(_ bytes: [UInt8]) -> String {
        escape(bytes) { byte in
            isLetterOrDigit(byte) || "-_.~ ".utf8.contains(byte)
        }.replacing(" ", with: "+")
    }

    private static func escape(
        _ bytes: some Collection<UInt8>,
        keeping isKept: (UInt8) -> Bool
    ) -> String {
        var escaped: [UInt8] = []
        for byte in bytes {
            if isKept(byte) {
                escaped.append(byte)
            } else {
                escaped.append(UInt8(ascii: "%"))
                escaped.append(hexDigit(byte >> 4))
                escaped.append(hexDigit(byte & 0xf))
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default:
            false
        }
    }

    private static func hexValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func hexDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + (nibble - 10)
    }
}
