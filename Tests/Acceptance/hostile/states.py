"""Commands at the wrong moment."""
from hostile.exchange import identify, sized, texts
from wire import dpub, mpub, pub

UNKNOWN_ID = b"0123456789abcdef"


def states(bench, see):
    """S6 states: each command in each state is answered as the original answers it."""
    commands = {
        "IDENTIFY": identify(client_id="x"), "AUTH": sized(b"AUTH", b"nobody"),
        "SUB": b"SUB states#ephemeral c#ephemeral\n", "RDY": b"RDY 1\n",
        "FIN": b"FIN %s\n" % UNKNOWN_ID, "REQ": b"REQ %s 0\n" % UNKNOWN_ID, "TOUCH": b"TOUCH %s\n" % UNKNOWN_ID,
        "CLS": b"CLS\n", "NOP": b"NOP\n", "PUB": pub("other#ephemeral", b"x"),
        "MPUB": mpub("other#ephemeral", [b"x"]), "DPUB": dpub("other#ephemeral", 0, b"x"),
        "BOGUS": b"BOGUS\n",
    }
    publishes = ("PUB", "MPUB", "DPUB")

    def ordinary(name, is_subscribed, is_closing=False):
        if name in publishes:
            return b"OK"
        if name in ("FIN", "REQ", "TOUCH") and is_subscribed:
            text = name.encode()
            return b"E_%s_FAILED %s %s failed ID not in flight" % (text, text, UNKNOWN_ID)
        if name == "CLS" and is_subscribed and not is_closing:
            return b"CLOSE_WAIT"
        if name in ("IDENTIFY", "SUB") and not is_subscribed:
            return b"OK"
        if name == "AUTH" and not is_subscribed:
            return b"E_AUTH_DISABLED AUTH disabled"
        if name == "NOP" or (name == "RDY" and is_subscribed):
            return None
        if name == "BOGUS":
            return b"E_INVALID invalid command BOGUS"
        return b"E_INVALID cannot %s in current state" % name.encode()

    def unauthenticated(name):
        if name == "AUTH":
            return b"E_AUTH_FAILED AUTH failed"
        if name in publishes + ("SUB",):
            return b"E_AUTH_FIRST AUTH required before %s" % name.encode()
        return ordinary(name, False)

    def in_the_clear(name):
        if name == "IDENTIFY":
            return b"OK"
        return b"E_INVALID cannot %s in current state (TLS required)" % name.encode()

    subscribe = commands["SUB"]
    for state, target, opening, wanted in (
            ("a fresh connection", bench.plain, [], lambda name: ordinary(name, False)),
            ("an identified one", bench.plain, [identify()], lambda name: ordinary(name, False)),
            ("a subscribed one", bench.plain, [subscribe], lambda name: ordinary(name, True)),
            ("a closing one", bench.plain, [subscribe, b"CLS\n"], lambda name: ordinary(name, True, True)),
            ("one before AUTH", bench.auth, [], unauthenticated),
            ("one before TLS", bench.tls, [], in_the_clear)):
        for name, command in commands.items():
            answer = wanted(name)
            got = texts(target, b"".join(opening) + command)[len(opening):]
            see.equal(got, [] if answer is None else [answer], "%s on %s" % (name, state))
