import Broker
import BrokerServer
import NIOCore
import NSQCore
import Testing

@Suite("Delivery")
struct DeliveryTests {
    private func publish(_ bodies: [String], to daemon: TestDaemon) throws {
        let producer = try daemon.connect()
        try producer.send(TestConnection.multiPublish("t", bodies))
        daemon.run()
    }

    @Test func goesOutAtOnceWhenTheReadyCountIsUsedUp() throws {
        let daemon = try TestDaemon()
        let consumer = try daemon.consumer(readyCount: 2)
        try publish(["a", "b", "c"], to: daemon)

        #expect(consumer.frames() == ["2 #1 a", "2 #1 b"])
    }

    @Test func goesOnWithEveryFIN() throws {
        let daemon = try TestDaemon()
        let consumer = try daemon.consumer(readyCount: 1)
        try publish(["a", "b"], to: daemon)
        #expect(consumer.frames() == ["2 #1 a"])
        try consumer.send("FIN \(consumer.ids[0])\n")

        #expect(consumer.frames() == ["2 #1 b"])
        #expect(daemon.clients.all.map { $0.statistics().finishCount }.max() == 1)
    }

    @Test func redeliversWhatWasRequeued() throws {
        let daemon = try TestDaemon()
        let consumer = try daemon.consumer(readyCount: 1)
        try publish(["a"], to: daemon)
        _ = consumer.frames()
        try consumer.send("REQ \(consumer.ids[0]) 0\n")

        #expect(consumer.frames() == ["2 #2 a"])
        #expect(consumer.ids[0] == consumer.ids[1])
    }

    @Test func finishesARunInOneReadAndNamesTheStrangers() throws {
        let daemon = try TestDaemon()
        let consumer = try daemon.consumer(readyCount: 3)
        try publish(["a", "b", "c"], to: daemon)
        _ = consumer.frames()
        let ids = consumer.ids
        try consumer.send(
            "FIN \(ids[0])\nFIN 00000000000000ff\nFIN \(ids[1])\nFIN \(ids[1])\nFIN \(ids[2])\r\n"
        )

        #expect(
            consumer.frames() == [
                "1 E_FIN_FAILED FIN 00000000000000ff failed ID not in flight",
                "1 E_FIN_FAILED FIN \(ids[1]) failed ID not in flight",
            ]
        )
        #expect(daemon.topic("t")?.channels.first?.inFlightCount == 0)
        #expect(consumer.isOpen)
    }

    @Test func stopsAtCLSButTakesFINs() throws {
        let daemon = try TestDaemon()
        let consumer = try daemon.consumer(readyCount: 1)
        try publish(["a", "b"], to: daemon)
        _ = consumer.frames()
        try consumer.send("CLS\nRDY 5\nFIN \(consumer.ids[0])\n")
        daemon.run()

        #expect(consumer.frames() == ["0 CLOSE_WAIT"])
        let client = daemon.topic("t")?.channels.first?.consumers.first
        let record = client.flatMap(daemon.clients.record)?.statistics()
        #expect(record?.state == 4)
        #expect(record?.finishCount == 1)
        #expect(record?.readyCount == 0)
    }

    @Test func ofALargeBacklogIsCompleteAndInOrder() throws {
        let daemon = try TestDaemon()
        let bodies = (0..<2000).map { "\($0) " + String(repeating: "x", count: $0 % 700) }
        try publish(bodies, to: daemon)
        let consumer = try daemon.consumer(readyCount: 2500)
        consumer.advance(.milliseconds(250))

        #expect(consumer.frames() == bodies.map { "2 #1 \($0)" })
    }

    @Test func ofAMessageLargerThanAnyBufferWorks() throws {
        let daemon = try TestDaemon()
        let body = String(repeating: "m", count: 1_000_000)
        try publish(["small", body, "last"], to: daemon)
        let consumer = try daemon.consumer(readyCount: 3)

        #expect(consumer.frames() == ["2 #1 small", "2 #1 \(body)", "2 #1 last"])
    }

    @Test func waitsForTheSocket() throws {
        let daemon = try TestDaemon()
        let consumer = try daemon.consumer(readyCount: 1)
        consumer.setWritable(false)
        try publish(["a"], to: daemon)
        #expect(consumer.frames().isEmpty)

        consumer.setWritable(true)
        #expect(consumer.frames() == ["2 #1 a"])
    }

    @Test func endsWithTheChannel() throws {
        let daemon = try TestDaemon()
        let consumer = try daemon.consumer(readyCount: 1)
        let topicName = try #require(TopicName("t"))
        let channelName = try #require(ChannelName("c"))
        try daemon.broker.topic(topicName).deleteChannel(channelName)
        daemon.run()

        #expect(consumer.frames().isEmpty)
        #expect(!consumer.isOpen)
        #expect(daemon.clients.all.isEmpty)
    }

    @Test func leavesMessagesInFlightWhenTheClientGoes() throws {
        let daemon = try TestDaemon()
        let consumer = try daemon.consumer(readyCount: 1)
        try publish(["a"], to: daemon)
        consumer.close()

        let channel = daemon.topic("t")?.channels.first
        #expect(channel?.consumers.isEmpty == true)
        #expect(channel?.inFlightCount == 1)
    }
}
