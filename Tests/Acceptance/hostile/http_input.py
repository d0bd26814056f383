"""HTTP that two readers would take differently, or that never ends."""
import contextlib
import socket
import threading
import time

from hostile.exchange import http_bytes, statuses
from hostile.target import MIB

HIDDEN = b"POST /topic/create?topic=smuggled HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
POST = b"POST /pub?topic=http HTTP/1.1\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def smuggling(bench, see):
    """S23 smuggling: each ambiguous request is answered 400, once, and nothing behind it is read."""
    target = bench.plain
    host = b"Host: localhost\r\n"
    requests = {
        "length and chunks": POST + host + b"Content-Length: 4\r\n" + CHUNKED + b"\r\n0\r\n\r\n",
        "chunks and length": POST + host + CHUNKED + b"Content-Length: 4\r\n" + b"\r\n0\r\n\r\n",
        "two lengths": POST + host + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nx",
        "the same length twice": POST + host + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx",
        "lengths in a list": POST + host + b"Content-Length: 1, 1\r\n\r\nx",
        "a length with a plus": POST + host + b"Content-Length: +1\r\n\r\nx",
        "a length below 0": POST + host + b"Content-Length: -1\r\n\r\nx",
        "a length with a space": POST + host + b"Content-Length: 1 1\r\n\r\nx",
        "a length in hex": POST + host + b"Content-Length: 0x1\r\n\r\nx",
        "an empty length": POST + host + b"Content-Length: \r\n\r\n",
        "a length of 2^64": POST + host + b"Content-Length: 18446744073709551616\r\n\r\n",
        "a space before the colon": POST + host + b"Content-Length : 1\r\n\r\nx",
        "chunked, identity": POST + host + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "identity, chunked": POST + host + b"Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
        "identity": POST + host + b"Transfer-Encoding: identity\r\n\r\n",
        "xchunked": POST + host + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "chunked twice": POST + host + CHUNKED + CHUNKED + b"\r\n0\r\n\r\n",
        "a space before chunked's colon": POST + host + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "chunks in HTTP/1.0": POST.replace(b"1.1", b"1.0") + CHUNKED + b"\r\n0\r\n\r\n",
        "a folded header": POST + host + b"X-A: b\r\n c\r\nContent-Length: 1\r\n\r\nx",
        "a folded length": POST + host + b"Content-Length:\r\n 1\r\n\r\nx",
        "bare line feeds": b"GET /ping HTTP/1.1\nHost: localhost\n\n",
        "a bare carriage return": b"GET /ping HTTP/1.1\r\nHost: localhost\rX-A: b\r\n\r\n",
        "NUL in a header": b"GET /ping HTTP/1.1\r\nHost: localhost\r\nX-A: \0\r\n\r\n",
        "a header without a name": b"GET /ping HTTP/1.1\r\nHost: localhost\r\n: x\r\n\r\n",
        "a header without a colon": b"GET /ping HTTP/1.1\r\nHost: localhost\r\nContent-Length\r\n\r\n",
        "two hosts": b"GET /ping HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "no host": b"GET /ping HTTP/1.1\r\n\r\n",
        "a tab": b"GET\t/ping HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "HTTP/1.2.3": b"GET /ping HTTP/1.2.3\r\nHost: localhost\r\n\r\n",
        "HTTP/0.9": b"GET /ping\r\n",
        "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "a chunk of 2^64": POST + host + CHUNKED + b"\r\n10000000000000000\r\nx\r\n0\r\n\r\n",
        "a chunk below 0": POST + host + CHUNKED + b"\r\n-1\r\nx\r\n0\r\n\r\n",
        "a chunk in 0x": POST + host + CHUNKED + b"\r\n0x1\r\nx\r\n0\r\n\r\n",
        "a chunk longer than it says": POST + host + CHUNKED + b"\r\n1\r\nxy\r\n0\r\n\r\n",
        "a chunk with a bare line feed": POST + host + CHUNKED + b"\r\n1\nx\n0\n\n",
        "a chunk's extension with a line feed": POST + host + CHUNKED + b"\r\n1;a\nb\r\nx\r\n0\r\n\r\n",
        "an escape cut short": b"GET /ping%4 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    }
    for name, request in requests.items():
        received, is_closed = http_bytes(target, request + HIDDEN, timeout=5.0)
        see.check(is_closed and statuses(received)[:1] == [400] and len(statuses(received)) == 1,
                  "%s: 400 and the end" % name, (statuses(received), is_closed))
        if not see.check("smuggled" not in target.topics(), "%s: nothing behind it is carried out" % name):
            target.post("/topic/delete", topic="smuggled")


def request_limits(bench, see):
    """S24 limits: headers by number and by size, bodies without a declared length."""
    target = bench.plain
    start = b"GET /ping HTTP/1.1\r\nHost: localhost\r\n"
    long = b"X-%d: " + b"x" * 8000 + b"\r\n"
    for name, head in (
            ("257 headers", b"".join(b"X-%d: y\r\n" % number for number in range(256))),
            ("65 headers", b"".join(b"X-%d: y\r\n" % number for number in range(64))),
            ("a header of 81 KiB", b"X-A: " + b"x" * (81 << 10) + b"\r\n"),
            ("a header above 8 KiB", b"X-A: " + b"x" * 8200 + b"\r\n"),
            ("a name above 8 KiB", b"X" * 8200 + b": x\r\n"),
            ("headers above 32 KiB", b"".join(long % number for number in range(5))),
            ("headers of 2 MiB", b"".join(long % number for number in range(260)))):
        received, is_closed = http_bytes(target, start + head + b"\r\n", timeout=5.0)
        see.check(is_closed and statuses(received) in ([400], [431]), "%s: refused and closed" % name,
                  (statuses(received), is_closed))
    received, is_closed = http_bytes(target, b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
    got = statuses(received)
    see.check(is_closed and got in ([400], [414], [431]), "a path of 70,000 bytes", got)
    before = target.forget_peak()
    for path, limit in (("/pub", MIB), ("/mpub", 5 * MIB)):
        head = b"POST %s?topic=http HTTP/1.1\r\nHost: localhost\r\n" % path.encode() + CHUNKED + b"\r\n"
        chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
        received, _ = http_bytes(target, head + chunk * (8 * limit // 65_536))
        see.equal(statuses(received)[:1], [413], "%s with a body above its limit, in chunks" % path)
        received, is_closed = http_bytes(target, head.replace(CHUNKED, b"Content-Length: %d\r\n" % (1 << 40)))
        got = statuses(received)
        see.check(is_closed and got == [413], "%s of 1 TiB by declaration" % path, got)
    trailers = b"".join(b"X-%d: y\r\n" % number for number in range(500))
    request = POST + b"Host: localhost\r\n" + CHUNKED + b"\r\n1\r\nx\r\n0\r\n" + trailers + b"\r\n"
    received, is_closed = http_bytes(target, request, timeout=5.0)
    see.check(is_closed and statuses(received) in ([400], [431]), "500 trailers", statuses(received))
    grown = (target.peak() - before) / MIB
    see.note("%.1f MiB for bodies above their limits" % grown)
    see.check(grown <= 16, "what is above a limit is not kept", "%.1f MiB" % grown)


def pipelined(bench, see):
    """S24 limits: 10,000 pipelined requests, all of them answered; and as many whose answers nobody reads."""
    target, count = bench.plain, 10_000
    request = b"GET /stats?format=json&topic=none HTTP/1.1\r\nHost: localhost\r\n\r\n"
    before = target.forget_peak()
    with socket.create_connection(("127.0.0.1", target.http_port), 10) as peer:
        def send():
            with contextlib.suppress(OSError):
                peer.sendall(request * count)
                peer.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        received, deadline = 0, time.monotonic() + 15
        tail = b""
        while time.monotonic() < deadline:
            data = peer.recv(262_144)
            if not data:
                break
            received += (tail + data).count(b"HTTP/1.1 200 OK") - tail.count(b"HTTP/1.1 200 OK")
            tail = data[-14:]
        sender.join(5)
    see.equal(received, count, "each is answered")
    with socket.create_connection(("127.0.0.1", target.http_port), 10) as peer:
        peer.settimeout(0.5)
        with contextlib.suppress(OSError):
            peer.sendall(request * count * 3)
        grown = (target.peak() - before) / MIB
    see.note("%.1f MiB" % grown)
    see.check(grown <= 16, "answers do not pile up", "%.1f MiB" % grown)
