"""What Tools/read-store.py reads in a data path, against what was done to it and what nsqd says of it afterwards."""
import base64
import collections
import contextlib
import json
import os
import struct
import subprocess
import sys
import tempfile
import time

import checks
from checksum import crc32c
from daemon import Daemon, differences, tree
from wire import Connection, dpub, mpub

READER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "Tools", "read-store.py")
HOUR = 3_600_000
# Four times what docs/formats/ledger.md allows from a change to its write.
LEDGER_SECONDS = 0.2


class Reading:
    """The lines of one run of the reader, by what they tell of."""

    def __init__(self, data_path):
        ended = subprocess.run(
            [sys.executable, "-B", READER, "--messages", data_path], capture_output=True, timeout=300)
        self.status, self.said = ended.returncode, ended.stderr.decode()
        self.topics, self.channels, self.messages = {}, {}, collections.defaultdict(list)
        for line in map(json.loads, ended.stdout.splitlines()):
            if "sequence" in line:
                self.messages[line["topic"]].append(line)
            elif "channel" in line:
                self.channels[line["topic"], line["channel"]] = line
            else:
                self.topics[line["topic"]] = line

    def counts(self, topic, channel):
        """(finished, queued or in flight, deferred)"""
        line = self.channels[topic, channel]
        return line["finished"], line["queued"] + line["in flight"], line["deferred"]


def bodies(first, count):
    return [b"%d " % number + os.urandom(number % 400) for number in range(first, first + count)]


def consume(daemon, channel, finished, requeued, held):
    """Finishes, requeues by an hour and keeps in flight the first messages of `orders`, then leaves."""
    total = finished + requeued + held
    with contextlib.closing(Connection(daemon.tcp_port)) as consumer:
        consumer.subscribe("orders", channel)
        consumer.ready(total)
        got = []
        while len(got) < total:
            frames = consumer.frames(10)
            if not frames:
                raise OSError("%d of %d messages came" % (len(got), total))
            got += frames
        ids = [data[10:26] for _, data in got[:total]]
        # None in place of the finished ones, and an answer behind all of it.
        consumer.send(b"RDY 0\n" + b"".join(b"FIN %s\n" % each for each in ids[:finished]))
        consumer.send(b"".join(b"REQ %s %d\n" % (each, HOUR) for each in ids[finished:finished + requeued]))
        consumer.leave()


def fill(daemon, published):
    """A store with all that a store can hold: three channels, deferred messages, a pause, a topic without channels."""
    producer = Connection(daemon.tcp_port)
    daemon.post("/topic/create", topic="orders")
    for channel in ("archive", "audit"):
        daemon.post("/channel/create", topic="orders", channel=channel)
    for first in range(0, 3000, 100):
        batch = bodies(first, 100)
        producer.call(mpub("orders", batch))
        published["orders"] += batch
    for number in range(5):
        producer.call(dpub("orders", HOUR, b"later %d" % number))
        published["orders"].append(b"later %d" % number)
    daemon.post("/channel/create", topic="orders", channel="late")
    daemon.post("/channel/pause", topic="orders", channel="late")
    published["alone"] = bodies(0, 50)
    producer.call(mpub("alone", published["alone"]))
    daemon.post("/topic/create", topic="held")
    daemon.post("/channel/create", topic="held", channel="c")
    daemon.post("/topic/pause", topic="held")
    published["held"] = bodies(0, 20)
    producer.call(mpub("held", published["held"]))
    return producer


def compare(judge, reading, daemon, when):
    """The counts of a reading with those of the daemon started on it."""
    for topic, (statistics, channels) in daemon.topics().items():
        judge.equal(reading.topics[topic]["waiting"], statistics["depth"], "%s: depth of %s" % (when, topic))
        for name, channel in channels.items():
            judge.equal(
                reading.counts(topic, name)[1:], (channel["depth"], channel["deferred_count"]),
                "%s: depth and deferred of %s, %s" % (when, topic, name))
            judge.equal(
                reading.channels[topic, name]["paused"], channel["paused"], "%s: pause of %s, %s" % (when, topic, name))


def whole_store(judge, binary, data):
    published = collections.defaultdict(list)
    with Daemon(binary, data, ["--max-bytes-per-file=200000"]) as daemon:
        daemon.start()
        producer = fill(daemon, published)
        consume(daemon, "archive", 700, 40, 60)
        consume(daemon, "audit", 100, 0, 0)
        # The ledgers are written within this time of the last change.
        judge.check(comes_to(daemon, "archive", 2200, 60) and comes_to(daemon, "audit", 2900, 0), "all is settled")
        time.sleep(LEDGER_SECONDS)
        daemon.kill()
        before = tree(data)
        reading = Reading(data)
        judge.equal((reading.status, reading.said), (0, ""), "after kill -9: nothing is damaged")
        judge.equal(differences(before, tree(data)), "", "reading changes nothing")
        for topic, sent in published.items():
            got = [base64.b64decode(each["body"]) for each in reading.messages[topic]]
            judge.check(got == sent, "every body of %s in its order" % topic, (len(got), len(sent)))
        judge.equal(reading.counts("orders", "archive"), (700, 2260, 45), "counts of a channel that worked, in flight at the kill included")
        judge.equal(reading.counts("orders", "audit"), (100, 2900, 5), "counts of one that finished a little")
        judge.equal(reading.counts("orders", "late")[1:], (0, 0), "a channel made afterwards has nothing")
        attempts = collections.Counter(each["channels"]["archive"][1] for each in reading.messages["orders"])
        judge.equal(attempts[1], 40, "attempts of what was requeued")
        daemon.start()
        compare(judge, reading, daemon, "after kill -9")
        producer.close()
        judge.equal(daemon.stop(), 0, "it stops")
        reading = Reading(data)
        judge.equal((reading.status, reading.said), (0, ""), "after a stop in good order: nothing is damaged")
        daemon.start()
        compare(judge, reading, daemon, "after a stop in good order")
        daemon.stop()
    return published["orders"]


def comes_to(daemon, channel, depth, in_flight):
    """Whether a channel of `orders` comes to that depth, with so many in flight until they time out."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        statistics = daemon.topics()["orders"][1][channel]
        if (statistics["depth"], statistics["in_flight_count"]) == (depth, in_flight):
            return True
        time.sleep(0.02)
    return False


def damaged_store(judge, data, sent):
    folder = os.path.join(data, "topics")
    paths = [os.path.join(parent, name) for parent, _, names in os.walk(folder) for name in names]
    path = sorted(each for each in paths if each.endswith(".segment"))[1]
    with open(path, "r+b") as file:
        content = file.read()
        offset = content.index(b"QSTB", 2000) + 100
        file.seek(offset)
        file.write(bytes([content[offset] ^ 1]))
    reading = Reading(data)
    judge.equal(reading.status, 1, "a flipped bit gives status 1")
    judge.check(
        os.path.basename(path) in reading.said and "damaged bytes" in reading.said, "its file is named", reading.said)
    found = [base64.b64decode(each["body"]) for each in reading.messages["orders"]]
    judge.check(0 < len(sent) - len(found) <= 100, "its batch alone is missing", (len(found), len(sent)))
    judge.check(set(found) <= set(sent), "and no byte is wrong")
    with open(path, "r+b") as file:
        header = b"NSQSEG\r\n\2" + file.read(252)[9:]
        file.seek(0)
        file.write(header + b"\0\0\0\0")
        judge.equal(Reading(data).status, 1, "a newer version under a wrong checksum is damage")
        file.seek(252)
        file.write(struct.pack("<I", crc32c(header)))
        file.flush()
        judge.equal(Reading(data).status, 65, "under a right one it is a newer version")


def main():
    options = checks.start(checks.parser(__doc__))
    judge = checks.Checks()
    with tempfile.TemporaryDirectory() as data:
        judge.equal(Reading(data).status, 2, "without a store: status 2")
        sent = whole_store(judge, options.bin, data)
        damaged_store(judge, data, sent)
    return judge.finish()


if __name__ == "__main__":
    sys.exit(main())
