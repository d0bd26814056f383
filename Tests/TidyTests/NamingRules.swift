/// How files and types are named.
enum NamingRules {
    private static let emptyEndings = [
        "Manager", "Helper", "Helpers", "Util", "Utils", "Utility", "Utilities", "Impl", "Info",
        "Common", "Misc", "Base",
    ]

    /// Files that are named neither after something they declare nor after their target.
    static func misnamedFiles(in files: [SourceFile]) -> [Violation] {
        files.compactMap { file in
            let wanted = file.name.split(separator: "+").first.map(String.init) ?? file.name
            let isDeclared = DeclarationScanner.declarations(in: file).contains { declaration in
                guard declaration.container == nil, !declaration.isLocal else { return false }
                let name = declaration.name.split(separator: ".").first.map(String.init)
                return name == wanted || startsWithLowerCase(declaration, as: wanted)
            }
            if isDeclared || file.name == file.target { return nil }
            return file.violation(
                at: 0,
                "declares nothing called \(wanted): name it after its type"
            )
        }
    }

    /// Types whose name says nothing.
    static func emptyNames(in files: [SourceFile]) -> [Violation] {
        files.flatMap { file in
            DeclarationScanner.declarations(in: file)
                .filter { type in type.isType && emptyEndings.contains(where: type.name.hasSuffix) }
                .map { file.violation(at: $0.line, "\($0.name): name it after what it does") }
        }
    }

    /// A file with one free function carries its name with a capital.
    private static func startsWithLowerCase(_ declaration: Declaration, as wanted: String) -> Bool {
        declaration.keyword == "func"
            && declaration.name.prefix(1).uppercased() + declaration.name.dropFirst() == wanted
    }
}
