import DiskQueue
import NSQCore
import Testing

/// Documents of topics and channels: their forms, read and written.
@Suite("Metadata document")
struct MetadataDocumentTests {
    static let whole = """
        {"format": "swift-nsq metadata", "version": 1, "exported_ms": 5, "topics": [
          {"name": "orders", "paused": true, "created_ms": 1767225600000, "depth": 3, "channels": [
            {"name": "billing", "paused": false, "depth": 7, "deferred": 1},
            {"name": "audit.log", "paused": true}]},
          {"name": "..", "channels": []}]}
        """

    private func read(_ text: String, as form: MetadataForm? = nil) throws -> MetadataDocument {
        try MetadataDocument.read(Array(text.utf8), as: form, source: "test").document
    }

    private func sample() throws -> MetadataDocument {
        MetadataDocument(topics: [
            MetadataDocument.Topic(
                name: try #require(TopicName("orders")),
                isPaused: true,
                createdMilliseconds: 1_767_225_600_000,
                channels: [
                    MetadataDocument.Channel(
                        name: try #require(ChannelName("billing")),
                        isPaused: false
                    ),
                    MetadataDocument.Channel(
                        name: try #require(ChannelName("audit.log")),
                        isPaused: true
                    ),
                ]
            ),
            MetadataDocument.Topic(
                name: try #require(TopicName("..")),
                isPaused: false,
                channels: []
            ),
        ])
    }

    @Test func figuresForPeopleAreReadOver() throws {
        #expect(try read(Self.whole) == sample())
        #expect(try read(Self.whole, as: .json) == sample())
    }

    @Test(arguments: MetadataForm.allCases)
    func whatIsWrittenIsReadBack(form: MetadataForm) throws {
        let sample = try sample()
        let text = sample.text(form, exportedMilliseconds: 7)
        let outcome = try MetadataDocument.read(Array(text.utf8), as: nil, source: "test")

        #expect(outcome.form == form)
        #expect(outcome.warnings.isEmpty)
        // Names and pauses are all that the original's form knows.
        let known = form == .nsqdDat ? MetadataDocument(sample.nsqdDat) : sample
        #expect(outcome.document == known)
    }

    @Test(arguments: MetadataForm.allCases)
    func aDocumentOfNothingIsReadBack(form: MetadataForm) throws {
        let text = MetadataDocument().text(form, exportedMilliseconds: 7)
        #expect(try read(text) == MetadataDocument())
    }

    @Test(arguments: [
        "topics = [{name = \"orders\", paused = true, channels = [ # here\n {name='billing'},\n]}]",
        "[[topics]]\nname=\"orders\"\npaused=true\nchannels=[{name=\"bil\\u006cing\",paused=false}]",
        "[[topics]]\r\nname = \"orders\" # a name\r\npaused = true\r\n  [[topics.channels]]\r\n"
            + "  \"name\" = \"billing\"",
        "topics = [\n{\"name\"=\"orders\", paused=true, channels=[{name=\"billing\"}]},\n]\n",
    ])
    func tomlIsReadHoweverItIsLaidOut(topics: String) throws {
        let document = try read("\u{feff}format = 'swift-nsq metadata'\nversion = 1\n" + topics)
        #expect(document.topics.map(\.name.text) == ["orders"])
        #expect(document.topics.map(\.isPaused) == [true])
        #expect(document.topics.flatMap(\.channels).map(\.name.text) == ["billing"])
    }

    @Test func anOriginalsFileIsReadAsLenientlyAsByTheOriginal() throws {
        let text = """
            {"version":"1.2.1","other":[{}],"topics":[{"name":"a b"},{"name":"t#ephemeral"},
            {"name":"t","channels":[{"name":"c","paused":true},{"name":"c"},{"name":"x#ephemeral"}]}]}
            """
        let outcome = try MetadataDocument.read(Array(text.utf8), as: nil, source: "test")
        #expect(outcome.form == .nsqdDat)
        #expect(outcome.document.topics.map(\.name.text) == ["t"])
        #expect(outcome.document.topics[0].channels.map(\.name.text) == ["c"])
        #expect(outcome.document.topics[0].channels[0].isPaused)
        #expect(outcome.warnings.count == 3)
    }

    @Test func theFormMayBeTold() throws {
        #expect(try read("{}", as: .nsqdDat) == MetadataDocument())
        #expect(throws: DiskQueueError.self) { try read("{}", as: .json) }
        #expect(throws: DiskQueueError.self) { try read(Self.whole, as: .toml) }
    }

    @Test func aLargeDocumentIsReadWhole() throws {
        let topics = try (0..<20_000).map { number in
            MetadataDocument.Topic(
                name: try #require(TopicName("topic-\(number)")),
                isPaused: number % 2 == 0,
                channels: [
                    MetadataDocument.Channel(
                        name: try #require(ChannelName("c")),
                        isPaused: true
                    )
                ]
            )
        }
        let document = MetadataDocument(topics: topics)
        for form in MetadataForm.allCases {
            #expect(try read(document.text(form, exportedMilliseconds: 0)) == document)
        }
    }
}
