import NIOCore
import NSQWire
import StreamCompression

/// What a connection's stream can be changed to.
enum StreamUpgrade {
    case deflate(level: Int)
    case snappy
}

extension ConnectionHandler {
    /// Notes what IDENTIFY agreed on; nothing more is read until the stream is changed.
    ///
    /// A stream that was changed before stays as it is.
    func prepareUpgrade() {
        guard !hasUpgraded else { return }
        if settings.usesSnappy { upgrade = .snappy }
        if settings.usesDeflate { upgrade = .deflate(level: settings.deflateLevel) }
        if upgrade != nil { holds.insert(.upgrade) }
    }

    /// Changes the stream, once the answer to IDENTIFY was written to it as it was.
    ///
    /// What came behind IDENTIFY in the clear is dropped: it may be somebody else's. Source: `nsqd` spec 2.4.
    func performUpgrade(_ context: ChannelHandlerContext) {
        guard let upgrade, phase == .open else { return }
        self.upgrade = nil
        hasUpgraded = true
        input = InputBuffer()
        do {
            try context.pipeline.syncOperations.addHandler(
                Self.handler(for: upgrade),
                position: .before(self)
            )
        } catch {
            endSilently("cannot change the stream - \(error)")
            return
        }
        answer("OK")
        flush(context)
        release(.upgrade)
    }

    private static func handler(
        for upgrade: StreamUpgrade
    ) throws(CompressionError) -> CompressionHandler {
        switch upgrade {
        case .deflate(let level):
            CompressionHandler(
                compressor: try Deflater(level: level),
                decompressor: try Inflater()
            )
        case .snappy:
            CompressionHandler(compressor: SnappyEncoder(), decompressor: SnappyDecoder())
        }
    }
}
