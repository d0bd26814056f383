import Broker
import BrokerServer
import NIOCore
import Testing

@Suite("Connection")
struct ConnectionHandlerTests {
    @Test func answersABadMagicAndCloses() throws {
        let connection = try TestDaemon().connect(magic: "GET ")

        #expect(connection.frames() == ["1 E_BAD_PROTOCOL"])
        #expect(!connection.isOpen)
    }

    @Test func takesTheMagicBytewise() throws {
        let daemon = try TestDaemon()
        let connection = try daemon.connect(magic: "")
        for byte in "  V2".utf8 { try connection.send([byte]) }
        try connection.send("PUB t", body: "x")

        #expect(connection.frames() == ["0 OK"])
    }

    @Test func closesWithoutAFrameAtTheEndOfInput() throws {
        for text in ["", "  ", "  V2", "  V2NOP\nPU"] {
            let connection = try TestDaemon().connect(magic: text)
            connection.endInput()

            #expect(connection.frames().isEmpty)
            #expect(!connection.isOpen)
        }
    }

    @Test func answersWhatItOwesAtTheEndOfInput() throws {
        let daemon = try TestDaemon()
        let connection = try daemon.connect()
        try connection.send("PUB t", body: "x")
        try connection.send("PUB t\n\0\0\0\u{A}half")
        connection.endInput()

        let error = "1 E_BAD_MESSAGE PUB failed to read message body"
        #expect(connection.frames() == ["0 OK", error])
        #expect(!connection.isOpen)
        #expect(daemon.topic("t")?.messageCount == 1)
    }

    @Test func answersInOrderAndStopsAtAnError() throws {
        let daemon = try TestDaemon()
        let connection = try daemon.connect()
        try connection.send(
            TestConnection.command("PUB t", body: "1") + Array("BOGUS\n".utf8)
                + TestConnection.command("PUB t", body: "2")
        )

        #expect(connection.frames() == ["0 OK", "1 E_INVALID invalid command BOGUS"])
        #expect(!connection.isOpen)
        #expect(daemon.topic("t")?.messageCount == 1)
    }

    @Test func closesWithoutAFrameAtALineAboveTheLimit() throws {
        let connection = try TestDaemon().connect()
        try connection.send("NOP " + String(repeating: "x", count: 16_379) + "\n")
        #expect(connection.isOpen)

        try connection.send("NOP " + String(repeating: "x", count: 16_380) + "\n")
        #expect(connection.frames().isEmpty)
        #expect(!connection.isOpen)
    }

    @Test func writesThePublishesOfOneReadAtOnce() throws {
        let daemon = try TestDaemon()
        let connection = try daemon.connect()
        try connection.send("PUB t", body: "first")
        let before = daemon.writeCount
        var input = (0..<50).flatMap { TestConnection.command("PUB t", body: "\($0)") }
        input += TestConnection.multiPublish("t", ["a", "b", "c"])
        input += TestConnection.command("DPUB t 0", body: "d")
        try connection.send(input)

        #expect(daemon.writeCount == before + 1)
        #expect(connection.frames() == [String](repeating: "0 OK", count: 53))
        #expect(daemon.topic("t")?.messageCount == 55)
    }

    @Test func createsATopicOnlyForAPublishThatIsGood() throws {
        let daemon = try TestDaemon()
        try daemon.connect().send("PUB a\n\0\0\0\0")
        try daemon.connect().send("MPUB b\n\0\0\0\u{9}\0\0\0\u{1}\0\0\0\0")

        #expect(daemon.topic("a") == nil)
        #expect(daemon.topic("b") == nil)
    }

    @Test(arguments: [1, 2, 3, 7, 64, 1000])
    func givesTheSameForInputInPiecesOfAnySize(size: Int) throws {
        var input = TestConnection.command("IDENTIFY", body: #"{"output_buffer_size":-1}"#)
        input += Array("SUB t c\nRDY 10\n".utf8)
        input += TestConnection.command("PUB t", body: "one")
        input += TestConnection.multiPublish("t", ["two", String(repeating: "3", count: 500)])
        input += Array("FIN 0123456789abcdef\nFIN zzzzzzzzzzzzzzzz\nREQ 0123456789abcdef 0\n".utf8)
        input += TestConnection.command("PUB t", body: "four") + Array("CLS\nBOGUS\n".utf8)
        let daemon = try TestDaemon()
        let connection = try daemon.connect()
        var rest = input[...]
        while !rest.isEmpty {
            try connection.send(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }

        let answers = connection.frames().filter { !$0.hasPrefix("2") }
        #expect(
            answers == [
                "0 OK", "0 OK", "0 OK", "0 OK",
                "1 E_FIN_FAILED FIN 0123456789abcdef failed ID not in flight",
                "1 E_FIN_FAILED FIN zzzzzzzzzzzzzzzz failed ID not in flight",
                "1 E_REQ_FAILED REQ 0123456789abcdef failed ID not in flight",
                "0 OK", "0 CLOSE_WAIT", "1 E_INVALID invalid command BOGUS",
            ]
        )
        #expect(daemon.topic("t")?.messageCount == 4)
    }

    @Test func refusesAUTHWithoutAnAuthServer() throws {
        let connection = try TestDaemon().connect()
        try connection.send("AUTH", body: "secret")

        #expect(connection.frames() == ["1 E_AUTH_DISABLED AUTH disabled"])
        #expect(!connection.isOpen)
    }

    @Test func appliesASecondIDENTIFYInFull() throws {
        let daemon = try TestDaemon()
        let connection = try daemon.connect()
        try connection.send("IDENTIFY", body: #"{"client_id":"a","heartbeat_interval":-1}"#)
        try connection.send("IDENTIFY", body: #"{"client_id":"b","heartbeat_interval":1000}"#)
        try connection.send("SUB t c\n")
        connection.advance(.seconds(1))

        #expect(connection.frames() == ["0 OK", "0 OK", "0 OK", "0 _heartbeat_"])
        #expect(daemon.clients.all.map { $0.statistics().clientID } == ["b"])
    }

    @Test func answersNegotiationInJSON() throws {
        let connection = try TestDaemon().connect()
        try connection.send("IDENTIFY", body: #"{"feature_negotiation":true,"tls_v1":true}"#)

        let frame = try #require(connection.frames().first)
        #expect(frame.hasPrefix(#"0 {"max_rdy_count":2500,"version":"1.3.0","#))
        #expect(frame.contains(#""tls_v1":false"#))
    }

    @Test func refusesSUBWhileHeartbeatsAreOff() throws {
        let connection = try TestDaemon().connect()
        try connection.send("IDENTIFY", body: #"{"heartbeat_interval":-1}"#)
        try connection.send("SUB t c\n")

        let error = "1 E_INVALID cannot SUB with heartbeats disabled"
        #expect(connection.frames() == ["0 OK", error])
    }

    @Test func tellsAConsumerTooMany() throws {
        let daemon = try TestDaemon(maximumConsumers: 1)
        _ = try daemon.consumer(readyCount: 1)
        let connection = try daemon.connect()
        try connection.send("SUB t c\n")

        let error = "1 E_SUB_FAILED SUB failed consumers for t:c exceeds limit of 1"
        #expect(connection.frames() == [error])
    }
}
