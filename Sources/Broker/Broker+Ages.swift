import DiskQueue
import NSQCore
import Synchronization

/// When the oldest message was published that a topic or channel still has.
package struct OldestMessage: Sendable {
    /// The topic.
    package var topic: String
    /// The channel; `nil` for what waits in the topic itself.
    package var channel: String?
    /// Nanoseconds since the Unix epoch.
    package var timestamp: Int64
}

extension Broker {
    /// The oldest message of each topic and channel that has any, be it queued, deferred or in flight.
    ///
    /// Blocking: what lags behind is read from disk. What cannot be read is left out.
    package func oldestMessages() -> [OldestMessage] {
        all.flatMap { topic -> [OldestMessage] in
            let (channels, held) = topic.state.withLock { ($0.channels, $0.roster.heldPump) }
            var found: [OldestMessage] = []
            if let held, held < topic.log.endSequence {
                found += topic.oldest(at: held, channel: nil)
            }
            for channel in channels {
                let floor = channel.core.withLock { core in
                    let hasAny =
                        core.depth > 0 || core.inFlightCount > 0 || !core.deferrals.isEmpty
                    return hasAny ? core.window.floor() : nil
                }
                guard let floor else { continue }
                found += topic.oldest(at: floor, channel: channel.name.text)
            }
            return found
        }
    }

    /// Bytes written and not known to be on disk, over all topics: what a power loss could take.
    package var bytesAtRisk: Int {
        all.reduce(0) { $0 + ($1.name.isEphemeral ? 0 : $1.log.bytesAtRisk) }
    }
}

extension Topic {
    fileprivate func oldest(at sequence: UInt64, channel: String?) -> [OldestMessage] {
        var finder = MessageFinder(log: log)
        // SWALLOW: a figure on a page; who is to deliver the message reports what is wrong with it.
        guard let frame = try? finder.frame(of: sequence) else { return [] }
        let bits = frame.loadUnaligned(fromByteOffset: 8, as: Int64.self)
        let timestamp = Int64(bigEndian: bits)
        return [OldestMessage(topic: name.text, channel: channel, timestamp: timestamp)]
    }
}
