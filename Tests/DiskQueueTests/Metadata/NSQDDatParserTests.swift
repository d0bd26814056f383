import DiskQueue
import NSQCore
import Testing

@Suite("nsqd.dat parser")
struct NSQDDatParserTests {
    @Test(arguments: [
        "{}", "null", " null\n", #"{"topics":null}"#, #"{"topics":[]}"#, #"{"version":"0.1"}"#,
        #"{"topics":null,"version":null,"other":[1,{}]}"#,
    ])
    func readsNothing(text: String) throws {
        let outcome = try parse(text)
        #expect(outcome.document == NSQDDat())
        #expect(outcome.warnings.isEmpty)
    }

    @Test func takesMissingKeysForFalseAndNone() throws {
        let outcome = try parse(
            #"{"topics":[{"name":"t"},{"name":"u","channels":[{"name":"c"}]}]}"#
        )

        #expect(
            outcome.document.text == """
                {"topics":[{"name":"t","paused":false,"channels":null},\
                {"name":"u","paused":false,"channels":[{"name":"c","paused":false}]}],\
                "version":"1.3.0"}
                """
        )
        #expect(outcome.warnings.isEmpty)
    }

    @Test func mergesRepeatedNames() throws {
        let outcome = try parse(
            """
            {"topics":[
             {"name":"t","channels":[{"name":"a"},{"name":"b","paused":true},{"name":"b"}]},
             {"name":"u"},
             {"name":"t","paused":true,"channels":[{"name":"c"},{"name":"a","paused":true}]}]}
            """
        )

        #expect(
            outcome.document.text == """
                {"topics":[{"name":"t","paused":true,"channels":[{"name":"a","paused":true},\
                {"name":"b","paused":true},{"name":"c","paused":false}]},\
                {"name":"u","paused":false,"channels":null}],"version":"1.3.0"}
                """
        )
    }

    @Test func skipsAndReportsInvalidNames() throws {
        let long = String(repeating: "x", count: 65)
        let outcome = try parse(
            """
            {"topics":[{"name":"a b"},{},null,{"name":"\(long)"},{"name":"line\\nfeed"},
             {"name":"ok","channels":[{"name":"a/b"},null,{"name":"good"}]}]}
            """
        )

        #expect(
            outcome.warnings == [
                "skipping creation of invalid topic a b",
                "skipping creation of invalid topic ",
                "skipping creation of invalid topic ",
                "skipping creation of invalid topic \(long.dropLast())...",
                "skipping creation of invalid topic line\\nfeed",
                "skipping creation of invalid channel a/b",
                "skipping creation of invalid channel ",
            ]
        )
        #expect(outcome.document.topics.map(\.name.text) == ["ok"])
        #expect(outcome.document.topics.first?.channels.map(\.name.text) == ["good"])
    }

    @Test func skipsANameOfInvalidBytes() throws {
        let bytes = Array(#"{"topics":[{"name":""#.utf8) + [0xff, 0xfe] + Array(#""}]}"#.utf8)

        let outcome = try NSQDDatParser.parse(bytes, path: "nsqd.dat")

        #expect(outcome.document == NSQDDat())
        #expect(outcome.warnings.count == 1)
    }

    @Test(arguments: [
        "", " ", "{", "[]", "7", "{} x", #"{"topics":{}}"#, #"{"topics":[7]}"#,
        #"{"topics":[{"name":7}]}"#, #"{"topics":[{"name":"t","paused":1}]}"#,
        #"{"topics":[{"name":"t","paused":"true"}]}"#,
        #"{"topics":[{"name":"t","channels":[{"name":null,"paused":0}]}]}"#,
        #"{"version":7}"#, "nonsense", "\0\0\0\0",
    ])
    func refuses(text: String) {
        let error = #expect(throws: DiskQueueError.self) { try parse(text) }

        #expect(error?.code == .corrupt)
        let prefix = "failed to parse metadata in data/nsqd.dat - "
        #expect(error?.message.hasPrefix(prefix) == true)
        #expect((error?.message.count ?? 0) > prefix.count)
        #expect(error?.message.contains("\n") == false)
    }

    @Test func saysWhereATypeIsWrong() {
        let error = #expect(throws: DiskQueueError.self) {
            try parse(#"{"topics":[{"name":"t"},{"name":7}]}"#)
        }

        #expect(error?.message.contains("topics[1].name: ") == true)
    }

    @Test func refusesBottomlessNesting() {
        let error = #expect(throws: DiskQueueError.self) {
            try parse(#"{"topics":"# + String(repeating: "[", count: 1_000_000))
        }

        #expect(error?.code == .corrupt)
    }

    private func parse(_ text: String) throws -> NSQDDatParser.Outcome {
        try NSQDDatParser.parse(Array(text.utf8), path: "data/nsqd.dat")
    }
}
