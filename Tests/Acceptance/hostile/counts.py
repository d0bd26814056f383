"""Numbers that no type holds."""
from hostile.exchange import identify, refusal, texts
from hostile.states import UNKNOWN_ID


def numbers(bench, see):
    """S8 numbers: signs, other digits, and more digits than 64 bits hold wrap as in the original."""
    target = bench.plain
    subscribe = b"SUB numbers#ephemeral c#ephemeral\n"
    out_of_range = b"E_INVALID RDY count %d out of range 0-2500"
    unparsable = b"E_INVALID RDY could not parse count "
    arabic = "\u0665".encode()
    for raw, wanted in (
            (b"-1", unparsable + b"-1"), (b"+5", unparsable + b"+5"), (arabic, unparsable + arabic),
            (b"0x10", unparsable + b"0x10"), (b"1e3", unparsable + b"1e3"), (b"2501", out_of_range % 2501),
            (b"%d" % (1 << 63), out_of_range % -(1 << 63)), (b"%d" % ((1 << 64) - 1), out_of_range % -1),
            (b"%d" % ((1 << 64) + 2), None), (b"9" * 4000, out_of_range % wrapped("9" * 4000))):
        got = texts(target, subscribe + b"RDY %s\n" % raw)[1:]
        see.equal(got, [wanted] if wanted else [], "RDY %s" % shorter(raw))
    body = b"\n\0\0\0\x01x"
    for raw in (b"-1", b"+5", arabic, b"1.5"):
        got = refusal(target, b"DPUB numbers#ephemeral %s" % raw + body)
        see.equal(got, b"E_INVALID DPUB could not parse timeout " + raw, "DPUB %s" % shorter(raw))
        got = texts(target, subscribe + b"REQ %s %s\n" % (UNKNOWN_ID, raw))[1:]
        see.equal(got, [b"E_INVALID REQ could not parse timeout " + raw], "REQ %s" % shorter(raw))
    failed = b"E_REQ_FAILED REQ %s failed ID not in flight" % UNKNOWN_ID
    for value in ((1 << 63) - 1, 1 << 63, (1 << 64) - 1, 1 << 64, (1 << 64) // 1_000_000 + 1, 9_223_372_036_855,
                  10 ** 40):
        got = texts(target, subscribe + b"REQ %s %d\n" % (UNKNOWN_ID, value))[1:]
        see.equal(got, [failed], "REQ of %d ms" % value)
        nanoseconds = wrapped(str(wrapped(str(value)) * 1_000_000))
        got = texts(target, b"DPUB numbers#ephemeral %d" % value + body)
        wanted = b"OK" if 0 <= nanoseconds <= 3_600_000_000_000 else (
            b"E_INVALID DPUB timeout %d out of range 0-3600000" % (value % (1 << 64)))
        see.equal(got, [wanted], "DPUB of %d ms" % value)
        status, _ = target.post("/pub", b"x", topic="numbers#ephemeral", defer=str(value))
        see.check(status in (200, 400), "HTTP defer of %d" % value, status)
    for key in ("heartbeat_interval", "output_buffer_timeout", "output_buffer_size", "sample_rate", "msg_timeout"):
        for value in (-(1 << 63), -2, (1 << 31) - 1, (1 << 63) - 1):
            got = refusal(target, identify(**{key: value}))
            see.check(got is not None and got.startswith(b"E_BAD_BODY IDENTIFY "), "%s of %d" % (key, value), got)


def wrapped(digits):
    """A decimal number as 64 bits with a sign hold it."""
    value = int(digits) % (1 << 64)
    return value - (1 << 64) if value >= 1 << 63 else value


def shorter(raw):
    return repr(raw if len(raw) <= 40 else raw[:20] + b"...")
