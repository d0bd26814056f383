"""Commands whose lengths and lines are not what they say."""
import contextlib
import struct

from hostile.exchange import answers, refusal, texts
from wire import Connection, pub

MAX_BODY, MAX_MESSAGE = 5_242_880, 1_048_576
SIZES = [0, -1, -(1 << 31), (1 << 31) - 1]


def lengths(bench, see):
    """S4 lengths: none, negative and beyond the limit, in each command that has one; nothing behind is read."""
    target = bench.plain
    bodies = [
        (b"IDENTIFY\n", MAX_BODY, "E_BAD_BODY IDENTIFY %s"), (b"AUTH\n", MAX_BODY, "E_BAD_BODY AUTH %s"),
        (b"PUB sizes\n", MAX_MESSAGE, "E_BAD_MESSAGE PUB %s"),
        (b"DPUB sizes 0\n", MAX_MESSAGE, "E_BAD_MESSAGE DPUB %s"),
        (b"MPUB sizes\n", MAX_BODY, "E_BAD_BODY MPUB %s"),
        (b"MPUB sizes\n" + struct.pack(">ii", 100, 1), MAX_MESSAGE, "E_BAD_MESSAGE MPUB %s"),
    ]
    smuggled = pub("smuggled", b"x")
    for command, limit, text in bodies:
        noun = "body" if limit == MAX_BODY else "message body"
        noun = "message(0) body" if len(command) > 13 else noun
        for size in SIZES + [limit + 1]:
            said = "invalid %s size %d" % (noun, size)
            if size > limit:
                said = "%s too big %d > %d" % ("body" if limit == MAX_BODY else "message", size, limit)
            wanted = (text % said).encode()
            got = refusal(target, command + struct.pack(">i", size) + smuggled)
            see.equal(got, wanted, "%r with size %d" % (command[:12], size))
    for count in SIZES + [(MAX_BODY - 4) // 5 + 1]:
        got = refusal(target, b"MPUB sizes\n" + struct.pack(">ii", 100, count) + smuggled)
        see.equal(got, b"E_BAD_BODY MPUB invalid message count %d" % count, "MPUB of %d messages" % count)
    # More messages than were sent: the next command's letters are a size then, and a bad one.
    short = b"MPUB sizes\n" + struct.pack(">iii", 9, 2, 1) + b"x" + smuggled
    see.equal(refusal(target, short), b"E_BAD_MESSAGE MPUB message too big %d > %d" % (
        struct.unpack(">i", b"PUB ")[0], MAX_MESSAGE), "MPUB with a message less than it counts")
    # The total is compared with nothing, as the original does it (quirk Q14): the count alone decides.
    wrong_total = b"MPUB sizes\n" + struct.pack(">iii", 5000, 1, 1) + b"x"
    got = texts(target, wrong_total + pub("sizes", b"y"))
    see.equal(got, [b"OK", b"OK"], "MPUB with a wrong total stays in step")
    see.check("smuggled" not in target.topics(), "nothing behind an error is carried out")


def lines(bench, see):
    """S5 lines: without an end, with bytes that are no text, and answers as long as the question."""
    target = bench.plain
    # The original closes without a frame beyond 16 KiB, and clients see the same here.
    got, is_closed = answers(target, b"A" * 16_385, ends_input=False)
    see.check(is_closed and not got, "a line without an end is closed", (got, is_closed))
    for name, line in (
            ("a carriage return", b"PUB\rx t\n"), ("NUL", b"\0\n"), ("0xff", b"\xff\n"),
            ("spaces", b" " * 10_000 + b"\n"), ("a long name", b"B" * 10_000 + b"\n"),
            ("a name of 0xff", b"\xff" * 10_000 + b"\n")):
        got = refusal(target, line + pub("smuggled", b"x")) or b""
        see.check(got.startswith(b"E_INVALID invalid command"), "%s is no command" % name, got[:99])
        see.check(len(got) <= 1024, "the answer to %s is short" % name, "%d bytes" % len(got))
    for name, line, code in (
            ("PUB's topic", b"PUB %s\n", b"E_BAD_TOPIC"), ("SUB's channel", b"SUB t %s\n", b"E_BAD_CHANNEL"),
            ("DPUB's delay", b"DPUB t %s\n", b"E_INVALID")):
        got = refusal(target, line % (b"\x01" * 10_000)) or b""
        see.check(got.startswith(code), "a long name for %s is refused" % name, got[:99])
        see.check(len(got) <= 1024, "the answer to a long %s is short" % name, "%d bytes" % len(got))
    see.check("smuggled" not in target.topics(), "nothing behind an error is carried out")


def sent_behind_an_error(bench, see):
    """S4 behind an error: a client that goes on sending reads the error and the end, and no reset."""
    target = bench.plain
    too_large = b"PUB sizes\n" + struct.pack(">i", MAX_MESSAGE + 1)
    for name, command in (("a body beyond the limit", too_large), ("no command", b"BOGUS\n")):
        with contextlib.closing(Connection(target.tcp_port)) as connection:
            peer = connection.socket
            try:
                peer.sendall(command + bytes(8 * MAX_MESSAGE))
                received = b"".join(iter(lambda: peer.recv(4096), b""))
            except OSError as error:
                received = repr(error).encode()
        see.check(received[4:].startswith(b"\0\0\0\1E_"), "the error of %s is read" % name, received[:99])
