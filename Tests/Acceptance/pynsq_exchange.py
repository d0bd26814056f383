"""NSQ's Python client, unchanged, publishes and consumes through nsqd: Writer, two Readers, requeues, a deferral.

The Writer sends with PUB, MPUB and DPUB. The Reader of channel `work` requeues some messages at once, some
with a delay and some by failing (which makes pynsq back off); the Reader of channel `archive` takes all.
"""
import logging
import shutil
import sys
import tempfile
import time

import nsq
import tornado.ioloop

import checks
from daemon import Daemon

TOPIC = "exchange"
DEFERRALS = {b"deferred 500": 500, b"deferred 2000": 2000}


class Exchange:
    def __init__(self, daemon, count, limit):
        self.loop = tornado.ioloop.IOLoop.current()
        self.count, self.limit = count, limit
        self.address = "127.0.0.1:%d" % daemon.tcp_port
        self.next = 0
        self.outstanding = 0
        self.acknowledged = 0
        self.errors = []
        self.deferred_at = {}    # body -> when its DPUB was sent
        self.deferred_early = []
        self.requeued_early = []
        self.requeued = {}       # body -> when it may come again
        self.seen = {"work": {}, "archive": {}}  # channel -> body -> deliveries
        self.writer = nsq.Writer([self.address])
        self.readers = [self.reader("work", self.work), self.reader("archive", self.archive)]
        self.ended = None

    def reader(self, channel, handler):
        return nsq.Reader(
            TOPIC, channel, message_handler=handler, nsqd_tcp_addresses=[self.address],
            max_in_flight=500, max_tries=0xffff, max_backoff_duration=1, requeue_delay=1)

    # -- publishing

    def publish(self):
        """Keeps several publishes on the way; every tenth hundred goes out one by one."""
        if not any(connection.connected() for connection in self.writer.conns.values()):
            return
        if not self.deferred_at:
            for body, delay in DEFERRALS.items():
                self.deferred_at[body] = time.monotonic()
                self.send(self.writer.dpub, 1, TOPIC, delay, body)
        while self.outstanding < 20 and self.next < self.count:
            bodies = [b"message %d" % i for i in range(self.next, min(self.next + 100, self.count))]
            self.next += len(bodies)
            if self.next // 100 % 10 == 0:
                for body in bodies:
                    self.send(self.writer.pub, 1, TOPIC, body)
            else:
                self.send(self.writer.mpub, len(bodies), TOPIC, bodies)

    def send(self, command, count, *arguments):
        self.outstanding += 1

        def answered(_, data):
            self.outstanding -= 1
            if data == b"OK":
                self.acknowledged += count
            else:
                self.errors.append(repr(data))
        command(*arguments, callback=answered)

    # -- consuming

    def arrived(self, channel, message):
        seen = self.seen[channel]
        seen[message.body] = seen.get(message.body, 0) + 1
        delay = DEFERRALS.get(message.body)
        now = time.monotonic()
        if delay is not None and now < self.deferred_at[message.body] + delay / 1000 - 0.002:
            self.deferred_early.append((channel, message.body))
        return now

    def archive(self, message):
        self.arrived("archive", message)
        return True

    def work(self, message):
        now = self.arrived("work", message)
        if now < self.requeued.pop(message.body, now) - 0.002:
            self.requeued_early.append(message.body)
        if message.attempts > 1 or not message.body.startswith(b"message "):
            return True
        number = int(message.body[8:])
        if number % 20_000 == 7:
            return False
        if number % 10 == 3:
            message.enable_async()
            if number % 100 == 13:
                self.requeued[message.body] = time.monotonic() + 1
                message.requeue(delay=1, backoff=False)
            else:
                message.requeue(delay=0, backoff=False)
            return None
        return True

    # -- the end

    def watch(self):
        self.publish()
        complete = all(len(seen) >= self.count + len(DEFERRALS) for seen in self.seen.values())
        if complete and self.ended is None:
            self.ended = time.monotonic() + 2.5  # for what comes again, and must not
        if time.monotonic() > (self.ended or self.limit):
            self.loop.stop()

    def run(self):
        tick = tornado.ioloop.PeriodicCallback(self.watch, 5)
        tick.start()
        self.loop.start()
        tick.stop()
        for reader in self.readers:
            reader.close()


def judge_all(judge, exchange, count):
    bodies = {b"message %d" % i for i in range(count)} | set(DEFERRALS)
    judge.equal(exchange.acknowledged, len(bodies), "every publish is answered OK")
    judge.check(not exchange.errors, "no publish fails", exchange.errors[:3])
    for channel, seen in exchange.seen.items():
        missing = bodies - set(seen)
        judge.check(
            not missing, "channel %s gets every message" % channel,
            "%d missing, such as %r" % (len(missing), sorted(missing)[:3]))
        judge.check(set(seen) <= bodies, "channel %s gets nothing else" % channel)
    wanted = {
        body: 2 if body.startswith(b"message ") and (
            int(body[8:]) % 10 == 3 or int(body[8:]) % 20_000 == 7) else 1
        for body in bodies}
    judge.equal(
        sum(exchange.seen["work"].values()), sum(wanted.values()),
        "channel work gets what was requeued exactly once more")
    judge.check(
        all(n == 1 for n in exchange.seen["archive"].values()),
        "channel archive gets nothing twice")
    judge.check(not exchange.deferred_early, "nothing deferred comes early", exchange.deferred_early[:3])
    judge.check(not exchange.requeued_early, "nothing requeued with a delay comes early",
                exchange.requeued_early[:3])


def main():
    arguments = checks.parser(__doc__.splitlines()[0])
    arguments.add_argument("--messages", type=int, default=100_000)
    arguments.add_argument("--timeout", type=float, default=300.0, help="seconds to give up after")
    options = checks.start(arguments)
    logging.basicConfig(level=logging.ERROR)
    judge = checks.Checks()
    data_path = tempfile.mkdtemp(prefix="nsqd-pynsq-")
    try:
        with Daemon(options.bin, data_path, ["--log-level=warn"]) as daemon:
            daemon.start()
            # Both are there before the first message: whichever came later would miss what was published before.
            daemon.post("/topic/create", topic=TOPIC)
            for channel in ("work", "archive"):
                daemon.post("/channel/create", topic=TOPIC, channel=channel)
            began = time.monotonic()
            exchange = Exchange(daemon, options.messages, began + options.timeout)
            exchange.run()
            print("%d messages to two channels in %.1f s" % (
                options.messages, time.monotonic() - began))
            judge_all(judge, exchange, options.messages)
            time.sleep(0.3)
            for name, channel in daemon.topics()[TOPIC][1].items():
                left = channel["depth"] + channel["in_flight_count"] + channel["deferred_count"]
                judge.equal(left, 0, "channel %s is empty in the end" % name)
            judge.equal(daemon.stop(), 0, "SIGTERM ends it with status 0")
            if judge.failed:
                print("the end of the log:\n" + daemon.log())
    finally:
        shutil.rmtree(data_path, ignore_errors=True)
    return judge.finish()


if __name__ == "__main__":
    sys.exit(main())
