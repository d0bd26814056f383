"""Kills a loaded nsqd with SIGKILL again and again and checks that nothing acknowledged was lost.

Every round several connections publish (PUB, MPUB, DPUB, HTTP), consume, finish, requeue, touch, keep
messages in flight, pause, unpause, make channels and delete a topic; at a random moment the daemon is
killed and started again on its data path. At the end everything is drained. Checked throughout:

- every message acknowledged is delivered to, and can be finished on, each channel that existed at the OK;
- no body has a wrong byte, no message is delivered that was not published;
- what was finished more than 100 ms before a kill does not come back. A FIN counts from the moment at
  which the answer to a later command on its connection was read, which is never too early. While the
  machine itself stood still (see stalls.py) the daemon is given that much longer;
- nothing deferred (DPUB, defer=, REQ with a delay) comes early, restarts included;
- topics, channels and pauses are as they were last answered.

A publish that was cut off before its OK may or may not have happened; both are fine.
"""
import os
import random as randomness
import shutil
import sys
import tempfile
import threading
import time

import checks
from daemon import Daemon, StartFailed
from ledger import Ledger
from load import PROBE, Consumer, Operator, Producer
from stalls import Stalls

TOPICS = ("orders", "clicks", "mail.out")
CHANNELS = ("archive", "work")


class Run:
    def __init__(self, options, stalls):
        self.random = randomness.Random(options.seed)
        self.options = options
        self.stalls = stalls
        self.ledger = Ledger(stalls)
        self.paused = {}
        self.wrong_state = []
        self.bugs = []
        self.slowest_start = 0.0
        self.starts = 0

    def flags(self):
        """Each start draws its own durability and segment size: the promise to a killed process is one."""
        fsync = self.random.choice(("interval", "interval", "always", "always", "never"))
        if self.options.fsync:
            fsync = self.options.fsync
        return [
            "--fsync=%s" % fsync, "--log-level=warn", "--mem-queue-size=100000",
            "--max-bytes-per-file=%d" % self.random.choice((262_144, 1_048_576, 33_554_432)),
        ]

    def start(self, daemon):
        daemon.flags = self.flags()
        if self.random.random() < 0.15 and self.starts:
            # Dies while it recovers, too.
            daemon.launch()
            time.sleep(self.random.random() * 0.03)
            self.ledger.killed(daemon.kill())
        self.slowest_start = max(self.slowest_start, daemon.start())
        self.starts += 1

    def compare_state(self, daemon, deleted):
        """Topics, channels and pauses after a restart against what was last answered."""
        found = daemon.topics()
        for topic, name in self.ledger.channels:
            if topic not in found or name not in found[topic][1]:
                self.wrong_state.append("channel %s/%s is gone" % (topic, name))
        for (topic, name), wanted in self.paused.items():
            if wanted is None or topic not in found:
                continue
            what = found[topic][0] if name is None else found[topic][1].get(name, {"paused": wanted})
            if what["paused"] != wanted:
                self.wrong_state.append(
                    "%s/%s: paused is %s after the restart" % (topic, name, what["paused"]))
        for topic in deleted:
            if topic in found:
                self.wrong_state.append("deleted topic %s is back" % topic)

    def clients(self, daemon, stop, number):
        seeds = [self.random.randrange(1 << 32) for _ in range(16)]
        draw = lambda: randomness.Random(seeds.pop())
        share = (daemon, self.ledger)
        made = [Producer(*share, draw(), stop, TOPICS) for _ in range(3)]
        channels = list(self.ledger.channels.values())
        for channel in self.random.sample(channels, min(len(channels), 6)):
            made.append(Consumer(*share, draw(), stop, channel))
        made.append(Consumer(*share, draw(), stop, channels[0]))
        made.append(Operator(
            *share, draw(), stop, TOPICS, self.paused, "scratch.%d" % number))
        return made

    def round(self, daemon, number):
        stop = threading.Event()
        clients = self.clients(daemon, stop, number)
        for client in clients:
            client.start()
        # Now and then long enough for messages to time out.
        longest = self.options.round_seconds + (1.5 if self.random.random() < 0.15 else 0.0)
        time.sleep(0.1 + self.random.random() * longest)
        self.ledger.killed(daemon.kill())
        stop.set()
        for client in clients:
            client.join(30)
            if client.is_alive() or client.failure:
                self.bugs.append("%s: %s" % (type(client).__name__, client.failure or "hangs"))
        deleted = [c.scratch for c in clients if isinstance(c, Operator) and c.deleted]
        self.start(daemon)
        self.compare_state(daemon, deleted)

    def unpause(self, daemon):
        for topic, (statistics, channels) in daemon.topics().items():
            if statistics["paused"]:
                daemon.post("/topic/unpause", topic=topic)
            for name, channel in channels.items():
                if channel["paused"]:
                    daemon.post("/channel/unpause", topic=topic, channel=name)

    def adopt_unanswered(self, daemon):
        """A channel whose creation was cut off may exist; it owes nothing, but has to be drained."""
        for topic, (_, channels) in daemon.topics().items():
            for name in channels:
                if topic in TOPICS and (topic, name) not in self.ledger.channels:
                    self.ledger.add_channel(topic, name)

    def drain(self, daemon):
        """Finishes everything; returns what is left in the daemon."""
        self.unpause(daemon)
        self.adopt_unanswered(daemon)
        stop = threading.Event()
        clients = [
            Consumer(daemon, self.ledger, self.random, stop, channel, drain=True)
            for channel in self.ledger.channels.values()]
        for client in clients:
            client.start()
        # As long as it takes, while it goes on: how much there is depends on the machine.
        least, progress = None, max(time.monotonic(), self.ledger.last_due())
        left = self.left(daemon)
        while left and time.monotonic() < progress + 60:
            if least is None or sum(left.values()) < least:
                least, progress = sum(left.values()), max(progress, time.monotonic())
            time.sleep(0.1)
            left = self.left(daemon)
        time.sleep(0.2)
        stop.set()
        for client in clients:
            client.join(30)
            if client.is_alive() or client.failure:
                self.bugs.append("%s: %s" % (type(client).__name__, client.failure or "hangs"))
        return left

    @staticmethod
    def left(daemon):
        """What waits, is in flight or deferred, by topic and channel."""
        found = {}
        for topic, (statistics, channels) in daemon.topics().items():
            if topic == PROBE or topic.startswith("scratch."):
                continue
            counts = {"": statistics["depth"]}
            for name, channel in channels.items():
                counts[name] = (
                    channel["depth"] + channel["in_flight_count"] + channel["deferred_count"])
            found.update({"%s/%s" % (topic, n): count for n, count in counts.items() if count})
        return found

    def all(self, daemon, judge):
        self.start(daemon)
        for topic in TOPICS:
            daemon.post("/topic/create", topic=topic)
            for name in CHANNELS:
                daemon.post("/channel/create", topic=topic, channel=name)
                self.ledger.add_channel(topic, name)
        for number in range(self.options.rounds):
            self.round(daemon, number)
        left = self.drain(daemon)
        judge.check(not left, "everything drains", left)
        judge.equal(daemon.stop(), 0, "SIGTERM ends it with status 0")
        daemon.start()
        left = self.left(daemon)
        judge.check(not left, "what was finished stays finished over a clean restart", left)
        judge.equal(daemon.stop(), 0, "SIGTERM ends it again with status 0")

    def report(self, judge):
        ledger = self.ledger
        acked = sum(s.acked is not None for s in ledger.sent.values())
        print("%d kills, %d messages published, %d acknowledged, %d cut off before their OK" % (
            len(ledger.kills), len(ledger.sent), acked, len(ledger.sent) - acked))
        print("%d deliveries on %d channels, %d of them repeated; %d FINs of the last 100 ms lost" % (
            ledger.deliveries, len(ledger.channels), ledger.redeliveries, ledger.unsettled_returns))
        print("slowest start %.3f s; the machine stood still %d times, for up to %.3f s" % (
            self.slowest_start, len(self.stalls.ends), max(self.stalls.lengths, default=0.0)))
        lost = [(c.topic, c.name, i) for c, i in ledger.unfinished()]
        judge.check(acked > 100 * self.options.rounds, "the load was real", acked)
        judge.check(not lost, "no acknowledged message is lost", some(lost))
        for kind, statement in (
                ("wrong bytes", "no delivered byte is wrong"),
                ("unknown", "nothing is delivered that was not published"),
                ("came back", "what was finished 100 ms before a kill does not come back"),
                ("early", "nothing deferred comes early"),
                ("refused", "no command is refused")):
            judge.check(not ledger.problems[kind], statement, some(ledger.problems[kind]))
        judge.check(not self.wrong_state, "topics, channels and pauses survive", some(self.wrong_state))
        judge.check(not self.bugs, "the harness itself is sound", some(self.bugs))


def some(found):
    return "%d, such as %s" % (len(found), found[:3])


def main():
    arguments = checks.parser(__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=100)
    arguments.add_argument("--round-seconds", type=float, default=0.8, help="longest time to the kill")
    arguments.add_argument("--fsync", choices=("interval", "always", "never"), help="instead of each in turn")
    arguments.add_argument("--keep", action="store_true", help="keep the data path of a failed run")
    options = checks.start(arguments)
    judge = checks.Checks()
    folder = tempfile.mkdtemp(prefix="nsqd-kill9-")
    data_path = os.path.join(folder, "data")
    os.mkdir(data_path)
    with Stalls(folder) as stalls, Daemon(options.bin, data_path) as daemon:
        run = Run(options, stalls)
        try:
            run.all(daemon, judge)
        except (StartFailed, OSError) as error:
            judge.check(False, "the daemon serves after every start", error)
        else:
            judge.check(True, "the daemon serves after every start")
        run.report(judge)
        if judge.failed:
            print("the end of the log:\n" + daemon.log())
    if judge.failed and options.keep:
        print("kept %s" % data_path)
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return judge.finish()


if __name__ == "__main__":
    sys.exit(main())
