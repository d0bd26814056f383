import Testing

/// Traps, swallowed errors, unexplained unsafety, sleeps and leftovers stay out of the code.
@Suite("Banned words")
struct BannedWordsTests {
    @Test func productHasNone() {
        expectNone(BannedWords.product.violations(in: PackageTree.productFiles))
    }

    @Test func testsHaveNone() {
        expectNone(BannedWords.tests.violations(in: PackageTree.testFiles))
    }

    @Test func commentsHoldNoLeftovers() {
        expectNone(CommentRules.violations(in: PackageTree.productFiles + PackageTree.testFiles))
    }

    @Test(arguments: [
        "let x = try! load()", "let y = x as! Int", "fatalError(\"no\")", "try? load()",
        "final class Row: @unchecked Sendable {}", "nonisolated(unsafe) var x = 1",
        "// SAFETY: too far away.\n\n\n\nlet x = UnsafeMutableRawPointer.allocate(byteCount: 1)",
        "// SWALLOW: the wrong excuse.\nfinal class Row: @unchecked Sendable {}",
        "let text = \"\\(try! load())\"",
    ])
    func reportsBannedWord(text: String) {
        #expect(BannedWords.product.violations(in: [Self.file(text)]).count == 1)
    }

    @Test(arguments: [
        "// SWALLOW: the file may be gone already.\ntry? remove()",
        "// SAFETY: the lock of the owner\n// guards\n// all\n// of it.\nfinal class Row: @unchecked Sendable {}",
        "let text = \"try! fatalError(\"", "// never try! here", "let x = retry!",
    ])
    func acceptsExcusesStringsAndComments(text: String) {
        #expect(BannedWords.product.violations(in: [Self.file(text)]).isEmpty)
    }

    @Test(arguments: [
        "// let x = 1", "// }", "// func load() throws", "// if ready {", "// total = add(1)",
        "// \("TO" + "DO"): later", "/// \("FIX" + "ME") this",
    ])
    func reportsLeftoverComment(text: String) {
        #expect(CommentRules.violations(in: [Self.file(text)]).count == 1)
    }

    @Test(arguments: [
        "// Let a batch be one write.", "// The lock is held (never over I/O).", "/// let x = 1",
        "// A topic with 10,000 channels = 10,000 cursors.", "// try to keep it short",
    ])
    func acceptsProse(text: String) {
        #expect(CommentRules.violations(in: [Self.file(text)]).isEmpty)
    }

    private static func file(_ text: String) -> SourceFile {
        SourceFile(path: "Sources/Broker/Topic/Topic.swift", text: text + "\n")
    }
}
