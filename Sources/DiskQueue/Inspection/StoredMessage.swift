/// A message as it lies in a segment, for the time of one call.
package struct StoredMessage {
    /// Its number in the topic.
    package let sequence: UInt64
    /// The id that consumers see, 64 bits that are shown as 16 hex digits.
    package let id: UInt64
    /// When it was published, nanoseconds since the Unix epoch.
    package let timestamp: Int64
    /// How it was deferred when it was published; `nil` when it was not.
    package let deferral: DeferredBatch?
    /// The body; valid only during the call that the message was handed to.
    package let body: UnsafeRawBufferPointer
    /// The first sequence of the segment that holds it.
    package let segment: UInt64
    /// Where its frame begins in the segment's file, bytes.
    package let offset: Int

    /// The id as consumers see it.
    package var idText: String {
        let digits = String(id, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
