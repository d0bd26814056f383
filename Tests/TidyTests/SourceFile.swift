/// A Swift file, taken apart into code and comments line by line.
struct SourceFile: Sendable {
    /// Path below the package's root.
    let path: String
    /// The lines as they stand.
    let lines: [String]
    /// The lines with comments and the insides of string literals blanked out.
    let code: [String]
    /// The lines with everything but comments blanked out.
    let comments: [String]

    /// Takes `text` apart; it need not compile.
    init(path: String, text: String) {
        self.path = path
        var masking = SourceMasking(bytes: Array(text.utf8))
        masking.run()
        lines = Self.split(Array(text.utf8))
        code = Self.split(masking.code)
        comments = Self.split(masking.comments)
    }

    /// The folder under `Sources` or `Tests`, or the first folder: the target that the file belongs to.
    var target: String {
        let parts = path.split(separator: "/").map(String.init)
        guard parts.count > 2, ["Sources", "Tests"].contains(parts[0]) else { return parts[0] }
        return parts[1]
    }

    /// The file's name without folder and extension.
    var name: String {
        let last = path.split(separator: "/").last.map(String.init) ?? path
        return String(last.dropLast(".swift".count))
    }

    /// A violation of this file at `index`, counted from 0.
    func violation(at index: Int, _ reason: String) -> Violation {
        Violation(path: path, line: index + 1, reason: reason)
    }

    /// Whether `marker` stands in a comment on the line, in the three lines above, or in the
    /// comment block that ends right above it.
    func hasComment(_ marker: String, near index: Int) -> Bool {
        var block = index
        while block > 0, code[block - 1].isBlank, !comments[block - 1].isBlank { block -= 1 }
        let first = max(0, min(block, index - 3))
        return comments[first...index].contains { $0.contains(marker) }
    }

    private static func split(_ bytes: [UInt8]) -> [String] {
        var parts = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if parts.last?.isEmpty == true { parts.removeLast() }
        return parts.map { String(decoding: $0, as: UTF8.self) }
    }
}

extension String {
    /// Whether there is nothing but white space.
    var isBlank: Bool { allSatisfy(\.isWhitespace) }

    /// The string without white space at both ends.
    var trimmed: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
