import Broker
import Logging
import NIOCore
import NIOPosix
import NSQCore
import ServerSupport

/// Sends the figures of topics and channels to a statsd server, every `--statsd-interval`.
///
/// The datagrams of a push are spread over its interval, but for a last second, so that a server with a small
/// buffer gets them all. Source: `nsqd` spec 8.
struct StatsdPusher: Sendable {
    /// Kept free of datagrams at the end of each interval.
    private static let rest = Duration.seconds(1)

    let settings: StatsdSettings
    let prefix: String
    let quantiles: [Double]
    let broker: Broker
    let group: any EventLoopGroup
    let logger: Logger

    /// Pushes until it is cancelled; what is left of a push then goes out at once.
    func run() async {
        var metrics = StatsdMetrics(
            prefix: prefix,
            excludesEphemeral: settings.excludesEphemeral,
            quantiles: quantiles
        )
        let clock = ContinuousClock()
        var next = clock.now
        while true {
            next += settings.interval
            do {
                try await clock.sleep(until: next)
            } catch {
                return
            }
            let (topics, memory) = await figures()
            await send(metrics.lines(of: topics, memory: memory))
            // A push that took longer than its interval is not made up for.
            next = max(next, clock.now - settings.interval)
        }
    }

    /// Gathers on a thread that may block: ten thousand topics are ordinary.
    private func figures() async -> ([TopicStatistics], MemoryStatistics?) {
        await withCheckedContinuation { continuation in
            NIOThreadPool.singleton.submit { _ in
                let topics = broker.statistics(topic: nil, channel: nil)
                let memory = settings.includesMemory ? MemoryStatistics.current() : nil
                continuation.resume(returning: (topics, memory))
            }
        }
    }

    private func send(_ lines: [String]) async {
        let packets = StatsdPackets.pack(lines, size: settings.packetBytes)
        do {
            let socket = try await connect()
            let pause = max(.zero, settings.interval - Self.rest) / max(1, packets.count)
            logger.info("STATSD: pushing stats to \(settings.address)")
            // Closed also when a write fails: a server that is down refuses what it is sent.
            defer { socket.close(promise: nil) }
            for packet in packets {
                try await socket.writeAndFlush(packet)
                // SWALLOW: cancelled, the rest is sent without waiting.
                try? await Task.sleep(for: pause)
            }
        } catch {
            logger.error("STATSD: failed to push to \(settings.address) - \(error)")
        }
    }

    /// A socket that is bound anew for each push, so that a name may come to mean another address.
    private func connect() async throws -> any NetworkChannel {
        guard case .tcp(let host, let port) = ListenAddress(settings.address),
            let number = Int(port)
        else {
            throw StartupFailure(.address, "\(settings.address) is no <host>:<port>")
        }
        return try await DatagramBootstrap(group: group).connect(host: host, port: number).get()
    }
}
