/// The decoded path and the raw query of a request line.
package struct RequestTarget: Sendable, Equatable {
    /// The path, percent-decoded; always begins with `/`.
    package let path: String

    /// What follows the first `?`, as it was sent; empty without one.
    package let query: Substring

    /// Splits `uri`, in origin form (`/pub?topic=t`) or absolute form (`http://host/pub?topic=t`).
    ///
    /// `nil` for any other form and for a bad escape in the path: both are answered 400.
    package init?(_ uri: String) {
        guard let relative = Self.originForm(uri) else { return nil }
        let question = relative.utf8.firstIndex(of: UInt8(ascii: "?")) ?? relative.endIndex
        let rawPath = relative[..<question]
        query = relative[question...].dropFirst()
        if rawPath.utf8.contains(UInt8(ascii: "%")) {
            guard let decoded = PercentCoding.decode(rawPath.utf8, plusIsSpace: false) else {
                return nil
            }
            path = decoded
        } else {
            path = rawPath.isEmpty ? "/" : String(rawPath)
        }
    }

    private static func originForm(_ uri: String) -> Substring? {
        if uri.utf8.first == UInt8(ascii: "/") { return uri[...] }
        for scheme in ["http://", "https://"]
        where uri.utf8.prefix(scheme.utf8.count).elementsEqual(scheme.utf8) {
            let afterScheme = uri.utf8.dropFirst(scheme.utf8.count)
            let end = afterScheme.firstIndex {
                $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?")
            }
            return uri[(end ?? uri.endIndex)...]
        }
        return nil
    }
}
