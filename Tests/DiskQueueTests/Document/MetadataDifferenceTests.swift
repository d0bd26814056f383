import DiskQueue
import Testing

/// What has to change for a store to be as a document says.
@Suite("Metadata difference")
struct MetadataDifferenceTests {
    /// Reads `topic`, `topic!` (paused) and `channel(depth)` in a short notation: `orders! = a(3) b!`.
    private func document(_ lines: String...) throws -> MetadataDocument {
        var text = "format='swift-nsq metadata'\nversion=1\ntopics=[]\n"
        if !lines.isEmpty { text = text.replacing("topics=[]\n", with: "") }
        for line in lines {
            let parts = line.split(separator: "=")
            text += "[[topics]]\n" + entry(parts[0])
            for channel in parts.dropFirst().first?.split(separator: " ") ?? [] {
                text += "[[topics.channels]]\n" + entry(channel)
            }
        }
        return try MetadataDocument.read(Array(text.utf8), as: .toml, source: "test").document
    }

    private func entry(_ word: Substring) -> String {
        let name = word.trimming { $0 == " " || $0 == "!" }
        return "name=\"\(name)\"\npaused=\(word.contains("!"))\n"
    }

    private func filled(
        _ document: MetadataDocument,
        topic: UInt64 = 0,
        channel: UInt64,
        deferred: UInt64 = 0
    ) -> MetadataDocument {
        var document = document
        for at in document.topics.indices {
            document.topics[at].depth = topic
            for index in document.topics[at].channels.indices {
                document.topics[at].channels[index].depth = channel
                document.topics[at].channels[index].deferredCount = deferred
            }
        }
        return document
    }

    @Test func aMergeMakesAndPausesAndDeletesNothing() throws {
        let current = try document("a = x y!", "b! = z", "only-here = c")
        let wanted = try document("a! = y", "b = z! w", "new! = n!")
        let difference = MetadataDifference(from: current, to: wanted, mode: .merge)

        #expect(
            difference.lines == [
                "~ topic a paused", "~ channel a/y unpaused", "~ topic b unpaused",
                "~ channel b/z paused", "+ channel b/w", "+ topic new paused",
                "+ channel new/n paused",
            ]
        )
        #expect(difference.loss == nil)
    }

    @Test func aReplacementDeletesWhatTheDocumentLacksAndCountsWhatWaits() throws {
        let current = filled(
            try document("a = x y", "b = z"),
            topic: 2,
            channel: 10,
            deferred: 1
        )
        let difference = MetadataDifference(
            from: current,
            to: try document("a = y"),
            mode: .replace
        )

        #expect(
            difference.lines == [
                "- channel a/x  (11 messages waiting would be lost)",
                "- topic b  (13 messages waiting would be lost)",
            ]
        )
        #expect(difference.lostMessages == 24)
        #expect(difference.loss == "24 messages waiting would be lost")
    }

    @Test func whatIsTheSameMakesNoDifference() throws {
        let document = try document("a = x! y", "b!")
        for mode in MetadataDifference.Mode.allCases {
            let difference = MetadataDifference(from: document, to: document, mode: mode)
            #expect(difference.isEmpty)
            #expect(
                difference.json(isApplied: false)
                    == #"{"mode":"\#(mode.rawValue)","applied":false,"lost_messages":0,"changes":[]}"#
            )
        }
    }

    @Test func programsReadTheSame() throws {
        let current = filled(try document("a = x y!", "b"), channel: 1)
        let wanted = try document("a! = y new!")
        let difference = MetadataDifference(from: current, to: wanted, mode: .replace)
        #expect(
            difference.json(isApplied: true) == """
                {"mode":"replace","applied":true,"lost_messages":1,"changes":[
                {"change":"pause","topic":"a","channel":null},
                {"change":"unpause","topic":"a","channel":"y"},
                {"change":"create","topic":"a","channel":"new","paused":true},
                {"change":"delete","topic":"a","channel":"x","waiting":1},
                {"change":"delete","topic":"b","channel":null,"waiting":0}
                ]}
                """
        )
    }
}

extension Substring {
    /// Without the characters at both ends that `isDropped` names.
    fileprivate func trimming(_ isDropped: (Character) -> Bool) -> String {
        String(String(drop(while: isDropped).reversed()).drop(while: isDropped).reversed())
    }
}
