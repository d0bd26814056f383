import Testing

/// No file speaks of the machine that it was written on.
@Suite("Machine paths")
struct MachinePathTests {
    // Put together, so that this file does not hold the paths itself.
    private static let paths = ["home", "root", "Users", "work", "farm", "opt/swift"].map {
        "/\($0)/"
    }
    private static let places = [
        ".ci/run", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "Package.swift",
        "README.md",
    ]
    private static let folders = ["Migrations", "Sources", "Tests", "Tools", "docs"]

    @Test func noFileNamesOne() {
        let paths = Self.places + Self.folders.flatMap(PackageTree.paths(in:))
        expectNone(
            paths.flatMap { path in
                PackageTree.text(of: path).map { Self.violations(path: path, text: $0) } ?? []
            }
        )
    }

    @Test func reportsOne() {
        let text = "see " + Self.paths[0] + "someone/notes"
        #expect(Self.violations(path: "docs/naming.md", text: text).count == 1)
        #expect(Self.violations(path: "docs/naming.md", text: "a framework/home/x").isEmpty)
    }

    private static func violations(path: String, text: String) -> [Violation] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.enumerated().compactMap { index, line in
            for machinePath in paths {
                guard let range = line.firstRange(of: machinePath) else { continue }
                let before = line[..<range.lowerBound].last
                if before.map({ $0.isLetter || $0.isNumber || $0 == "." }) ?? false { continue }
                return Violation(path: path, line: index + 1, reason: "names a machine's path")
            }
            return nil
        }
    }
}
