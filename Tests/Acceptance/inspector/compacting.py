"""compact: less disk, and nothing else changes."""
import collections
import contextlib
import os
import time

from daemon import Daemon, differences, tree
from inspector.damage import Damager
from inspector.stores import HOUR, LEDGER_SECONDS, Counts, drained, files
from wire import Connection, dpub, mpub

FLAGS = ["--max-bytes-per-file=1000000", "--log-level=warn"]
COUNT = 4000
KEEPS = {"few": lambda number: number % 997 == 0, "block": lambda number: 2000 <= number < 2100}


def consume(daemon, channel, keeps):
    """Finishes all messages of `bulk` that a channel does not keep."""
    with contextlib.closing(Connection(daemon.tcp_port)) as consumer:
        consumer.identify(output_buffer_timeout=25)
        consumer.subscribe("bulk", channel)
        consumer.ready(2400)
        seen = 0
        while seen < COUNT:
            frames = consumer.frames(10)
            if not frames:
                raise OSError("%d of %d messages came" % (seen, COUNT))
            seen += len(frames)
            consumer.send(b"".join(
                b"FIN %s\n" % data[10:26] for _, data in frames if not keeps(int(data[26:].split()[0]))))
        consumer.send(b"RDY 0\n")
        consumer.leave()


def store(bench):
    """(a store of which little is still wanted, what /stats said of it)"""
    path = bench.new_folder()
    with Daemon(bench.binary, path, FLAGS) as daemon:
        daemon.start()
        daemon.post("/topic/create", topic="bulk")
        for channel in KEEPS:
            daemon.post("/channel/create", topic="bulk", channel=channel)
        with contextlib.closing(Connection(daemon.tcp_port)) as producer:
            for first in range(0, COUNT, 50):
                producer.call(mpub("bulk", [b"%d " % number + b"x" * 1000 for number in range(first, first + 50)]))
            for _ in range(5):
                producer.call(dpub("bulk", HOUR, b"later"))
        for channel, keeps in KEEPS.items():
            consume(daemon, channel, keeps)
        time.sleep(LEDGER_SECONDS)
        counts = Counts(daemon)
        daemon.kill()
    return path, counts


def on_disk(path):
    return sum(os.path.getsize(each) for each in files(path, ""))


def given_back(bench, see):
    """what nobody wants is given back, and every count and body stays"""
    path, counts = store(bench)
    before, size = tree(path), on_disk(path)
    planned = bench.tool.run("compact", path, "--dry-run", "-o", "json")
    changed = differences(before, tree(path))
    see.check(planned.status == 0 and not changed, "a dry run changes nothing", (planned, changed))
    outcome = bench.tool.run("compact", path, "-o", "json")
    see.equal(outcome.status, 0, "it is done")
    done, plan = outcome.row(), planned.row()
    see.check(abs(done["bytes_after"] - plan["bytes_after"]) < 16_384, "as the dry run said", (done, plan))
    see.check(done["bytes_after"] * 4 < done["bytes_before"], "to a quarter or less", done)
    given = done["bytes_before"] - done["bytes_after"]
    see.check(on_disk(path) < size - given / 2, "the files say the same", (size, on_disk(path)))
    again = bench.tool.run("compact", path, "-o", "json").row()
    see.equal((again["removed_segments"], again["rewritten_segments"]), (0, 0), "a second time there is nothing to do")
    see.equal(bench.tool.run("verify", path).status, 0, "verify finds it clean")
    with Daemon(bench.binary, path, FLAGS) as daemon:
        daemon.start()
        see.equal(Counts(daemon), counts, "nsqd counts as before")
        delivered = drained(daemon)
        for channel, keeps in KEEPS.items():
            numbers = collections.Counter(int(body.split()[0]) for body in delivered["bulk", channel])
            see.equal(numbers, {n: 1 for n in range(COUNT) if keeps(n)}, "and delivers what %s kept, once" % channel)
        see.equal(daemon.stop(), 0, "and stops")
    see.equal(bench.tool.run("verify", path).status, 0, "it is still clean")


def refused(bench, see):
    """a damaged store is left as it is"""
    with bench.stores.copied(bench.stores.killed) as path:
        Damager(path, bench.random("refused"), False).segment_header()
        before = tree(path)
        for verb in ("compact", "compact --dry-run"):
            outcome = bench.tool.run(verb, path)
            see.equal((outcome.status, len(outcome.complaint)), (1, 1), "%s says one line" % verb)
            see.check("repair" in outcome.said, "that names the way out", outcome)
            changed = differences(before, tree(path))
            see.check(not changed, "and changes nothing", changed)
