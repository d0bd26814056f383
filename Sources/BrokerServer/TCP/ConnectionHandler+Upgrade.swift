import Logging
import NIOCore
import NIOSSL
import NIOTLS
import NSQWire
import StreamCompression

extension ConnectionHandler {
    /// Notes what IDENTIFY agreed on; no command is read until the stream is changed.
    func planUpgrade() {
        guard case .none = upgrade else { return }
        let compression: StreamUpgrade.Compression? =
            if settings.usesSnappy {
                .snappy
            } else if settings.usesDeflate {
                .deflate(level: settings.deflateLevel)
            } else {
                nil
            }
        guard settings.usesTLS || compression != nil else { return }
        upgrade = .planned(usesTLS: settings.usesTLS, compression)
        holds.insert(.upgrade)
    }

    /// Takes the next step of the upgrade that can be taken, once what goes before it is written.
    ///
    /// Each layer is answered for through itself. What came behind IDENTIFY is for the new layers to read
    /// (quirk Q42): bytes in the clear never become commands of a connection that has TLS.
    func continueUpgrade(_ context: ChannelHandlerContext) {
        guard phase == .open else { return }
        do {
            switch upgrade {
            case .none, .handshaking, .done:
                break
            case .planned(true, let compression):
                upgrade = .handshaking(compression)
                try startTLS(context)
            case .planned(false, let compression):
                try finishUpgrade(context, compression)
            case .secured(let compression):
                answer("OK")
                flush(context)
                try finishUpgrade(context, compression)
            }
        } catch {
            endSilently("failed to upgrade connection - \(error)")
        }
    }

    /// The handshake is complete.
    func handshakeCompleted() {
        guard case .handshaking(let compression) = upgrade, let context else { return }
        let pipeline = context.pipeline.syncOperations
        do {
            let handler = try pipeline.handler(type: NIOSSLServerHandler.self)
            let watch = try pipeline.handler(type: CipherSuiteWatch.self)
            record.secured(TLSFacts(handler, suite: watch.suite))
        } catch {
            return endSilently("failed to upgrade connection - \(error)")
        }
        upgrade = .secured(compression)
        reader.machine.requiresTLS = false
    }

    private func startTLS(_ context: ChannelHandlerContext) throws {
        guard let acceptor = environment.tls else { return }
        logUpgrade("TLS")
        let pipeline = context.pipeline.syncOperations
        try pipeline.addHandler(CipherSuiteWatch(), position: .before(self))
        try pipeline.addHandler(HandshakeTimer(), position: .before(self))
        // In front of the timer, and behind the watch.
        let timer = try pipeline.handler(type: HandshakeTimer.self)
        try pipeline.addHandler(acceptor.makeHandler(), position: .before(timer))
        let early = input.bytes
        input = InputBuffer()
        if early.readableBytes > 0 {
            pipeline.fireChannelRead(NIOAny(early))
            pipeline.fireChannelReadComplete()
        }
        guard readIsWanted else { return }
        readIsWanted = false
        context.read()
    }

    private func finishUpgrade(
        _ context: ChannelHandlerContext,
        _ compression: StreamUpgrade.Compression?
    ) throws {
        upgrade = .done
        if let compression {
            try context.pipeline.syncOperations.addHandler(
                compressionHandler(compression),
                position: .before(self)
            )
            input = InputBuffer()
            answer("OK")
            flush(context)
        }
        release(.upgrade)
    }

    private func compressionHandler(
        _ compression: StreamUpgrade.Compression
    ) throws(CompressionError) -> CompressionHandler {
        switch compression {
        case .deflate(let level):
            logUpgrade("deflate (level \(level))")
            return CompressionHandler(
                compressor: try Deflater(level: level),
                decompressor: try Inflater(),
                received: input.bytes
            )
        case .snappy:
            logUpgrade("snappy")
            return CompressionHandler(
                compressor: SnappyEncoder(),
                decompressor: SnappyDecoder(),
                received: input.bytes
            )
        }
    }

    private func logUpgrade(_ layer: String) {
        let client = record.remoteAddress
        environment.logger.info("PROTOCOL(V2): [\(client)] upgrading connection to \(layer)")
    }
}
