import FoundationEssentials
import GRDB

/// A record that is kept as one row, with a checksum over its fields in the last column.
protocol MetadataRow: Sendable {
    /// The table, which the checksum covers too: a row of one table never passes in another.
    static var table: String { get }

    /// The statement that inserts or replaces a row; takes ``values``, then the checksum.
    static var insertion: String { get }

    /// The statement that reads all rows in ascending order of ids, with the columns of ``insertion``.
    static var selection: String { get }

    /// The fields as they are stored, without the checksum.
    var values: [DatabaseValue] { get }

    /// Reads the fields back; `nil` when a value is not of the kind or in the range that was stored.
    init?(values: [DatabaseValue])
}

extension MetadataRow {
    /// Inserts the row or replaces the one with its key.
    func save(in database: Database) throws {
        let values = self.values
        let checksum = Self.checksum(of: values)
        try database.cachedStatement(sql: Self.insertion)
            .execute(arguments: StatementArguments(values + [checksum.databaseValue]))
    }

    /// Reads the rows that `sql` selects; one whose checksum does not hold is left out and counted.
    static func fetch(
        from database: Database,
        sql: String = selection,
        arguments: StatementArguments = [],
        damaged: inout Int
    ) throws -> [Self] {
        var records: [Self] = []
        let rows = try Row.fetchCursor(database, sql: sql, arguments: arguments)
        while let row = try rows.next() {
            if let record = read(Array(row.databaseValues)) {
                records.append(record)
            } else {
                damaged += 1
            }
        }
        return records
    }

    /// Reads the values of a row, the checksum last; `nil` when it does not hold.
    static func read(_ row: [DatabaseValue]) -> Self? {
        var values = row
        let stored = values.popLast()?.signed
        return stored == checksum(of: values) ? Self(values: values) : nil
    }

    /// The checksum that `V0001_create_store.sql` describes.
    private static func checksum(of values: [DatabaseValue]) -> Int64 {
        var bytes = Array(table.utf8)
        bytes.append(0)
        func append(_ kind: Character, _ number: UInt64) {
            bytes += Array(String(kind).utf8)
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: number >> shift))
            }
        }
        for value in values {
            switch value.storage {
            case .int64(let number):
                append("i", UInt64(bitPattern: number))
            case .string(let text):
                append("t", UInt64(text.utf8.count))
                bytes += text.utf8
            case .blob(let data):
                append("b", UInt64(data.count))
                bytes += data
            case .double(let number):
                append("d", number.bitPattern)
            case .null:
                append("n", 0)
            }
        }
        return Int64(bytes.withUnsafeBytes { Checksum.crc32c($0) })
    }
}

/// How fields are read back: a value of another kind gives `nil` and never traps.
extension DatabaseValue {
    /// The value of an integer column.
    var signed: Int64? {
        if case .int64(let number) = storage { number } else { nil }
    }

    /// The number whose bit pattern an integer column holds.
    var unsigned: UInt64? { signed.map { UInt64(bitPattern: $0) } }

    /// The value of an integer column that holds 0 or 1.
    var flag: Bool? {
        switch signed {
        case 0: false
        case 1: true
        default: nil
        }
    }

    /// The value of a text column.
    var text: String? {
        if case .string(let text) = storage { text } else { nil }
    }

    /// The value of a blob column.
    var bytes: [UInt8]? {
        if case .blob(let data) = storage { Array(data) } else { nil }
    }
}

extension UInt64 {
    /// The bit pattern as SQLite stores it; SQLite knows signed integers only.
    var bitPatternValue: DatabaseValue { Int64(bitPattern: self).databaseValue }
}
