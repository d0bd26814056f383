/// The constants of segment files, format version 1.
///
/// Byte tables: `docs/formats/segment.md`.
package enum SegmentFormat {
    /// First eight bytes of a segment file: "NSQSEG\r\n" read little-endian.
    static let magic: UInt64 = 0x0a0d_4745_5351_534e

    /// The version that this code writes; a larger one is refused untouched.
    static let version: UInt32 = 1

    /// Bytes of the segment header.
    ///
    /// It lies within one sector, so that a crash leaves all of it or none.
    package static let headerBytes = 256

    /// First four bytes of a batch header; never zero, so that preallocated space cannot be a batch.
    static let batchMagic: UInt32 = 0x4254_5351

    /// Bytes of a batch header.
    package static let batchHeaderBytes = 64

    /// Bytes before the body of a message in wire form: size, frame type, timestamp, attempts, id.
    package static let messageHeaderBytes = 34

    /// Offset of the two attempts bytes in a message in wire form.
    package static let attemptsOffset = 16

    /// A publish is cut into batches of at most this payload, so that a reader can verify one whole batch
    /// with one bounded read; only a single larger message makes a larger batch.
    package static let batchPayloadTarget = 192 * 1024

    /// Largest payload that a batch header may announce: the largest body that the protocol can carry.
    package static let maximumPayloadBytes = 1 << 31 - 1
}
