import GRDB

extension SnapshotRecord: MetadataRow {
    static let table = "snapshots"
    static let insertion = """
        INSERT INTO snapshots (taken_ms, reason, document, crc32c) VALUES (?, ?, ?, ?)
        """
    static let selection = """
        SELECT taken_ms, reason, document, crc32c FROM snapshots ORDER BY id
        """
    /// The numbers stand before the fields, which the checksum covers without them.
    static let numbered = """
        SELECT id, taken_ms, reason, document, crc32c FROM snapshots ORDER BY id DESC LIMIT ?
        """
    static let latest = """
        SELECT taken_ms, reason, document, crc32c FROM snapshots ORDER BY id DESC LIMIT ?
        """

    var values: [DatabaseValue] {
        [takenMilliseconds.databaseValue, reason.databaseValue, document.databaseValue]
    }

    init?(values: [DatabaseValue]) {
        guard values.count == 3, let taken = values[0].signed, let reason = values[1].text,
            let document = values[2].text
        else { return nil }
        self.init(takenMilliseconds: taken, reason: reason, document: document)
    }
}
