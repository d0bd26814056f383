import Broker
import NIOCore
import NSQCore
import NSQWire

/// A published batch whose OKs wait for the disk.
struct PendingPublish {
    let command: CommandName
    let commandCount: Int
    let messageCount: Int
}

extension ConnectionHandler {
    /// Makes the stage ready for one more publish to the reader's target.
    ///
    /// Gives `false` when that is not possible now, or the connection ends.
    func stage(_ command: CommandName, deferral: Int64) -> Bool {
        flushFinishes()
        let revision = reader.target.revision
        if !publishes.isEmpty, publishes.revision != revision || publishes.deferral != deferral {
            guard flushPublishes() else { return false }
        }
        guard publishes.isEmpty else { return true }
        guard mayPublish(command) else { return false }
        do throws(BrokerError) {
            let topic = try topicOfTarget()
            publishes.begin(command, to: topic, revision: revision, deferral: deferral)
            return true
        } catch {
            fail(.publishFailed(command, "\(error)"))
            return false
        }
    }

    /// The topic that the reader's target names, from the cache while it is good.
    private func topicOfTarget() throws(BrokerError) -> Topic {
        let target = reader.target
        if let publishTopic, publishRevision == target.revision, !publishTopic.isExiting {
            return publishTopic
        }
        guard let name = target.name else { throw .topicNotFound }
        let topic = try environment.broker.topic(name)
        if publishRevision != target.revision || publishTopic == nil {
            publishSlot = record.publishSlot(of: name.text)
        }
        publishTopic = topic
        publishRevision = target.revision
        return topic
    }

    /// Publishes what is staged in one batch; the answers follow at once, or when it is durable.
    ///
    /// Gives `false` when the input is now held or the connection ends.
    func flushPublishes() -> Bool {
        guard !publishes.isEmpty, let topic = publishes.topic else { return true }
        let pending = PendingPublish(
            command: publishes.command,
            commandCount: publishes.commandCount,
            messageCount: publishes.messageCount
        )
        defer { publishes.clear() }
        do throws(BrokerError) {
            guard let ticket = try publish(to: topic) else {
                publishSucceeded(pending)
                return true
            }
            waitFor(ticket, pending)
        } catch {
            fail(.publishFailed(pending.command, "\(error)"))
        }
        return false
    }

    /// Publishes to `topic`, or to the one made anew when it was deleted a moment ago.
    private func publish(to topic: Topic) throws(BrokerError) -> CommitTicket? {
        do throws(BrokerError) {
            return try publishes.publish(to: topic)
        } catch {
            guard case .exiting = error, !environment.broker.isExiting else { throw error }
            let successor = try environment.broker.topic(topic.name)
            if publishRevision == publishes.revision { publishTopic = successor }
            return try publishes.publish(to: successor)
        }
    }

    private func publishSucceeded(_ pending: PendingPublish) {
        record.published(pending.messageCount, slot: publishSlot)
        Frame.writeOKs(pending.commandCount, to: &output.bytes)
        output.hasAnswers = true
        output.mustFlush = true
    }

    private func waitFor(_ ticket: CommitTicket, _ pending: PendingPublish) {
        guard let eventLoop = context?.eventLoop else { return }
        holds.insert(.commit)
        pendingPublish = pending
        let handler = NIOLoopBound(self, eventLoop: eventLoop)
        ticket.whenDurable { error in
            eventLoop.execute { handler.value.publishCommitted(error) }
        }
    }

    /// The batch that was waited for is durable, or never will be.
    private func publishCommitted(_ error: BrokerError?) {
        guard let pending = pendingPublish, phase != .closed else { return }
        pendingPublish = nil
        record.pumpSignal.attend()
        if let error {
            fail(.publishFailed(pending.command, "\(error)"))
        } else {
            publishSucceeded(pending)
            release(.commit)
        }
        settle()
    }
}
