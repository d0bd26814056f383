extension JSONScanner {
    /// Walks an object, calling `value` with each key in lower case; it must consume the value.
    ///
    /// `null` counts as an object without keys, as in Go.
    mutating func object(
        _ value: (String, inout JSONScanner) throws(Failure) -> Void
    ) throws(Failure) {
        if try takeNull() { return }
        guard take(UInt8(ascii: "{")) else { throw .wrongType }
        guard !take(UInt8(ascii: "}")) else { return }
        repeat {
            let key = Self.folded(try string())
            try expect(UInt8(ascii: ":"))
            try value(key, &self)
        } while take(UInt8(ascii: ","))
        try expect(UInt8(ascii: "}"))
    }

    /// Walks an array, calling `element` before each element, which it must consume.
    ///
    /// `null` counts as an empty array, as in Go.
    mutating func array(
        _ element: (inout JSONScanner) throws(Failure) -> Void
    ) throws(Failure) {
        if try takeNull() { return }
        guard take(UInt8(ascii: "[")) else { throw .wrongType }
        guard !take(UInt8(ascii: "]")) else { return }
        repeat {
            try element(&self)
        } while take(UInt8(ascii: ","))
        try expect(UInt8(ascii: "]"))
    }

    /// `key` in lower case by Go's folding, in which two letters beyond ASCII equal `s` and `k`.
    private static func folded(_ key: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in key.unicodeScalars {
            switch scalar {
            case "A"..."Z": result.append(Unicode.Scalar(UInt8(scalar.value) | 0x20))
            case "\u{17F}": result.append("s")
            case "\u{212A}": result.append("k")
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
