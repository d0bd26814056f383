import BrokerServer
import NIOCore
import Testing

@Suite("Heartbeats and deadlines")
struct HeartbeatTests {
    @Test func closeAConnectionWithoutMagicAfterFiveSeconds() throws {
        let daemon = try TestDaemon()
        let connection = try daemon.connect(magic: "")
        connection.advance(.seconds(4))
        #expect(connection.isOpen)

        connection.advance(.seconds(1))
        #expect(connection.frames().isEmpty)
        #expect(!connection.isOpen)
    }

    @Test func comeEveryHalfMinuteByDefault() throws {
        let daemon = try TestDaemon()
        let connection = try daemon.connect(magic: "")
        connection.advance(.seconds(4))
        try connection.send("  V2")
        connection.advance(.seconds(29))
        #expect(connection.frames().isEmpty)
        connection.advance(.seconds(1))
        #expect(connection.frames() == ["0 _heartbeat_"])
        try connection.send("NOP\n")
        connection.advance(.seconds(30))
        #expect(connection.frames() == ["0 _heartbeat_"])
    }

    @Test func closeASilentClientAfterTwoIntervals() throws {
        let daemon = try TestDaemon()
        let connection = try daemon.connect()
        try connection.send("IDENTIFY", body: #"{"heartbeat_interval":1000}"#)
        _ = connection.frames()
        connection.advance(.milliseconds(1999))
        #expect(connection.frames() == ["0 _heartbeat_"])
        #expect(connection.isOpen)

        connection.advance(.milliseconds(1))
        #expect(connection.frames().isEmpty)
        #expect(!connection.isOpen)
    }

    @Test func countOnlyCompleteCommandsAsSignsOfLife() throws {
        let daemon = try TestDaemon()
        let connection = try daemon.connect()
        try connection.send("IDENTIFY", body: #"{"heartbeat_interval":1000}"#)
        connection.advance(.milliseconds(1500))
        try connection.send("PUB t\n\0\0\0\u{2}")
        connection.advance(.milliseconds(499))
        #expect(connection.isOpen)

        connection.advance(.milliseconds(1))
        #expect(!connection.isOpen)
    }

    @Test func goOnWhileTheClientSendsAnything() throws {
        let daemon = try TestDaemon()
        let connection = try daemon.connect()
        try connection.send("IDENTIFY", body: #"{"heartbeat_interval":1000}"#)
        _ = connection.frames()
        for _ in 0..<10 {
            connection.advance(.milliseconds(900))
            try connection.send("NOP\n")
        }

        #expect(connection.isOpen)
        #expect(connection.frames() == [String](repeating: "0 _heartbeat_", count: 9))
    }

    @Test func restWhileHeartbeatsAreOff() throws {
        let daemon = try TestDaemon()
        let connection = try daemon.connect()
        try connection.send("IDENTIFY", body: #"{"heartbeat_interval":-1}"#)
        connection.advance(.hours(10))

        #expect(connection.frames() == ["0 OK"])
        #expect(connection.isOpen)
    }

    @Test func leaveNoTimerBehind() throws {
        let daemon = try TestDaemon()
        let connection = try daemon.connect()
        try connection.send("BOGUS\n")
        _ = connection.frames()
        #expect(!connection.isOpen)

        connection.advance(.hours(1))
        #expect(connection.frames().isEmpty)
    }
}
