"""nsqd: what it tells an nsqlookupd, in which order and form."""
import contextlib
import json
import random
import socket
import threading

from fake_lookupd import FakeLookupd, slowly
from hostile.exchange import until
from wire import Connection

KEYS = ["broadcast_address", "hostname", "http_port", "tcp_port", "topology_region", "topology_zone", "version"]


def connected(node):
    """Waits for the first connection: what is made before is told twice, with it and by itself."""
    until(lambda: "peer info" in node.whole_log())


def check_introduction(see, node, conversation, statement):
    pairs = json.loads(conversation.identity, object_pairs_hook=list)
    see.equal((conversation.magic, conversation.commands[0][1]), (b"  V1", "IDENTIFY"), statement)
    see.equal([key for key, _ in pairs], KEYS, "it has all keys, by name")
    version = json.loads(node.request("GET", "/info")[1])["version"]
    wanted = ["127.0.0.1", socket.gethostname(), node.http_port, node.tcp_port, 'r"1', "zone", version]
    see.equal([value for _, value in pairs], wanted, "with their values")
    see.check(b" " not in conversation.identity and b"\n" not in conversation.identity, "without white space")


def introduction(bench, see):
    """the form of an introduction, on each connection"""
    flags = ["--topology-region=r\"1", "--topology-zone=zone"]
    with FakeLookupd() as fake, bench.nsqd(*flags, lookupds=[fake.address]) as node, \
            contextlib.closing(Connection(node.tcp_port)) as consumer:
        connected(node)
        node.post("/topic/create", topic="bare")
        for channel in ("x", "y"):
            node.post("/topic/create", topic="two")
            node.post("/channel/create", topic="two", channel=channel)
        consumer.subscribe("brief#ephemeral", "c#ephemeral")
        everything = ["REGISTER bare", "REGISTER brief#ephemeral c#ephemeral", "REGISTER two x", "REGISTER two y"]
        one_by_one = sorted(everything + ["REGISTER two", "REGISTER brief#ephemeral"])
        see.check(until(lambda: sorted(fake.lines()) == one_by_one, 3), "topics and channels are told one by one",
                  fake.lines())
        lines = fake.lines()
        see.check(lines.index("REGISTER two") < lines.index("REGISTER two x"), "a topic before its channels", lines)
        check_introduction(see, node, fake.conversations[0], "a connection begins with the magic and IDENTIFY")
        for number in range(1, 3):
            fake.conversations[-1].drop()
            again = until(lambda: len(fake.conversations) == number + 1 and len(fake.lines()) == len(everything), 5)
            see.check(again, "connected again, nsqd tells everything again", fake.lines())
            see.equal(sorted(fake.lines()), everything, "a topic alone where it has no channel, else its channels")
            check_introduction(see, node, fake.conversations[-1], "behind the same magic and IDENTIFY")
        see.check(fake.gaps()[0] >= 0.95, "and not before a second is over", fake.gaps())
        conversation, size = fake.conversations[-1], len(fake.lines())
        see.equal(node.stop(), 0, "SIGTERM ends it with status 0")
        see.check(until(lambda: conversation.ended is not None), "which ends the connection")
        rest = conversation.lines()[size:] + [conversation.buffer] * bool(conversation.buffer)
        see.check(not rest, "nothing is sent at exit", rest)
        see.equal(len(fake.conversations), 3, "nor is there another connection")


def deletions(bench, see):
    """what is deleted is taken back"""
    with FakeLookupd() as fake, bench.nsqd(lookupds=[fake.address]) as node:
        def told(*lines):
            """Whether these are what is told next, in this order."""
            arrived = until(lambda: len(fake.lines()) >= seen[0] + len(lines), 3)
            got, seen[0] = fake.lines()[seen[0]:], len(fake.lines())
            return arrived and got == list(lines) or got

        seen = [0]
        connected(node)
        node.post("/topic/create", topic="t")
        for channel in "abc":
            node.post("/channel/create", topic="t", channel=channel)
        see.equal(told("REGISTER t", "REGISTER t a", "REGISTER t b", "REGISTER t c"), True, "all is told")
        node.post("/channel/delete", topic="t", channel="b")
        see.equal(told("UNREGISTER t b"), True, "a channel that is deleted is taken back")
        node.post("/topic/delete", topic="t")
        until(lambda: fake.lines()[-1] == "UNREGISTER t", 3)
        rest = fake.lines()[seen[0]:]
        see.equal(sorted(rest), ["UNREGISTER t", "UNREGISTER t a", "UNREGISTER t c"], "a topic with its channels")
        see.equal(rest[-1], "UNREGISTER t", "and the channels before the topic")
        seen[0] = len(fake.lines())
        with contextlib.closing(Connection(node.tcp_port)) as consumer:
            consumer.subscribe("brief#ephemeral", "c#ephemeral")
            see.equal(told("REGISTER brief#ephemeral", "REGISTER brief#ephemeral c#ephemeral"), True,
                      "an ephemeral channel is told of")
        until(lambda: fake.lines()[-1] == "UNREGISTER brief#ephemeral", 3)
        rest = fake.lines()[seen[0]:]
        see.equal(rest, ["UNREGISTER brief#ephemeral c#ephemeral", "UNREGISTER brief#ephemeral"],
                  "and taken back with its last consumer")
        see.equal(len(fake.conversations), 1, "all of it on one connection")


def patience(bench, see):
    """an nsqlookupd that takes 10 ms for each command"""
    with FakeLookupd(slowly) as fake, bench.nsqd("--log-level=error") as node:
        topics = ["t%d" % number for number in range(200)]
        for topic in topics:
            node.post("/topic/create", topic=topic)
        node.request("PUT", "/config/nsqlookupd_tcp_addresses", json.dumps([fake.address]).encode())
        # A second is the time for a reply, not for all that were asked for at once.
        complete = until(lambda: len(set(fake.lines())) == len(topics), 6)
        see.check(complete, "it learns of 200 topics in their 2 s", "%d of them on connection %d" % (
            len(set(fake.lines())), len(fake.conversations)))
        node.post("/topic/create", topic="one-more")
        see.check(until(lambda: "REGISTER one-more" in fake.lines(), 2), "and of another then")
        see.equal(len(fake.conversations), 1, "on one connection")


def registered(lines):
    """{topic: {channel}} that an nsqlookupd has after these commands."""
    found = {}
    for line in lines:
        verb, topic, *channel = line.split(" ")
        if verb == "REGISTER":
            found.setdefault(topic, set()).update(channel)
        elif verb == "UNREGISTER" and channel:
            found.get(topic, set()).difference_update(channel)
        elif verb == "UNREGISTER":
            found.pop(topic, None)
    return found


def haste(bench, see):
    """topics and channels that come and go at once, connections that end meanwhile"""
    with FakeLookupd() as fake, bench.lookupd() as real, \
            bench.nsqd("--log-level=error", lookupds=[fake.address, real.address]) as node:
        problems = []

        def hurry(chance):
            for _ in range(150):
                names = {"topic": "t%d" % chance.randrange(4)}
                route = chance.choice(("/topic/create", "/channel/create", "/topic/delete", "/channel/delete"))
                if route.startswith("/channel"):
                    names["channel"] = chance.choice("ab")
                status, body = node.request("POST", route, **names)
                # 503 is what a channel meets whose topic is just being deleted.
                if status not in (200, 404, 503):
                    problems.append((route, status, body))

        until(lambda: fake.living())
        threads = [threading.Thread(target=hurry, args=(random.Random(bench.seed + number),)) for number in range(4)]
        for thread in threads:
            thread.start()
        until(lambda: len(fake.lines()) > 50 or not threads[0].is_alive(), 5)
        fake.conversations[-1].drop()
        for thread in threads:
            thread.join(30)
        see.check(not problems, "every request is answered", problems[:3])
        # nsqlookupd remembers the channels of a topic that is made again, so they may still be on their way.
        there = lambda: {topic: set(channels) for topic, (_, channels) in node.topics().items()}
        agrees = until(lambda: registered(fake.lines()) == there(), 5)
        see.check(agrees, "in the end exactly what is there is registered", (registered(fake.lines()), there()))

        def at_the_real():
            topics = [topic for topic in real.topics() if real.producers(topic)]
            entries = real.get("/debug")
            return {topic: {key.split(":")[2] for key in entries if key.startswith("channel:%s:" % topic)}
                    for topic in topics}
        see.check(until(lambda: at_the_real() == there(), 5), "at nsqlookupd too", (at_the_real(), there()))
