import Testing

/// Imports follow the arrows: reads every file of the product against the layer table.
@Suite("Layering")
struct LayeringTests {
    @Test func importsGoDownOnly() {
        expectNone(LayerTable.current.violations(in: PackageTree.productFiles))
    }

    @Test func testsUseNoTestableImportAndNoXCTest() {
        for file in PackageTree.testFiles {
            for (index, line) in file.code.enumerated() where line.contains("import ") {
                let isFine = !line.contains("@testable") && !line.trimmed.hasSuffix("XCTest")
                #expect(isFine, "\(file.path):\(index + 1): tests run in release: package access")
            }
        }
    }

    @Test(arguments: [
        "import NIOCore", "package import NIOPosix", "@preconcurrency import Logging",
        "import struct GRDB.Row", "    import Foundation",
    ])
    func reportsForbiddenImport(statement: String) {
        let file = SourceFile(path: "Sources/Broker/Topic/Topic.swift", text: "\n\(statement)\n")
        let found = LayerTable.current.violations(in: [file])
        #expect(found.map(\.line) == [2])
    }

    @Test func allowsTheDatabaseOnlyWhereMetadataLies() {
        let metadata = SourceFile(
            path: "Sources/DiskQueue/Metadata/SQLiteMetadataStore.swift",
            text: "import GRDB\n"
        )
        let segment = SourceFile(
            path: "Sources/DiskQueue/Segment/SegmentReader.swift",
            text: "import GRDB\n"
        )
        #expect(LayerTable.current.violations(in: [metadata]).isEmpty)
        #expect(LayerTable.current.violations(in: [segment]).count == 1)
    }

    @Test func reportsUnknownTarget() {
        let file = SourceFile(path: "Sources/Common/Misc.swift", text: "let x = 1\n")
        #expect(LayerTable.current.violations(in: [file]).count == 1)
    }

    @Test func ignoresImportsInCommentsAndStrings() {
        let text = "// import NIOCore\nlet x = \"import NIOCore\"\n/*\nimport NIOCore\n*/\n"
        let file = SourceFile(path: "Sources/Broker/Topic/Topic.swift", text: text)
        #expect(LayerTable.current.violations(in: [file]).isEmpty)
    }
}
