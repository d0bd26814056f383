package import DiskQueue
import NSQCore
import Synchronization

/// What a broker's topics and channels share.
final class BrokerShared: Sendable {
    let configuration: BrokerConfiguration
    let store: Store
    let background: BackgroundWork?
    let time: any TimeSource
    let deadlines: DeadlineScheduler
    let waitsForSync: Bool
    private let observe: @Sendable (BrokerEvent) -> Void
    /// The last failure of a publish, until one succeeds.
    ///
    /// Source: `nsqd` spec 3.10.
    private let fault = Mutex<String?>(nil)
    private let isFaulty = Atomic<Bool>(false)
    private let exiting = Atomic<Bool>(false)
    private let directory = Mutex<(any ChannelDirectory)?>(nil)

    init(
        configuration: BrokerConfiguration,
        store: Store,
        background: BackgroundWork?,
        time: any TimeSource,
        deadlines: DeadlineScheduler,
        waitsForSync: Bool,
        observe: @escaping @Sendable (BrokerEvent) -> Void
    ) {
        self.configuration = configuration
        self.store = store
        self.background = background
        self.time = time
        self.deadlines = deadlines
        self.waitsForSync = waitsForSync
        self.observe = observe
    }

    /// Milliseconds since the Unix epoch.
    var wallMilliseconds: UInt64 { UInt64(max(0, time.wallNanoseconds / 1_000_000)) }

    /// Whether the broker is shutting down.
    var isExiting: Bool { exiting.load(ordering: .acquiring) }

    /// Refuses everything new from now on.
    func beginExit() { exiting.store(true, ordering: .releasing) }

    /// Runs `body` where blocking is fine.
    func perform(_ body: @escaping @Sendable () -> Void) {
        if let background { background.perform(body) } else { body() }
    }

    /// Runs `body` after `delay`, where blocking is fine; a broker without background work runs it at once.
    func perform(after delay: Duration, _ body: @escaping @Sendable () -> Void) {
        if let background { background.perform(after: delay, body) } else { body() }
    }

    /// Who is asked about the channels of new topics; `nil` for nobody.
    var channelDirectory: (any ChannelDirectory)? {
        get { directory.withLock { $0 } }
        set { directory.withLock { $0 = newValue } }
    }

    // MARK: - Health

    /// "OK", or "NOK - " and the last disk error.
    var health: String { fault.withLock { $0 }.map { "NOK - \($0)" } ?? "OK" }

    /// Notes a publish that was stored.
    func notePublished() {
        guard isFaulty.load(ordering: .relaxed) else { return }
        isFaulty.store(false, ordering: .relaxed)
        fault.withLock { $0 = nil }
    }

    /// Notes a publish that could not be stored, and gives the error for its producer.
    func notePublishFailure(_ error: DiskQueueError) -> BrokerError {
        if error.code == .closed { return .exiting }
        fault.withLock { $0 = error.message }
        isFaulty.store(true, ordering: .relaxed)
        return .storage(error.message)
    }

    /// Reports a read from disk that failed; the message stays queued.
    func noteReadFailure(_ error: DiskQueueError, topic: UInt64) {
        observe(.readFailed(topicID: topic, reason: error.message))
    }

    /// Reports what people should know.
    func report(_ event: BrokerEvent) { observe(event) }
}

/// What a broker reports; the daemon logs it.
package enum BrokerEvent: Sendable {
    /// A topic was made.
    case topicCreated(String)
    /// A topic is being deleted, with these channels.
    case topicDeleting(String, channels: [String])
    /// A topic is being closed at shutdown.
    case topicClosing(String)
    /// A channel was made.
    case channelCreated(topic: String, channel: String)
    /// A channel is being deleted.
    case channelDeleting(topic: String, channel: String)
    /// `nsqd.dat` is being written.
    case persisting(path: String)
    /// A data path of the original was taken over; says what and where its files are.
    case tookOver(String)
    /// Something of a data path that is taken over, or a stored name, was passed over.
    case skipped(String)
    /// A message could not be read; it stays queued.
    case readFailed(topicID: UInt64, reason: String)
    /// Something in the store.
    case store(StoreEvent)
    /// Something failed that nobody waits for.
    case failed(String)
}
