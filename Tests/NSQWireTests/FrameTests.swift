import NIOCore
import NSQWire
import Testing

@Suite("Frame")
struct FrameTests {
    private func bytes(_ write: (inout ByteBuffer) -> Void) -> [UInt8] {
        var buffer = ByteBuffer()
        write(&buffer)
        return Array(buffer.readableBytesView)
    }

    @Test func ofAResponseHoldsSizeTypeAndText() {
        let frame = bytes { Frame.writeResponse("CLOSE_WAIT", to: &$0) }

        #expect(frame == [0, 0, 0, 14, 0, 0, 0, 0] + Array("CLOSE_WAIT".utf8))
        #expect(bytes { Frame.writeResponse(Array("CLOSE_WAIT".utf8), to: &$0) } == frame)
    }

    @Test(arguments: [0, 1, 3, 1000])
    func ofManyOKsIsThatOfOneRepeated(count: Int) {
        let one = bytes { Frame.writeResponse("OK", to: &$0) }

        let many = bytes { Frame.writeOKs(count, to: &$0) }

        #expect(many == Array(repeatElement(one, count: count).joined()))
    }

    @Test func ofABadMagicHoldsTheCodeAlone() {
        let frame = bytes { Frame.writeError(.badProtocol, to: &$0) }

        #expect(frame == [0, 0, 0, 0x12, 0, 0, 0, 1] + Array("E_BAD_PROTOCOL".utf8))
    }

    @Test func ofAnErrorHoldsItsBytesAsSent() {
        let frame = bytes { Frame.writeError(.notDone(.finish, [0xFF, 0], "gone"), to: &$0) }

        let text = Array("E_FIN_FAILED FIN ".utf8) + [0xFF, 0] + Array(" failed gone".utf8)
        #expect(frame == [0, 0, 0, UInt8(text.count + 4), 0, 0, 0, 1] + text)
    }
}
