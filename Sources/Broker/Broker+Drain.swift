import Synchronization

extension Broker {
    /// Delivers nothing more; what is in flight may still be finished.
    ///
    /// Publishes are taken as before. It holds until the end of the process and is not persisted.
    package func stopDeliveries() {
        for topic in all {
            let channels = topic.state.withLock { $0.channels }
            for channel in channels { channel.core.withLock { $0.isDraining = true } }
        }
    }

    /// Messages delivered and not finished, over all channels.
    package var inFlightCount: Int64 {
        all.reduce(0) { sum, topic in
            let channels = topic.state.withLock { $0.channels }
            return channels.reduce(sum) { $0 + $1.core.withLock { $0.inFlightCount } }
        }
    }
}
