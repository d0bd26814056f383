import Testing

/// What other targets see, and every type, says what it is for.
@Suite("Documentation")
struct DocumentationTests {
    @Test func everythingVisibleIsDocumented() {
        expectNone(DocumentationRules(files: PackageTree.productFiles).violations)
    }

    @Test(arguments: [
        "package func publish() {}", "    public var depth: Int { 0 }", "struct Topic {}",
        "final class Topic: Sendable {}", "package static let limit = 1", "package init() {}",
        "@inlinable package func publish() {}", "package protocol Store {\n    /// Documented.\n}",
        "/// Documented.\npackage protocol Store {\n    func load()\n}",
    ])
    func reportsUndocumented(text: String) {
        #expect(Self.violations(in: text).count == 1)
    }

    @Test(arguments: [
        "/// Publishes.\npackage func publish() {}",
        "/// Publishes.\n@inlinable\nfunc publish() {}",
        "private struct Row {}", "func helper() {}", "extension Int {}",
        "/// A name.\nstruct Name: CustomStringConvertible {\n    package var description = \"\"\n}",
        """
        /// A store.
        package protocol Store {
            /// Loads.
            func load()
        }
        /// A store in memory.
        final class MemoryStore {}
        extension MemoryStore: Store {
            package func load() {
                let package = 1
            }
        }
        """,
    ])
    func acceptsDocumentedPrivateAndWitness(text: String) {
        #expect(Self.violations(in: text).isEmpty)
    }

    private static func violations(in text: String) -> [Violation] {
        let file = SourceFile(path: "Sources/Broker/Topic/Topic.swift", text: text + "\n")
        return DocumentationRules(files: [file]).violations
    }
}
