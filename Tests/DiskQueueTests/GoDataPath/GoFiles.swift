import DiskQueue
import DiskQueueTesting
import NSQCore
import Testing

/// Files as the original writes them, composed by hand.
enum GoFiles {
    /// The time of every record, nanoseconds since the Unix epoch.
    static let time: Int64 = 1_790_000_000_000_000_000

    /// A record.
    static func record(_ body: String, _ number: UInt64 = 0, attempts: UInt16 = 0) -> [UInt8] {
        record(Array(body.utf8), id: id(number), attempts: attempts)
    }

    /// A record with any body and id text.
    static func record(_ body: [UInt8], id: String, attempts: UInt16 = 0) -> [UInt8] {
        bigEndian(UInt32(body.count + 26)) + bigEndian(UInt64(time)) + bigEndian(attempts)
            + Array(id.utf8) + body
    }

    /// The id of a record: as dense as those of one millisecond of the original.
    static func id(_ number: UInt64) -> String {
        let digits = String(0x0d00_0000_0000_0000 + number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// A meta file.
    static func meta(
        _ depth: Int64,
        read: (UInt64, Int) = (0, 0),
        write: (UInt64, Int)
    ) -> [UInt8] {
        Array("\(depth)\n\(read.0),\(read.1)\n\(write.0),\(write.1)\n".utf8)
    }

    /// The data file and the meta file of a queue of one file.
    static func queue(_ name: String, _ records: [[UInt8]]) -> [String: [UInt8]] {
        let data = Array(records.joined())
        return [
            "/data/\(name).diskqueue.000000.dat": data,
            "/data/\(name).diskqueue.meta.dat": meta(Int64(records.count), write: (0, data.count)),
        ]
    }

    /// An `nsqd.dat`.
    static func document(_ topics: String) -> [String: [UInt8]] {
        ["/data/nsqd.dat": Array(#"{"topics":[\#(topics)],"version":"1.3.0"}"#.utf8)]
    }

    /// A topic of it; names that end with `!` are paused.
    static func topic(_ name: String, _ channels: String...) -> String {
        func entry(_ name: String) -> String {
            let isPaused = name.hasSuffix("!")
            return #""name":"\#(isPaused ? String(name.dropLast()) : name)","paused":\#(isPaused)"#
        }
        let list = channels.map { "{\(entry($0))}" }.joined(separator: ",")
        return #"{\#(entry(name)),"channels":[\#(list)]}"#
    }

    static func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
}

/// What waits in each queue of a store: what a consumer would get.
struct Waiting: Equatable {
    /// A message that waits.
    struct Message: Hashable, CustomStringConvertible {
        var body: String
        var attempts: UInt16 = 0
        var time = GoFiles.time

        var description: String { "\(body.prefix(20))/\(attempts)" }
    }

    /// By queue, in order.
    var queues: [String: [Message]] = [:]
    /// The names of paused topics and channels.
    var paused: Set<String> = []
    /// The ids, by queue.
    var ids: [String: [String]] = [:]

    static func == (left: Self, right: Self) -> Bool {
        left.queues == right.queues && left.paused == right.paused
    }

    /// What waits in the store of `/data`.
    init(on fileSystem: any FileSystem) throws {
        let store = try StoreInspection(
            dataPath: "/data",
            fileSystem: fileSystem,
            stored: StoredMetadata(),
            marker: nil,
            holder: nil,
            nowMilliseconds: GoFiles.time / 1_000_000
        )
        #expect(store.notes.isEmpty)
        for topic in store.topics {
            if topic.isPaused { paused.insert(topic.name) }
            try add(topic.name, topic, from: topic.pump, to: topic.endSequence) { _ in
                .queued(attempts: 0)
            }
            for channel in topic.channels {
                let name = "\(topic.name):\(channel.name)"
                if channel.isPaused { paused.insert(name) }
                try add(
                    name,
                    topic,
                    from: channel.received.lowerBound,
                    to: channel.received.upperBound
                ) { channel.state(of: $0.sequence, deferredAs: $0.deferral) }
            }
        }
    }

    /// Composes what should be there.
    init(_ queues: [String: [Message]], paused: Set<String> = []) {
        self.queues = queues
        self.paused = paused
    }

    private mutating func add(
        _ name: String,
        _ topic: TopicInspection,
        from first: UInt64,
        to end: UInt64,
        _ state: (StoredMessage) -> MessageState
    ) throws {
        queues[name] = []
        try topic.forEachMessage(
            from: first,
            damaged: { path, _, reason in Issue.record("\(path): \(reason)") },
            { message in
                guard message.sequence < end else { return false }
                guard case .queued(let attempts) = state(message) else { return true }
                let body = String(decoding: message.body, as: UTF8.self)
                let found = Message(body: body, attempts: attempts, time: message.timestamp)
                queues[name]?.append(found)
                ids[name, default: []].append(message.idText)
                return true
            }
        )
    }
}
