"""nsqd: nsqlookupds that do not answer, or answer what they should not, beside a good one."""
import contextlib
import json
import re
import struct
import threading
import time

from fake_lookupd import (
    FakeLookupd, chatter, greet_and_hang_up, greet_and_keep_silent, hang_up, keep_silent, obey, saying)
from hostile.exchange import until
from hostile.target import MIB
from lookupd.bench import quiet_port
from wire import MESSAGE, Connection, pub

IDENTITY = b'{"broadcast_address":"127.0.0.1","http_port":1,"tcp_port":2,"version":"1.3.0"}'


def framed(body):
    return struct.pack(">i", len(body)) + body


def drip(conversation):
    """Answers IDENTIFY a byte at a time, in more time than there is."""
    conversation.greet()
    for byte in framed(conversation.fake.introduction()):
        conversation.socket.sendall(bytes([byte]))
        if conversation.fake.closed.wait(0.1):
            return


SCRIPTS = {
    "is silent": keep_silent, "closes at once": hang_up, "answers in drops": drip,
    "answers no JSON": saying(framed(b"hello")), "answers a list": saying(framed(b"[]")),
    "answers an object cut off": saying(framed(IDENTITY[:-1])), "answers no UTF-8": saying(framed(b"\xff" * 99)),
    "answers 10,000 arrays": saying(framed(b'{"a":' + b"[" * 10_000)), "answers an empty frame": saying(framed(b"")),
    "announces 100 MiB": saying(struct.pack(">i", 100 * MIB) + bytes(4 * MIB)),
    "announces -1 bytes": saying(struct.pack(">i", -1) + bytes(MIB)),
    "announces -2^31 bytes": saying(struct.pack(">i", -(1 << 31))),
    "answers E_INVALID": saying(framed(b"E_INVALID go away")), "answers bare E_INVALID": saying(framed(b"E_INVALID")),
}
# They are a proper nsqlookupd at first, so each connection counts as one that stood.
LATE_SCRIPTS = {
    "closes behind IDENTIFY": greet_and_hang_up, "is silent behind IDENTIFY": greet_and_keep_silent,
}


class Publisher(threading.Thread):
    """Publishes without pause, every tenth time to a new topic; `slowest` in seconds."""

    def __init__(self, node):
        super().__init__(daemon=True)
        self.node, self.stop = node, threading.Event()
        self.count, self.slowest, self.problem = 0, 0.0, None

    def run(self):
        try:
            with contextlib.closing(Connection(self.node.tcp_port)) as connection:
                while not self.stop.wait(0.02):
                    topic = "steady" if self.count % 10 else "new%d" % self.count
                    began = time.monotonic()
                    connection.call(pub(topic, b"x"))
                    self.slowest = max(self.slowest, time.monotonic() - began)
                    self.count += 1
        except OSError as error:
            self.problem = repr(error)

    def end(self):
        self.stop.set()
        self.join(10)


def log_times(node, address):
    """When each ERROR about an nsqlookupd was logged, seconds of the day."""
    pattern = r" (\d\d):(\d\d):(\d\d\.\d+) ERROR: LOOKUPD\(%s\)" % re.escape(address)
    return [int(hour) * 3600 + int(minute) * 60 + float(second)
            for hour, minute, second in re.findall(pattern, node.whole_log())]


def check_promptness(see, node, good):
    """Creations reach the good one while the others do what they do."""
    slowest = 0.0
    for number in range(20):
        topic = "prompt%d" % number
        began = time.monotonic()
        node.post("/pub", b"x", topic=topic)
        node.post("/channel/create", topic=topic, channel="c")
        found = until(lambda: good.producers(topic) and good.channels(topic) == ["c"], 5)
        slowest = max(slowest, time.monotonic() - began if found else float("inf"))
    see.note("the slowest registration took %.3f s" % slowest)
    see.check(slowest < 2, "the good one has each topic and channel within 2 s", "%.1f s" % slowest)


def company(bench, see):
    """one good nsqlookupd among bad ones: promptness, publishing, back-off, memory"""
    dead = "127.0.0.1:%d" % quiet_port()
    with contextlib.ExitStack() as stack:
        fakes = {name: stack.enter_context(FakeLookupd(script)) for name, script in SCRIPTS.items()}
        late = {name: stack.enter_context(FakeLookupd(script)) for name, script in LATE_SCRIPTS.items()}
        pinged, chatting = stack.enter_context(FakeLookupd(obey)), stack.enter_context(FakeLookupd(chatter))
        good = stack.enter_context(bench.lookupd())
        addresses = [fake.address for fake in (*fakes.values(), *late.values())]
        addresses += [dead, good.address, pinged.address, chatting.address]
        node = stack.enter_context(bench.nsqd("--http-client-request-timeout=1s", lookupds=addresses))
        began, before = time.monotonic(), node.first_resident
        publisher = Publisher(node)
        publisher.start()
        check_promptness(see, node, good)
        enough = lambda: all(len(fake.conversations) >= 4 for fake in (*fakes.values(), *late.values()))
        see.check(until(enough, 30), "all bad ones are tried again and again", {
            name: len(fake.conversations) for name, fake in (*fakes.items(), *late.items())
            if len(fake.conversations) < 4})
        check_promptness(see, node, good)
        for name, fake in (*fakes.items(), *late.items()):
            gaps = [round(gap, 2) for gap in fake.gaps()]
            see.check(min(gaps, default=0) >= 0.95, "one that %s is tried once a second at most" % name, gaps)
            if name in fakes:
                grows = all(later >= earlier - 0.1 for earlier, later in zip(gaps[:3], gaps[1:3]))
                see.check(grows and gaps[2] >= 3.9, "and after longer and longer", gaps)
        see.check(until(lambda: len(log_times(node, dead)) >= 4, 20), "so is one that does not exist")
        times = log_times(node, dead)
        gaps = [round(later - earlier, 2) for earlier, later in zip(times, times[1:])]
        see.check(all(gap >= 0.95 for gap in gaps) and gaps[2] >= 3.9, "and after longer and longer", gaps)
        for name, fake in fakes.items():
            logged = len(log_times(node, fake.address))
            statement = "of one that %s the log says so, once a time" % name
            see.check(0 < logged <= len(fake.conversations), statement, logged)
        publisher.end()
        see.note("%d publishes, the slowest took %.3f s" % (publisher.count, publisher.slowest))
        see.check(publisher.count > 100 and not publisher.problem, "publishing goes on", publisher.problem)
        see.check(publisher.slowest < 1, "and never takes a second", "%.2f s" % publisher.slowest)
        see.check(len(good.nodes("127.0.0.1")) == 1, "at the good one nsqd is connected once")
        until(lambda: "PING" in pinged.lines(), began + 17 - time.monotonic())
        pings = [when for when, line in pinged.conversations[0].commands if line == "PING"]
        first = pings[0] - pinged.conversations[0].began if pings else None
        see.check(first is not None and 14 < first < 16.5, "a good one gets a PING after 15 s", first)
        see.equal(len(pinged.conversations), 1, "on its only connection")
        # Whatever it is told, it has said OK before: there is nothing to find fault with.
        see.check(len(chatting.conversations) == 1, "one that talks without end may do so", chatting.gaps())
        grown = (node.peak() - before) / MIB
        see.note("nsqd grew by %.0f MiB at most" % grown)
        see.check(grown <= 64, "nsqd grows by at most 64 MiB", "%.0f MiB" % grown)
        began = time.monotonic()
        see.equal(node.stop(), 0, "SIGTERM ends it with status 0")
        see.check(time.monotonic() - began < 2, "at once", "%.1f s" % (time.monotonic() - began))


def strange_identities(bench, see):
    """nsqlookupds whose broadcast address or port is none"""
    changes = [{"broadcast_address": text} for text in (
        "", " ", "a b", "127.0.0.1/x?y=", "127.0.0.1#", "user:word@127.0.0.1", "[::1", "::1]", "::1%lo", "a\r\nX-Y: z",
        "%zz", "\0", "é", "\ud800", "." * 300, "x" * 1000, "127.0.0.1:1", "localhost.", "255.255.255.255")]
    changes += [{"http_port": port} for port in (0, -1, 65_536, 1 << 40, (1 << 63) - 1, -(1 << 63))]
    changes += [{"http_port": 1 << 63}, {"http_port": "1"}, {"broadcast_address": 7}, {"broadcast_address": None}]
    with contextlib.ExitStack() as stack:
        fakes = [stack.enter_context(FakeLookupd(**change)) for change in changes]
        proper = stack.enter_context(FakeLookupd())
        node = stack.enter_context(bench.nsqd(
            "--http-client-request-timeout=1s", lookupds=[fake.address for fake in (*fakes, proper)]))
        registered = lambda fake: any(line.startswith("REGISTER") for one in fake.conversations for line in one.lines())
        node.post("/topic/create", topic="before")
        # What is not of its type makes the answer no JSON of an nsqlookupd; all the others are one.
        see.check(until(lambda: all(map(registered, (*fakes[:-4], proper)))), "nsqd registers at all of them", [
            change for change, fake in zip(changes, fakes[:-4]) if not registered(fake)])
        began = time.monotonic()
        see.equal(node.post("/pub", b"first", topic="asks")[0], 200, "it publishes")
        with contextlib.closing(Connection(node.tcp_port)) as consumer:
            consumer.subscribe("asks", "c")
            consumer.ready(1)
            frame = (consumer.frames(5) or [(None, None)])[0]
        took = time.monotonic() - began
        see.check(frame[0] == MESSAGE and frame[1].endswith(b"first"), "and the topic opens", (frame, took))
        see.check(took < 3, "within the time for the answers", "%.1f s" % took)
        see.equal(len(proper.asked("asks")), 1, "the proper one is asked")
        paths = [path for fake in fakes for path in fake.paths]
        see.check(all(path == "/channels?topic=asks" for path in paths), "nobody is asked for anything else", paths)
        strange = [dict(question.headers) for fake in fakes for question in fake.questions if "X-Y" in question.headers]
        see.check(not strange, "no address adds to a request", strange)
        see.check(node.is_alive(), "nsqd lives", node.log())


def address_changes(bench, see):
    """PUT /config/nsqlookupd_tcp_addresses"""
    path = "/config/nsqlookupd_tcp_addresses"
    with FakeLookupd() as first, FakeLookupd() as second, bench.nsqd() as node:
        def put(addresses):
            return node.request("PUT", path, json.dumps(addresses).encode())

        def known():
            return json.loads(node.request("GET", path)[1])

        def has(fake, count=1):
            return len(fake.living()) == count and (not count or fake.living()[0].identity is not None)

        see.equal(known(), [], "there is none at first")
        node.post("/topic/create", topic="one")
        see.equal(put([first.address])[0], 200, "one is added")
        see.equal(known(), [first.address], "it is shown")
        see.check(until(lambda: first.lines() == ["REGISTER one"], 2), "nsqd connects and registers", first.lines())
        put([first.address, second.address])
        see.check(until(lambda: second.lines() == ["REGISTER one"], 2), "so it does at another one", second.lines())
        see.equal(len(first.conversations), 1, "the first keeps its connection")
        put([second.address])
        see.check(until(lambda: has(first, 0), 1), "one that is removed is left at once")
        node.post("/topic/create", topic="two")
        see.check(until(lambda: "REGISTER two" in second.lines(), 2), "the other goes on")
        see.equal(first.lines(), ["REGISTER one"], "who was removed is told nothing more")
        for body in (b"{", b'"x"', b"[1]", b'{"a":1}', b"[null]", b"127.0.0.1:4160", b'["a"]x', b"\xff", b"[" * 50_000):
            status, answer = node.request("PUT", path, body)
            see.equal((status, answer), (400, b'{"message":"INVALID_VALUE"}'), "%r is refused" % body[:20])
        see.equal(known(), [second.address], "and changes nothing")
        see.check(has(second) and len(second.conversations) == 1, "nor is there another connection")
        put([first.address, first.address, second.address, first.address])
        see.check(until(lambda: has(first), 2), "who is added again is connected to")
        see.check(until(lambda: sorted(first.lines()) == ["REGISTER one", "REGISTER two"], 2), "and told everything")
        node.post("/topic/create", topic="three")
        see.check(until(lambda: first.lines().count("REGISTER three") == 1, 2), "an address given twice counts once")
        see.check(has(first) and has(second) and len(first.conversations) == 2, "with one connection")
        see.equal(node.request("PUT", path, b"null")[0], 200, "null is taken")
        see.check(until(lambda: has(first, 0) and has(second, 0), 1), "and removes all")
        see.equal(known(), [], "which shows")
        strange = ["", "x", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:-1", "127.0.0.1:65536", "[::1",
                   "127.0.0.1:99999999999999999999", "a b:1", "\0:1", "é:4160", "x" * 10_000 + ":1",
                   "lookupd.invalid:1", "no/such.sock"]
        put(strange)
        tried = lambda: all("LOOKUPD(%s)" % address in node.whole_log() for address in strange[1:8])
        see.check(until(tried), "addresses that are none are tried in vain")
        for number in range(60):
            put([[first.address], [first.address, second.address], [second.address], [], strange][number % 5])
        put([second.address])
        last = lambda: has(first, 0) and has(second) and len(second.lines()) == 3
        see.check(until(last), "after sixty changes in a row the last one holds", (
            len(first.living()), len(second.living())))
        see.check(node.is_alive(), "nsqd lives", node.log())
        see.equal(node.stop(), 0, "SIGTERM ends it with status 0")
