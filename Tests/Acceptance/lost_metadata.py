"""Damages nsqd.sqlite in every way there is, and compares what nsqd then starts with to what was there before.

Each case takes a copy of a prepared store, one stopped in good order or one killed, damages the database in the copy
(deleted, cut at many places, flipped bits at random places, a log that is missing, cut or flipped, an older copy of the
database), and starts nsqd on it. Topics, channels, pauses, depths and what is deferred must be as before. Some cases
ask for --rebuild-metadata, which must give the same whatever the database says.
"""
import collections
import contextlib
import os
import random
import re
import shutil
import sqlite3
import sys
import tempfile

import checks
from daemon import Daemon, StartFailed
from wire import Connection, dpub, mpub

HOUR = 3_600_000
DATABASE = "nsqd.sqlite"


def fill(daemon):
    """Topics with and without channels, pauses, deferred and finished messages, several segments."""
    with contextlib.closing(Connection(daemon.tcp_port)) as producer:
        for topic, channels in (("orders", ("archive", "work")), ("..", ("work",)), ("held", ("c",))):
            daemon.post("/topic/create", topic=topic)
            for channel in channels:
                daemon.post("/channel/create", topic=topic, channel=channel)
        for first in range(0, 400, 20):
            for topic in ("orders", "..", "alone"):
                producer.call(mpub(topic, [b"%d " % number + bytes(90) for number in range(first, first + 20)]))
        for number in range(7):
            producer.call(dpub("orders", HOUR, b"later %d" % number))
        daemon.post("/topic/pause", topic="held")
        producer.call(mpub("held", [b"held"] * 9))
        daemon.post("/channel/pause", topic="..", channel="work")
    consume(daemon, "orders", "archive", 150, 20)
    consume(daemon, "orders", "work", 15, 0)


def consume(daemon, topic, channel, finished, requeued):
    with contextlib.closing(Connection(daemon.tcp_port)) as consumer:
        consumer.subscribe(topic, channel)
        consumer.ready(finished + requeued)
        got = []
        while len(got) < finished + requeued:
            got += consumer.frames(10)
        ids = [data[10:26] for _, data in got[:finished + requeued]]
        # Every second one, so that the ledger holds ranges with holes.
        order = ids[::2] + ids[1::2]
        consumer.send(b"RDY 0\n" + b"".join(b"FIN %s\n" % each for each in order[:finished]))
        consumer.send(b"".join(b"REQ %s 0\n" % each for each in order[finished:]))
        consumer.leave()


def state(daemon):
    """What must come back: {topic: (paused, depth, {channel: (paused, depth, deferred)})}"""
    return {
        name: (topic["paused"], topic["depth"], {
            each: (channel["paused"], channel["depth"], channel["deferred_count"])
            for each, channel in channels.items()})
        for name, (topic, channels) in daemon.topics().items()}


class Stores:
    """The stores that every case begins with, and what they hold."""

    def __init__(self, binary, base):
        self.binary, self.base = binary, base
        self.older = os.path.join(base, "older")
        self.kinds, self.wanted = {}, {}
        live = os.path.join(base, "live")
        os.mkdir(live)
        with Daemon(binary, live, ["--max-bytes-per-file=20000"]) as daemon:
            daemon.start()
            daemon.post("/topic/create", topic="gone")
            daemon.post("/channel/create", topic="gone", channel="c")
            daemon.stop()
            shutil.copytree(live, self.older)
            daemon.start()
            daemon.post("/topic/delete", topic="gone")
            fill(daemon)
            # Two stops, so that the database holds checkpoints and rows of all kinds.
            daemon.stop()
            daemon.start()
            self.keep("stopped", live, daemon, lambda: daemon.stop())
            daemon.start()
            daemon.post("/channel/create", topic="orders", channel="late")
            daemon.post("/channel/pause", topic="orders", channel="late")
            daemon.post("/channel/unpause", topic="..", channel="work")
            self.keep("killed", live, daemon, lambda: daemon.kill())

    def keep(self, kind, live, daemon, end):
        self.wanted[kind] = state(daemon)
        end()
        self.kinds[kind] = os.path.join(self.base, kind)
        shutil.copytree(live, self.kinds[kind], ignore=shutil.ignore_patterns("*-shm", "reserve"))

    def path(self, kind, suffix=""):
        return os.path.join(self.kinds[kind], DATABASE + suffix)

    def size(self, kind, suffix=""):
        path = self.path(kind, suffix)
        return os.path.getsize(path) if os.path.exists(path) else 0


def cut(suffix, size):
    def damage(data):
        os.truncate(os.path.join(data, DATABASE + suffix), size)
    return damage


def flip(suffix, places):
    def damage(data):
        with open(os.path.join(data, DATABASE + suffix), "r+b") as file:
            for place, bit in places:
                file.seek(place)
                byte = file.read(1)[0]
                file.seek(place)
                file.write(bytes([byte ^ 1 << bit]))
    return damage


def delete(*suffixes):
    def damage(data):
        for suffix in suffixes:
            with contextlib.suppress(FileNotFoundError):
                os.remove(os.path.join(data, DATABASE + suffix))
    return damage


def replace(content):
    def damage(data):
        with open(os.path.join(data, DATABASE), "wb") as file:
            file.write(content)
    return damage


def cases(stores, draw, options):
    """(what is damaged, kind of store, damage, flags)"""
    with open(os.path.join(stores.older, DATABASE), "rb") as file:
        older = file.read()
    for kind in stores.kinds:
        for flags in ((), ("--rebuild-metadata",)):
            yield "nothing", kind, lambda data: None, flags
            yield "deleted", kind, delete("", "-wal"), flags
            yield "deleted, its log left", kind, delete(""), flags
            yield "log deleted", kind, delete("-wal"), flags
            yield "an older one, its log gone", kind, lambda data: (delete("-wal")(data), replace(older)(data)), flags
            yield "an older one with this one's log", kind, replace(older), flags
            yield "text", kind, replace(b"not a database\n" * 999), flags
            yield "zeros", kind, replace(bytes(40960)), flags
        size = stores.size(kind)
        for length in sorted({0, 1, 15, 16, 99, 100, 4095, 4096, *range(0, size, max(1, size // 12)), size - 1}):
            yield "cut to %d" % length, kind, cut("", length), ()
        log = stores.size(kind, "-wal")
        for length in sorted({0, 31, 32, *range(0, log, max(1, log // 10))} if log else ()):
            yield "log cut to %d" % length, kind, cut("-wal", length), ()
        # All of the header that says what the file is.
        for place in range(100):
            yield "header", kind, flip("", [(place, draw.randrange(8))]), ()
        for suffix in ("", "-wal"):
            length = stores.size(kind, suffix)
            for _ in range(options.flips if length else 0):
                places = [(draw.randrange(length), draw.randrange(8)) for _ in range(draw.choice((1, 1, 3, 40)))]
                flags = ("--rebuild-metadata",) if draw.random() < 0.1 else ()
                yield "flipped%s at %s" % (suffix, places[:3]), kind, flip(suffix, places), flags


def run(judge, stores, options):
    draw = random.Random(options.seed)
    wrong, count, slowest, totals = [], 0, 0.0, collections.Counter()
    for what, kind, damage, flags in cases(stores, draw, options):
        data = os.path.join(stores.base, "case")
        shutil.copytree(stores.kinds[kind], data)
        damage(data)
        count += 1
        totals[re.sub(" (at|to) .*", "", what)] += 1
        with Daemon(stores.binary, data, ["--max-bytes-per-file=20000", "--log-level=warn", *flags]) as daemon:
            try:
                slowest = max(slowest, daemon.start())
                found = state(daemon)
                if found != stores.wanted[kind]:
                    wrong.append("%s, %s %s: %s" % (kind, what, flags, difference(stores.wanted[kind], found)))
            except StartFailed as error:
                wrong.append("%s, %s %s: %s" % (kind, what, flags, error))
            if flags and daemon.process.poll() is None:
                said = daemon.log(100)
                if what != "deleted" and "set aside" not in said:
                    wrong.append("%s, %s: no line says that the metadata was set aside: %s" % (kind, what, said))
            daemon.kill()
        shutil.rmtree(data)
    print("%d starts, the slowest took %.3f s: %s" % (
        count, slowest, "; ".join("%s %d" % each for each in totals.items())))
    for line in wrong[:20]:
        print("     " + line)
    judge.check(not wrong, "every start gives topics, channels, pauses and depths as before", "%d do not" % len(wrong))


def difference(wanted, found):
    return "; ".join(
        "%s is %s and was %s" % (name, found.get(name), wanted.get(name))
        for name in sorted(set(wanted) | set(found)) if wanted.get(name) != found.get(name))


def newer(judge, stores):
    """The flag is no way around the refusal of a newer store."""
    data = os.path.join(stores.base, "newer")
    shutil.copytree(stores.kinds["stopped"], data)
    with contextlib.closing(sqlite3.connect(os.path.join(data, DATABASE))) as database:
        database.execute("INSERT INTO grdb_migrations VALUES ('V9999_from_the_future')")
        database.commit()
    with Daemon(stores.binary, data, ["--rebuild-metadata"]) as daemon:
        daemon.launch()
        judge.equal(daemon.process.wait(10), 65, "--rebuild-metadata refuses a store of a newer version")
    judge.check(not os.path.exists(os.path.join(data, DATABASE + ".bad-1")), "and sets nothing aside")


def main():
    arguments = checks.parser(__doc__.splitlines()[0])
    arguments.add_argument("--flips", type=int, default=60, help="random damages of each file")
    options = checks.start(arguments)
    judge = checks.Checks()
    base = tempfile.mkdtemp(prefix="nsqd-lost-")
    try:
        stores = Stores(options.bin, base)
        judge.check(
            stores.wanted["killed"]["orders"][2]["archive"][1:] == (250, 7), "the store holds what it should",
            stores.wanted["killed"])
        run(judge, stores, options)
        newer(judge, stores)
    finally:
        shutil.rmtree(base, ignore_errors=True)
    return judge.finish()


if __name__ == "__main__":
    sys.exit(main())
