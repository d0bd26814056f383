"""nsqlookupd: how it stops, what it logs, and what it keeps."""
import contextlib
import json
import os
import re
import socket
import sqlite3
import time

from hostile.exchange import until
from lookupd.bench import MAGIC, Peer, answers, identify, producer


def stopping(bench, see):
    """SIGTERM with connections that say nothing"""
    with bench.lookupd("--idle-timeout=0") as server, contextlib.ExitStack() as stack:
        for opening in (b"", b"  ", MAGIC, MAGIC + b"PI", MAGIC + identify(), MAGIC + identify()[:20]):
            for _ in range(5):
                stack.enter_context(Peer(server, opening))
        deaf = stack.enter_context(Peer(server))
        deaf.socket.settimeout(0.3)
        with contextlib.suppress(socket.timeout):
            for _ in range(400):
                deaf.send(b"PING\n" * 20_000)
        web = stack.enter_context(socket.create_connection(("127.0.0.1", server.http_port), 5))
        web.sendall(b"GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n")
        see.check(b" 200 " in web.recv(4096), "an HTTP client keeps its connection")
        half = stack.enter_context(socket.create_connection(("127.0.0.1", server.http_port), 5))
        half.sendall(b"GET /ping HTTP/1.1\r\nHost")
        registered = stack.enter_context(producer(server, "there", "t c"))
        see.check(registered.is_open(), "a producer is registered")
        began = time.monotonic()
        see.equal(server.stop(), 0, "it ends with status 0")
        see.check(time.monotonic() - began < 2, "at once", "%.1f s" % (time.monotonic() - began))


def json_log(bench, see):
    """--log-format=json"""
    with bench.lookupd("--log-format=json", "--log-level=debug") as server:
        with producer(server, 'quote"\n\x1b', "t c") as peer:
            peer.call(b"PING\n")
        answers(server, b'BOGUS"\r\x1b[31m\xff\n')
        answers(server, b"", opening=b'"\n\xff{')
        server.post("/topic/tombstone", topic="t", node='"\n')
        see.equal(server.stop(), 0, "SIGTERM ends it")
        lines = server.whole_log().splitlines()
        parsed = []
        for line in lines:
            with contextlib.suppress(ValueError):
                parsed.append(json.loads(line))
        see.check(len(lines) > 10 and len(parsed) == len(lines), "every line of the log is JSON", lines[-3:])
        see.check(all(set(line) >= {"time", "level", "message"} for line in parsed), "with time, level and message")
        pattern = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d\d:\d\d"
        see.check(all(re.fullmatch(pattern, line["time"]) for line in parsed), "the time is that of RFC 3339")
        levels = {line["level"] for line in parsed}
        see.check({"error", "info", "debug"} <= levels, "levels are told apart", levels)


def warm_start(bench, see):
    """--data-path: what was known is shown until it comes back"""
    path = os.path.join(bench.folder, "view")
    os.mkdir(path)
    flags = ("--data-path=" + path, "--inactive-producer-timeout=30s")
    with bench.lookupd(*flags) as server:
        with producer(server, "first", "t c"), producer(server, "second", "t c#ephemeral"):
            server.post("/topic/create", topic="made")
            known = (server.get("/lookup", topic="t"), server.topics(), server.nodes("first") + server.nodes("second"))
            # What is kept when the process dies is what was written in the meantime, every 5 s.
            see.check(until(lambda: rows(path) == 2, 15), "the view is written while it runs", rows(path))
            server.kill()
    with bench.lookupd(*flags) as server:
        see.equal(
            (server.get("/lookup", topic="t"), server.topics(), server.nodes("first") + server.nodes("second")), known,
            "killed and started again, it shows what it knew")
        with producer(server, "first", "t c"):
            (back,) = server.nodes("first")
            see.check(back != known[2][0], "who comes back takes the place of what was remembered", back)
        see.equal(server.nodes("first"), [], "and is gone when it goes")
        see.equal(len(server.nodes("second")), 1, "who did not come back is still shown")
        see.equal(server.stop(), 0, "SIGTERM ends it")
    stays_at_a_stop(bench, see, flags)
    for name, harm in (("a file that is no database", b"garbage" * 1000), ("an empty file", b"")):
        with open(os.path.join(path, "nsqlookupd.sqlite"), "wb") as file:
            file.write(harm)
        with bench.lookupd(*flags) as server:
            see.equal(server.topics(), [], "%s: it starts with nothing" % name)
            see.equal(server.stop(), 0, "and stops")
    with sqlite3.connect(os.path.join(path, "nsqlookupd.sqlite")) as database:
        database.executescript("DROP TABLE producer; CREATE TABLE producer (place, tcp_port); INSERT INTO producer VALUES (0, 'x')")
    with bench.lookupd(*flags) as server:
        see.check("cannot be used" in server.whole_log(), "a file with other columns is told of")
        see.equal(server.stop(), 0, "and stops")
    with sqlite3.connect(os.path.join(path, "nsqlookupd.sqlite")) as database:
        database.execute("PRAGMA user_version = 99")
    with bench.lookupd(*flags) as server:
        see.check("newer" in server.whole_log(), "a newer file is told of")
        see.equal(server.stop(), 0, "and left alone")
    with sqlite3.connect(os.path.join(path, "nsqlookupd.sqlite")) as database:
        see.equal(database.execute("PRAGMA user_version").fetchone()[0], 99, "as it was")


def stays_at_a_stop(bench, see, flags):
    """What was connected at a stop is remembered, and what does not come back in time is forgotten."""
    with bench.lookupd(*flags) as server:
        with producer(server, "third", "t c", "brief#ephemeral"):
            see.equal(server.stop(), 0, "SIGTERM ends it")
    with bench.lookupd(*flags[:1], "--inactive-producer-timeout=6s") as server:
        see.equal(len(server.nodes("third")), 1, "stopped and started again, it shows who was connected")
        see.check("brief#ephemeral" in server.topics(), "with ephemeral topics too")
        gone = until(lambda: "brief#ephemeral" not in server.topics(), 20)
        see.check(gone, "which go when nobody comes back for them", server.topics())
        see.equal(server.nodes("third"), [], "as the node does")
        see.equal(server.stop(), 0, "SIGTERM ends it")


def rows(path):
    """Producers in the file of the view."""
    with contextlib.suppress(sqlite3.Error), contextlib.closing(
            sqlite3.connect("file:%s/nsqlookupd.sqlite?mode=ro" % path, uri=True)) as database:
        return database.execute("SELECT count(*) FROM producer").fetchone()[0]
    return 0
