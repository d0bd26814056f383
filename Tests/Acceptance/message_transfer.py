"""Messages taken from a killed store as lines of JSON, and served on elsewhere with what each channel had done."""
import contextlib
import json
import os
import sys
import tempfile
import time

import checks
from daemon import Daemon, differences, tree
from nsq_inspect import Inspector
from wire import Connection, dpub, mpub

HOUR = 3_600_000
# Four times what docs/formats/ledger.md allows from a change to its write.
LEDGER_SECONDS = 0.2


def fill(daemon):
    """Two channels that did different things, a topic that is paused, one without channels."""
    with contextlib.closing(Connection(daemon.tcp_port)) as producer:
        daemon.post("/topic/create", topic="orders")
        for channel in ("archive", "audit"):
            daemon.post("/channel/create", topic="orders", channel=channel)
        producer.call(mpub("orders", [b"order %d" % number for number in range(200)]))
        producer.call(dpub("orders", HOUR, b"later"))
        daemon.post("/topic/create", topic="held")
        daemon.post("/channel/create", topic="held", channel="c")
        producer.call(mpub("held", [b"before %d" % number for number in range(5)]))
        daemon.post("/topic/pause", topic="held")
        producer.call(mpub("held", [b"behind %d" % number for number in range(7)]))
        producer.call(mpub("alone", [b"\x00\xff binary", b"\n", b"text"]))
    with contextlib.closing(Connection(daemon.tcp_port)) as consumer:
        consumer.subscribe("orders", "archive")
        consumer.ready(60)
        got = []
        while len(got) < 60:
            got += consumer.frames(10)
        ids = [data[10:26] for _, data in got]
        consumer.send(b"RDY 0\n" + b"".join(b"FIN %s\n" % each for each in ids[:50]))
        consumer.send(b"".join(b"REQ %s 0\n" % each for each in ids[50:55]))
        consumer.leave()


def settles(daemon):
    """Whether all but the five that nobody answered for is settled, in good time."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        channel = daemon.topics()["orders"][1]["archive"]
        if (channel["in_flight_count"], channel["depth"]) == (5, 145):
            return True
        time.sleep(0.02)
    return False


def counts(inspector, data):
    """What waits in each channel and topic, without what the clock or the place changes."""
    channels = {
        (row["topic"], row["channel"]): (row["depth"], row["redelivered"], row["deferred"], row["next_due_ms"])
        for row in inspector.rows("channels", "--data-path", data)}
    topics = {row["topic"]: (row["depth"], row["paused"]) for row in inspector.rows("topics", "--data-path", data)}
    return channels, topics


def drain(daemon, topic, channel, count):
    """The bodies and attempts of the messages that wait."""
    with contextlib.closing(Connection(daemon.tcp_port)) as consumer:
        consumer.subscribe(topic, channel)
        consumer.ready(count + 10)
        got = []
        while len(got) < count:
            frames = consumer.frames(10)
            if not frames:
                break
            got += frames
        return sorted((data[26:], int.from_bytes(data[8:10], "big")) for _, data in got)


def main():
    options = checks.start(checks.parser(__doc__))
    judge = checks.Checks()
    inspector = Inspector(options.bin)
    with tempfile.TemporaryDirectory() as folder:
        run(judge, inspector, options.bin, folder)
    return judge.finish()


def run(judge, inspector, binary, folder):
    data, other, lines = (os.path.join(folder, name) for name in ("store", "other", "messages.ndjson"))
    os.mkdir(data)
    with Daemon(binary, data, ["--max-bytes-per-file=4000"]) as daemon:
        daemon.start()
        fill(daemon)
        judge.check(settles(daemon), "all that was delivered is settled")
        time.sleep(LEDGER_SECONDS)
        daemon.kill()
    before = tree(data)
    status, output, said = inspector.run("messages", "export", "--data-path", data)
    judge.equal((status, said), (0, "216 messages exported\n"), "what nobody wants any more is left out")
    judge.equal(differences(before, tree(data)), "", "an export changes nothing")
    records = [json.loads(line) for line in output.splitlines()]
    place = "%s:%d" % (records[99]["topic"], records[99]["sequence"])
    rest = inspector.run("messages", "export", "--data-path", data, "--behind", place)[1]
    judge.equal(output.splitlines()[100:], rest.splitlines(), "an export goes on behind its last line")
    with open(lines, "w", encoding="utf-8") as file:
        file.write(output)
    judge.equal(
        inspector.run("messages", "import", "--data-path", other, lines)[::2],
        (0, "216 messages imported, 3 topics and 3 channels made\n"), "all of it is imported into a new directory")
    judge.equal(counts(inspector, other), counts(inspector, data), "depth, attempts, deferral and pause are as before")
    judge.equal(inspector.run("verify", "--data-path", other)[0], 0, "the new store is whole")
    with Daemon(binary, other) as daemon:
        daemon.start()
        got = drain(daemon, "orders", "archive", 150)
        judge.equal(
            [body for body, _ in got], sorted(b"order %d" % number for number in range(50, 200)), "every body arrives")
        judge.equal(sum(attempts > 1 for _, attempts in got), 5, "attempts go on from where they were")
        judge.equal(
            [body for body, _ in drain(daemon, "alone", "c", 3)], sorted([b"\x00\xff binary", b"\n", b"text"]),
            "bytes that are no text arrive as they were")
        judge.equal(daemon.stop(), 0, "it stops")
    refusals(judge, inspector, other, lines)


def refusals(judge, inspector, data, lines):
    bad = lines + ".bad"
    for what, line in (
            ("no JSON", "{"), ("no topic", '{"timestamp":1,"body":""}'),
            ("no name", '{"topic":"a b","timestamp":1,"body":""}'),
            ("no base64", '{"topic":"t","timestamp":1,"body":"%"}'),
            ("a nameless channel", '{"topic":"t","timestamp":1,"body":"","channels":{"#":{"state":"queued"}}}')):
        with open(bad, "w", encoding="utf-8") as file:
            file.write('{"topic":"good","timestamp":1,"body":""}\n%s\n' % line)
        status, _, said = inspector.run("messages", "import", "--data-path", data, bad)
        judge.check(
            status == 1 and "line 2" in said and said.count("\n") == 1, "%s: refused with its line" % what, said)
    judge.equal(inspector.run("verify", "--data-path", data)[0], 0, "the store is whole after that")
    judge.equal(
        inspector.run("messages", "import", "--data-path", data, lines + ".none")[0], 1, "a missing file: refused")


if __name__ == "__main__":
    sys.exit(main())
