import Testing

/// A file is named after what it declares, and a type after what it does.
@Suite("Naming")
struct NamingTests {
    private static let files = PackageTree.productFiles + PackageTree.testFiles

    @Test func filesAreNamedAfterTheirType() {
        expectNone(NamingRules.misnamedFiles(in: Self.files))
    }

    @Test func typesHaveTellingNames() {
        expectNone(NamingRules.emptyNames(in: Self.files))
    }

    @Test(arguments: ["struct Channel {}", "func pump() {}", "// struct Topic", "let topic = 1"])
    func reportsMisnamedFile(text: String) {
        #expect(NamingRules.misnamedFiles(in: [Self.file(text, name: "Topic")]).count == 1)
    }

    @Test(arguments: [
        ("struct Topic {}", "Topic"), ("extension Topic {}", "Topic+Publish"),
        ("func topic() {}", "Topic"), ("package protocol Topic: Sendable {}", "Topic"),
        ("@Suite struct TopicTests {}", "TopicTests"), ("typealias Topic = Int", "Topic"),
    ])
    func acceptsFileNamedAfterItsType(text: String, name: String) {
        #expect(NamingRules.misnamedFiles(in: [Self.file(text, name: name)]).isEmpty)
    }

    @Test(arguments: ["final class TopicManager {}", "enum StringUtils {}", "struct TopicInfo {}"])
    func reportsEmptyName(text: String) {
        #expect(NamingRules.emptyNames(in: [Self.file(text, name: "Topic")]).count == 1)
    }

    private static func file(_ text: String, name: String) -> SourceFile {
        SourceFile(path: "Sources/Broker/Topic/\(name).swift", text: text + "\n")
    }
}
