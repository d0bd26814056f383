#!/usr/bin/env python3
"""Reads a data path as docs/formats describes it, changes nothing, and prints JSON lines.

    Tools/read-store.py [--messages] DATA_PATH    a line for each topic and channel, and for each message if asked

It shares no code with the engine: where the two disagree, one of them or the description is wrong. Stop the daemon
first. Damage is told with file and offset. Exit status: 0, 1 with damage, 2 without a store, 65 at a newer version.
"""
import base64, bisect, json, os, re, shutil, sqlite3, struct, sys, tempfile, time

TABLE, damage = list(range(256)), []
for _ in range(8):
    TABLE = [value >> 1 ^ (0x82F63B78 if value & 1 else 0) for value in TABLE]

def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value = TABLE[(value ^ byte) & 255] ^ value >> 8
    return value ^ 0xFFFFFFFF

def report(path, offset, text):
    damage.append(text)
    print("%s at %d: %s" % (path, offset, text), file=sys.stderr)

class Fields:
    """Reads little-endian fields one behind the other."""
    def __init__(self, data):
        self.data, self.at = data, 0
    def bytes(self, count):
        self.at += count
        return self.data[self.at - count:self.at]
    def integer(self, count=1):
        return int.from_bytes(self.bytes(count), "little")
    def leb(self):
        byte = self.integer()
        return byte if byte < 128 else byte & 127 | self.leb() << 7

class State:
    """What a channel is done with, as starts and ends in turn, and what waits: (attempts, due, delay)."""
    def __init__(self, floor):
        self.edges, self.waiting, self.given = [0, floor] if floor else [], {}, 0
    def finish(self, start, end):
        low, high = bisect.bisect_left(self.edges, start), bisect.bisect_right(self.edges, end)
        self.edges[low:high] = [start] * (low % 2 == 0) + [end] * (high % 2 == 0)
        self.waiting = {each: wait for each, wait in self.waiting.items() if not start <= each < end}
    def is_finished(self, sequence):
        return bisect.bisect_right(self.edges, sequence) % 2 == 1
    @classmethod
    def checkpoint(cls, data):
        fields = Fields(data)
        at, state = (floor := fields.integer(8)), cls(floor)
        for _ in range(fields.leb()):
            start = at + fields.leb()
            at = start + fields.leb()
            state.finish(start, at)
        at = floor
        for _ in range(fields.leb()):
            at += fields.leb()
            state.waiting[at] = (fields.leb(), fields.leb(), fields.leb())
        return state
    def apply(self, entries):
        fields, last = Fields(entries), 0
        while fields.at < len(entries):
            kind, zigzag = fields.integer(), fields.leb()
            last = (last + (zigzag >> 1 ^ -(zigzag & 1))) % (1 << 64)
            if kind == 1:
                start, last = last, last + fields.leb()
                self.finish(start, last)
            elif kind == 5:
                self.finish(0, last)
            elif kind == 6:
                self.given = last
            else:
                wait = (fields.leb(), fields.leb() if kind == 3 else 0, fields.leb() if kind == 3 else 0)
                self.waiting.update({} if self.is_finished(last) else {last: wait})
        return self

def has_header(path, data, magic, at, *owner):
    """Magic, checksum, version, in this order: a newer version is no damage. `owner` must stand at `at`."""
    valid = data[:8] == magic and struct.pack("<I", crc32c(data[:252])) == data[252:256]
    if valid and data[8:12] != b"\1\0\0\0":
        print("%s: written by a newer version" % path, file=sys.stderr)
        sys.exit(65)
    return valid and struct.unpack_from("<QQ", data, at) == owner or report(path, 0, "no valid header, or that of another file")

def walk(path, data, magic, read):
    """Yields what `read` gives as (item, size) at each offset, and reports damage that something valid follows."""
    at = good = 256
    while 0 <= at < len(data):
        if data[at:at + 4] != magic or (found := read(at)) is None:
            at = data.find(magic, at + 1)
            continue
        if at > good:
            report(path, good, "%d damaged bytes" % (at - good))
        yield found[0]
        at = good = at + found[1]

def ledger_state(path, topic, channel, start, copy):
    """The state that a ledger and SQLite's copy of its last checkpoint give."""
    copied = State.checkpoint(copy) if copy else State(start)
    data = open(path, "rb").read() if os.path.exists(path) else b""
    if not data or not has_header(path, data, b"NSQLED\r\n", 16, topic, channel): return copied
    generation, uuid = struct.unpack_from("<QQ", data, 32)
    def block(at):
        check, size, kind, owner, offset = struct.unpack("<4xIIIQQ", data[at:at + 32].ljust(32, b"\0"))
        valid = (owner, offset) == (uuid, at) and crc32c(data[at + 8:at + 32 + size]) == check
        return ((kind, data[at + 32:at + 32 + size]), 32 + size) if valid else None
    state = copied if generation else State(start)
    for kind, payload in walk(path, data, b"QBLK", block):
        state = State.checkpoint(payload) if kind == 1 else state.apply(payload)
    return state

class Topic:
    """The messages, as (sequence, id, timestamp, deferral, body), and the newest roster of a topic's folder."""
    def __init__(self, folder, number):
        self.id, self.name, self.roster, self.messages, self.end = number, None, (0, 0, 0, []), [], 0
        firsts = sorted(int(each[:20]) for each in os.listdir(folder) if re.fullmatch(r"\d{20}\.segment", each))
        for first, bound in zip(firsts, firsts[1:] + [1 << 64]):
            self.read(os.path.join(folder, "%020d.segment" % first), first, bound)
    def read(self, path, first, bound):
        data, self.end = open(path, "rb").read(), max(self.end, first)
        mark = crc32c(struct.pack("<QQ", self.id, first))
        if has_header(path, data, b"NSQSEG\r\n", 32, self.id, first):
            self.name = data[64:64 + data[56]].decode()
        def batch(at):
            check, size, payload_check, uuid, sequence, count, flags, until, delay = struct.unpack(
                "<4xIIIQQIIQQ8x", data[at:at + 64].ljust(64, b"\0"))
            payload = data[at + 64:at + 64 + size]
            valid = uuid >> 32 == mark and crc32c(data[at + 8:at + 64]) == check and crc32c(payload) == payload_check
            counts = valid and self.end <= sequence and sequence + count <= bound
            return ((at + 64, sequence, count, flags & 1, (until, delay), payload), 64 + size) if counts else None
        for offset, sequence, count, is_control, deferral, payload in walk(path, data, b"QSTB", batch):
            self.end = sequence + count
            if not is_control:
                self.cut(path, offset, sequence, count, deferral, payload)
            elif payload[0] == 1:  # a roster
                fields = Fields(payload[1:])
                *self.roster, _ = [fields.integer(count) for count in (1, 1, 8, 8)]
                self.roster += [[(*map(fields.integer, (8, 1, 8)), fields.bytes(fields.integer()).decode())
                                 for _ in range(fields.leb())]]
    def cut(self, path, offset, sequence, count, deferral, payload):
        at = 0
        for number in range(sequence, sequence + count):
            size, kind, stamp, _, name = struct.unpack_from(">IIqH16s", payload, at)
            id = int(name, 16)
            if kind != 2 or (id >> 22 << 12 | id & 0xFFF) != number:
                report(path, offset + at, "a frame that is no message %d" % number)
            self.messages.append((number, name.decode(), stamp, deferral, payload[at + 34:at + 4 + size]))
            at += 4 + size

def state_of(message, state, now):
    """(state, attempts, due in ms) of a message in a channel."""
    if state.is_finished(message[0]): return "finished", 0, 0
    attempts, until, delay = state.waiting.get(message[0], (0, *message[3]))
    is_given = message[0] < state.given and message[0] not in state.waiting and not message[3][0]
    waits = ("in flight" if is_given else "queued", attempts, 0)
    return ("deferred", attempts, min(until, now + delay)) if until > now else waits

def metadata(path):
    """Names of topics and checkpoints in SQLite, read from a copy, since reading would make files."""
    with tempfile.TemporaryDirectory() as folder:
        for file in filter(os.path.exists, (path, path + "-wal")):
            shutil.copy(file, folder)
        try:
            database = sqlite3.connect(os.path.join(folder, os.path.basename(path)))
            rows = database.execute("SELECT topic_id, channel_id, state FROM checkpoints")
            return dict(database.execute("SELECT id, name FROM topics")), {row[:2]: row[2] for row in rows}
        except sqlite3.DatabaseError as error:
            report(path, 0, "no readable database: %s" % error)
            return {}, {}

def show(topic, name, copies, folder, with_messages):
    paused, is_held, pump, channels = topic.roster
    pump, now, states = pump if is_held else topic.end, time.time() * 1000, {}
    print(json.dumps({"topic": name, "paused": bool(paused), "messages": len(topic.messages),
                      "waiting": sum(each[0] >= pump for each in topic.messages)}))
    for id, is_paused, start, channel in channels:
        state = ledger_state(os.path.join(folder, "%d.ledger" % id), topic.id, id, start, copies.get((topic.id, id)))
        kinds = [state_of(each, state, now)[0] for each in topic.messages if each[0] < pump]
        counts = {kind: kinds.count(kind) for kind in ("finished", "queued", "in flight", "deferred")}
        print(json.dumps({"topic": name, "channel": channel, "paused": bool(is_paused), **counts}))
        states[channel] = state
    for message in topic.messages if with_messages else []:
        seen = {channel: state_of(message, state, now) for channel, state in states.items() if message[0] < pump}
        print(json.dumps({"topic": name, "sequence": message[0], "id": message[1], "timestamp": message[2],
                          "channels": seen, "body": base64.b64encode(message[4]).decode()}))

def main(arguments):
    with_messages, paths = "--messages" in arguments, [each for each in arguments if each[:1] != "-"]
    if len(paths) != 1 or not os.path.isdir(topics := os.path.join(paths[0], "topics")):
        print(__doc__ if len(paths) != 1 else "%s: no store, it has no folder 'topics'" % paths[0], file=sys.stderr)
        return 2
    names, copies = metadata(os.path.join(paths[0], "nsqd.sqlite"))
    for number in sorted(int(each) for each in os.listdir(topics) if each.isdigit()):
        topic = Topic(folder := os.path.join(topics, str(number)), number)
        show(topic, topic.name or names.get(number), copies, folder, with_messages)
    return 1 if damage else 0

sys.exit(main(sys.argv[1:]))
