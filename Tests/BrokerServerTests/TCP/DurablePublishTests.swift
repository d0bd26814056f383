import Broker
import BrokerServer
import DiskQueue
import NIOCore
import Testing

@Suite("Publish that waits for the disk")
struct DurablePublishTests {
    @Test func isAnsweredOnlyWhenItIsDurable() throws {
        let daemon = try TestDaemon(fsync: .always)
        let connection = try daemon.connect()
        try connection.send("PUB t", body: "x")
        #expect(connection.frames().isEmpty)

        connection.run()
        #expect(connection.frames() == ["0 OK"])
    }

    @Test func holdsWhatStandsBehindItButNotForGood() throws {
        let daemon = try TestDaemon(fsync: .always)
        let connection = try daemon.connect()
        try connection.send(
            TestConnection.command("PUB t", body: "1") + TestConnection.command("PUB t", body: "2")
                + Array("SUB t c\nNOP\nBOGUS\n".utf8)
        )
        #expect(connection.frames().isEmpty)
        #expect(daemon.topic("t")?.channels.isEmpty == true)

        connection.run()
        #expect(
            connection.frames() == [
                "0 OK", "0 OK", "0 OK", "1 E_INVALID invalid command BOGUS",
            ]
        )
        #expect(!connection.isOpen)
    }

    @Test func stopsReadingFromTheSocketMeanwhile() throws {
        let daemon = try TestDaemon(fsync: .always)
        let connection = try daemon.connect()
        connection.askForRead()
        #expect(connection.readCount == 1)
        try connection.send("PUB t", body: "x")
        connection.askForRead()
        #expect(connection.readCount == 1)

        connection.run()
        #expect(connection.readCount == 2)
    }

    @Test func leavesTheNextCommandItsTime() throws {
        let daemon = try TestDaemon(fsync: .always)
        let connection = try daemon.connect()
        try connection.send(TestConnection.command("PUB t", body: "1") + Array("PUB t".utf8))
        connection.run()
        #expect(connection.frames() == ["0 OK"])
        connection.advance(.seconds(6))
        #expect(connection.isOpen)

        connection.advance(.seconds(1))
        #expect(!connection.isOpen)
    }

    @Test func isAnsweredAlsoWhenTheClientStoppedSending() throws {
        let daemon = try TestDaemon(fsync: .always)
        let connection = try daemon.connect()
        try connection.send("PUB t", body: "1")
        try connection.send("PUB t", body: "2")
        connection.endInput()
        #expect(connection.isOpen)

        connection.run()
        #expect(connection.frames() == ["0 OK", "0 OK"])
        #expect(!connection.isOpen)
        #expect(daemon.topic("t")?.messageCount == 2)
    }
}
