"""One store with all that a store can hold, killed and stopped; every case works on a copy of it."""
import collections
import contextlib
import os
import shutil
import time

from daemon import Daemon
from wire import Connection, dpub, mpub, pub

HOUR = 3_600_000
LONG = "n" * 64
# Small segments, so that few messages make many.
SMALL = ["--max-bytes-per-file=4000", "--log-level=warn"]
# Four times what docs/formats/ledger.md allows from a change to its write.
LEDGER_SECONDS = 0.2
ANSI = b"\x1b[31mred\x1b[0m"
ODD_BODIES = [
    b"plain", ANSI, b"\x07bell\x08\x0b\x7f", "\u0085\u009b31mC1".encode(), "\u202eright to left\u2069".encode(),
    b"line one\r\nline two\ttab", "comma,\u0301 quote\"\u0301 semicolon;".encode(),
    b'say "hi", then go', b"\xff\xfe\x00binary",
    b'{"a":[1,{"b":"\\u001b"}],"c":{}}', "na\u00efve \u65e5\u672c\u8a9e \U0001f600".encode(), b"\x80\x9b31m", b"\x00",
]


class Counts:
    """What /stats says of a store, as the inspector counts it."""

    def __init__(self, daemon):
        # What is in flight has a count of its own too, which a new start does not repeat.
        self.topics, self.channels, self.in_flight = {}, {}, {}
        for name, (topic, channels) in daemon.topics().items():
            self.topics[name] = (topic["depth"], topic["paused"], len(channels))
            for channel in channels.values():
                self.in_flight[name, channel["channel_name"]] = channel["in_flight_count"]
                # It waits again after a crash.
                self.channels[name, channel["channel_name"]] = (
                    channel["depth"] + channel["in_flight_count"], channel["deferred_count"], channel["paused"])

    def __eq__(self, other):
        return (self.topics, self.channels) == (other.topics, other.channels)

    def __repr__(self):
        return "%s %s" % (self.topics, self.channels)


def counts_of(binary, data_path, flags=SMALL):
    """What an nsqd that is started on it finds; it is killed again."""
    with Daemon(binary, data_path, flags) as daemon:
        daemon.start()
        return Counts(daemon)


def drained(daemon):
    """{(topic, channel): its bodies that are due, sorted}; what no channel has yet goes to channel `c`."""
    for name, (topic, channels) in daemon.topics().items():
        for channel in channels or ["c"]:
            daemon.post("/channel/create", topic=name, channel=channel)
            daemon.post("/channel/unpause", topic=name, channel=channel)
        daemon.post("/topic/unpause", topic=name)
    found, waiting = {}, [(name, channel) for name, (_, channels) in daemon.topics().items() for channel in channels]
    for name, channel in waiting:
        depth = until_moved(daemon, name, channel)
        with contextlib.closing(Connection(daemon.tcp_port)) as consumer:
            consumer.identify(output_buffer_timeout=25)
            consumer.subscribe(name, channel)
            consumer.ready(2500)
            found[name, channel] = sorted(message.body for message in consumer.messages(depth))
            consumer.leave()
    return found


def until_moved(daemon, topic, channel, timeout=10.0):
    """The depth of a channel once its topic has handed over what it held."""
    end = time.monotonic() + timeout
    while True:
        statistics, channels = daemon.topics()[topic]
        if statistics["depth"] == 0:
            return channels[channel]["depth"]
        if time.monotonic() > end:
            raise OSError("topic %s keeps %d messages" % (topic, statistics["depth"]))
        time.sleep(0.01)


def take(daemon, topic, channel, total, act):
    """Lets `act` say, for each of `total` messages in turn, the command that answers it."""
    with contextlib.closing(Connection(daemon.tcp_port)) as consumer:
        consumer.subscribe(topic, channel)
        consumer.ready(total)
        got = []
        while len(got) < total:
            frames = consumer.frames(10)
            if not frames:
                raise OSError("%d of %d messages came" % (len(got), total))
            got += [data for _, data in frames]
        consumer.send(b"RDY 0\n" + b"".join(
            command % data[10:26] for at, data in enumerate(got[:total]) if (command := act(at, data))))
        consumer.leave()


FINISH, DEFER, AGAIN = b"FIN %s\n", b"REQ %%s %d\n" % HOUR, b"REQ %s 0\n"


def fill(daemon, generator):
    """Fills an empty daemon; returns the bodies of each topic in order."""
    published = collections.defaultdict(list)
    with contextlib.closing(Connection(daemon.tcp_port)) as producer:
        def publish(topic, bodies, delay=None):
            for body in bodies:
                command = pub(topic, body) if delay is None else dpub(topic, delay, body)
                producer.call(command)
            published[topic] += bodies

        for topic, channel in (("orders", "archive"), ("orders", "audit"), ("orders", "halted"), (".", ".."),
                               ("..", LONG), (LONG, LONG), ("odd", "c"), ("paused", "c")):
            daemon.post("/topic/create", topic=topic)
            daemon.post("/channel/create", topic=topic, channel=channel)
        daemon.post("/channel/pause", topic="orders", channel="halted")
        daemon.post("/topic/pause", topic="paused")
        for first in range(0, 200, 10):
            batch = [b"%d " % number + generator.randbytes(number % 400) for number in range(first, first + 10)]
            producer.call(mpub("orders", batch))
            published["orders"] += batch
        publish("orders", [b"later %d" % number for number in range(6)], HOUR)
        for topic in (".", "..", LONG, "paused", "alone"):
            publish(topic, [b"%d of %s" % (number, topic.encode()) for number in range(12)])
        publish("odd", ODD_BODIES)
        daemon.post("/channel/create", topic="orders", channel="late")
        # Every third one is finished, so that holes stay; the store keeps the rest and how often it was tried.
        take(daemon, "orders", "archive", 150, lambda at, _: (FINISH, DEFER, AGAIN)[at % 3] if at < 120 else None)
        take(daemon, "orders", "audit", 200, lambda at, _: FINISH if at % 40 < 30 else None)
        take(daemon, ".", "..", 12, lambda at, _: FINISH)
    return published


class Stores:
    """The originals and copies of them; `folder` is where all of it lies."""

    def __init__(self, binary, folder, generator):
        self.binary, self.folder, self.copies = binary, folder, 0
        self.killed, self.stopped = os.path.join(folder, "killed"), os.path.join(folder, "stopped")
        os.mkdir(self.killed)
        with Daemon(binary, self.killed, SMALL) as daemon:
            daemon.start()
            self.published = fill(daemon, generator)
            time.sleep(LEDGER_SECONDS)
            self.counts = Counts(daemon)
            daemon.kill()
        shutil.copytree(self.killed, self.stopped)
        with Daemon(binary, self.stopped, SMALL) as daemon:
            daemon.start()
            daemon.stop()

    def copy(self, original):
        """A copy to work on."""
        self.copies += 1
        path = os.path.join(self.folder, "copy-%d" % self.copies)
        shutil.copytree(original, path)
        return path

    @contextlib.contextmanager
    def copied(self, original):
        """A copy that is gone afterwards."""
        path = self.copy(original)
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)


def files(data_path, *endings):
    """The files of a store with such a name, by path."""
    return sorted(
        os.path.join(parent, name) for parent, _, names in os.walk(data_path) for name in names
        if name.endswith(endings))
