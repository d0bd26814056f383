import GRDB
import Lookup
import NSQCore

/// The SQLite file that keeps the last view for a warm start.
///
/// It is written as a whole in one transaction. A file that cannot be read is of no loss: nsqd tells everything
/// again. Blocking; used by one thread at a time.
struct ViewFile {
    /// What `PRAGMA user_version` says of the tables below.
    private static let format = 1
    /// The file's name in the data path.
    static let name = "nsqlookupd.sqlite"

    /// Why a file is not used.
    enum Failure: Error, CustomStringConvertible {
        /// A later version wrote it.
        case newer(Int)
        /// A column is missing, or holds what it should not.
        case unexpected(column: String)

        var description: String {
            switch self {
            case .newer(let format): "its format \(format) is newer than \(ViewFile.format)"
            case .unexpected(let column): "column \(column) holds what it should not"
            }
        }
    }

    private let queue: DatabaseQueue

    /// Opens the file in the folder `dataPath`, and makes it when there is none.
    ///
    /// - Throws: `Failure`, and what GRDB throws; the file is as it was.
    init(dataPath: String) throws {
        queue = try DatabaseQueue(path: "\(dataPath)/\(Self.name)")
        try queue.writeWithoutTransaction { db in
            let format = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
            guard format <= Self.format else { throw Failure.newer(format) }
            guard format < Self.format else { return }
            try db.inTransaction {
                try db.execute(
                    sql: """
                        CREATE TABLE producer (
                            place INTEGER PRIMARY KEY, remote_address TEXT NOT NULL,
                            broadcast_address TEXT NOT NULL, tcp_port INTEGER NOT NULL,
                            http_port INTEGER NOT NULL, version TEXT NOT NULL, hostname TEXT NOT NULL,
                            topology_zone TEXT NOT NULL, topology_region TEXT NOT NULL,
                            heard_ms INTEGER NOT NULL
                        ) STRICT;
                        CREATE TABLE registration (
                            topic TEXT NOT NULL, channel TEXT, producers TEXT NOT NULL
                        ) STRICT;
                        PRAGMA user_version = \(Self.format);
                        """
                )
                return .commit
            }
        }
    }

    /// Writes `view` in the place of what was there; `wall`: milliseconds since the Unix epoch.
    func save(_ view: LastView, at wall: Int64) throws {
        try queue.write { db in
            try db.execute(sql: "DELETE FROM producer; DELETE FROM registration")
            let producer = try db.makeStatement(
                sql: "INSERT INTO producer VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            )
            for (place, known) in view.producers.enumerated() {
                let identity = known.identity
                try producer.execute(arguments: [
                    place, known.remoteAddress, identity.broadcastAddress, identity.tcpPort,
                    identity.httpPort, identity.version, identity.hostname, identity.topologyZone,
                    identity.topologyRegion, wall &- known.age / 1_000_000,
                ])
            }
            let entry = try db.makeStatement(sql: "INSERT INTO registration VALUES (?, ?, ?)")
            for known in view.entries {
                let places = known.producers.map(String.init).joined(separator: " ")
                try entry.execute(arguments: [known.topic.text, known.channel?.text, places])
            }
        }
    }

    /// Reads the view; `wall`: milliseconds since the Unix epoch.
    ///
    /// A producer whose time lies ahead counts as heard now.
    func load(at wall: Int64) throws -> LastView {
        try queue.read { db in
            var view = LastView()
            let rows = try Row.fetchCursor(db, sql: "SELECT * FROM producer ORDER BY place")
            while let row = try rows.next() {
                var identity = ProducerIdentity()
                identity.broadcastAddress = try Self.value("broadcast_address", of: row)
                identity.tcpPort = try Self.value("tcp_port", of: row)
                identity.httpPort = try Self.value("http_port", of: row)
                identity.version = try Self.value("version", of: row)
                identity.hostname = try Self.value("hostname", of: row)
                identity.topologyZone = try Self.value("topology_zone", of: row)
                identity.topologyRegion = try Self.value("topology_region", of: row)
                let heard: Int64 = try Self.value("heard_ms", of: row)
                let (age, overflows) = max(0, wall &- heard)
                    .multipliedReportingOverflow(by: 1_000_000)
                view.producers.append(
                    LastView.Producer(
                        identity: identity,
                        remoteAddress: try Self.value("remote_address", of: row),
                        age: overflows ? .max / 2 : age
                    )
                )
            }
            let entries = try Row.fetchCursor(db, sql: "SELECT * FROM registration")
            while let row = try entries.next() {
                guard let topic = TopicName(try Self.value("topic", of: row)) else { continue }
                var channel: ChannelName?
                if let stored: DatabaseValue = row["channel"], !stored.isNull {
                    guard let name = ChannelName(try Self.value("channel", of: row)) else {
                        continue
                    }
                    channel = name
                }
                let places: String = try Self.value("producers", of: row)
                view.entries.append(
                    LastView.Entry(
                        topic: topic,
                        channel: channel,
                        producers: places.split(separator: " ").compactMap { Int($0) }
                    )
                )
            }
            return view
        }
    }

    /// What a column holds; GRDB's own subscript ends the process when that is something else.
    private static func value<Value: DatabaseValueConvertible>(
        _ column: String,
        of row: Row
    ) throws(Failure) -> Value {
        guard let stored: DatabaseValue = row[column], let value = Value.fromDatabaseValue(stored)
        else { throw .unexpected(column: column) }
        return value
    }
}
