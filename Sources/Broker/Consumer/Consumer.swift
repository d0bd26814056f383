import Synchronization

/// What a consumer's connection is told.
///
/// Any thread; may be called while the broker's locks are held, so an implementation only hops to
/// its own event loop.
package protocol ConsumerDelegate: AnyObject, Sendable {
    /// Messages may be available, or room may have opened: call ``Channel/take(for:into:)``.
    func consumerShouldPump()
    /// The channel is gone: close the connection without a frame.
    func consumerChannelClosed()
}

/// One subscribed connection as a channel sees it.
///
/// Isolation: callable from any thread; deliveries of one consumer are taken one at a time.
package final class Consumer: Sendable {
    /// What is counted of a consumer.
    ///
    /// Source: `nsqd` spec 4.5.
    package struct Counts: Sendable, Equatable {
        /// Most messages in flight to it.
        package var readyCount = 0
        /// Messages in flight to it.
        package var inFlightCount = 0
        /// Messages sent to it, redeliveries included.
        package var messageCount = 0
        /// Messages that it finished.
        package var finishCount = 0
        /// Messages that it requeued.
        package var requeueCount = 0
    }

    /// How long a message may be in flight to it, nanoseconds.
    package let messageTimeout: Int64

    /// Percentage of messages that it wants, 0 for all; the others are dropped for everybody.
    package let sampleRate: Int

    /// How near it is; a message goes to the nearest of those who wait for one.
    package let proximity: Proximity

    let slices = SliceBuffer()
    private let delegateBox: WeakDelegate
    private let membership = Mutex<Membership?>(nil)

    struct Membership: Sendable {
        let channel: Channel
        let id: UInt32
        let slot: Int
    }

    /// A consumer that has not subscribed yet.
    package init(
        delegate: any ConsumerDelegate,
        messageTimeout: Int64,
        sampleRate: Int = 0,
        proximity: Proximity = .global
    ) {
        delegateBox = WeakDelegate(delegate)
        self.messageTimeout = messageTimeout
        self.sampleRate = sampleRate
        self.proximity = proximity
    }

    /// Who is told; `nil` once the connection is gone.
    package var delegate: (any ConsumerDelegate)? { delegateBox.delegate }

    /// What is counted of it; zeros before it subscribed.
    package var counts: Counts {
        guard let member = membership.withLock({ $0 }) else { return Counts() }
        return member.channel.counts(of: member)
    }

    var member: Membership? { membership.withLock { $0 } }

    func join(_ member: Membership?) { membership.withLock { $0 = member } }

    // SAFETY: a weak reference is set once in init; reading it is atomic by the runtime.
    private final class WeakDelegate: @unchecked Sendable {
        weak var delegate: (any ConsumerDelegate)?

        init(_ delegate: any ConsumerDelegate) { self.delegate = delegate }
    }
}

/// Where a delivery's bytes lie, decided under the channel's lock and copied after it.
struct Slice {
    var base: UnsafeRawPointer
    var count: Int
}

/// Room for the slices of one delivery, kept so that a delivery allocates nothing.
///
/// SAFETY: `@unchecked Sendable` because a consumer's deliveries are taken one at a time, on its event loop.
final class SliceBuffer: @unchecked Sendable {
    /// Most slices in one step of a delivery.
    static let capacity = 256

    // SAFETY: freed in deinit; only the consumer's own deliveries write it.
    let base = UnsafeMutablePointer<Slice>.allocate(capacity: SliceBuffer.capacity)

    deinit { base.deallocate() }
}
