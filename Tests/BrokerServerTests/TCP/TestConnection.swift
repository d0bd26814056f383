import BrokerServer
import NIOCore
import NIOEmbedded

/// A connection's handler on a channel without a socket, fed and read by hand.
final class TestConnection {
    let channel = EmbeddedChannel()
    private let daemon: TestDaemon
    private let reads = ReadCounter()
    private var received = ByteBuffer()

    /// Connects from 127.0.0.1:4000.
    init(_ environment: ConnectionEnvironment, of daemon: TestDaemon) throws {
        self.daemon = daemon
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: 4000)
        channel.remoteAddress = address
        channel.allowRemoteHalfClosure = true
        let handler = ConnectionHandler(environment: environment, channel: channel)
        try channel.pipeline.syncOperations.addHandlers(reads, handler)
        try channel.connect(to: address).wait()
    }

    /// Whether the server has not closed the connection.
    var isOpen: Bool { channel.isActive }

    /// Reads that reached the socket.
    var readCount: Int { reads.count }

    /// Sends `text` in one piece.
    func send(_ text: String) throws {
        try send(Array(text.utf8))
    }

    /// Sends a command with a body.
    func send(_ line: String, body: String) throws {
        try send(Self.command(line, body: body))
    }

    /// Sends `bytes` in one piece.
    func send(_ bytes: [UInt8]) throws {
        guard !bytes.isEmpty else { return }
        try channel.writeInbound(ByteBuffer(bytes: bytes))
    }

    /// A command with its body behind its size.
    static func command(_ line: String, body: String) -> [UInt8] {
        Array("\(line)\n".utf8) + size(body.utf8.count) + Array(body.utf8)
    }

    /// An MPUB.
    static func multiPublish(_ topic: String, _ bodies: [String]) -> [UInt8] {
        let content = size(bodies.count) + bodies.flatMap { size($0.utf8.count) + Array($0.utf8) }
        return Array("MPUB \(topic)\n".utf8) + size(content.count) + content
    }

    private static func size(_ number: Int) -> [UInt8] {
        let bits = UInt32(truncatingIfNeeded: number)
        return (0..<4).map { UInt8(truncatingIfNeeded: bits >> (24 - 8 * $0)) }
    }

    /// The client stops sending.
    func endInput() {
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }

    /// The socket asks for input, as it does after every read.
    func askForRead() {
        channel.read()
    }

    /// The socket's buffer fills up, or drains.
    func setWritable(_ isWritable: Bool) {
        channel.isWritable = isWritable
        channel.pipeline.fireChannelWritabilityChanged()
    }

    /// Runs what other threads sent to the loop.
    func run() {
        channel.embeddedEventLoop.run()
    }

    /// Lets time pass for timers.
    func advance(_ time: TimeAmount) {
        channel.embeddedEventLoop.advanceTime(by: time)
    }

    /// The frames that came since the last call: type and text, a message as its attempts and body.
    func frames() -> [String] {
        while var piece = try? channel.readOutbound(as: ByteBuffer.self) {
            received.writeBuffer(&piece)
        }
        var frames: [String] = []
        while let size = received.readInteger(as: UInt32.self) {
            guard let kind = received.readInteger(as: UInt32.self),
                let data = received.readBytes(length: Int(size) - 4)
            else { return frames + ["cut off"] }
            if kind == 2 {
                let attempts = Int(data[8]) << 8 | Int(data[9])
                frames.append("2 #\(attempts) \(String(decoding: data[26...], as: UTF8.self))")
                ids.append(String(decoding: data[10..<26], as: UTF8.self))
            } else {
                frames.append("\(kind) \(String(decoding: data, as: UTF8.self))")
            }
        }
        return frames
    }

    /// Ids of all messages received.
    private(set) var ids: [String] = []

    /// Ends the connection from the client's side.
    func close() {
        // SWALLOW: what the server did not send any more is of no interest.
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }
}

/// Counts the reads that a handler lets through to the socket.
private final class ReadCounter: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    private(set) var count = 0

    func read(context: ChannelHandlerContext) {
        count += 1
        context.read()
    }
}
