"""Reading changes nothing and holds up nobody: stores that lie still, and an nsqd that goes on."""
import collections
import contextlib
import os
import signal
import threading
import time

from daemon import Daemon, differences, tree
from inspector.reports import inspected
from inspector.stores import LEDGER_SECONDS, SMALL, Counts, fill
from inspector.tool import Inspector
from wire import MESSAGE, Connection, Message, mpub

READERS = ["topics", "channels", "segments", "stats", "messages", "verify", "repair", "compact --dry-run"]
LOCKED = 75
# So much that each publish begins another segment.
PADDING = b"x" * 500


def untouched(bench, see):
    """no reading command changes a store that nobody runs on"""
    tool = Inspector(bench.binary, {"TMPDIR": (temporary := bench.new_folder())})
    for original in (bench.stores.killed, bench.stores.stopped):
        before = tree(original)
        for verb in READERS:
            outcome = tool.run(verb, original)
            see.equal(outcome.status, 0, "%s of a %s store" % (verb, os.path.basename(original)))
            changed = differences(before, tree(original))
            see.check(not changed, "%s changes nothing" % verb, changed)
    see.equal(os.listdir(temporary), [], "no copy of a database stays behind")


def interrupted(bench, see):
    """a command that is interrupted leaves nothing behind"""
    generator, temporary = bench.random("interrupted"), bench.new_folder()
    tool = Inspector(bench.binary, {"TMPDIR": temporary})
    before, statuses = tree(bench.stores.killed), collections.Counter()
    for _ in range(30):
        wrapper = ["timeout", "--signal=INT", "%.3f" % generator.uniform(0.01, 0.08)]
        statuses[tool.run("verify", bench.stores.killed, wrapper=wrapper).status] += 1
    see.note("exit statuses, 124 when it was interrupted: %s" % dict(statuses))
    see.equal(os.listdir(temporary), [], "no copy of a database stays behind")
    changed = differences(before, tree(bench.stores.killed))
    see.check(not changed, "the store is as it was", changed)


def still(bench, see):
    """no reading command changes the store of an nsqd; it and the writing ones are told that it runs"""
    path = bench.new_folder()
    with Daemon(bench.binary, path, SMALL) as daemon:
        daemon.start()
        fill(daemon, bench.random("still"))
        time.sleep(LEDGER_SECONDS)
        see.equal(inspected(bench, path), Counts(daemon), "what is read of a running nsqd is what /stats says")
        pid = daemon.process.pid
        see.equal(bench.tool.run("stats", path, "-o", "json").row()["held_by_pid"], pid, "stats names its process")
        # It stands still, so that every change would be the reader's.
        daemon.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOWAIT)
        try:
            before = tree(path)
            for verb in READERS:
                outcome = bench.tool.run(verb, path)
                see.equal(outcome.status, 0, "%s of a running nsqd" % verb)
                changed = differences(before, tree(path))
                see.check(not changed, "%s changes nothing" % verb, changed)
            for verb in ("repair --apply", "compact"):
                outcome = bench.tool.run(verb, path)
                see.equal((outcome.status, len(outcome.complaint)), (LOCKED, 1), "%s is refused in a line" % verb)
                see.check(str(pid) in outcome.said, "which names the process", outcome)
                changed = differences(before, tree(path))
                see.check(not changed, "and nothing is changed", changed)
        finally:
            daemon.process.send_signal(signal.SIGCONT)
        daemon.kill()
        total = bench.tool.run("stats", path, "-o", "json").row()
        see.equal(total["held_by_pid"], None, "a killed process holds nothing")


def many_segments(bench, see):
    """more segments than a process may hold descriptors"""
    path = bench.new_folder()
    with Daemon(bench.binary, path, SMALL) as daemon:
        daemon.start()
        with contextlib.closing(Connection(daemon.tcp_port)) as producer:
            for _ in range(100):
                producer.call(mpub("many", [PADDING] * 8))
        daemon.stop()
    for verb in READERS + ["repair --apply", "compact"]:
        outcome = bench.tool.run(verb, path, wrapper=["bash", "-c", "ulimit -Sn 64; exec \"$@\"", "bash"])
        see.check(outcome.status == 0, "%s of 100 segments with 64 descriptors" % verb, outcome)


class Traffic(threading.Thread):
    """Publishes and consumes as fast as it goes, over many small segments."""

    def __init__(self, daemon):
        super().__init__(daemon=True)
        self.daemon_, self.published, self.consumed = daemon, 0, collections.Counter()
        self.is_over, self.error = threading.Event(), None

    def run(self):
        try:
            with contextlib.closing(Connection(self.daemon_.tcp_port)) as producer, \
                    contextlib.closing(Connection(self.daemon_.tcp_port)) as consumer:
                consumer.identify(output_buffer_timeout=25)
                consumer.subscribe("busy", "c")
                consumer.ready(100)
                while not self.is_over.is_set() or self.consumed.total() < self.published:
                    if not self.is_over.is_set():
                        producer.call(mpub("busy", [b"%d " % (self.published + at) + PADDING for at in range(10)]))
                        self.published += 10
                    for kind, data in consumer.frames(5 if self.is_over.is_set() else 0.001):
                        if kind != MESSAGE:
                            raise OSError("frame %r" % data)
                        message = Message(data)
                        self.consumed[message.body] += 1
                        consumer.send(b"FIN " + message.wire_id + b"\n")
        except Exception as error:
            self.error = error


def beside(bench, see):
    """an nsqd under load serves on beside forty readings, none of which fails or takes its work for damage"""
    path = bench.new_folder()
    with Daemon(bench.binary, path, SMALL) as daemon:
        daemon.start()
        daemon.post("/topic/create", topic="busy")
        daemon.post("/channel/create", topic="busy", channel="c")
        traffic = Traffic(daemon)
        traffic.start()
        outcomes = [bench.tool.run(verb, path) for _ in range(5) for verb in READERS]
        outcomes += [bench.tool.run("verify", path) for _ in range(5)]
        at_work = traffic.published
        traffic.is_over.set()
        traffic.join(30)
        see.equal((traffic.error, traffic.is_alive()), (None, False), "every publish and delivery went well")
        see.check(at_work > 100, "which were many", at_work)
        see.equal(len(traffic.consumed), traffic.published, "nothing is lost")
        see.note("%d messages were published and consumed meanwhile" % traffic.published)
        for verb in READERS:
            own = [each for each in outcomes if each.arguments[0] == verb.split()[0]]
            bad = [each for each in own if each.status != 0]
            detail = (len(bad), bad[:1], [each.text[-300:] for each in bad[:1]])
            see.check(not bad, "%s: %d times without an error" % (verb, len(own)), detail)
        see.equal(daemon.stop(), 0, "nsqd stops in good order")
        see.equal(bench.tool.run("verify", path).status, 0, "its store is clean")


def killed_under_load(bench, see):
    """a store is clean after kill -9 under load, ten times"""
    path, bad = bench.new_folder(), []
    generator = bench.random("killed")
    for number in range(10):
        with Daemon(bench.binary, path, SMALL) as daemon:
            daemon.start()
            if number == 0:
                daemon.post("/topic/create", topic="busy")
                daemon.post("/channel/create", topic="busy", channel="c")
            traffic = Traffic(daemon)
            traffic.start()
            # When it comes makes no difference to what must hold.
            time.sleep(generator.uniform(0.05, 0.15))
            daemon.kill()
            traffic.is_over.set()
            traffic.join(10)
        outcome = bench.tool.run("verify", path)
        if outcome.status != 0:
            bad.append((outcome, outcome.text))
    see.check(not bad, "verify finds no damage", bad[:2])
