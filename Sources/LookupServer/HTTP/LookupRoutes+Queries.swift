import Logging
import Lookup
import NIOCore
import NSQCore
import ServerSupport
import StreamCompression

extension LookupRoutes {
    /// What `/debug` shows for a registration that was never tombstoned: the original's zero time.
    private static let neverTombstoned: Int64 = -6_795_364_578_871_345_152

    /// `/topics`.
    func topics() -> HTTPReply {
        Self.reply { json in
            json.key("topics")
            json.list(db.topicNames().map(\.text))
        }
    }

    /// `/channels`: none for a name that is unknown, or none at all.
    func channels(_ request: Request) throws(APIError) -> HTTPReply {
        guard let text = try request.parameters()["topic"] else { throw .missingTopic }
        return Self.reply { json in
            json.key("channels")
            json.list(TopicName(text).map { db.channelNames(of: $0).map(\.text) } ?? [])
        }
    }

    /// `/lookup`.
    func lookup(_ request: Request) throws(APIError) -> HTTPReply {
        guard let text = try request.parameters()["topic"] else { throw .missingTopic }
        guard let name = TopicName(text), let version = db.version(of: name) else {
            throw .topicNotFound
        }
        if let answer = answers.answer(for: name, version: version, at: db.now) {
            return reply(with: answer, for: name, acceptsGzip: request.acceptsGzip)
        }
        guard let topic = db.lookup(name) else { throw .topicNotFound }
        let body = Self.document { json in
            json.key("channels")
            json.list(topic.channels.map(\.text))
            json.key("producers")
            json.beginArray()
            for producer in topic.producers { json.encoded(producer.shown) }
            json.endArray()
        }
        answers.keep(body, for: name, version: topic.version, validUntil: topic.validUntil)
        return HTTPReply(status: 200, contentType: .json, body: body)
    }

    /// An answer that is asked for again, packed for who takes that.
    private func reply(
        with answer: LookupAnswerCache.Answer,
        for name: TopicName,
        acceptsGzip: Bool
    ) -> HTTPReply {
        let packed = acceptsGzip ? answer.packed ?? pack(answer, for: name) : nil
        return HTTPReply(
            status: 200,
            contentType: .json,
            isGzip: packed != nil,
            body: packed ?? answer.plain
        )
    }

    private func pack(_ answer: LookupAnswerCache.Answer, for name: TopicName) -> ByteBuffer? {
        do throws(CompressionError) {
            let packed = try Gzip.packed(answer.plain)
            answers.keep(packed: packed, of: answer, for: name)
            return packed
        } catch {
            logger.warning("/lookup is answered without gzip: \(error)")
            return nil
        }
    }

    /// `/nodes`.
    func nodes() -> HTTPReply {
        Self.reply { json in
            json.key("producers")
            json.beginArray()
            for node in db.nodes() {
                json.openedObject(node.producer.shown)
                json.key("tombstones")
                json.beginArray()
                for topic in node.topics { json.value(topic.isTombstoned) }
                json.endArray()
                json.key("topics")
                json.list(node.topics.map(\.name.text))
                json.endObject()
            }
            json.endArray()
        }
    }

    /// `/debug`: every registration as it stands.
    func debug() -> HTTPReply {
        // Times are kept on the monotonic clock and shown on the wall's.
        let difference = WallClock.nanoseconds &- db.now
        return Self.reply { json in
            for view in db.registrations() {
                json.key(Self.debugKey(view.registration))
                json.beginArray()
                for entry in view.entries { show(entry, difference, in: &json) }
                json.endArray()
            }
        }
    }

    private func show(_ entry: ProducerSet.Entry, _ difference: Int64, in json: inout JSONWriter) {
        let producer = entry.producer.identity
        json.beginObject()
        json.key("broadcast_address")
        json.value(producer.broadcastAddress)
        json.key("hostname")
        json.value(producer.hostname)
        json.key("http_port")
        json.value(producer.httpPort)
        json.key("id")
        json.value(entry.producer.remoteAddress)
        json.key("last_update")
        json.value(entry.producer.lastUpdate &+ difference)
        json.key("tcp_port")
        json.value(producer.tcpPort)
        json.key("tombstoned")
        json.value(entry.tombstonedAt != nil)
        json.key("tombstoned_at")
        json.value(entry.tombstonedAt.map { $0 &+ difference } ?? Self.neverTombstoned)
        json.key("topology_region")
        json.value(producer.topologyRegion)
        json.key("topology_zone")
        json.value(producer.topologyZone)
        json.key("version")
        json.value(producer.version)
        json.endObject()
    }

    private static func debugKey(_ registration: Registration) -> String {
        switch registration {
        case .client: "client::"
        case .topic(let topic): "topic:\(topic):"
        case .channel(let topic, let channel): "channel:\(topic):\(channel)"
        }
    }

    private static func reply(_ write: (inout JSONWriter) -> Void) -> HTTPReply {
        HTTPReply(status: 200, contentType: .json, body: document(write))
    }

    private static func document(_ write: (inout JSONWriter) -> Void) -> ByteBuffer {
        var json = JSONWriter()
        json.beginObject()
        write(&json)
        json.endObject()
        return json.bytes
    }
}

extension JSONWriter {
    /// Writes an array of strings.
    fileprivate mutating func list(_ texts: [String]) {
        beginArray()
        for text in texts { value(text) }
        endArray()
    }
}
