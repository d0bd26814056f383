"""Clients that take their time."""
import contextlib
import json
import select
import socket
import struct
import time

from hostile.exchange import identify
from hostile.target import MIB
from wire import Connection, pub


class Dripper:
    """A connection that opens with `opening` and goes on with `drip`, a byte a second."""

    def __init__(self, name, port, opening, drip, limit):
        self.name, self.drip, self.limit = name, drip, limit
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.socket.sendall(opening)
        self.began = time.monotonic()
        self.closed_after = None

    def advance(self):
        with contextlib.suppress(OSError):
            self.socket.send(self.drip[:1])
        self.drip = self.drip[1:]

    def look(self):
        """Notes when the peer has closed."""
        try:
            while select.select([self.socket], [], [], 0)[0]:
                if not self.socket.recv(65536):
                    raise ConnectionResetError
        except OSError:
            self.closed_after = time.monotonic() - self.began


def watch(see, drippers):
    """Lets each drip until it is closed or its limit is over."""
    next_drip = time.monotonic()
    pending = list(drippers)
    while pending:
        select.select([one.socket for one in pending], [], [], 0.1)
        if time.monotonic() >= next_drip:
            next_drip += 1
            for one in pending:
                one.advance()
        for one in list(pending):
            one.look()
            if one.closed_after is not None:
                see.note("%s: closed after %.1f s" % (one.name, one.closed_after))
                see.check(one.closed_after <= one.limit, "%s is closed in %d s" % (one.name, one.limit),
                          "%.1f s" % one.closed_after)
            elif time.monotonic() - one.began > one.limit:
                see.check(False, "%s is closed in %d s" % (one.name, one.limit), "still open")
            else:
                continue
            pending.remove(one)
            one.socket.close()


def slowloris(bench, see):
    """S2 silent and slow peers: no byte, an IDENTIFY and an HTTP header of a byte a second."""
    target = bench.plain
    header = b"GET /ping HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
    watch(see, [
        Dripper("a TCP client without a byte", target.tcp_port, b"", b"", 6),
        Dripper("an HTTP client without a byte", target.http_port, b"", b"", 6),
        Dripper("half a magic", target.tcp_port, b"  ", b"", 6),
        Dripper("a dripping IDENTIFY", target.tcp_port, b"  V2IDENTIFY\n" + struct.pack(">i", 1000), b" " * 60, 11),
        Dripper("a dripping line", target.tcp_port, b"  V2", b"IDENTIFY" * 10, 11),
        Dripper("a dripping header", target.http_port, header, b"x" * 60, 11),
    ])


def slowloris_rate(bench, see):
    """S2 five hundred slow peers: a producer keeps nine tenths of its rate.

    The best of several windows with and without them: a window can be disturbed by others on the machine.
    """
    target = bench.plain
    producer = Connection(target.tcp_port)
    command = pub("rate#ephemeral", b"x")

    def window(before):
        end, count = time.monotonic() + 0.4, 0
        before()
        while time.monotonic() < end:
            producer.call(command)
            count += 1
        return count

    best = {"alone": 0, "among": 0}
    for _ in range(5):
        best["alone"] = max(best["alone"], window(lambda: None))
        with contextlib.ExitStack() as stack:
            crowd = []
            for number in range(500):
                port = target.tcp_port if number % 2 else target.http_port
                opening = b"  V2IDENTIFY\n\0\0\xff\xff" if number % 2 else b"GET /ping HTTP/1.1\r\nX-Slow: "
                peer = stack.enter_context(socket.create_connection(("127.0.0.1", port), 10))
                peer.sendall(opening)
                crowd.append(peer)
            target.request("GET", "/ping")  # behind it, all of them are accepted

            def drip():
                for peer in crowd:
                    peer.send(b" ")

            best["among"] = max(best["among"], window(drip))
        if best["among"] >= 0.9 * best["alone"]:
            break
    share = best["among"] / best["alone"]
    see.note("%.0f %% of %d publishes in 0.4 s" % (share * 100, best["alone"]))
    see.check(share >= 0.9, "the producer keeps its rate", "%.2f" % share)
    producer.close()


def heartbeat_off(bench, see):
    """S3 heartbeats turned off: a body that stops arriving ends the connection in 15 s."""
    watch(see, [Dripper(
        "half a body without heartbeats", bench.plain.tcp_port,
        b"  V2" + identify(heartbeat_interval=-1) + b"PUB stalled\n" + struct.pack(">i", MIB) + bytes(MIB // 2),
        b"", 15)])


def consumer_never_reads(bench, see):
    """S21 a consumer that reads nothing: it is sent away in 30 s, at the default heartbeat."""
    target, topic = bench.plain, "unread"
    for _ in range(64):
        target.post("/pub", bytes(MIB // 2), topic=topic)
    target.post("/channel/create", topic=topic, channel="c")
    consumer = Connection(target.tcp_port)
    consumer.subscribe(topic, "c")
    consumer.ready(2500)
    began = time.monotonic()

    def is_there():
        _, body = target.request("GET", "/stats", format="json", topic=topic)
        return json.loads(body)["topics"][0]["channels"][0]["client_count"] > 0

    while is_there() and time.monotonic() - began < 31:
        time.sleep(0.25)
    seconds = time.monotonic() - began
    see.check(seconds <= 30, "a consumer that does not read is closed in 30 s", "open after %.0f s" % seconds)
    consumer.close()
    target.post("/topic/delete", topic=topic)
