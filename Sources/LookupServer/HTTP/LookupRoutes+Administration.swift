import Logging
import Lookup
import NSQCore
import ServerSupport

extension LookupRoutes {
    /// `/topic/create`.
    func createTopic(_ request: Request) throws(APIError) {
        guard let text = try request.parameters()["topic"] else { throw .missingTopic }
        guard let topic = TopicName(text) else { throw .invalidTopicArgument }
        logger.info("DB: adding topic(\(topic))")
        do throws(LookupError) {
            try db.createTopic(topic)
        } catch {
            throw .tooManyRegistrations
        }
    }

    /// `/topic/delete`: also of what is unknown, or no name.
    func deleteTopic(_ request: Request) throws(APIError) {
        guard let text = try request.parameters()["topic"] else { throw .missingTopic }
        guard let topic = TopicName(text) else { return }
        logger.info("DB: removing topic(\(topic))")
        db.deleteTopic(topic)
    }

    /// `/topic/tombstone`: also of what is unknown, or no name.
    func tombstoneTopic(_ request: Request) throws(APIError) {
        let parameters = try request.parameters()
        guard let text = parameters["topic"] else { throw .missingTopic }
        guard let node = parameters["node"] else { throw .missingNode }
        guard let topic = TopicName(text) else { return }
        let shown = PrintableText.singleLine(node)
        logger.info("DB: setting tombstone for producer@\(shown) of topic(\(topic))")
        db.tombstone(topic, NodeAddress(node))
    }

    /// `/channel/create`: makes the topic too.
    func createChannel(_ request: Request) throws(APIError) {
        let (topic, channel) = try names(in: request)
        logger.info("DB: adding channel(\(channel)) in topic(\(topic))")
        do throws(LookupError) {
            try db.createChannel(topic, channel)
        } catch {
            throw .tooManyRegistrations
        }
    }

    /// `/channel/delete`.
    func deleteChannel(_ request: Request) throws(APIError) {
        let (topic, channel) = try names(in: request)
        do throws(LookupError) {
            try db.deleteChannel(topic, channel)
        } catch {
            throw .channelNotFound
        }
        logger.info("DB: removing channel(\(channel)) from topic(\(topic))")
    }

    private func names(in request: Request) throws(APIError) -> (TopicName, ChannelName) {
        let parameters = try request.parameters()
        guard let topicText = parameters["topic"] else { throw .missingTopic }
        guard let topic = TopicName(topicText) else { throw .invalidTopicArgument }
        guard let channelText = parameters["channel"] else { throw .missingChannel }
        guard let channel = ChannelName(channelText) else { throw .invalidChannelArgument }
        return (topic, channel)
    }
}
