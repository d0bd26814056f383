/// Client-supplied text made safe for a line of text.
package enum PrintableText {
    /// Replaces control characters and line separators by `?`, so that a value can not forge a
    /// line.
    package static func singleLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: breaksLine) else { return text }
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            scalars.append(breaksLine(scalar) ? "?" : scalar)
        }
        return String(scalars)
    }

    private static func breaksLine(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f..<0xa0, 0x2028, 0x2029: true
        default: false
        }
    }
}
