import Broker
import BrokerServer
import NIOCore
import Testing

@Suite("Output buffering")
struct OutputBufferingTests {
    private func publish(_ body: String, to daemon: TestDaemon) throws {
        let producer = try daemon.connect()
        try producer.send("PUB t", body: body)
        daemon.run()
    }

    @Test func remembersOneTickOfAnIdlePeriod() throws {
        let daemon = try TestDaemon()
        let consumer = try daemon.consumer(readyCount: 10)
        consumer.advance(.milliseconds(1100))
        try publish("a", to: daemon)
        #expect(consumer.frames() == ["2 #1 a"])

        try publish("b", to: daemon)
        #expect(consumer.frames().isEmpty)
        consumer.advance(.milliseconds(149))
        #expect(consumer.frames().isEmpty)
        consumer.advance(.milliseconds(1))
        #expect(consumer.frames() == ["2 #1 b"])
    }

    @Test func flushesWhenTheBufferIsFull() throws {
        let daemon = try TestDaemon()
        let consumer = try daemon.consumer(
            readyCount: 10,
            identify: #"{"output_buffer_size":64,"output_buffer_timeout":20000}"#
        )
        try publish("short", to: daemon)
        #expect(consumer.frames().isEmpty)

        try publish("long enough to fill it", to: daemon)
        #expect(consumer.frames() == ["2 #1 short", "2 #1 long enough to fill it"])
    }

    @Test func flushesWithEveryAnswerAndHeartbeat() throws {
        let daemon = try TestDaemon()
        let consumer = try daemon.consumer(
            readyCount: 10,
            identify: #"{"output_buffer_timeout":-1,"heartbeat_interval":1000}"#
        )
        try publish("a", to: daemon)
        #expect(consumer.frames().isEmpty)
        try consumer.send("PUB u", body: "x")
        #expect(consumer.frames() == ["2 #1 a", "0 OK"])

        try publish("b", to: daemon)
        #expect(consumer.frames().isEmpty)
        consumer.advance(.seconds(1))
        #expect(consumer.frames() == ["2 #1 b", "0 _heartbeat_"])
    }

    @Test func holdsNothingBackWithoutABuffer() throws {
        let daemon = try TestDaemon()
        let consumer = try daemon.consumer(
            readyCount: 10,
            identify: #"{"output_buffer_size":-1}"#
        )
        for body in ["a", "b"] {
            try publish(body, to: daemon)
            #expect(consumer.frames() == ["2 #1 \(body)"])
        }
    }

    @Test func holdsTheInputOfAClientThatDoesNotTakeItsAnswers() throws {
        let daemon = try TestDaemon()
        let connection = try daemon.connect()
        connection.setWritable(false)
        try connection.send("PUB t", body: "1")
        try connection.send("PUB t", body: "2")
        connection.askForRead()
        #expect(daemon.topic("t")?.messageCount == 1)
        #expect(connection.readCount == 0)

        connection.setWritable(true)
        #expect(daemon.topic("t")?.messageCount == 2)
        #expect(connection.readCount == 1)
        #expect(connection.frames() == ["0 OK", "0 OK"])
    }

    @Test func goesOnTakingFINsWhileMessagesAreStuck() throws {
        let daemon = try TestDaemon()
        let consumer = try daemon.consumer(readyCount: 1)
        try publish("a", to: daemon)
        _ = consumer.frames()
        consumer.setWritable(false)
        try consumer.send("FIN \(consumer.ids[0])\n")
        consumer.askForRead()

        #expect(consumer.readCount == 1)
        #expect(daemon.topic("t")?.channels.first?.inFlightCount == 0)
    }
}
