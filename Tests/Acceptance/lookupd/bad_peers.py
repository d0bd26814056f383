"""nsqlookupd: peers that send what they should not, or nothing, or do not read."""
import contextlib
import json
import select
import socket
import struct
import threading
import time

from hostile.exchange import until
from hostile.slow import Dripper, watch
from hostile.target import MIB
from lookupd.bench import MAGIC, Peer, answers, identify, producer, sized

BAD_SIZE = b"E_BAD_BODY IDENTIFY failed to read body size"
CUT_OFF = b"E_BAD_BODY IDENTIFY failed to read body"
BAD_JSON = b"E_BAD_BODY IDENTIFY failed to decode JSON body"
MISSING = b"E_BAD_BODY IDENTIFY missing fields"
TOO_LONG = b"E_INVALID command line too long"
LINE, BODY, FIELD = 16_384, 16_384, 1024


def refused(see, server, data, wanted, statement, **options):
    """`data` is answered with `wanted` and the end."""
    see.equal(answers(server, data, **options), ([wanted], True), statement)


def lengths(bench, see):
    """IDENTIFY's length: negative, enormous, or more than comes"""
    server = bench.plain
    for length in (-1, -(1 << 31), (1 << 31) - 1, BODY + 1, -BODY):
        opening = b"IDENTIFY\n" + struct.pack(">i", length)
        refused(see, server, opening, BAD_SIZE, "a length of %d is refused" % length)
        refused(see, server, opening + bytes(100_000), BAD_SIZE, "and is so with 100,000 bytes behind it")
    refused(see, server, sized(b""), BAD_JSON, "an empty body is refused")
    largest = identify(filler="f" * 16_000)
    see.check(answers(server, largest, ends_input=True)[0][0][:1] == b"{", "a body of 16,000 bytes is taken")
    refused(see, server, b"IDENTIFY\n\0\0", BAD_SIZE, "a length that ends too soon is refused", ends_input=True)
    refused(see, server, identify()[:-1], CUT_OFF, "a body that ends too soon is refused", ends_input=True)
    refused(see, server, b"", b"E_BAD_PROTOCOL", "another magic is refused", opening=b"  V2")
    got, is_closed = answers(server, identify() + b"BOGUS\nREGISTER smuggled\n")
    see.equal((got[1:], is_closed), ([b"E_INVALID invalid command BOGUS"], True), "an error ends the connection")
    see.check("smuggled" not in server.topics(), "nothing behind an error is carried out")


def lines(bench, see):
    """lines: without an end, and with bytes that are no text"""
    server = bench.plain
    for name, opening, count in (("a stranger's", b"", 0), ("a producer's", identify(), 1)):
        got, is_closed = answers(server, opening + b"A" * LINE)
        see.equal((got[count:], is_closed), ([TOO_LONG], True), "%s line without an end is refused" % name)
    refused(see, server, b"PING" + b" " * (LINE - 4) + b"\n", TOO_LONG, "so is one that is a byte too long")
    longest = b"PING" + b" " * (LINE - 5) + b"\n"
    see.equal(answers(server, longest, ends_input=True)[0], [b"OK"], "one of 16 KiB is taken")
    see.equal(answers(server, b" PING \t\r\n", ends_input=True)[0], [b"OK"], "white space around one is passed over")
    for name, word in (("NUL", b"PI\0NG"), ("a byte that is no UTF-8", b"PING\xff\xfe"), ("an escape", b"\x1b[31m")):
        refused(see, server, word + b"\n", b"E_INVALID invalid command " + word, "%s makes no command" % name)
        got = answers(server, identify() + b"REGISTER a" + word + b"\n")[0][-1]
        wanted = b"E_BAD_TOPIC REGISTER topic name 'a%s' is not valid" % word
        see.equal(got, wanted, "nor a topic")
        got = answers(server, identify() + b"UNREGISTER t a" + word + b"\n")[0][-1]
        wanted = b"E_BAD_CHANNEL UNREGISTER channel name 'a%s' is not valid" % word
        see.equal(got, wanted, "nor a channel")
    for name, line in (("a word", b"B" * 10_000), ("a topic", b"REGISTER " + b"b" * 10_000),
                       ("a channel", b"REGISTER t " + b"b" * 10_000)):
        answer = answers(server, identify() + line + b"\n")[0][-1]
        see.check(answer[:2] == b"E_", "%s of 10,000 bytes is refused" % name, answer[:99])
        see.check(len(answer) <= 1024, "and the answer has 1 KiB at most", "%d bytes" % len(answer))


def bodies(bench, see):
    """IDENTIFY's JSON: long, deep, of wrong types, with bytes that are no text"""
    server = bench.plain
    for field in ("broadcast_address", "version", "hostname", "topology_zone", "topology_region"):
        got = answers(server, identify(**{field: "f" * FIELD}), ends_input=True)[0]
        see.check(got[0][:1] == b"{", "1 KiB of %s is taken" % field, got)
        refused(see, server, identify(**{field: "f" * (FIELD + 1)}), BAD_JSON, "and a byte more is refused")
    valid = identify()[13:-1]
    for name, value in (
            ("16,000 arrays in each other", b"[" * 16_000), ("3,000 objects in each other", b'{"a":' * 3_000),
            ("a number without end", b"9" * 16_000 + b"e"),
            ("a raw NUL in a text", b'"a\0b"'), ("a text without end", b'"'), ("no value", b"")):
        refused(see, server, sized(valid + b',"deep":' + value + b"}"), BAD_JSON, "%s: refused" % name)
    for name, port in (("1e400", b"1e400"), ("2^64", b"18446744073709551616"), ("4150.5", b"4150.5"),
                       ("a text", b'"4150"'), ("a list", b"[4150]")):
        body = valid.replace(b'"tcp_port": 4150', b'"tcp_port": ' + port) + b"}"
        refused(see, server, sized(body), BAD_JSON, "%s is no port" % name)
    for name, body in (("a list", b"[]"), ("a text", b'"x"'), ("two objects", b"{}{}"), ("no JSON", b"\xff\xfe\0")):
        refused(see, server, sized(body), BAD_JSON, "%s is no introduction" % name)
    refused(see, server, identify(version=None), MISSING, "nor is one without a version")
    refused(see, server, sized(b"null"), MISSING, "nor is null")
    strange = b'{"broadcast_address":"q\xff\xfe\\ud800\\u0000\\u001b<","tcp_port":1,"http_port":2,"version":"\xc3"}'
    with Peer(server) as peer:
        see.check(peer.call(sized(strange))[:1] == b"{", "what is no UTF-8 in a text is repaired, as in Go")
        shown = [node for node in server.get("/nodes")["producers"] if node["broadcast_address"].startswith("q")]
        see.check(len(shown) == 1, "/nodes stays JSON", shown)
        see.check(any(key == "client::" for key in server.get("/debug")), "so does /debug")
    forged = "1\n[nsqlookupd] 2000/01/01 00:00:00.000000 INFO: forged"
    with Peer(server) as peer:
        peer.call(identify(version=forged, broadcast_address="\x1b[31mred"))
        peer.call(b"PING\n")
    log = server.whole_log()
    see.check("forged" in log and "\n[nsqlookupd] 2000" not in log, "no line of the log can be forged")
    see.check("\x1b" not in log, "and no terminal be told what to do by one")


def silent_peers(bench, see):
    """peers that say nothing, or not enough, in time"""
    port = bench.plain.tcp_port
    silent = [Dripper("a peer without a byte", port, b"", b"", 7),
              Dripper("three bytes of a magic, dripping", port, b"", b"  V", 7)]
    watch(see, silent)
    see.check(all((one.closed_after or 0) > 4.5 for one in silent), "and not before 5 s are over")


def is_gone(peer):
    """Whether the other side has closed, though not all was read that it sent."""
    waiting = select.poll()
    waiting.register(peer, select.POLLRDHUP)
    return bool(waiting.poll(0))


def strangers(bench, see):
    """peers that do not introduce themselves for a minute"""
    port = bench.plain.tcp_port
    silent = [Dripper("a stranger who only said the magic", port, MAGIC, b"", 62),
              Dripper("one that drips a line", port, MAGIC, b"REGISTER" * 10, 62),
              Dripper("one that drips a body", port, MAGIC + identify()[:20], b" " * 80, 62)]
    watch(see, silent)
    see.check(all((one.closed_after or 0) > 58 for one in silent), "and not before 60 s are over")


def idle_peers(bench, see):
    """--idle-timeout: peers from whom no command comes"""
    with bench.lookupd("--idle-timeout=3s") as server, producer(server, "lively", "idle") as lively, \
            producer(server, "silent", "idle") as silent:
        began, deaf = time.monotonic(), Peer(server, timeout=0.3)
        with contextlib.suppress(socket.timeout):
            for _ in range(400):
                deaf.send(b"PING\n" * 20_000)
        see.equal(len(server.producers("idle")), 2, "/lookup has a silent and a lively producer")
        # What is left of the time for the magic, 5 s, is granted too.
        drippers = [
            Dripper("a line that a stranger drips", server.tcp_port, MAGIC, b"REGISTER" * 10, 7),
            Dripper("a line that a producer drips", server.tcp_port, MAGIC + identify(), b"REGISTER" * 10, 7),
            Dripper("a body that drips", server.tcp_port, MAGIC + identify()[:20], b" " * 60, 7)]
        watching = threading.Thread(target=watch, args=(see, drippers), daemon=True)
        watching.start()
        leaves = lambda: lively.is_open() and ("silent", 4151) not in server.producers("idle")
        gone = until(leaves, 8) and time.monotonic() - began
        see.check(2.5 < gone < 7, "the silent one leaves /lookup in time", gone)
        silent.socket.settimeout(2)
        see.equal(silent.socket.recv(100), b"", "it is closed")
        see.check(not server.nodes("silent"), "and has left /nodes")
        see.equal(server.producers("idle"), [("lively", 4151)], "one that sends PING stays")
        see.check(until(lambda: is_gone(deaf.socket), 8), "so is one that reads no replies")
        watching.join(10)


def unread_replies(bench, see):
    """peers that send PINGs and read no reply"""
    server, pings = bench.plain, b"PING\n" * 20_000
    before, sent, blocked = server.resident(), 0, 0
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            peer = stack.enter_context(contextlib.closing(socket.socket()))
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
            peer.settimeout(0.3)
            peer.connect(("127.0.0.1", server.tcp_port))
            peer.sendall(MAGIC)
            own = 0
            try:
                while own < 20 * MIB:
                    own += peer.send(pings[own % 5:])
            except socket.timeout:
                blocked += 1
            sent += own
        see.equal(blocked, 8, "they are read no more after a while")
        began = time.monotonic()
        with producer(server, "reader", "unread") as other:
            see.check(other.is_open(), "others are served")
        see.check(time.monotonic() - began < 1, "at once", time.monotonic() - began)
        grown = (server.resident() - before) / MIB
    see.note("%.1f MiB of PINGs were taken of 8 peers, which cost %.1f MiB" % (sent / MIB, grown))
    see.check(grown <= 32, "their replies cost at most 32 MiB", "%.0f MiB" % grown)


def many_connections(bench, see):
    """2,000 connections that are opened and closed"""
    server = bench.plain
    openings = (b"", MAGIC, MAGIC + b"REGIST", MAGIC + identify()[:30],
                MAGIC + identify(broadcast_address="crowd") + b"REGISTER crowd c\n")
    for _ in range(20):
        crowd = [Peer(server, openings[number % len(openings)]) for number in range(100)]
        for peer in crowd:
            peer.close()
    see.check(until(lambda: not server.nodes("crowd")), "none of them stays in /nodes", len(server.nodes("crowd")))
    see.check(until(lambda: server.producers("crowd") in ([], None)), "nor in /lookup", server.producers("crowd"))
    # Others work beside this, with some dozen connections of their own.
    see.check(until(lambda: server.descriptors() < 300), "their descriptors are free again", server.descriptors())


def unfinished_bodies(bench, see):
    """S1: 1,000 strangers who keep the end of IDENTIFY back"""
    with bench.lookupd() as server, contextlib.ExitStack() as stack:
        before = server.forget_peak()
        opening = MAGIC + b"IDENTIFY\n" + struct.pack(">i", BODY) + bytes(BODY - 1)
        for _ in range(1000):
            with contextlib.suppress(OSError):
                stack.enter_context(Peer(server, opening))
        with producer(server, "late", "t") as late:
            see.check(late.is_open(), "a producer is served beside them")
        until(lambda: server.peak() - before > 64 * MIB, 1)
        grown = (server.peak() - before) / MIB
        see.note("they cost %.0f MiB" % grown)
        see.check(grown <= 160, "they cost little more than twice what they sent, 64 MiB", "%.0f MiB" % grown)


def memory(bench, see):
    """the memory of one nsqlookupd over all cases"""
    server = bench.plain
    see.check(server.is_alive(), "it lives", server.log())
    grown = (server.peak() - server.first_resident) / MIB
    see.note("it grew by %.1f MiB at most, and by %.1f in the end" % (grown, server.growth() / MIB))
    see.check(grown <= 64, "it grows by at most 64 MiB", "%.0f MiB" % grown)
    see.equal(json.dumps(server.get("/info"))[:12], '{"version": ', "it answers")
    see.equal(server.stop(), 0, "SIGTERM ends it with status 0")
