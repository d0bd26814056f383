"""Backs up a running nsqd again and again, restores each backup, and counts what it holds.

Producers, consumers and an operator work on the store meanwhile, with small segments, so that segments roll, are
deleted and recycled under the backup. Of each restored backup is checked:

- every message acknowledged before the backup began is delivered on each channel that existed then, unless a consumer
  sent its FIN before the backup ended;
- what was finished 100 ms before the backup began does not come again;
- no body has a wrong byte, no id is another message's, nothing comes that was not published, nothing deferred is early;
- recovery reports nothing missing or damaged.

Then backups that somebody changed, and targets that cannot be written: each is refused before anything is written.
"""
import copy
import hashlib
import json
import os
import pty
import pwd
import random
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

import checks
from checksum import crc32c
from daemon import Daemon, differences, tree
from nsq_inspect import Inspector
from ledger import Channel, Ledger, body_of
from load import Consumer, Operator, Producer
from stalls import Stalls
from wire import Connection, mpub

TOPICS = ("orders", "clicks", "..")
ROLLING = "rolling"
CHANNELS = ("archive", "work")
FLAGS = ["--max-bytes-per-file=60000", "--mem-queue-size=100000"]


class Taken:
    """A backup, and what the harness knew when it began and when it ended."""

    def __init__(self, ledger, folder, number):
        self.path = os.path.join(folder, "backup-%d" % number)
        self.data = os.path.join(folder, "restored-%d" % number)
        self.ledger = Ledger(ledger.stalls)
        with ledger.lock:
            self.acknowledged = {i for i, sent in ledger.sent.items() if sent.acked is not None}
            for key, channel in ledger.channels.items():
                mine = Channel(channel.topic, channel.name, channel.since)
                mine.settled, mine.requeued = dict(channel.settled), dict(channel.requeued)
                self.ledger.channels[key] = mine
        # What was settled before a kill must hold after it; a backup is such a kill for its copy.
        self.ledger.killed(time.monotonic())

    def ended(self, ledger):
        with ledger.lock:
            self.ledger.sent = {i: copy.copy(sent) for i, sent in ledger.sent.items()}
            self.finished = {
                key: {i for i, count in channel.finished.items() if count > 0}
                for key, channel in ledger.channels.items()}

    def lost(self):
        return [
            (*key, i) for key, channel in self.ledger.channels.items() for i in self.acknowledged
            if self.ledger.sent[i].topic == channel.topic and self.ledger.sent[i].sent >= channel.since
            and i not in self.finished[key] and i not in channel.delivered]


def under_load(judge, options, nsq_inspect, folder):
    data = os.path.join(folder, "data")
    os.mkdir(data)
    draw = random.Random(options.seed)
    taken, stop = [], threading.Event()
    with Stalls(folder) as stalls, Daemon(options.bin, data, FLAGS) as daemon:
        ledger = Ledger(stalls)
        daemon.start()
        for topic in (*TOPICS, ROLLING):
            daemon.post("/topic/create", topic=topic)
            for name in CHANNELS:
                daemon.post("/channel/create", topic=topic, channel=name)
                ledger.add_channel(topic, name)
        new = lambda: random.Random(draw.randrange(1 << 32))
        clients = [
            Consumer(daemon, ledger, new(), stop, channel, drain=topic == ROLLING)
            for (topic, _), channel in ledger.channels.items()]
        clients += [Operator(daemon, ledger, new(), stop, TOPICS, {}, "scratch.%d" % n) for n in range(2)]
        first, peeks = 0, Peeks(data, stop)
        for client in (*clients, peeks):
            client.start()
        for number in range(options.backups):
            # New ones each time, so that each backup meets publishes and none takes long to drain.
            clients += [Producer(daemon, ledger, new(), stop, TOPICS, limit=1500) for _ in range(2)]
            clients += [Roller(daemon, ledger, new(), stop, (), limit=4000)]
            for client in clients[-3:]:
                client.start()
            time.sleep(0.1 + draw.random() * 0.4)
            taken.append(Taken(ledger, folder, number))
            status, _, said = nsq_inspect.run("backup", "--data-path", data, "--to", taken[-1].path)
            taken[-1].ended(ledger)
            if status != 0:
                judge.check(False, "backup %d of a running store" % number, said)
                taken.pop()
        daemon.kill()
        stop.set()
        for client in (*clients, peeks):
            client.join(30)
        ends = [(type(each).__name__, each.failure) for each in (*clients, peeks) if each.is_alive() or each.failure]
        judge.check(not ends, "the harness itself is sound", ends)
        print("%d published; %d segments came and %d went, at most %d files were in 'recycled'" % (
            len(ledger.sent), len(peeks.seen), len(peeks.seen - peeks.last), peeks.recycled))
        judge.check(len(peeks.seen - peeks.last) > 10 * options.backups, "segments went meanwhile", len(peeks.seen))
        judge.check(len(ledger.sent) > 500 * options.backups, "the load was real", len(ledger.sent))
        judge.equal(len(taken), options.backups, "every backup of the running store is made")
        for each in taken:
            restored(judge, options, nsq_inspect, each)


class Roller(Producer):
    """Publishes what is finished at once, so that segments come and go."""

    def command(self):
        identifiers = self.ledger.publish(ROLLING, 20)
        return mpub(ROLLING, [body_of(i, bytes(300)) for i in identifiers]), identifiers


class Peeks(threading.Thread):
    """Looks which segments there are, now and then."""

    def __init__(self, data, stop):
        super().__init__(daemon=True)
        self.data, self.stop, self.failure = data, stop, None
        self.seen, self.last, self.recycled = set(), set(), 0

    def run(self):
        while not self.stop.wait(0.02):
            self.last = {n for _, _, names in os.walk(os.path.join(self.data, "topics")) for n in names
                         if n.endswith(".segment")}
            self.seen |= self.last
            self.recycled = max(self.recycled, len(os.listdir(os.path.join(self.data, "recycled"))))


def restored(judge, options, nsq_inspect, taken):
    """Restores a backup, drains it, and compares."""
    name = os.path.basename(taken.path)
    status, _, said = nsq_inspect.run("restore", "--from", taken.path, "--data-path", taken.data)
    if not judge.check(status == 0, "%s is restored" % name, said):
        return
    stop = threading.Event()
    with Daemon(options.bin, taken.data, FLAGS) as daemon:
        daemon.start()
        alarm = [line for line in daemon.log(200).splitlines() if re.search("missing|lost|damage|before message", line)]
        judge.check(not alarm, "%s: recovery misses nothing" % name, alarm[:3])
        for topic, (_, channels) in daemon.topics().items():
            daemon.post("/topic/unpause", topic=topic)
            for channel in channels:
                daemon.post("/channel/unpause", topic=topic, channel=channel)
                if topic in (*TOPICS, ROLLING) and (topic, channel) not in taken.ledger.channels:
                    taken.ledger.add_channel(topic, channel)
                    taken.finished.setdefault((topic, channel), set())
        drain = [
            Consumer(daemon, taken.ledger, random.Random(1), stop, channel, drain=True)
            for channel in taken.ledger.channels.values()]
        for client in drain:
            client.start()
        wait_until_empty(daemon)
        stop.set()
        for client in drain:
            client.join(30)
        lost, problems = taken.lost(), taken.ledger.problems
        failures = [client.failure for client in drain if client.failure]
        judge.check(not failures, "%s: the drain works" % name, failures)
        judge.check(not lost, "%s: all %d acknowledged before are there" % (name, len(taken.acknowledged)), lost[:5])
        found = {kind: texts[:3] for kind, texts in problems.items() if texts}
        judge.check(not found, "%s: nothing wrong, unknown, early or back again" % name, found)
        daemon.kill()
    shutil.rmtree(taken.data)


def wait_until_empty(daemon):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        left = sum(
            channel["depth"] + channel["in_flight_count"] + channel["deferred_count"]
            for topic, (_, channels) in daemon.topics().items() if topic in (*TOPICS, ROLLING)
            for channel in channels.values())
        if not left:
            return
        time.sleep(0.05)


# What a backup must not be.


def rewrite(change):
    """A change of the manifest's document."""
    def damage(folder):
        path = os.path.join(folder, "manifest.json")
        with open(path) as file:
            document = json.load(file)
        change(document, document["files"])
        with open(path, "w") as file:
            json.dump(document, file)
    return damage


def segment(folder):
    return next(
        os.path.join(parent, name) for parent, _, names in os.walk(os.path.join(folder, "topics"))
        for name in sorted(names) if name.endswith(".segment"))


def flip(folder):
    with open(segment(folder), "r+b") as file:
        file.seek(3000)
        byte = file.read(1)[0]
        file.seek(3000)
        file.write(bytes([byte ^ 4]))


def swap(make):
    """Puts something else in place of a segment, which is kept beside the backup."""
    def damage(folder):
        path = segment(folder)
        kept = folder + ".kept"
        os.rename(path, kept)
        make(kept, path)
    return damage


def swap_folder(folder):
    path = os.path.join(folder, "topics")
    os.rename(path, folder + ".kept")
    os.symlink(folder + ".kept", path)


def swap_topic(folder):
    path = os.path.dirname(segment(folder))
    os.rename(path, folder + ".kept")
    os.symlink(folder + ".kept", path)


def new_format(folder):
    """A segment of a newer format, with the right digest: the manifest is one that this version knows."""
    path = segment(folder)
    with open(path, "r+b") as file:
        header = b"NSQSEG\r\n\2" + file.read(252)[9:]
        file.seek(0)
        file.write(header + struct.pack("<I", crc32c(header)))
    with open(path, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    place = os.path.relpath(path, folder)
    rewrite(lambda _, files: next(f for f in files if f["path"] == place).update(sha256=digest))(folder)


def listen(_, path):
    where = os.getcwd()
    os.chdir(os.path.dirname(path))
    server = socket.socket(socket.AF_UNIX)
    server.bind(os.path.basename(path))
    server.close()
    os.chdir(where)


def extra(place):
    def damage(folder):
        path = os.path.join(folder, place)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write("x")
    return damage


def moved(path):
    def change(_, files):
        files[-1]["path"] = path
    return rewrite(change)


def manifest(content):
    def damage(folder):
        with open(os.path.join(folder, "manifest.json"), "wb") as file:
            file.write(content)
    return damage


def huge(folder):
    with open(os.path.join(folder, "manifest.json"), "r+b") as file:
        file.seek(0, os.SEEK_END)
        file.truncate(1 << 33)


HOSTILE = [
    ("a path with ..", moved("topics/../../escaped"), 1, "no file of a store"),
    ("a path into the parent", moved("../escaped"), 1, "no file of a store"),
    ("an absolute path", moved("/tmp/escaped"), 1, "no file of a store"),
    ("an empty path", moved(""), 1, "no file of a store"),
    ("a path with a NUL", moved("nsqd.dat\0"), 1, "no file of a store"),
    ("a path with a line end", moved("topics/1/\n.ledger"), 1, "no file of a store"),
    ("a topic with a leading zero", moved("topics/01/1.ledger"), 1, "no file of a store"),
    ("a number with a sign", moved("topics/1/+0000000000000000001.segment"), 1, "no file of a store"),
    ("the manifest in the manifest", moved("manifest.json"), 1, "no file of a store"),
    ("a path twice", rewrite(lambda _, files: files.append(files[0])), 1, "twice"),
    ("a negative size", rewrite(lambda _, files: files[0].update(bytes=-1)), 1, "no manifest"),
    ("an absurd size", rewrite(lambda _, files: files[0].update(bytes=1 << 63)), 1, "no sense"),
    ("sizes that overflow", rewrite(lambda _, files: [f.update(bytes=(1 << 63) - 1) for f in files]), 1, "bytes"),
    ("a short digest", rewrite(lambda _, files: files[0].update(sha256="ab")), 1, "no sense"),
    ("a digest that is none", rewrite(lambda _, files: files[0].update(sha256="z" * 64)), 1, "SHA-256"),
    ("an entry without a digest", rewrite(lambda _, files: files[0].pop("sha256")), 1, "no manifest"),
    ("another format", rewrite(lambda document, _: document.update(format="tar")), 1, "no manifest"),
    ("version 0", rewrite(lambda document, _: document.update(version=0)), 1, "no manifest"),
    ("a newer version", rewrite(lambda document, _: document.update(version=2, files="elsewhere")), 65, "newer"),
    ("a segment of a newer version", new_format, 65, "newer"),
    ("a manifest cut short", manifest(b'{"format": "swift-nsq-backup", "version": 1, "files": [{'), 1, "no manifest"),
    ("an empty manifest", manifest(b""), 1, "no manifest"),
    ("a manifest that nests deep", manifest(b"[" * 1_000_000), 1, "no manifest"),
    ("a manifest of 8 GiB", huge, 1, "more than"),
    ("a manifest with 400,001 files", rewrite(lambda document, _: document.update(files=[
        {"path": "topics/1/%d.ledger" % n, "bytes": 0, "sha256": "0" * 64} for n in range(400_001)])), 1, "the most"),
    ("no manifest", lambda folder: os.remove(os.path.join(folder, "manifest.json")), 1, "no backup"),
    ("a linked manifest", lambda folder: (
        os.rename(os.path.join(folder, "manifest.json"), folder + ".kept"),
        os.symlink(folder + ".kept", os.path.join(folder, "manifest.json"))), 1, "no regular file"),
    ("a flipped bit", flip, 1, "SHA-256"),
    ("a file cut short", lambda folder: os.truncate(segment(folder), 2999), 1, "bytes"),
    ("a file that is longer", lambda folder: os.truncate(segment(folder), 1 << 33), 1, "bytes"),
    ("a missing file", lambda folder: os.remove(segment(folder)), 1, "missing"),
    ("an extra file", extra("notes.txt"), 1, "not in the manifest"),
    ("an extra segment", extra("topics/1/%020d.segment" % 7), 1, "not in the manifest"),
    ("an extra folder", extra("topics/9/1.ledger"), 1, "not in the manifest"),
    ("a hidden file", extra("topics/1/.hidden"), 1, "not in the manifest"),
    ("a linked segment", swap(os.symlink), 1, "no regular file"),
    ("a pipe as a segment", swap(lambda _, path: os.mkfifo(path)), 1, "no regular file"),
    ("a socket as a segment", swap(listen), 1, "no regular file"),
    ("a folder as a segment", swap(lambda _, path: os.mkdir(path)), 1, "no regular file"),
    ("a linked folder of topics", swap_folder, 1, "no directory"),
    ("a linked topic", swap_topic, 1, "no directory"),
]


def hostile(judge, nsq_inspect, folder, good):
    for what, damage, wanted, word in HOSTILE:
        bad, target = os.path.join(folder, "bad"), os.path.join(folder, "new")
        shutil.copytree(good, bad)
        damage(bad)
        status, _, said = nsq_inspect.run("restore", "--from", bad, "--data-path", target)
        verified = nsq_inspect.run("restore", "--from", bad, "--verify-only")
        left = [name for name in ("new", "new.restoring", "escaped") if os.path.lexists(os.path.join(folder, name))]
        judge.check(
            (status, left, len(said.splitlines())) == (wanted, [], 1) and word in said and verified[0] == wanted,
            "%s: refused with one line, nothing written" % what, (status, verified[0], left, said))
        shutil.rmtree(bad)
        for kept in (bad + ".kept", target):
            if os.path.isdir(kept):
                shutil.rmtree(kept)
            elif os.path.lexists(kept):
                os.remove(kept)


def targets(judge, nsq_inspect, folder, good, data):
    """Where a backup or a store may go, and where not."""
    restore = lambda target, **who: nsq_inspect.run("restore", "--from", good, "--data-path", target, **who)
    full = os.path.join(folder, "full")
    os.mkdir(full)
    with open(os.path.join(full, "mine"), "w") as file:
        file.write("mine")
    judge.check(
        restore(full)[0] == 1 and os.listdir(full) == ["mine"], "a target with a file in it: refused, untouched")
    judge.check(
        nsq_inspect.run("backup", "--data-path", data, "--to", full)[0] == 1 and os.listdir(full) == ["mine"],
        "a backup into it: refused, untouched")
    judge.equal(restore(os.path.join(full, "mine"))[0], 1, "a target that is a file: refused")
    judge.equal(restore(os.path.join(folder, "none", "new"))[0], 1, "a target whose parent is missing: refused")
    judge.equal(nsq_inspect.run("restore", "--from", good)[0], 64, "neither --data-path nor --verify-only: bad arguments")
    judge.equal(
        nsq_inspect.run("backup", "--data-path", full, "--to", os.path.join(folder, "x"))[0], 1, "no store: refused")
    half = os.path.join(folder, "half")
    os.mkdir(half + ".restoring")
    status, _, said = restore(half)
    judge.check(status == 1 and "cut off" in said, "remains of a restore that was cut off: named", said)
    os.rmdir(half + ".restoring")
    empty = os.path.join(folder, "empty")
    os.mkdir(empty, 0o755)
    node = os.stat(empty).st_ino
    judge.equal(restore(empty + "/")[0], 0, "an empty directory is taken")
    judge.equal((os.stat(empty).st_ino, sorted(os.listdir(empty))), (
        node, ["nsqd.dat", "nsqd.lock", "nsqd.sqlite", "topics"]), "and stays the directory it is")
    new = os.path.join(folder, "made")
    judge.equal(restore(new)[0], 0, "a new directory is made")
    modes = {os.stat(os.path.join(parent, n)).st_mode & 0o777 for parent, _, names in os.walk(new) for n in names}
    judge.equal((modes, os.stat(new).st_mode & 0o777), ({0o600}, 0o700), "files are for their owner only")
    judge.equal(differences(tree(empty), tree(new)), "", "both are the same")
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chmod(folder, 0o755)
        target = os.path.join(folder, "theirs")
        status, _, said = restore(target, user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[])
        judge.check(status == 1 and not os.path.exists(target), "without permission: refused", said)
    for path in (empty, new):
        shutil.rmtree(path)


def stopped(judge, options, nsq_inspect, folder):
    """A backup of a stopped store, which the source does not notice, and which starts as the source does."""
    data, good = os.path.join(folder, "calm"), os.path.join(folder, "good")
    os.mkdir(data)
    with Daemon(options.bin, data, ["--max-bytes-per-file=20000"]) as daemon:
        daemon.start()
        daemon.post("/topic/create", topic="orders")
        for channel in ("a", "b"):
            daemon.post("/channel/create", topic="orders", channel=channel)
        producer = Connection(daemon.tcp_port)
        for first in range(0, 300, 20):
            producer.call(mpub("orders", [b"%d " % n + bytes(200) for n in range(first, first + 20)]))
        consumer = Connection(daemon.tcp_port)
        consumer.subscribe("orders", "a")
        consumer.ready(10)
        consumer.messages(10)
        consumer.leave()
        daemon.post("/channel/pause", topic="orders", channel="b")
        producer.close()
        daemon.stop()
    with open(os.path.join(data, "somebody's"), "w") as file:
        file.write("x")
    before = tree(data)
    status, output, said = nsq_inspect.run("backup", "--data-path", data, "--to", good, "--output=json")
    judge.equal(status, 0, "a stopped store is backed up")
    judge.check("somebody's is not copied" in said, "what is no part of it is named", said)
    judge.equal(differences(before, tree(data)), "", "the store is not changed")
    row = json.loads(output)[0]
    judge.equal((row["topics"], row["source"]), (1, data), "the report tells what was copied")
    judge.equal(nsq_inspect.rows("restore", "--from", good, "--verify-only")[0]["files"], row["files"], "it verifies")
    os.remove(os.path.join(data, "somebody's"))
    new = os.path.join(folder, "elsewhere")
    judge.equal(nsq_inspect.run("restore", "--from", good, "--data-path", new)[0], 0, "it is restored elsewhere")
    shown = {}
    for path in (data, new):
        with Daemon(options.bin, path) as daemon:
            daemon.start()
            shown[path] = {
                name: (topic["depth"], topic["paused"], {
                    n: (c["depth"], c["paused"], c["deferred_count"]) for n, c in channels.items()})
                for name, (topic, channels) in daemon.topics().items()}
            # A number is not given out twice, whatever the source did since.
            reply = daemon.post("/pub", b"new", topic="orders")
            judge.equal(reply[0], 200, "it serves")
            daemon.stop()
    judge.equal(shown[new], shown[data], "topics, channels, pauses and depths are those of the source")
    judge.check(newest(data) < newest(new), "the copy gives out numbers of its own", (newest(data), newest(new)))
    return data, good


def newest(data):
    return max(name for _, _, names in os.walk(data) for name in names if name.endswith(".segment"))


def progress(judge, nsq_inspect, good):
    """A bar for a person, and nothing of it for a program."""
    quiet = nsq_inspect.run("restore", "--from", good, "--verify-only")[2]
    judge.equal(quiet, "", "no progress where nobody looks")
    main, other = pty.openpty()
    ended = subprocess.run(
        [nsq_inspect.binary, "restore", "--from", good, "--verify-only"], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=other, timeout=60)
    os.close(other)
    shown = b""
    try:
        while chunk := os.read(main, 4096):
            shown += chunk
    except OSError:
        pass
    os.close(main)
    judge.check(
        ended.returncode == 0 and re.search(rb"verifying \[[#.]+\] \d+%", shown) and shown.endswith(b"\r\x1b[K"),
        "a bar on a terminal, which goes at the end", shown)


def main():
    arguments = checks.parser(__doc__.splitlines()[0])
    arguments.add_argument("--backups", type=int, default=5, help="backups of the running store")
    options = checks.start(arguments)
    judge, nsq_inspect = checks.Checks(), Inspector(options.bin)
    folder = tempfile.mkdtemp(prefix="nsqd-backup-")
    try:
        data, good = stopped(judge, options, nsq_inspect, folder)
        progress(judge, nsq_inspect, good)
        targets(judge, nsq_inspect, folder, good, data)
        hostile(judge, nsq_inspect, folder, good)
        under_load(judge, options, nsq_inspect, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return judge.finish()


if __name__ == "__main__":
    sys.exit(main())
