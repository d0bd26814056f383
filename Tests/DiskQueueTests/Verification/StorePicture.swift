import DiskQueue
import DiskQueueTesting

/// All that a user of a store notices: bodies, states, counts.
struct StorePicture: Equatable {
    /// The bodies that can be read, by sequence.
    var bodies: [UInt64: [UInt8]] = [:]
    /// What became of each message, by channel.
    var states: [String: [UInt64: MessageState]] = [:]
    /// Depth and deferred, by channel.
    var counts: [String: [UInt64]] = [:]
    /// Names and pauses.
    var names: [String] = []

    /// What `nsq-inspect` shows of `inspection`.
    init(_ inspection: StoreInspection, of sequences: [UInt64]) throws {
        for topic in inspection.topics {
            names.append("\(topic.name) \(topic.isPaused)")
            var deferrals: [UInt64: DeferredBatch] = [:]
            try topic.forEachMessage { message in
                bodies[message.sequence] = Array(message.body)
                deferrals[message.sequence] = message.deferral
                return true
            }
            for channel in topic.channels {
                names.append("\(topic.name) \(channel.name) \(channel.isPaused)")
                counts[channel.name] = [channel.depth, channel.deferredCount]
                for sequence in sequences {
                    states[channel.name, default: [:]][sequence] =
                        channel.state(of: sequence, deferredAs: deferrals[sequence])
                }
            }
        }
    }

    /// What a daemon finds: the bodies that its log gives, and what its ledgers call finished.
    init(opening disk: MemoryFileSystem, of store: SmallStore, wasClean: Bool) throws {
        let rows = MemoryMetadataStore(MemoryMetadataStore.State(metadata: store.metadata))
        let (opened, topics) = try Store.open(
            SmallStore.configuration(disk, ManualTime(), wasClean: wasClean),
            metadata: rows
        ) { _ in }
        defer { opened.close() }
        for topic in topics {
            names.append(topic.name)
            try read(topic.log)
            for channel in topic.channels {
                names.append("\(topic.name) \(channel.member.name)")
                for sequence in store.bodies.keys where channel.state.isFinished(sequence) {
                    states[channel.member.name, default: [:]][sequence] = .finished
                }
            }
        }
    }

    private mutating func read(_ log: TopicLog) throws {
        guard var position = try log.locate(0) else { return }
        while let chunk = try log.chunk(at: position) {
            let bytes = UnsafeRawBufferPointer(start: chunk.base, count: chunk.count)
            var at = 0
            while at < bytes.count {
                let header = BatchHeader(trusting: UnsafeRawBufferPointer(rebasing: bytes[at...]))
                var frame = at + SegmentFormat.batchHeaderBytes
                for sequence in header.firstSequence..<header.endSequence {
                    let size =
                        4
                        + Int(
                            UInt32(
                                bigEndian: bytes.loadUnaligned(
                                    fromByteOffset: frame,
                                    as: UInt32.self
                                )
                            )
                        )
                    bodies[sequence] = Array(
                        bytes[frame + SegmentFormat.messageHeaderBytes..<frame + size]
                    )
                    frame += size
                }
                at += header.totalBytes
            }
            position = chunk.end
        }
    }
}
