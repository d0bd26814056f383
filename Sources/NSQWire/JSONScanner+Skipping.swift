extension JSONScanner {
    /// Consumes any one value.
    ///
    /// It keeps the closing bytes that are due in an array rather than calling itself, so that a deep value
    /// can not exhaust the stack.
    mutating func skipValue() throws(Failure) {
        var closers: [UInt8] = []
        repeat {
            if try openContainer(&closers) { continue }
            try closeContainers(&closers)
        } while !closers.isEmpty
    }

    /// Consumes a scalar or an empty container, or opens a container and gives `true`: its first value is
    /// next.
    private mutating func openContainer(_ closers: inout [UInt8]) throws(Failure) -> Bool {
        switch peek() {
        case UInt8(ascii: "{"):
            index += 1
            guard !take(UInt8(ascii: "}")) else { return false }
            try push(UInt8(ascii: "}"), on: &closers)
            try skipKey()
            return true
        case UInt8(ascii: "["):
            index += 1
            guard !take(UInt8(ascii: "]")) else { return false }
            try push(UInt8(ascii: "]"), on: &closers)
            return true
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        case let byte? where byte == UInt8(ascii: "-") || Self.isDigit(byte): try skipNumber()
        default: throw .malformed
        }
        return false
    }

    /// Consumes what may stand behind a value: closing bytes, or a comma and what leads to the next value.
    private mutating func closeContainers(_ closers: inout [UInt8]) throws(Failure) {
        while let closer = closers.last {
            if take(closer) {
                closers.removeLast()
                continue
            }
            try expect(UInt8(ascii: ","))
            if closer == UInt8(ascii: "}") { try skipKey() }
            return
        }
    }

    private mutating func skipKey() throws(Failure) {
        guard peek() == UInt8(ascii: "\"") else { throw .malformed }
        _ = try string()
        try expect(UInt8(ascii: ":"))
    }

    private func push(_ closer: UInt8, on closers: inout [UInt8]) throws(Failure) {
        guard closers.count < Self.maximumDepth else { throw .tooDeep }
        closers.append(closer)
    }
}
