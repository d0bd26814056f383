"""nsqd: the channels that a new topic gets from nsqlookupd, before its first message goes anywhere."""
import contextlib
import json
import threading
import time

from fake_lookupd import FakeLookupd, listing, never, plain
from hostile.exchange import until
from wire import MESSAGE, Connection, Message, pub

AT_ONCE = 0.5  # far below the time of every slow answer here, far above what a busy machine adds
SLOW = 1.0


@contextlib.contextmanager
def pair(bench, *flags):
    """An nsqd and the two nsqlookupds that it knows to be there."""
    with FakeLookupd() as first, FakeLookupd() as second:
        with bench.nsqd(*flags, lookupds=[first.address, second.address]) as node:
            become_known(node, first, second)
            yield node, first, second


def become_known(node, *fakes):
    # What is registered was sent behind the answer to IDENTIFY, so that was read.
    node.post("/topic/create", topic="known")
    if not until(lambda: all("REGISTER known" in fake.lines() for fake in fakes)):
        raise OSError("nsqd does not register")


def publish(node, topic, body=b"first"):
    """Publishes; returns the seconds that took."""
    with contextlib.closing(Connection(node.tcp_port)) as producer:
        began = time.monotonic()
        producer.call(pub(topic, body))
        return time.monotonic() - began


def depths(node, topic):
    """{channel: its depth}; of the topic itself under an empty name."""
    statistics, channels = node.topics().get(topic, ({"depth": None}, {}))
    return {"": statistics["depth"], **{name: channel["depth"] for name, channel in channels.items()}}


def consumed(node, topic, channel, count=1, timeout=5.0):
    """The bodies that a new consumer gets, and when the first came; an empty list when none comes in time."""
    with contextlib.closing(Connection(node.tcp_port)) as consumer:
        consumer.subscribe(topic, channel)
        consumer.ready(count)
        bodies, first, deadline = [], None, time.monotonic() + timeout
        while len(bodies) < count and time.monotonic() < deadline:
            for kind, data in consumer.frames(max(0.001, deadline - time.monotonic())):
                if kind == MESSAGE:
                    first = first or time.monotonic()
                    bodies.append(Message(data).body)
                    consumer.send(b"FIN " + data[10:26] + b"\n")
        return bodies, first


def slow_answer(bench, see):
    """two channels that are told of after a second"""
    with pair(bench) as (node, first, second):
        first.channels["both"] = listing("a", "b", after=SLOW)
        took = publish(node, "both")
        see.check(took < AT_ONCE, "the first PUB returns at once", "%.2f s" % took)
        took = max(publish(node, "both", b"more") for _ in range(4))
        see.check(took < AT_ONCE, "so do the next", "%.2f s" % took)
        asked = until(lambda: first.asked("both"))
        see.check(asked and not first.asked("both")[0].answered, "before the answer is there")
        see.equal(depths(node, "both"), {"": 5}, "and all wait in the topic")
        wanted = {"": 0, "a": 5, "b": 5}
        see.check(until(lambda: depths(node, "both") == wanted, SLOW + 2), "then both channels have all of them",
                  depths(node, "both"))
        for channel in "ab":
            bodies, _ = consumed(node, "both", channel, 5)
            see.equal(sorted(bodies), [b"first"] + [b"more"] * 4, "which a consumer of %s gets" % channel)
        question = first.asked("both")[0]
        see.equal(len(first.asked("both") + second.asked("both")), 2, "each nsqlookupd is asked once")
        see.equal(question.headers["Accept"], "application/vnd.nsq; version=1.0", "in NSQ's form")
        see.check(until(lambda: "REGISTER both a" in first.lines()), "the channels are registered", first.lines())

        first.channels["union"], second.channels["union"] = listing("a", "b"), listing("b", "c")
        first.channels["partial"], second.channels["partial"] = plain(500, b"no"), listing("c")
        for topic, wanted in (("union", {"": 0, "a": 1, "b": 1, "c": 1}), ("partial", {"": 0, "c": 1})):
            publish(node, topic)
            opened = until(lambda: depths(node, topic) == wanted)
            see.check(opened, "%s of what both answer" % topic, depths(node, topic))
        first.channels["brief#ephemeral"] = listing("a", after=0.2)
        publish(node, "brief#ephemeral")
        opened = until(lambda: depths(node, "brief#ephemeral") == {"": 0, "a": 1})
        see.check(opened, "an ephemeral topic is asked for by its name", first.paths[-3:])
        first.channels["mpub"] = listing("a", after=SLOW)
        first.channels["later"] = listing("a", "b", after=SLOW)
        began = time.monotonic()
        node.post("/mpub", b"one\ntwo\n", topic="mpub")
        node.post("/pub", b"deferred", topic="later", defer="200")
        see.check(time.monotonic() - began < AT_ONCE, "POST /mpub and a deferred /pub return at once too")
        see.check(until(lambda: depths(node, "mpub") == {"": 0, "a": 2}, SLOW + 2), "and are in the channels later")
        wanted = {"": 0, "a": 1, "b": 1}
        opened = until(lambda: depths(node, "later") == wanted, SLOW + 2)
        see.check(opened, "the deferred one when its time has come", depths(node, "later"))


def third_channel(bench, see):
    """a consumer that comes before the answer"""
    with pair(bench) as (node, first, _):
        first.channels["third"] = listing("a", "b", after=SLOW)
        publish(node, "third")
        bodies, when = consumed(node, "third", "c")
        see.equal(bodies, [b"first"], "it gets the first message")
        answered = first.asked("third")[0].answered
        see.check(answered and when and when >= answered, "after the answer", (when, answered))
        see.check(when and answered and when - answered < 1, "and soon after it", (when, answered))
        see.equal(depths(node, "third"), {"": 0, "a": 1, "b": 1, "c": 0}, "and the others have it too")


def states(bench, see):
    """topics that are paused, emptied, deleted before the answer"""
    with pair(bench) as (node, first, _):
        fleeting = "fleeting#ephemeral"
        for topic in ("paused", "resumed", "deleted", "remade", "emptied", "changed", fleeting):
            first.channels[topic] = listing("a", "b", after=SLOW)
            publish(node, topic)
        node.post("/topic/pause", topic="paused")
        node.post("/topic/pause", topic="resumed")
        node.post("/channel/create", topic="resumed", channel="c")
        node.post("/topic/unpause", topic="resumed")
        node.post("/topic/delete", topic="deleted")
        node.post("/topic/delete", topic="remade")
        first.channels["remade"] = listing("z", after=SLOW)
        publish(node, "remade", b"second")
        node.post("/topic/empty", topic="emptied")
        node.post("/channel/create", topic="changed", channel="c")
        node.post("/channel/delete", topic="changed", channel="c")
        with contextlib.closing(Connection(node.tcp_port)) as consumer:
            consumer.subscribe(fleeting, "c#ephemeral")
        see.equal(depths(node, "resumed"), {"": 1, "c": 0}, "one that is paused and resumed waits all the same")
        there = lambda: set(depths(node, "paused")) == {"", "a", "b"}
        see.check(until(there, SLOW + 2), "one that is paused gets its channels", depths(node, "paused"))
        see.check(node.topics()["paused"][0]["paused"], "and stays paused")
        see.equal(depths(node, "paused"), {"": 1, "a": 0, "b": 0}, "its message waits")
        node.post("/topic/unpause", topic="paused")
        moved = lambda: depths(node, "paused") == {"": 0, "a": 1, "b": 1}
        see.check(until(moved), "until it is resumed", depths(node, "paused"))
        wanted = {"": 0, "a": 1, "b": 1, "c": 1}
        see.check(until(lambda: depths(node, "resumed") == wanted, SLOW + 2), "the other's is in all channels",
                  depths(node, "resumed"))
        see.check(until(lambda: depths(node, "remade") == {"": 0, "z": 1}, SLOW + 2),
                  "one that is deleted and made again gets the answer to its own question", depths(node, "remade"))
        see.check("deleted" not in node.topics(), "one that is deleted stays so")
        for topic, depth, statement in (
                ("emptied", 0, "one that is emptied stays so"),
                ("changed", 1, "one whose first channel is deleted again keeps its message for the others")):
            wanted = {"": 0, "a": depth, "b": depth}
            see.check(until(lambda: depths(node, topic) == wanted, SLOW + 2), statement, depths(node, topic))
        see.check(until(lambda: fleeting not in node.topics()), "an ephemeral one whose consumer left is gone")
        see.check(node.is_alive(), "nsqd lives", node.log())


def killed(bench, see):
    """SIGKILL before the answer"""
    with pair(bench) as (node, first, _):
        for topic in ("with", "without", "paused"):
            first.channels[topic] = never
            publish(node, topic)
        node.post("/topic/pause", topic="paused")
        node.post("/channel/create", topic="paused", channel="c")
        with contextlib.closing(Connection(node.tcp_port)) as consumer:
            consumer.subscribe("with", "c")
            consumer.ready(1)
            see.equal(consumer.frames(0.3), [], "a consumer that has come waits")
            see.equal(depths(node, "with"), {"": 1, "c": 0}, "its channel is there")
            node.kill()
        node.start()
        see.check(until(lambda: depths(node, "with") == {"": 0, "c": 1}), "started again, its channel has the message",
                  depths(node, "with"))
        see.equal(consumed(node, "with", "c")[0], [b"first"], "which it gets")
        see.equal(depths(node, "without"), {"": 1}, "a topic without a channel has its message")
        see.equal(consumed(node, "without", "d")[0], [b"first"], "which a channel that comes then gets")
        see.equal((depths(node, "paused"), node.topics()["paused"][0]["paused"]), ({"": 1, "c": 0}, True),
                  "one that was paused still is, and has its message")
        node.post("/topic/unpause", topic="paused")
        see.equal(consumed(node, "paused", "c")[0], [b"first"], "until it is resumed")


def crowd(bench, see):
    """many new topics at once, while nobody answers"""
    count = 200
    with pair(bench, "--http-client-request-timeout=2s") as (node, first, second):
        topics = ["crowd%d" % number for number in range(count)]
        for topic in topics:
            first.channels[topic] = never
            second.channels[topic] = listing("c")
        slowest, problems = [0.0] * 4, []

        def work(worker):
            try:
                for topic in topics[worker::4]:
                    slowest[worker] = max(slowest[worker], publish(node, topic))
            except OSError as error:
                problems.append(repr(error))

        threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        see.check(not problems and max(slowest) < 1, "no first PUB takes a second", (problems, max(slowest)))

        def opened():
            found = node.topics()
            return sum(1 for topic in topics if found[topic][1].get("c", {}).get("depth") == 1)
        see.check(until(lambda: opened() == count, 15), "all topics open, with the channel that one knows", opened())
        see.check(json.loads(node.request("GET", "/stats", format="json")[1])["health"] == "OK", "nsqd is well")
