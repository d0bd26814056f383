package import NIOCore

/// Lets a listener rest for a moment when a connection cannot be accepted: while the process has no descriptor
/// left, the waiting connection would be tried again at once and for ever.
///
/// NIO's own back-off does not help here: its read stays pending after the error. Isolation: the listener's event
/// loop.
package final class AcceptPause: ChannelInboundHandler {
    package typealias InboundIn = any NetworkChannel

    private static let pause = TimeAmount.milliseconds(100)

    /// Puts one into the pipeline of `listener`.
    package static func add(to listener: any NetworkChannel) -> EventLoopFuture<Void> {
        listener.eventLoop.makeCompletedFuture {
            try listener.pipeline.syncOperations.addHandler(AcceptPause())
        }
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let listener = context.channel
        listener.setOption(.autoRead, value: false).whenComplete { _ in
            listener.eventLoop.scheduleTask(in: Self.pause) {
                listener.setOption(.autoRead, value: true)
            }
        }
    }
}
