import NIOCore

/// The encoded replies that wait for the next write of a connection.
struct HTTPReplyBuffer {
    /// Storage beyond this is not kept from one write to the next.
    private static let keptBytes = 4096

    private var bytes = ByteBuffer()
    /// Whether ``bytes`` was handed to the channel already.
    private var isTaken = false
    private var date: (seconds: Int64, text: String) = (0, "")

    /// Bytes that wait.
    var count: Int { isTaken ? 0 : bytes.readableBytes }

    /// Appends the head of `reply`, and its body too unless that is large; then it is returned, to
    /// be written next.
    mutating func append(_ reply: HTTPReply, _ framing: HTTPReply.Framing) -> ByteBuffer? {
        makeRoom()
        var framing = framing
        framing.date = currentDate()
        reply.writeHead(into: &bytes, framing)
        guard !framing.omitsBody else { return nil }
        guard reply.body.readableBytes <= HTTPLimits.gatheredReplyBytes else { return reply.body }
        bytes.writeImmutableBuffer(reply.body)
        return nil
    }

    /// Appends the word that a client waits for before it sends a body.
    mutating func appendContinue() {
        makeRoom()
        bytes.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
    }

    /// What waits, for the channel.
    ///
    /// The storage is used again once the channel let go of it.
    mutating func take() -> ByteBuffer {
        guard !isTaken else { return ByteBuffer() }
        isTaken = true
        return bytes
    }

    private mutating func makeRoom() {
        guard isTaken else { return }
        isTaken = false
        if bytes.capacity > Self.keptBytes {
            bytes = ByteBuffer()
        } else {
            bytes.clear()
        }
    }

    /// The value of `Date`, made anew once a second.
    private mutating func currentDate() -> String {
        let seconds = WallClock.seconds
        if date.seconds != seconds || date.text.isEmpty {
            date = (seconds, CalendarText.httpDate(seconds))
        }
        return date.text
    }
}
