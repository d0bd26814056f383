/// What is promised of one message on one channel.
struct MessagePromise {
    /// The publish was acknowledged as the crash at hand requires.
    var isSettled = false
    /// It was finished or dropped, perhaps not for good: it need not be delivered any more.
    var isDone = false
    /// It was requeued until then, for good; milliseconds.
    var notBefore: UInt64 = 0
}

/// What is promised of one incarnation of a channel.
struct ChannelPromises {
    let name: String
    /// The messages that it may deliver.
    var messages: [UInt64: MessagePromise] = [:]
    /// Its deletion was begun.
    var isLeaving = false
    /// Done with, not flushed yet.
    var noted: Set<UInt64> = []
    /// Done with and flushed, not durable yet.
    var flushed: Set<UInt64> = []
    /// Done with, in a durable ledger; whether the topic's state that let the message reach the
    /// channel is durable too is not known yet.
    var awaiting: Set<UInt64> = []
    /// Requeues until a time, not flushed yet.
    var notedDelays: [UInt64: UInt64] = [:]
    /// Requeues until a time, flushed and not durable yet.
    var flushedDelays: [UInt64: UInt64] = [:]

    /// Notes messages that are done with.
    mutating func finish(_ keys: some Sequence<UInt64>) {
        for key in keys {
            messages[key]?.isDone = true
            noted.insert(key)
            forgetDelay(of: key)
        }
    }

    /// Notes that a message was delivered or requeued: earlier delays are over.
    mutating func forgetDelay(of key: UInt64) {
        messages[key]?.notBefore = 0
        notedDelays[key] = nil
        flushedDelays[key] = nil
    }

    /// The ledger was handed to the kernel.
    mutating func flush(settles: Bool) {
        flushed.formUnion(noted)
        flushedDelays.merge(notedDelays) { $1 }
        noted = []
        notedDelays = [:]
        if settles { settleLedger(isRosterSettled: true) }
    }

    /// What was flushed is there for good.
    mutating func settleLedger(isRosterSettled: Bool) {
        awaiting.formUnion(flushed)
        for (key, due) in flushedDelays { messages[key]?.notBefore = due }
        flushed = []
        flushedDelays = [:]
        if isRosterSettled { dropAwaiting() }
    }

    /// What is done with for good is never delivered again.
    mutating func dropAwaiting() {
        for key in awaiting { messages[key] = nil }
        awaiting = []
    }
}
