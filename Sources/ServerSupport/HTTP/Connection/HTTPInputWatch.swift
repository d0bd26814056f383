import NIOCore

/// Stands before the decoder and tells the connection when bytes arrive.
///
/// The decoder shows a request only once its head is complete; a head that drips in can not be
/// timed from behind it.
final class HTTPInputWatch<API: HTTPAPI>: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: HTTPConnectionHandler<API>

    init(_ connection: HTTPConnectionHandler<API>) {
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.bytesArrived()
        context.fireChannelRead(data)
    }
}
