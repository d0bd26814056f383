"""nsqd: answers about the channels of a new topic that are late, odd, or none."""
import time

from fake_lookupd import endless, half, huge, listing, never, plain
from hostile.exchange import until
from lookupd.new_topics import AT_ONCE, consumed, depths, pair, publish


def odd_names(bench, see):
    """answers with names that are none, or too many"""
    names = ["ok", "brief#ephemeral", "bad name", "", "a" * 65, "../up", "é", "#ephemeral", "a\0b", "a\n", "*", "ok"]
    with pair(bench) as (node, first, second):
        first.channels["names"] = listing(*names)
        publish(node, "names")
        opened = until(lambda: depths(node, "names") == {"": 0, "ok": 1})
        see.check(opened, "only those that are names of durable channels", depths(node, "names"))
        second.channels["many"] = listing(*("c%d" % number for number in range(5000)))
        slowest = publish(node, "many")
        deadline = time.monotonic() + 10
        while len(depths(node, "many")) < 1000 and time.monotonic() < deadline:
            slowest = max(slowest, publish(node, "many", b"more"))
        count = len(depths(node, "many")) - 1
        see.check(0 < count <= 1024, "of 5,000 channels, 1,024 at most", count)
        see.note("publishing meanwhile took %.3f s at most" % slowest)
        see.check(slowest < 1, "publishing to the topic meanwhile never takes a second", "%.2f s" % slowest)


def bad_answers(bench, see):
    """answers that are none"""
    texts = {
        "no JSON": b"hello", "an empty body": b"", "a list": b"[]", "null": b"null", "no list": b'{"channels":7}',
        "a number in the list": b'{"channels":["wrong",7]}', "more behind it": b'{"channels":["wrong"]}x',
        "an end too soon": b'{"channels":["wrong"', "deep nesting": b'{"channels":' + b"[" * 500_000,
        "no UTF-8": b'{"channels":["\xff"]}', "null for a list": b'{"channels":null}'}
    answers = {name: plain(200, text) for name, text in texts.items()}
    answers.update({
        "a 500": plain(500, b'{"channels":["wrong"]}'), "a 404": plain(404, b'{"channels":["wrong"]}'),
        "100 MiB": huge, "an endless list": endless,
        "1 MiB of spaces": plain(200, b" " * (1 << 20) + b'{"channels":["wrong"]}'),
        "a 403 to a port that is none": plain(403, b'{"https_port":99999}'),
        "a 403 to a closed port": plain(403, b'{"https_port":1}')})
    with pair(bench, "--http-client-request-timeout=3s") as (node, first, _):
        elsewhere = "http://127.0.0.1:%d/elsewhere" % first.http.server_port
        for status in (301, 302, 307, 308):
            answers["a %d" % status] = plain(status, b"", Location=elsewhere)
        before = node.forget_peak()
        for number, (name, answer) in enumerate(answers.items()):
            topic = "bad%d" % number
            first.channels[topic] = answer
            took = publish(node, topic)
            bodies, when = consumed(node, topic, "c")
            see.check(took < AT_ONCE and bodies == [b"first"], "%s: the topic opens, nothing is lost" % name,
                      (took, bodies))
            see.check(set(depths(node, topic)) == {"", "c"}, "and has no channel of it", depths(node, topic))
        see.equal(first.paths.count("/elsewhere"), 0, "no redirect is followed")
        grown = (node.peak() - before) / (1 << 20)
        see.note("nsqd grew by %.0f MiB at most" % grown)
        see.check(grown <= 32, "nsqd grows by at most 32 MiB", "%.0f MiB" % grown)


def no_answer(bench, see):
    """--http-client-request-timeout: answers that never come"""
    with pair(bench, "--http-client-request-timeout=1s") as (node, first, second):
        for name, answer in (("never comes", never), ("never ends", half)):
            topic = name.replace(" ", "-")
            first.channels[topic], second.channels[topic] = answer, listing("known-elsewhere")
            began = time.monotonic()
            took = publish(node, topic)
            see.check(took < AT_ONCE, "an answer that %s delays no PUB" % name, "%.2f s" % took)
            bodies, when = consumed(node, topic, "c")
            see.equal(bodies, [b"first"], "the topic opens without it")
            see.check(when and 0.9 < when - began < 2.5, "when the time is up", when and when - began)
            see.equal(depths(node, topic), {"": 0, "c": 0, "known-elsewhere": 1}, "with what the other answered")
        for topic in ("end", "end-c"):
            first.channels[topic] = never
            publish(node, topic, b"kept")
        node.post("/channel/create", topic="end-c", channel="c")
        began = time.monotonic()
        see.equal(node.stop(), 0, "SIGTERM ends nsqd while it waits")
        see.check(time.monotonic() - began < 2, "at once", "%.1f s" % (time.monotonic() - began))
        node.start()
        see.equal(depths(node, "end"), {"": 1}, "its message is there after the next start")
        see.equal(consumed(node, "end", "c")[0], [b"kept"], "and reaches a channel that comes then")
        see.equal(consumed(node, "end-c", "c")[0], [b"kept"], "or one that had come before")


def lost(bench, see):
    """an nsqlookupd that was known and is gone"""
    with pair(bench, "--http-client-request-timeout=4s") as (node, first, second):
        second.close()
        first.channels["lost"] = listing("a")
        began = time.monotonic()
        took = publish(node, "lost")
        see.check(took < AT_ONCE, "the first PUB returns at once", "%.2f s" % took)
        opened = until(lambda: depths(node, "lost") == {"": 0, "a": 1}, 8)
        see.check(opened, "the topic opens with what the other answered", depths(node, "lost"))
        # Nobody listens there, so there is nothing to wait for.
        took = time.monotonic() - began
        see.check(took < 1, "without waiting for what can not answer", "%.1f s" % took)
