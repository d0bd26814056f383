import Broker
import Logging
package import NIOCore
import NIOTLS
import NSQWire
package import ServerSupport

/// One client connection: bytes in, commands to the broker, frames out.
///
/// Isolation: everything runs on the connection's event loop; other threads reach it through its
/// ``ClientRecord``. Every entry point ends in ``settle()``, which delivers, flushes and closes, so that
/// nothing below an entry point writes to the socket or closes it while commands are being read.
///
/// Files by aspect: `+Input` reads commands, `+Commands` and `+Publishing` carry them out, `+Subscribing`
/// and `+Identify` the two long ones, `+Auth` asks who may, `+Delivery` fills the output, `+Output` flushes and ends, `+Timers`
/// keeps heartbeats and deadlines. Source: `nsqd` spec 1.
package final class ConnectionHandler: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// How far a connection's life has come.
    enum Phase {
        /// Connected; the first four bytes are not all there.
        case awaitingMagic
        /// Commands are read.
        case open
        /// Nothing more is read; the frames in ``output`` are the last.
        case ending
        /// The last frames were written; the connection's output closes when the system took them.
        case draining
        /// The output is closed; what still comes is discarded until the peer closes too, or time is up.
        case lingering
        /// Gone.
        case closed
    }

    let environment: ConnectionEnvironment
    let record: ClientRecord
    let publishes = PublishStage()
    let finishes = FinishStage()

    /// `nil` before and after the connection's life.
    var context: ChannelHandlerContext?
    var phase = Phase.awaitingMagic
    var settings: ConnectionSettings

    // SAFETY: used on the loop only, and nothing that they call comes back to them; checking every access
    // for overlap at run time would cost as much as reading a command.
    @exclusivity(unchecked)
    var reader: CommandReader
    @exclusivity(unchecked)
    var output = OutputBuffer()
    var input = InputBuffer()

    /// Why no further command is read; reading goes on when it is empty.
    var holds: InputHolds = []
    /// A command was completed since the incomplete one was last judged.
    var hasCompletedCommand = false
    /// Bytes of it that the budget of all connections counts, and bytes of output that the socket does not take.
    var handshakeHeld = 0
    var outputHeld = 0
    /// The peer sends nothing more.
    var inputHasEnded = false
    /// The last frame is an error, which the peer should see.
    var endsWithError = false
    /// How far the change of the stream has come.
    var upgrade = StreamUpgrade.none
    /// NIO asked for a read while the input was held.
    var readIsWanted = false

    /// The topic of the latest publish, valid while its revision is the reader's.
    var publishTopic: Topic?
    var publishRevision: UInt64 = 0
    var publishSlot: Int?
    /// The publish whose durability is waited for.
    var pendingPublish: PendingPublish?

    var authorization = ConnectionAuthorization()

    var subscription: Subscription?
    /// How near the client is by its first IDENTIFY; `nil` before that.
    var proximity: Proximity?
    /// A delivery may be possible.
    var wantsPump = false
    /// Bytes asked of the broker at a time; follows what it has to give.
    var takeByteCount = DeliverySize.smallest
    var flushTicker: FlushTicker
    var flushTask: Scheduled<Void>?

    var liveness: Liveness
    var wakeTask: Scheduled<Void>?
    var wakeTime = NIODeadline.distantFuture

    private var isSettling = false
    private var mustSettleAgain = false
    private var becameWritable = false

    /// Prepares the handler of `channel`, which has just been accepted.
    package init(environment: ConnectionEnvironment, channel: any NetworkChannel) {
        self.environment = environment
        let settings = environment.initialSettings
        self.settings = settings
        reader = CommandReader(limits: environment.commandLimits)
        reader.machine.requiresTLS = environment.requiresTLS
        reader.asksPermission = environment.auth != nil
        record = ClientRecord(
            peer: PeerAddress(channel.remoteAddress),
            settings: settings,
            eventLoop: channel.eventLoop
        )
        let now = channel.eventLoop.now
        flushTicker = FlushTicker(start: now, period: settings.outputBufferTimeout)
        liveness = Liveness(start: now, interval: settings.heartbeatInterval)
    }

    // MARK: The channel's events

    package func channelActive(context: ChannelHandlerContext) {
        self.context = context
        record.handler.value = self
        environment.clients.add(record)
        environment.logger.info("TCP: new client(\(record.remoteAddress))")
        armWakeTask()
        context.fireChannelActive()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        phase = .closed
        self.context = nil
        leaveChannel()
        environment.clients.remove(record)
        record.handler.value = nil
        wakeTask?.cancel()
        flushTask?.cancel()
        environment.handshakeBudget.hold(0, insteadOf: &handshakeHeld)
        environment.outputBudget.hold(0, insteadOf: &outputHeld)
        environment.memoryReturn.connectionClosed(on: context.eventLoop)
        authorization.query?.cancel()
        environment.logger.info("PROTOCOL(V2): [\(record.remoteAddress)] exiting ioloop")
        context.fireChannelInactive()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard phase == .awaitingMagic || phase == .open else { return }
        var buffer = unwrapInboundIn(data)
        record.pumpSignal.attend()
        receive(&buffer)
        settle()
    }

    /// Holds reads back while commands may not be carried out; a handshake needs them.
    package func read(context: ChannelHandlerContext) {
        guard holds.isEmpty || upgrade.isHandshaking || phase == .lingering else {
            readIsWanted = true
            return
        }
        context.read()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed = event as? ChannelEvent {
            inputHasEnded = true
            guard phase != .lingering else { return closeNow() }
            readBufferedInput()
            settle()
        } else if case .handshakeCompleted = event as? TLSUserEvent {
            handshakeCompleted()
            settle()
        }
        context.fireUserInboundEventTriggered(event)
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        // In the other direction it changes within a flush, which looks by itself.
        if context.channel.isWritable {
            becameWritable = true
            socketTakes()
            settle()
        }
        context.fireChannelWritabilityChanged()
    }

    /// The socket failed; NIO may keep it open, we do not.
    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if upgrade.isHandshaking {
            let client = record.remoteAddress
            environment.logger.error("[\(client)] - E_IDENTIFY_FAILED IDENTIFY failed \(error)")
        } else {
            environment.logger.debug("client(\(record.remoteAddress)) - \(error)")
        }
        context.close(promise: nil)
    }

    // MARK: The end of every entry point

    /// Delivers what can be delivered, flushes what must go out, and closes what is to be closed.
    ///
    /// What it does can call back with a change of writability or with input; that is noted and handled
    /// here in turn.
    func settle() {
        mustSettleAgain = true
        guard !isSettling else { return }
        isSettling = true
        defer { isSettling = false }
        while mustSettleAgain {
            mustSettleAgain = false
            if becameWritable {
                becameWritable = false
                release(.backlog)
            }
            if record.pumpSignal.take() { wantsPump = true }
            guard let context else { return }
            if wantsPump, phase == .open { pump(context) }
            if phase == .ending {
                drainOutput(context)
            } else if output.mustFlush {
                flush(context)
            }
            continueUpgrade(context)
        }
    }

    /// Reads on after `hold` ended, if no other holds.
    func release(_ hold: InputHolds) {
        guard holds.contains(hold) else { return }
        holds.remove(hold)
        guard holds.isEmpty else { return }
        if let context { liveness.commandCompleted(at: context.eventLoop.now) }
        readBufferedInput()
        // The wait was not the client's: its time for the rest begins now.
        hasCompletedCommand = true
        noteIncompleteInput()
        guard holds.isEmpty, readIsWanted else { return }
        readIsWanted = false
        context?.read()
    }

    /// Another thread asked for a delivery.
    func pumpRequested() {
        settle()
    }

    /// The channel was deleted: the client sees the end of the stream and nothing else.
    func channelDeleted() {
        closeNow()
    }
}
