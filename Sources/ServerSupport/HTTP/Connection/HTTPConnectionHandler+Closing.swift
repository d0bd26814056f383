import NIOCore

extension HTTPConnectionHandler {
    /// Closes once the replies are with the system.
    func close() {
        guard let context else { return }
        phase = .closing
        queue.removeAll()
        deadlines.requestEnded()
        deadlines.setStalled(true, at: .now())
        setTimer()
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.whenComplete { _ in handler.value.finalReplyWritten() }
        context.writeAndFlush(wrapOutboundOut(output.take()), promise: written)
    }

    /// A socket closed with unread input resets the connection, and may take the reply with it.
    private func finalReplyWritten() {
        guard let context else { return }
        phase = .lingering
        guard lingers, !isInputEnded else {
            context.close(promise: nil)
            return
        }
        context.close(mode: .output, promise: nil)
        setTimer(at: .now() + .milliseconds(HTTPLimits.lingerMilliseconds))
        continueReading()
    }

    /// Closes a connection that has nothing more to expect.
    func closeIfDone() {
        guard isInputEnded || isShuttingDown, queue.isEmpty else { return }
        switch phase {
        case .idle: close()
        case .receiving where isInputEnded: refuse(MalformedRequest(status: 400))
        case .lingering where isInputEnded: context?.close(promise: nil)
        case .receiving, .answering, .closing, .lingering: break
        }
    }

    func setTimer() {
        guard let deadline = deadlines.next(isAnswering: phase == .answering) else { return }
        setTimer(at: deadline)
    }

    /// Sees to it that the timer fires at `deadline` or before.
    func setTimer(at deadline: NIODeadline) {
        guard let context else { return }
        if let timer, timer.deadline <= deadline { return }
        timer?.task.cancel()
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        let task = context.eventLoop.scheduleTask(deadline: deadline) {
            handler.value.timerFired()
        }
        timer = (task, deadline)
    }

    /// The timer may be older than the present request: then it is only set anew.
    private func timerFired() {
        timer = nil
        let deadline = deadlines.next(isAnswering: phase == .answering)
        if phase == .lingering || deadline.map({ $0 <= .now() }) == true {
            context?.close(promise: nil)
        } else {
            setTimer()
        }
    }
}
