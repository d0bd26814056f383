import Testing

/// Files and functions stay within their caps.
@Suite("File size")
struct FileSizeTests {
    @Test func productFilesStayWithinTheirCap() {
        expectNone(
            SizeRules.longFiles(in: PackageTree.productFiles, limit: SizeRules.productFileLines)
        )
    }

    @Test func testFilesStayWithinTheirCap() {
        expectNone(SizeRules.longFiles(in: PackageTree.testFiles, limit: SizeRules.testFileLines))
    }

    @Test func functionsStayWithinTheirCap() {
        expectNone(SizeRules.longFunctions(in: PackageTree.productFiles + PackageTree.testFiles))
    }

    @Test(arguments: [(400, 0), (401, 1)])
    func reportsFileAboveTheLimit(lineCount: Int, expected: Int) {
        let text = String(repeating: "let x = 1\n", count: lineCount)
        let file = SourceFile(path: "Sources/Broker/Topic/Topic.swift", text: text)
        #expect(SizeRules.longFiles(in: [file], limit: 400).count == expected)
    }

    @Test(arguments: [(70, 0), (71, 1)])
    func reportsFunctionAboveTheLimit(lineCount: Int, expected: Int) {
        let body = String(repeating: "        let x = 1\n", count: lineCount - 2)
        let text = "struct Topic {\n    func pump() {\n\(body)    }\n}\n"
        let file = SourceFile(path: "Sources/Broker/Topic/Topic.swift", text: text)
        #expect(SizeRules.longFunctions(in: [file]).count == expected)
    }
}
