-- The metadata of a store: an index over segments and ledgers that can be rebuilt from them.
--
-- Ids and sequences are unsigned 64-bit numbers kept as their bit pattern; all but the uuid stay below 2^54,
-- so that they read as they are. Times are milliseconds since the Unix epoch. There are no foreign keys: an
-- index must not refuse a row because the row that it belongs to comes later.
--
-- crc32c is the CRC-32C over the table's name, a zero byte, and each column before it in the order of the
-- table (snapshots: without id): 'i' and 8 bytes little-endian for an integer, 't' or 'b', an 8-byte length
-- little-endian and the bytes for a text or blob. A row whose sum does not hold is passed over.

CREATE TABLE topics (
    id         INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL,
    paused     INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    crc32c     INTEGER NOT NULL
) STRICT;

CREATE TABLE channels (
    topic_id       INTEGER NOT NULL,
    id             INTEGER NOT NULL,
    name           TEXT    NOT NULL,
    paused         INTEGER NOT NULL,
    start_sequence INTEGER NOT NULL,
    crc32c         INTEGER NOT NULL,
    PRIMARY KEY (topic_id, id)
) STRICT, WITHOUT ROWID;

-- Sealed segments only.
CREATE TABLE segments (
    topic_id       INTEGER NOT NULL,
    first_sequence INTEGER NOT NULL,
    end_sequence   INTEGER NOT NULL,
    byte_count     INTEGER NOT NULL,
    uuid           INTEGER NOT NULL,
    crc32c         INTEGER NOT NULL,
    PRIMARY KEY (topic_id, first_sequence)
) STRICT, WITHOUT ROWID;

-- The last checkpoint of each channel; state as the ledger encodes it.
CREATE TABLE checkpoints (
    topic_id   INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    ack_floor  INTEGER NOT NULL,
    state      BLOB    NOT NULL,
    taken_ms   INTEGER NOT NULL,
    crc32c     INTEGER NOT NULL,
    PRIMARY KEY (topic_id, channel_id)
) STRICT;

-- The last hundred pictures of all topics and channels, in the form of the original's nsqd.dat.
CREATE TABLE snapshots (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    taken_ms INTEGER NOT NULL,
    reason   TEXT    NOT NULL,
    document TEXT    NOT NULL,
    crc32c   INTEGER NOT NULL
) STRICT;
