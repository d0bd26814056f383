import Broker
import NSQCore
import ServerSupport

extension Routes {
    /// `/channel/create`: makes the channel unless it exists; the topic must.
    func createChannel(_ request: HTTPRequest) throws(APIError) -> HTTPAnswer {
        let (topic, name) = try topicAndChannelName(in: request)
        return administer { () throws(BrokerError) in
            _ = try topic.channel(name)
        }
    }

    /// `/channel/delete`: removes the channel and closes its consumers' connections.
    func deleteChannel(_ request: HTTPRequest) throws(APIError) -> HTTPAnswer {
        let (topic, name) = try topicAndChannelName(in: request)
        return administer { () throws(BrokerError) in
            try topic.deleteChannel(name)
        }
    }

    /// `/channel/empty`: drops what waits, is in flight or deferred.
    func emptyChannel(_ request: HTTPRequest) throws(APIError) -> HTTPAnswer {
        let channel = try existingChannel(in: request)
        return administer { () throws(BrokerError) in
            try channel.empty()
        }
    }

    /// `/channel/pause` and `/channel/unpause`; on disk when it is answered.
    func pauseChannel(_ request: HTTPRequest, isPaused: Bool) throws(APIError) -> HTTPAnswer {
        let channel = try existingChannel(in: request)
        return administer { () throws(BrokerError) in
            if isPaused {
                try channel.pause()
            } else {
                try channel.unpause()
            }
        }
    }

    private func existingChannel(in request: HTTPRequest) throws(APIError) -> Channel {
        let (topic, name) = try topicAndChannelName(in: request)
        guard let channel = topic.existingChannel(name) else { throw .channelNotFound }
        return channel
    }

    private func topicAndChannelName(
        in request: HTTPRequest
    ) throws(APIError) -> (Topic, ChannelName) {
        let parameters = try request.parameters()
        guard let topicText = parameters["topic"] else { throw .missingTopic }
        guard let topicName = TopicName(topicText) else { throw .invalidTopicArgument }
        guard let channelText = parameters["channel"] else { throw .missingChannel }
        guard let channelName = ChannelName(channelText) else { throw .invalidChannelArgument }
        guard let topic = broker.existingTopic(topicName) else { throw .topicNotFound }
        return (topic, channelName)
    }
}
