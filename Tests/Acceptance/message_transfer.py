"""Messages taken from a killed store as lines of JSON, and served on elsewhere with what each channel had done."""
import base64
import collections
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
    mended(judge, inspector, os.path.join(folder, "mended"), lines)
    held_back(judge, inspector, os.path.join(folder, "held"), lines)
    resumed(judge, inspector, os.path.join(folder, "resumed"), lines)


def write_lines(path, lines):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in lines)


def line_of(topic, number, timestamp=1):
    body = base64.b64encode(b"%s %d" % (topic.encode(), number)).decode()
    return json.dumps({"topic": topic, "timestamp": timestamp, "body": body, "channels": {"c": {"state": "queued"}}})


def bodies(inspector, data):
    """How often each body is in the store."""
    status, output, _ = inspector.run("messages", "export", "--data-path", data)
    return collections.Counter(base64.b64decode(json.loads(line)["body"]) for line in output.splitlines())


def lines_noted(marker):
    """How many lines an import that goes on has made durable."""
    with contextlib.suppress(OSError), open(marker, encoding="utf-8") as file:
        return int(file.readline().split()[0])
    return 0


def held_back(judge, inspector, data, lines):
    """What a topic held where it comes from is held again, by an import in two attempts too."""
    texts = [line_of("t", number) for number in range(4)]
    texts[2:] = [text.replace("queued", "held") for text in texts[2:]]
    write_lines(lines, [texts[0], "{", *texts[1:]])
    judge.equal(inspector.run("messages", "import", "--data-path", data, lines)[0], 1, "a first attempt ends early")
    write_lines(lines, texts)
    judge.equal(inspector.run("messages", "import", "--data-path", data, lines)[0], 0, "a second one goes on")
    (topic,) = inspector.rows("topics", "--data-path", data)
    judge.equal((topic["paused"], topic["depth"]), (True, 2), "the topic is paused, and holds what it held")


def mended(judge, inspector, data, lines):
    """A line that is no message, and then the same lines with a better one."""
    texts = [line_of("t", number, timestamp=(1 << 63) - 1) for number in range(5)]
    write_lines(lines, texts[:3] + ["", texts[3].replace("queued", "quoted"), texts[4]])
    status, _, said = inspector.run("messages", "import", "--data-path", data, lines)
    judge.check(status == 1 and "line 5" in said and "quoted" in said, "a state that is none: refused", (status, said))
    write_lines(lines, texts[1:])
    before = tree(data)
    status, _, said = inspector.run("messages", "import", "--data-path", data, lines)
    judge.check(status == 1 and "messages.importing" in said, "other lines than those before it: refused", said)
    judge.equal(bodies(inspector, data).total(), 3, "nothing of them is imported")
    judge.equal(sorted(before), sorted(tree(data)), "no file is made or lost")
    write_lines(lines, texts[:2])
    status, _, said = inspector.run("messages", "import", "--data-path", data, lines)
    judge.check(status == 1 and "messages.importing" in said, "so are fewer lines", said)
    write_lines(lines, texts)
    status, _, said = inspector.run("messages", "import", "--data-path", data, lines)
    judge.check(status == 0 and "3 lines passed over" in said, "mended, it goes on behind what it had", (status, said))
    judge.equal(bodies(inspector, data), {b"t %d" % number: 1 for number in range(5)}, "every message is there, once")
    judge.equal(
        len(inspector.rows("messages", "--data-path", data)), 5, "messages of the last moment there is are shown")


def resumed(judge, inspector, data, lines):
    """An import that is killed goes on with the same lines, and with no others."""
    count, marker = 150_000, os.path.join(data, "messages.importing")
    write_lines(lines, (line_of("big", number) for number in range(count)))
    process = inspector.start("messages", "import", "--data-path", data, lines)
    end = time.monotonic() + 120
    while lines_noted(marker) == 0 and process.poll() is None and time.monotonic() < end:
        time.sleep(0.001)
    process.kill()
    process.wait()
    judge.check(lines_noted(marker) > 0, "an import is killed behind its first 100,000 lines")
    others = lines + ".others"
    write_lines(others, (line_of("others", number) for number in range(count)))
    status, _, said = inspector.run("messages", "import", "--data-path", data, others)
    judge.check(status == 1 and "messages.importing" in said, "other lines are refused", (status, said))
    status, _, said = inspector.run("messages", "import", "--data-path", data, lines)
    judge.check(status == 0 and "00000 lines passed over" in said, "the same lines go on", (status, said))
    found = bodies(inspector, data)
    judge.equal(
        (len(found), set(found) == {b"big %d" % number for number in range(count)}), (count, True),
        "every message is there, and none of the others")
    judge.check(found.total() - count <= 100_000, "100,000 come twice at most", found.total() - count)
    judge.equal(inspector.run("verify", "--data-path", data)[0], 0, "the store is whole")


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
