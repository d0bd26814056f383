import CoreMetrics
import Logging
import Lookup
import NIOCore
import NSQCore
import NSQWire
import ServerSupport

extension LookupConnectionHandler {
    /// Carries out one command and appends its reply.
    func carryOut(_ command: LookupdCommand) throws(LookupdProtocolError) {
        switch command {
        case .ping: ping()
        case .identify(let identity): return identify(identity)
        case .register(let topic, let channel): return try register(topic, channel)
        case .unregister(let topic, let channel): unregister(topic, channel)
        }
        LookupdReply.writeOK(to: &output)
    }

    private func ping() {
        environment.metrics.pings.increment()
        guard let producer else { return }
        let elapsed = environment.db.touch(producer)
        logger.debug(
            "CLIENT(\(peer)): pinged (last ping \(DurationText.text(nanoseconds: elapsed)))"
        )
    }

    private func identify(_ identity: ProducerIdentity) {
        producer = environment.db.add(
            identity,
            remoteAddress: peer,
            shown: ProducerJSON.object(of: identity, remoteAddress: peer)
        )
        let address = PrintableText.singleLine(identity.broadcastAddress)
        let version = PrintableText.singleLine(identity.version)
        logger.info(
            """
            CLIENT(\(peer)): IDENTIFY Address:\(address) TCP:\(identity.tcpPort) \
            HTTP:\(identity.httpPort) Version:\(version)
            """
        )
        logger.info("DB: client(\(peer)) REGISTER \(Registration.client)")
        LookupdReply.write(environment.identityJSON, to: &output)
    }

    private func register(
        _ topic: TopicName,
        _ channel: ChannelName?
    ) throws(LookupdProtocolError) {
        guard let producer else { throw .notIdentified }
        do throws(LookupError) {
            let added = try environment.db.register(producer, topic, channel)
            LookupdReply.writeOK(to: &output)
            environment.metrics.registrations.increment(by: added.count)
            guard logger.logLevel <= .info else { return }
            for registration in added {
                logger.info("DB: client(\(peer)) REGISTER \(registration)")
            }
        } catch {
            // What is registered stays: a node with one topic too many is not to vanish with all the others.
            let refusal = LookupdProtocolError.tooManyRegistrations
            logger.error("[\(peer)] - \(refusal)")
            LookupdReply.write(refusal.body, to: &output)
        }
    }

    private func unregister(_ topic: TopicName, _ channel: ChannelName?) {
        guard let producer else { return }
        for registration in environment.db.unregister(producer, topic, channel) {
            if channel == nil, case .channel = registration {
                logger.warning("client(\(peer)) unexpected UNREGISTER \(registration)")
            }
            logger.info("DB: client(\(peer)) UNREGISTER \(registration)")
        }
    }
}
