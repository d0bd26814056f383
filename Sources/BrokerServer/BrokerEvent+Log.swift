import Broker
import DiskQueue
import Logging

extension BrokerEvent {
    /// Writes the event as a log line; those that the original has keep its words (`nsqd` spec 11).
    func log(to logger: Logger) {
        switch self {
        case .topicCreated(let topic): logger.info("TOPIC(\(topic)): created")
        case .topicDeleting(let topic, channels: _): logger.info("TOPIC(\(topic)): deleting")
        case .topicClosing(let topic): logger.info("TOPIC(\(topic)): closing")
        case .channelCreated(let topic, let channel):
            logger.info("TOPIC(\(topic)): new channel(\(channel))")
        case .channelDeleting(let topic, let channel):
            logger.info("TOPIC(\(topic)): deleting channel \(channel)")
        case .persisting(let path):
            logger.info("NSQ: persisting topic/channel metadata to \(path)")
        case .tookOver(let what): logger.info("STORE: \(what)")
        case .skipped(let what): logger.warning("\(what)")
        case .readFailed(let topic, let reason):
            logger.error("STORE: topic \(topic): a message cannot be read now: \(reason)")
        case .failed(let what): logger.error("STORE: \(what)")
        case .store(let event): event.log(to: logger)
        }
    }
}

extension StoreEvent {
    fileprivate func log(to logger: Logger) {
        switch self {
        case .log(let topic, .quarantined(let path, let range, let reason)):
            logger.error("STORE: topic \(topic): \(path) at \(range.lowerBound): \(reason)")
        case .log(let topic, .movedForward(let path, let bytes, let reason)):
            logger.error(
                "STORE: topic \(topic): \(reason); \(bytes) bytes of \(path) copied to a new segment"
            )
        case .log(let topic, .poisoned(let reason)):
            logger.critical("STORE: topic \(topic) is read-only until restart: \(reason)")
        case .log(_, .dirtied), .log(_, .opened), .log(_, .sealed), .log(_, .removed): break
        case .ledgerFailed(let path, let reason):
            logger.error("STORE: ledger \(path) cannot be written now: \(reason)")
        case .metadataFailed(let reason):
            logger.error("STORE: metadata cannot be written now: \(reason)")
        case .removalFailed(let reason): logger.error("STORE: \(reason)")
        case .synchronized: break
        case .recovered(let report):
            let stop = report.wasClean ? "a clean stop, with damage" : "an unclean stop"
            logger.warning("STORE: recovered \(report.topicCount) topics after \(stop)")
            for note in report.notes + report.topics.flatMap(\.notes) {
                logger.warning("STORE: recovery: \(note)")
            }
        }
    }
}
