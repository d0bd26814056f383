import Foundation

/// The checkout that this test was built from, as text files.
enum PackageTree {
    /// The folder that holds `Package.swift`.
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Every Swift file of the product: `Sources` and `Migrations`.
    static let productFiles = swiftFiles(in: ["Sources", "Migrations"])

    /// Every Swift file of the tests.
    static let testFiles = swiftFiles(in: ["Tests"])

    /// Paths below the root of all files in `folder`, hidden ones left out, in order.
    static func paths(in folder: String) -> [String] {
        let start = root.appending(path: folder).path
        guard let walker = FileManager.default.enumerator(atPath: start) else { return [] }
        return walker.compactMap { $0 as? String }
            .filter { path in !path.split(separator: "/").contains { $0.hasPrefix(".") } }
            .map { "\(folder)/\($0)" }
            .sorted()
    }

    /// The text of the file at `path` below the root; `nil` when it is a folder or no text.
    static func text(of path: String) -> String? {
        guard let data = FileManager.default.contents(atPath: root.appending(path: path).path)
        else { return nil }
        return String(data: data, encoding: .utf8)
    }

    private static func swiftFiles(in folders: [String]) -> [SourceFile] {
        folders.flatMap(paths(in:)).filter { $0.hasSuffix(".swift") }.compactMap { path in
            text(of: path).map { SourceFile(path: path, text: $0) }
        }
    }
}
