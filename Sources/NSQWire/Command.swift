/// One complete, checked command of a client.
///
/// Every pointer points into the input that ``CommandReader`` was given and holds only as long as that. The
/// cases carry plain words, so that passing a command on costs no reference counting. A publish goes to
/// ``CommandReader/target``. Source: `nsqd` spec 1.8.
package enum Command {
    /// IDENTIFY with its JSON body.
    case identify(UnsafeRawBufferPointer)
    /// AUTH with its secret.
    case authenticate(UnsafeRawBufferPointer)
    /// SUB; both names were found valid.
    case subscribe(topic: UnsafeRawBufferPointer, channel: UnsafeRawBufferPointer)
    /// RDY, 0 to the largest allowed.
    case ready(Int)
    /// FIN.
    case finish(ReceivedID)
    /// REQ; the delay in nanoseconds is within 0 and the largest allowed.
    case requeue(ReceivedID, delay: Int64)
    /// TOUCH.
    case touch(ReceivedID)
    /// CLS.
    case close
    /// NOP, and what is ignored in the current state.
    case nothing
    /// PUB.
    case publish(UnsafeRawBufferPointer)
    /// MPUB.
    case publishMany(MessageBodies)
    /// DPUB; the deferral in nanoseconds is within 0 and the largest allowed.
    case publishDeferred(UnsafeRawBufferPointer, deferral: Int64)
}

/// The sixteen bytes that a client sent as a message id, which may be any bytes.
package struct ReceivedID {
    /// The bytes as sent, for echoing.
    package let bytes: UnsafeRawBufferPointer
    /// The id they spell; `nil` when they can not be one, so that nothing of that name is in flight.
    package let value: UInt64?

    /// Accepts exactly sixteen bytes; `nil` for any other number.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == HexID.byteCount, let base = bytes.baseAddress else { return nil }
        self.bytes = bytes
        value = HexID.decode(base)
    }
}
