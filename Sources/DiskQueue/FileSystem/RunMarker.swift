/// The record in `nsqd.lock`: which run of the daemon used the data path last, and how it ended.
///
/// Text lines, ended by the CRC-32C of all bytes before that line; what follows it is ignored, since a
/// shorter record may be written over a longer one. Source: reliability rules, torn tail and bit rot.
package struct RunMarker: Sendable, Equatable {
    /// Process id of the run, 0 when the record could not be read.
    package var processID: Int32

    /// When the run started, in milliseconds since the Unix epoch; for people, nothing decides by it.
    package var startedMilliseconds: Int64

    /// The boot of the machine whose page cache holds everything that the store wrote without a sync.
    ///
    /// It differs from the current boot's id when unsynced bytes may have been lost. It stays that of
    /// an earlier boot until ``DirectoryLock/markRecovered()``, so that a recovery which dies half-way
    /// is repeated under the same assumption.
    package var bootID: String

    /// The run's `--fsync` mode, empty when not told: what its acknowledgements promised.
    package var syncMode: String

    /// Whether the run ended in good order, with everything durable.
    package var isClean: Bool

    /// Stands in for a record that is damaged: nothing may be assumed.
    package static let unreadable = RunMarker(
        processID: 0,
        startedMilliseconds: 0,
        bootID: "unknown",
        syncMode: "",
        isClean: false
    )

    /// Composes a record.
    package init(
        processID: Int32,
        startedMilliseconds: Int64,
        bootID: String,
        syncMode: String,
        isClean: Bool
    ) {
        self.processID = processID
        self.startedMilliseconds = startedMilliseconds
        self.bootID = bootID
        self.syncMode = syncMode
        self.isClean = isClean
    }

    /// Reads a record.
    ///
    /// - Throws: `.corrupt` when the checksum does not hold or a line is missing, `.unsupportedVersion`
    ///   for a whole record of a newer version.
    package init(parsing bytes: [UInt8]) throws(DiskQueueError) {
        guard let fields = Self.fields(of: bytes), let version = fields[Self.versionKey] else {
            throw DiskQueueError(.corrupt, "the run marker is damaged")
        }
        guard version == "1" else {
            throw DiskQueueError(
                .unsupportedVersion,
                "run marker of version \(version), this nsqd knows version 1"
            )
        }
        guard let processID = fields["pid"].flatMap({ Int32($0) }),
            let started = fields["started"].flatMap({ Int64($0) }),
            let bootID = fields["boot"], let syncMode = fields["sync"], let clean = fields["clean"]
        else { throw DiskQueueError(.corrupt, "the run marker lacks a field") }
        self.init(
            processID: processID,
            startedMilliseconds: started,
            bootID: bootID,
            syncMode: syncMode,
            isClean: clean == "1"
        )
    }

    /// The record as it stands in the file.
    package var encoded: [UInt8] {
        let text = """
            \(Self.versionKey) 1
            pid \(processID)
            started \(startedMilliseconds)
            boot \(Self.word(bootID))
            sync \(Self.word(syncMode))
            clean \(isClean ? 1 : 0)

            """
        let body = Array(text.utf8)
        return body + Array("\(Self.checksumKey) \(Self.checksum(of: body[...]))\n".utf8)
    }

    private static let versionKey = "nsqd-run"
    private static let checksumKey = "crc32c"

    /// The fields of a record whose checksum holds.
    private static func fields(of bytes: [UInt8]) -> [String: String]? {
        var fields: [String: String] = [:]
        var start = bytes.startIndex
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: bytes[start..<end], as: UTF8.self)
            let parts = line.split(
                separator: " ",
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            guard parts.count == 2 else { return nil }
            if parts[0] == checksumKey {
                return parts[1] == checksum(of: bytes[..<start]) ? fields : nil
            }
            fields[String(parts[0])] = String(parts[1])
            start = end + 1
        }
        return nil
    }

    private static func checksum(of bytes: ArraySlice<UInt8>) -> String {
        String(bytes.withUnsafeBytes { Checksum.crc32c($0) }, radix: 16)
    }

    /// `text` without what would end a line.
    private static func word(_ text: String) -> String {
        text.filter { $0.isLetter || $0.isNumber || $0 == "-" }
    }

    /// Whether what a run left unsynced may be gone: it did not end in good order, and the machine was booted since.
    ///
    /// `marker`: what is known of that run.
    static func mayHaveLostPower(since marker: RunMarker?) -> Bool {
        guard let marker else { return true }
        return !marker.isClean && marker.bootID != DirectoryLock.readBootID()
    }
}
