"""Takes over data paths of the Go nsqd, written here by hand, and writes them again: nsqd, import-nsqd, export-nsqd."""
import contextlib
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import time

import checks
from daemon import Daemon, StartFailed, differences, tree
from wire import Connection

NOW = time.time_ns()


def record(body, number, attempts=0):
    data = struct.pack(">qH", NOW + number, attempts) + b"%016x" % (0x0d00000000000000 + number) + body
    return struct.pack(">i", len(data)) + data


def write(folder, name, data):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)
    os.chmod(os.path.join(folder, name), 0o600)


def write_queue(folder, name, records, file_bytes=1 << 30, skipped=0):
    """A queue whose first `skipped` records were read; files roll as the original rolls them."""
    files, place = [bytearray()], (0, 0)
    for number, each in enumerate(records):
        if files[-1] and len(files[-1]) + len(each) > file_bytes:
            files.append(bytearray())
        if number == skipped:
            place = (len(files) - 1, len(files[-1]))
        files[-1] += each
    for number, data in list(enumerate(files))[place[0]:]:
        write(folder, "%s.diskqueue.%06d.dat" % (name, number), data)
    meta = "%d\n%d,%d\n%d,%d\n" % (len(records) - skipped, *place, len(files) - 1, len(files[-1]))
    write(folder, "%s.diskqueue.meta.dat" % name, meta.encode())


def write_document(folder, *topics):
    """Topics as (name, paused, [(channel, paused)])."""
    listed = [
        {"name": name, "paused": paused, "channels": [{"name": c, "paused": p} for c, p in channels] or None}
        for name, paused, channels in topics]
    write(folder, "nsqd.dat", json.dumps({"topics": listed, "version": "1.3.0"}).encode())


def read_queue(folder, name):
    """[(body, time, attempts)] of an exported queue, and its meta file."""
    found, number = [], 0
    while True:
        path = os.path.join(folder, "%s.diskqueue.%06d.dat" % (name, number))
        if not os.path.exists(path):
            break
        with open(path, "rb") as file:
            data = file.read()
        while data:
            size, = struct.unpack_from(">i", data)
            stamp, attempts = struct.unpack_from(">qH", data, 4)
            found.append((data[30:4 + size], stamp, attempts))
            data = data[4 + size:]
        number += 1
    with open(os.path.join(folder, name + ".diskqueue.meta.dat")) as file:
        return found, file.read()


def fill(folder):
    """One of everything; returns what is to come of each channel, as (body, time, attempts)."""
    write_document(
        folder, ("orders", False, [("billing", False), ("shipping", True)]), ("held", True, [("c", False)]),
        ("alone", False, []))
    billing = [(b"order %d " % n + b"." * (n % 300), n, n % 4 if n > 2900 else 0) for n in range(3000)]
    write_queue(folder, "orders:billing", [record(*each) for each in billing], file_bytes=100_000, skipped=1000)
    shipping = [(b"order %d" % n, n, 0) for n in range(100)]
    write_queue(folder, "orders:shipping", [record(*each) for each in shipping])
    own = [(b"fresh %d" % n, n, 0) for n in range(5000, 5010)]
    write_queue(folder, "orders", [record(*each) for each in own])
    held = [(b"held %d" % n, n, 0) for n in range(20)]
    write_queue(folder, "held", [record(*each) for each in held])
    write_queue(folder, "held:c", [record(b"c", 1, 7)])
    alone = [(b"alone %d" % n, n, 0) for n in range(50)]
    write_queue(folder, "alone", [record(*each) for each in alone])
    write_queue(folder, "unnamed:found", [record(b"found", 3)])

    def wanted(*lists):
        return sorted((body, NOW + number, attempts) for each in lists for body, number, attempts in each)
    return {
        "orders:billing": wanted(billing[1000:], own), "orders:shipping": wanted(shipping, own),
        "held:c": wanted([(b"c", 1, 7)]), "held": wanted(held), "alone": wanted(alone),
        "unnamed:found": wanted([(b"found", 3, 0)]), "orders": [], "unnamed": [],
    }


def drain(daemon, topic, channel, count):
    """What a consumer gets, as it lay on disk: the attempts before this delivery."""
    with contextlib.closing(Connection(daemon.tcp_port)) as consumer:
        consumer.subscribe(topic, channel)
        consumer.ready(min(2500, count + 1))
        found = consumer.messages(count, 30)
        extra = consumer.frames(0.1)
    return sorted((each.body, each.timestamp, each.attempts - 1) for each in found), len(extra)


def compare_figures(judge, daemon, wanted, when):
    topics = daemon.topics()
    for name, messages in wanted.items():
        topic, _, channel = name.partition(":")
        found = topics[topic][1][channel] if channel else topics[topic][0]
        judge.equal(
            (found["depth"], found["backend_depth"]), (len(messages), len(messages)), "%s: depth of %s" % (when, name))
    paused = [topics["orders"][1]["shipping"]["paused"], topics["held"][0]["paused"]]
    others = [topics["orders"][0]["paused"], topics["orders"][1]["billing"]["paused"], topics["held"][1]["c"]["paused"]]
    judge.check(all(paused) and not any(others), "%s: pauses are kept" % when, (paused, others))


def compare_messages(judge, daemon, wanted, when):
    daemon.post("/channel/unpause", topic="orders", channel="shipping")
    for name, messages in wanted.items():
        topic, _, channel = name.partition(":")
        if name == "held:c":
            judge.equal(drain(daemon, topic, channel, 1), (messages, 0), "%s: a paused topic's own stay with it" % when)
            daemon.post("/topic/unpause", topic="held")
            judge.equal(drain(daemon, topic, channel, 20), (wanted["held"], 0), "%s: and come when it goes on" % when)
        elif channel or name == "alone":
            found, extra = drain(daemon, topic, channel or "new", len(messages))
            judge.check(found == messages and not extra, "%s: every message of %s, once" % (when, name))


def originals(judge, data, before, folder, when):
    """The files of the original lie in `folder` as they were."""
    moved = tree(os.path.join(data, folder))
    judge.equal(differences(before, moved), "", "%s: the original files are kept in %s" % (when, folder))
    modes = {os.stat(os.path.join(data, folder, name)).st_mode & 0o777 for name in moved}
    judge.equal(modes, {0o600}, "%s: with their modes" % when)


def take_over(judge, binary, data):
    wanted = fill(data)
    write(data, "alone.diskqueue.meta.dat.77.tmp", b"x")
    before = tree(data)
    with Daemon(binary, data) as daemon:
        daemon.start()
        log = daemon.log(200)
        lines = [line for line in log.splitlines() if "took over" in line]
        # What goes from the topic to both channels was stored once.
        count = sum(map(len, wanted.values())) - 10
        judge.equal(len(lines), 1, "one line says what was taken over")
        judge.check(
            lines and "INFO" in lines[0] and "4 topics, 4 channels, %d messages" % count in lines[0]
            and lines[0].endswith(os.path.join(data, "nsqd-original")), "with its figures", lines)
        judge.check("WARNING" in log and "does not name unnamed:found" in log, "what nsqd.dat does not name is told of")
        compare_figures(judge, daemon, wanted, "after the take-over")
        originals(judge, data, before, "nsqd-original", "after the take-over")
        judge.equal(daemon.stop(), 0, "it stops")
        daemon.start()
        judge.equal(daemon.log(1000).count("took over"), 1, "a second start takes nothing over")
        compare_figures(judge, daemon, wanted, "after a second start")
        compare_messages(judge, daemon, wanted, "after a second start")
        daemon.kill()
        daemon.start()
        depths = {c["depth"] for _, channels in daemon.topics().values() for c in channels.values()}
        judge.equal(depths, {0}, "what was finished stays finished")
        daemon.stop()
    return before


def beside_a_store(judge, binary, data):
    """What a Go nsqd left that was started again on a data path that was taken over."""
    write_queue(data, "orders:billing", [record(b"late", 1)])
    with Daemon(binary, data) as daemon:
        daemon.start()
        judge.check("2 queue files of a Go nsqd" in daemon.log(50), "files beside a store are told of")
        judge.equal(daemon.topics()["orders"][1]["billing"]["depth"], 0, "and not read")
        daemon.stop()


def damaged(judge, options, data):
    write_document(data, ("t", False, [("c", False)]))
    good = [record(b"message %d" % n, n) for n in range(30)]
    good[10] = b"\x7f\xff\xff\xff" + good[10][4:]
    write(data, "t:c.diskqueue.000000.dat", b"".join(good))
    write(data, "t:c.diskqueue.000009.dat.bad", record(b"old", 99))
    told = "t:c.diskqueue.000000.dat is damaged at %d: %d bytes" % (sum(map(len, good[:10])), len(good[10]))
    with tempfile.TemporaryDirectory() as folder:
        status, _, said = inspect(options, "import-nsqd", data, "--data-path", os.path.join(folder, "store"))
        judge.check(status == 1 and told in said, "import-nsqd tells by its status too", (status, said))
    with Daemon(options.bin, data) as daemon:
        daemon.start()
        found, extra = drain(daemon, "t", "c", 29)
        judge.check(not extra and {each[0] for each in found} == {b"message %d" % n for n in range(30) if n != 10},
                    "all but the damaged record comes, also without a meta file")
        judge.check(told in daemon.log(50), "it is told of")
        daemon.stop()
    names = os.listdir(data)
    judge.check("t:c.diskqueue.000000.dat.bad" in names and "t:c.diskqueue.000009.dat.bad" in names,
                "the file is kept as .bad", names)


def unreadable(judge, options, data):
    write(data, "nsqd.dat", b"{")
    write_queue(data, "t", [record(b"m", 0)])
    before = tree(data)
    with Daemon(options.bin, data) as daemon:
        try:
            daemon.start()
            judge.check(False, "an unreadable nsqd.dat ends the start")
        except StartFailed as failure:
            judge.check("failed to parse metadata" in str(failure), "an unreadable nsqd.dat ends the start", failure)
    after = {name: data for name, data in tree(data).items() if name in before}
    judge.equal(after, before, "and nothing is moved")


def kill_inside(daemon, folder, delay):
    """Starts the daemon and kills it `delay` after the import began; returns whether that was before its end."""
    daemon.launch()
    end = time.monotonic() + 20
    while not os.path.exists(folder) and daemon.process.poll() is None and time.monotonic() < end:
        time.sleep(0.001)
    time.sleep(delay)
    daemon.kill()
    return os.path.exists(folder)


def cut_off(judge, binary, data, chance):
    """kill -9 at some moment of a take-over, again and again, until a start comes through."""
    bodies = [b"%d " % n + b"x" * 1000 for n in range(30_000)]
    write_document(data, ("t", False, [("a", False), ("b", False)]))
    for channel in "ab":
        records = [record(body, number) for number, body in enumerate(bodies)]
        write_queue(data, "t:" + channel, records, file_bytes=5_000_000)
    before = tree(data)
    kills = 0
    with Daemon(binary, data) as daemon:
        for limit in [0.02, 0.05, 0.05, 0.1, 0.1, 0.2, 0.2, 0.4]:
            kills += kill_inside(daemon, os.path.join(data, "nsqd-import"), chance.uniform(0, limit))
        daemon.start(60)
        judge.check(kills > 1, "starts were cut off", kills)
        for channel in "ab":
            statistics = daemon.topics()["t"][1][channel]
            judge.equal(statistics["depth"], len(bodies), "after %d kills: depth of %s" % (kills, channel))
        found, extra = drain(daemon, "t", "a", len(bodies))
        judge.check([each[0] for each in found] == sorted(bodies) and not extra, "every message, once")
        daemon.stop()
    judge.equal(sorted(name for name in os.listdir(data) if name.startswith("nsqd-")), ["nsqd-original"],
                "one folder holds the original files")
    originals(judge, data, before, "nsqd-original", "after the kills")


def inspect(options, *arguments):
    ended = subprocess.run([options.inspect, *arguments], capture_output=True, timeout=120)
    return ended.returncode, ended.stdout.decode(), ended.stderr.decode()


def offline(judge, options, folder):
    go, store, out = (os.path.join(folder, name) for name in ("go", "store", "out"))
    os.mkdir(go)
    wanted = fill(go)
    write(go, "alone.diskqueue.000009.dat.bad", record(b"bad", 9))
    before = tree(go)
    status, said, noted = inspect(options, "import-nsqd", go, "--data-path", store, "-o", "ndjson")
    judge.equal(status, 0, "import-nsqd: done")
    judge.equal(inspect(options, "verify", "--data-path", store)[0], 0, "import-nsqd: what it made is whole")
    rows = {(row["topic"], row["channel"]): row for row in map(json.loads, said.splitlines())}
    judge.equal(rows["orders", "billing"]["messages"], 2000, "its report counts messages")
    judge.check("imported 4 topics, 4 channels and 2182 messages; passed over 0 bytes" in noted, "and sums up", noted)
    judge.equal(differences(before, tree(go)), "", "what it read is as it was")
    status, _, said = inspect(options, "import-nsqd", go, "--data-path", store)
    judge.check(status == 1 and "holds a store" in said, "a data path with a store is refused", (status, said))
    status, _, said = inspect(options, "import-nsqd", go, "--data-path", go)
    judge.check(status == 1 and differences(before, tree(go)) == "", "so is the directory itself", (status, said))
    status, _, said = inspect(options, "import-nsqd", folder, "--data-path", store + "2")
    judge.check(status == 1 and "holds nothing of a Go nsqd" in said, "and one without such files", (status, said))
    inspect(options, "import-nsqd", go, "--data-path", store + "3", "--salvage-bad")
    status, said, _ = inspect(options, "topics", "--data-path", store + "3", "--topic", "alone", "-o", "ndjson")
    judge.equal(json.loads(said)["depth"], 51, "--salvage-bad reads what was set aside")

    status, said, noted = inspect(
        options, "export-nsqd", out, "--data-path", store, "--max-bytes-per-file", "50000", "-o", "ndjson")
    judge.equal((status, noted), (0, ""), "export-nsqd: done")
    names = sorted(os.listdir(out))
    judge.check("orders:billing.diskqueue.000003.dat" in names, "its files roll", names)
    judge.check(all(os.path.getsize(os.path.join(out, name)) <= 50000 for name in names), "at the size asked for")
    judge.equal({os.stat(os.path.join(out, name)).st_mode & 0o777 for name in names}, {0o600}, "and are the owner's")
    for name, messages in wanted.items():
        found, meta = read_queue(out, name)
        judge.check(sorted(found) == messages, "the same messages of %s" % name, (len(found), len(messages)))
        judge.check(meta.startswith("%d\n0,0\n" % len(messages)), "and a meta file", meta)
    status, _, said = inspect(options, "export-nsqd", out, "--data-path", store)
    judge.check(status == 1 and "not empty" in said, "a directory with files is refused", (status, said))

    with Daemon(options.bin, store) as daemon:
        daemon.start()
        judge.equal("WARNING" in daemon.log(100), False, "nsqd starts on the imported store without a warning")
        compare_figures(judge, daemon, wanted, "after import-nsqd")
        status, _, said = inspect(options, "import-nsqd", store, "--data-path", store + "4")
        judge.check(status == 75 and "stop it first" in said, "a data path in use is refused with 75", (status, said))
        compare_messages(judge, daemon, wanted, "after import-nsqd")
        daemon.stop()
    with Daemon(options.bin, out) as daemon:
        daemon.start()
        compare_figures(judge, daemon, wanted, "after the way there and back")
        compare_messages(judge, daemon, wanted, "after the way there and back")
        daemon.stop()


def main():
    parser = checks.parser(__doc__)
    parser.add_argument("--inspect", help="path of nsq-inspect; beside nsqd unless told")
    options = checks.start(parser)
    options.inspect = os.path.abspath(options.inspect or os.path.join(os.path.dirname(options.bin), "nsq-inspect"))
    judge = checks.Checks()
    with tempfile.TemporaryDirectory() as data:
        take_over(judge, options.bin, data)
        beside_a_store(judge, options.bin, data)
    for part in (damaged, unreadable):
        with tempfile.TemporaryDirectory() as data:
            part(judge, options, data)
    with tempfile.TemporaryDirectory() as data:
        cut_off(judge, options.bin, data, random.Random(options.seed))
    with tempfile.TemporaryDirectory() as folder:
        offline(judge, options, folder)
    return judge.finish()


if __name__ == "__main__":
    sys.exit(main())
