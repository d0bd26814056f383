/// Limits on how much one reader has to hold in the head: lines of a file, lines of a function.
enum SizeRules {
    static let productFileLines = 400
    static let testFileLines = 600
    static let functionLines = 70

    /// Files with more than `limit` lines.
    static func longFiles(in files: [SourceFile], limit: Int) -> [Violation] {
        files.filter { $0.lines.count > limit }.map { file in
            file.violation(
                at: limit,
                "\(file.lines.count) lines, at most \(limit): split by aspect into Type+Aspect.swift"
            )
        }
    }

    /// Functions and initialisers of `files` with more than ``functionLines`` lines.
    static func longFunctions(in files: [SourceFile]) -> [Violation] {
        files.flatMap { file in
            DeclarationScanner.declarations(in: file)
                .filter { ["func", "init", "subscript"].contains($0.keyword) }
                .filter { $0.lastLine - $0.line + 1 > functionLines }
                .map { declaration in
                    file.violation(
                        at: declaration.line,
                        """
                        \(declaration.name) has \(declaration.lastLine - declaration.line + 1) \
                        lines, at most \(functionLines)
                        """
                    )
                }
        }
    }
}
