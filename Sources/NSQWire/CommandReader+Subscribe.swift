import NSQCore

extension CommandReader {
    /// SUB's checks, in the order of `nsqd` spec 1.9.
    func readSubscribe(_ line: inout ProtocolLine) throws(ProtocolError) -> Command {
        guard machine.sendsHeartbeats else { throw .subscribeWithoutHeartbeats }
        guard let topic = line.nextParameter(), let channel = line.nextParameter() else {
            throw .fewParameters(.subscribe)
        }
        guard TopicName(raw: topic) != nil else { throw .badTopic(.subscribe, topic) }
        guard ChannelName(raw: channel) != nil else { throw .badChannel(channel) }
        return .subscribe(topic: topic, channel: channel)
    }
}
