import Broker
import NIOCore
import NSQWire

/// How many bytes of messages are asked for at a time.
enum DeliverySize {
    /// For a consumer that gets a message now and then.
    static let smallest = 4096
    /// For a backlog being drained: large enough that a message's share of a call and a system call is
    /// nothing; the largest output buffer of the original, which is what a consumer may leave unread.
    static let largest = 65_536
    /// While the peers of all connections leave much unread.
    static let thrifty = 16_384
    /// Factor between a full buffer and the next.
    static let growth = 4
    /// Largest single message taken from the store; larger ones can not have been published.
    static let limit = 1 << 30
}

extension ConnectionHandler {
    /// Fills the output with messages as long as there are any, the consumer is ready, and the socket takes
    /// them.
    ///
    /// Source: `nsqd` spec 1.10 for when they are flushed.
    func pump(_ context: ChannelHandlerContext) {
        wantsPump = false
        guard let subscription else { return }
        if environment.outputBudget.isExceeded {
            takeByteCount = min(takeByteCount, DeliverySize.thrifty)
        }
        var wanted = takeByteCount
        while context.channel.isWritable {
            guard let delivery = take(subscription, byteCount: wanted) else { return }
            switch delivery.state {
            case .notReady:
                shrink(after: delivery)
                output.mustFlush = output.mustFlush || output.bytes.readableBytes > 0
                return
            case .caughtUp:
                shrink(after: delivery)
                return flushOnTime(context)
            case .full:
                let largest =
                    environment.outputBudget.isExceeded
                    ? DeliverySize.thrifty : DeliverySize.largest
                guard output.bytes.readableBytes > 0 || takeByteCount < largest else { return }
                flush(context)
                takeByteCount = min(takeByteCount * DeliverySize.growth, largest)
                wanted = takeByteCount
            case .needsBytes(let count):
                guard count <= DeliverySize.limit, count > wanted else { return closeNow() }
                flush(context)
                wanted = count
            }
        }
        // The socket is full: deliveries go on when it is not.
        wantsPump = true
    }

    private func take(_ subscription: Subscription, byteCount: Int) -> Delivery? {
        var delivery: Delivery?
        output.bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: byteCount) { space in
            let taken = subscription.channel.take(for: subscription.consumer, into: space)
            delivery = taken
            return taken.byteCount
        }
        return delivery
    }

    private func shrink(after delivery: Delivery) {
        if delivery.byteCount < takeByteCount / DeliverySize.growth {
            takeByteCount = max(takeByteCount / 2, DeliverySize.smallest)
        }
    }

    /// Decides when buffered messages go out to a consumer that could take more.
    private func flushOnTime(_ context: ChannelHandlerContext) {
        let byteCount = output.bytes.readableBytes
        guard byteCount > 0, !output.mustFlush else { return }
        guard byteCount < settings.outputBufferBytes else {
            output.mustFlush = true
            return
        }
        switch flushTicker.decide(at: context.eventLoop.now) {
        case .flush: output.mustFlush = true
        case .wait(let deadline): armFlushTask(context, deadline)
        case .never: break
        }
    }

    private func armFlushTask(_ context: ChannelHandlerContext, _ deadline: NIODeadline) {
        guard flushTask == nil else { return }
        flushTask = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [self] in
            flushTask = nil
            guard let context = self.context, phase == .open else { return }
            flushOnTime(context)
            settle()
        }
    }
}
