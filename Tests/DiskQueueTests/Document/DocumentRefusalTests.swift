import DiskQueue
import Testing

/// Documents that are refused, and what is said about them.
@Suite("Refused documents")
struct DocumentRefusalTests {
    private static let head = #"{"format":"swift-nsq metadata","version":1,"#
    private static let tomlHead = "format = \"swift-nsq metadata\"\nversion = 1\n"

    private func refusal(of bytes: [UInt8], limit: Int = 1 << 20) -> String? {
        do throws(DiskQueueError) {
            _ = try MetadataDocument.read(bytes, as: nil, source: "doc", maximumBytes: limit)
            return nil
        } catch {
            return error.code == .corrupt ? error.message : "another code: \(error)"
        }
    }

    @Test(arguments: [
        (
            #""topics":[{"name":"t","color":1}]}"#,
            #"line 1: topics[0]."color" is no field that is known"#
        ),
        (#""extra":1,"topics":[]}"#, #""extra" is no field"#),
        (#""topics":[{"name":"a"},{"name":"b c"}]}"#, #"topics[1].name "b c" is no topic name"#),
        (#""topics":[{"name":"t","channels":[{"name":""}]}]}"#, "topics[0].channels[0].name"),
        (
            #""topics":[{"name":"t","paused":"yes"}]}"#,
            "topics[0].paused is a string, not a boolean"
        ),
        (#""topics":[{"name":"t","paused":null}]}"#, "topics[0].paused"),
        (#""topics":[{"paused":true}]}"#, "topics[0].name is missing"),
        (#""topics":[{"name":1}]}"#, "topics[0].name is an integer, not a string"),
        (#""topics":{"name":"t"}}"#, "topics is a table, not an array"),
        (#""topics":["t"]}"#, "topics[0] is a string, not a table"),
        (#""topics":null}"#, "topics"),
        (#""exported_ms":0}"#, "topics is missing"),
        (#""topics":[{"name":"t"},{"name":"t"}]}"#, "topics[1].name t is given to two topics"),
        (
            #""topics":[{"name":"t","channels":[{"name":"c"},{"name":"c"}]}]}"#,
            "topics[0].channels[1].name c is given to two channels"
        ),
        (#""topics":[{"name":"t","name":"u"}]}"#, #""name" is given twice"#),
        (#""topics":[{"name":"t","na\u006de":"u"}]}"#, #""name" is given twice"#),
        (#""topics":[{"name":"t#ephemeral"}]}"#, "is ephemeral"),
        (#""topics":[{"name":"t","channels":[{"name":"c#ephemeral"}]}]}"#, "is ephemeral"),
        (#""topics":[{"name":"t","created_ms":-1}]}"#, "topics[0].created_ms"),
        (#""topics":[{"name":"t","created_ms":99999999999999999999}]}"#, "too large for a number"),
        (#""topics":[{"name":"t","created_ms":1e999}]}"#, "topics[0].created_ms"),
        (#""topics":[{"name":"t","created_ms":1.5}]}"#, "topics[0].created_ms"),
        (#""topics":[{"name":"t","depth":"many"}]}"#, "topics[0].depth"),
        (#""topics":[]} x"#, "something follows"),
        (#""topics":[{"name":"t"}"#, "line 1"),
        (#""topics":[{"name":"t"},]}"#, "a comma with nothing behind it"),
        (#""topics":[{"name":"t\u0000"}]}"#, "no topic name"),
        (#""topics":[{"name":"\ud800"}]}"#, "half a character"),
        ("\n\"topics\":[\n{\"name\":\"t\"},\n{\"name\":\"t t\"}]}", "line 4: topics[1].name"),
    ])
    func json(rest: String, reason: String) throws {
        let message = try #require(refusal(of: Array((Self.head + rest).utf8)))
        #expect(message.hasPrefix("cannot read doc: line "))
        #expect(message.contains(reason), "\(message)")
    }

    @Test(arguments: [
        ("[[topics]]\nname = \"t\"\ncolour = 1\n", #"line 5: topics[0]."colour" is no field"#),
        ("[[topics]]\nname = \"t\"\nname = \"u\"\n", #"line 5: "name" is given twice"#),
        ("[[topics]]\nname = \"t\"\n[[topics]]\nname = \"t\"\n", "two topics"),
        ("[topics]\nname = \"t\"\n", "topics is a table, not an array"),
        ("topics = []\n[[topics]]\nname = \"t\"\n", #""topics" is given twice"#),
        ("[[topics]]\nname = t\n", "line 4"),
        ("[[topics]]\nname = 'a\u{0}b'\n", "control character"),
        ("[[topics]]\nname = \"a\\u0000b\"\n", "no topic name"),
        ("[[topics]]\nname = \"\"\"t\"\"\"\n", "several lines"),
        ("[[topics]]\nname = \"t\" paused = true\n", "line goes on"),
        ("[[topics]]\nname = 1979-05-27\n", "topics[0].name"),
        ("[[topics]]\nname = \"t\"\npaused = 1\n", "topics[0].paused is an integer"),
        ("[[topics]]\nname = \"t\"\ncreated_ms = 9223372036854775808\n", "too large"),
        ("[[topics\nname = \"t\"\n", "header has no end"),
        ("topics = [{name = \"t\", name = \"u\"}]\n", #""name" is given twice"#),
        ("", "topics is missing"),
    ])
    func toml(rest: String, reason: String) throws {
        let message = try #require(refusal(of: Array((Self.tomlHead + rest).utf8)))
        #expect(message.contains(reason), "\(message)")
    }

    @Test(arguments: [
        (
            #"{"format":"swift-nsq metadata","version":2,"new":1,"topics":[]}"#,
            "newer than this program"
        ),
        (#"{"format":"swift-nsq metadata","version":0,"topics":[]}"#, "version is no version"),
        (#"{"format":"something","version":1,"topics":[]}"#, "format is not"),
        (#"{"format":"swift-nsq metadata","topics":[]}"#, "version is missing"),
        ("format = \"swift-nsq metadata\"\nversion = 2\nother = 1\n", "newer than this program"),
        ("{}", "neither"), ("[]", "line 1"), ("", "format is missing"), ("null", "line 1"),
        (#"{"topics":[{"name":"#, "failed to parse"), ("\u{0}{}", "line 1"),
    ])
    func whatIsNoDocument(text: String, reason: String) throws {
        let message = try #require(refusal(of: Array(text.utf8)))
        #expect(message.contains(reason), "\(message)")
    }

    @Test func bytesThatAreNoUTF8() throws {
        let bytes = Array(Self.tomlHead.utf8) + [0x23, 0xff, 0x0a]
        #expect(try #require(refusal(of: bytes)).contains("no UTF-8"))
    }

    @Test func aDocumentBeyondTheLimit() throws {
        let text = Self.head + #""topics":[]}"# + String(repeating: " ", count: 1000)
        #expect(refusal(of: Array(text.utf8), limit: 2000) == nil)
        #expect(try #require(refusal(of: Array(text.utf8), limit: 1000)).contains("1000 bytes"))
    }

    /// What nests a million times would take the whole stack of a reader that follows it.
    @Test(arguments: [
        (#"{"format":"#, "["), (#"{"topics":"#, "["), (#"{"format":"#, #"{"a":"#),
        ("format = ", "["), ("format = ", "{a="), ("", "a."), ("[", "a."),
        ("format = ", "[{a.a.a="),
    ])
    func deepNesting(start: String, level: String) throws {
        let text = start + String(repeating: level, count: 1_000_000)
        #expect(refusal(of: Array(text.utf8), limit: 1 << 24) != nil)
    }

    /// Cut anywhere, or with any byte changed, it is read or refused.
    @Test func anyDamageIsReadOrRefused() {
        for text in [MetadataDocumentTests.whole, Self.tomlHead + "[[topics]]\nname = \"t\"\n"] {
            let bytes = Array(text.utf8)
            for at in bytes.indices {
                _ = refusal(of: Array(bytes[..<at]))
                for value in [UInt8(0), 0x22, 0x5b, 0x5c, 0x7b, 0x7d, 0x2e, 0xff] {
                    var changed = bytes
                    changed[at] = value
                    _ = refusal(of: changed)
                }
            }
        }
    }
}
