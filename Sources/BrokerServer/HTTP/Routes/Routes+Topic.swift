import Broker
import NSQCore
import ServerSupport

extension Routes {
    /// `/topic/create`: makes the topic unless it exists.
    func createTopic(_ request: HTTPRequest) throws(APIError) -> HTTPAnswer {
        let name = try topicName(in: request.parameters())
        return administer { [broker] () throws(BrokerError) in
            _ = try broker.topic(name)
        }
    }

    /// `/topic/delete`: removes the topic, its channels and all messages.
    func deleteTopic(_ request: HTTPRequest) throws(APIError) -> HTTPAnswer {
        let name = try nameOfExistingTopic(in: request.parameters())
        return administer { [broker] () throws(BrokerError) in
            try broker.deleteTopic(name)
        }
    }

    /// `/topic/empty`: drops what waits in the topic itself.
    func emptyTopic(_ request: HTTPRequest) throws(APIError) -> HTTPAnswer {
        let name = try topicName(in: request.parameters())
        guard let topic = broker.existingTopic(name) else { throw .topicNotFound }
        return administer { () throws(BrokerError) in
            try topic.empty()
        }
    }

    /// `/topic/pause` and `/topic/unpause`; on disk when it is answered.
    func pauseTopic(_ request: HTTPRequest, isPaused: Bool) throws(APIError) -> HTTPAnswer {
        let name = try nameOfExistingTopic(in: request.parameters())
        guard let topic = broker.existingTopic(name) else { throw .topicNotFound }
        return administer { () throws(BrokerError) in
            if isPaused {
                try topic.pause()
            } else {
                try topic.unpause()
            }
        }
    }

    /// The name in the parameter `topic`, for the routes that call an invalid one unknown (spec
    /// Q35).
    private func nameOfExistingTopic(
        in parameters: QueryParameters
    ) throws(APIError) -> TopicName {
        guard let text = parameters["topic"] else { throw .missingTopic }
        guard let name = TopicName(text) else { throw .topicNotFound }
        return name
    }
}
