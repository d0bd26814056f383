import BrokerServer
import Testing

@Suite("Client record")
struct ClientRecordTests {
    @Test func isTheAddressBeforeIDENTIFY() throws {
        let daemon = try TestDaemon()
        _ = try daemon.connect()

        let client = try #require(daemon.clients.all.first).statistics()
        #expect(client.clientID == "127.0.0.1")
        #expect(client.hostname == "127.0.0.1")
        #expect(client.remoteAddress == "127.0.0.1:4000")
        #expect(client.version == "V2")
        #expect(client.state == 0)
        #expect(client.publishCounts.isEmpty)
    }

    @Test func isWhatIDENTIFYSays() throws {
        let daemon = try TestDaemon()
        let connection = try daemon.connect()
        try connection.send(
            "IDENTIFY",
            body: #"{"hostname":"h","user_agent":"u","topology_zone":"z","sample_rate":7}"#
        )

        let client = try #require(daemon.clients.all.first).statistics()
        #expect(client.clientID == "")
        #expect(client.hostname == "h")
        #expect(client.userAgent == "u")
        #expect(client.topologyZone == "z")
        #expect(client.sampleRate == 7)
    }

    @Test func countsPublishesByTopicUpToABound() throws {
        let daemon = try TestDaemon()
        let connection = try daemon.connect()
        try connection.send("PUB a#ephemeral", body: "1")
        try connection.send(TestConnection.multiPublish("b#ephemeral", ["2", "3"]))
        try connection.send("DPUB a#ephemeral 0", body: "4")
        let few = try #require(daemon.clients.all.first).statistics().publishCounts
        for index in 0..<1500 {
            try connection.send("PUB t\(index)#ephemeral", body: "x")
        }
        let many = try #require(daemon.clients.all.first).statistics().publishCounts

        #expect(few.map(\.topic) == ["a#ephemeral", "b#ephemeral"])
        #expect(few.map(\.count) == [2, 2])
        #expect(many.count == 1000)
    }

    @Test func goesWithItsConnection() throws {
        let daemon = try TestDaemon()
        let connection = try daemon.connect()
        #expect(daemon.clients.all.count == 1)
        connection.close()

        #expect(daemon.clients.all.isEmpty)
    }
}
