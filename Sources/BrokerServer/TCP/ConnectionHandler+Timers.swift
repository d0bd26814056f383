import Logging
import NIOCore
import NSQWire

extension ConnectionHandler {
    /// Sets the connection's one timer, unless it already runs early enough.
    ///
    /// A timer that runs too early sets itself anew, which is cheaper than cancelling it each time.
    func armWakeTask() {
        guard let context,
            let deadline = liveness.wakeTime(inputIsHeld: !holds.isEmpty),
            wakeTask == nil || deadline < wakeTime
        else { return }
        wakeTask?.cancel()
        wakeTime = deadline
        wakeTask = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [self] in
            wakeTask = nil
            wake()
        }
    }

    private func wake() {
        guard let context, phase != .closed else { return }
        let verdict = liveness.check(
            at: context.eventLoop.now,
            inputIsHeld: !holds.isEmpty,
            inputBytes: input.byteCount,
            output: Liveness.Output(
                written: output.writtenByteCount,
                pending: pendingByteCount(context)
            )
        )
        switch verdict {
        case .nothing:
            break
        case .heartbeat:
            sendHeartbeat()
            renewSubscription()
        case .close(let expiry):
            return expired(expiry)
        }
        armWakeTask()
        settle()
    }

    /// Bytes that the socket has not taken yet.
    func pendingByteCount(_ context: ChannelHandlerContext) -> Int {
        // SWALLOW: only a closed channel can not tell, and it has nothing pending.
        (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    private func expired(_ expiry: Liveness.Expiry) {
        let reason: String? =
            switch expiry {
            case .magic: "failed to read protocol version - i/o timeout"
            case .piece: "failed to read command - too slow"
            case .read: "failed to read command - i/o timeout"
            case .write: "failed to write - i/o timeout"
            case .linger: nil
            }
        if let reason {
            environment.logger.error("client(\(record.remoteAddress)) - \(reason)")
        }
        closeNow()
    }
}
