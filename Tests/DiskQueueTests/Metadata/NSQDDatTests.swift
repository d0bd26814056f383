import DiskQueue
import Testing

@Suite("nsqd.dat document")
struct NSQDDatTests {
    @Test func printsWhatTheOriginalPrints() throws {
        let document = try parse(
            """
            {"topics":[{"name":"t1","paused":false,"channels":null},\
            {"name":"t2","paused":false,"channels":[{"name":"c","paused":false}]}],\
            "version":"1.3.0"}
            """
        )

        #expect(
            document.text == """
                {"topics":[{"name":"t1","paused":false,"channels":null},\
                {"name":"t2","paused":false,"channels":[{"name":"c","paused":false}]}],\
                "version":"1.3.0"}
                """
        )
    }

    @Test func printsNoTopicsAsNull() {
        #expect(NSQDDat().text == #"{"topics":null,"version":"1.3.0"}"#)
    }

    @Test func leavesOutEphemeralTopicsAndChannels() throws {
        let document = try parse(
            """
            {"topics":[{"name":"gone#ephemeral","channels":[{"name":"c"}]},
             {"name":"kept","paused":true,"channels":[{"name":"gone#ephemeral"}]}]}
            """
        )

        #expect(document.topics.count == 2)
        #expect(
            document.text == """
                {"topics":[{"name":"kept","paused":true,"channels":null}],"version":"1.3.0"}
                """
        )
    }

    @Test func describesTheStoredMetadata() {
        #expect(
            NSQDDat(Sample.metadata).text == """
                {"topics":[{"name":"orders","paused":false,"channels":[\
                {"name":"archive","paused":true},{"name":"billing","paused":false}]},\
                {"name":"..","paused":true,"channels":[{"name":"archive","paused":false}]}],\
                "version":"1.3.0"}
                """
        )
    }

    @Test func leavesOutRowsWhoseNameIsNone() {
        var metadata = Sample.metadata
        metadata.topics[0].name = "no name"
        metadata.channels[2].name = ""

        #expect(
            NSQDDat(metadata).text == """
                {"topics":[{"name":"..","paused":true,"channels":null}],"version":"1.3.0"}
                """
        )
    }

    private func parse(_ text: String) throws -> NSQDDat {
        try NSQDDatParser.parse(Array(text.utf8), path: "nsqd.dat").document
    }
}
