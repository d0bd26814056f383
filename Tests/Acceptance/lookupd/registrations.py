"""nsqlookupd: what it keeps of whom, shows to whom, and refuses."""
import contextlib
import gzip
import http.client
import json
import random
import shutil
import subprocess
import threading

from hostile.exchange import until
from lookupd.bench import Peer, answers, identify, producer

REFUSED = b"E_INVALID REGISTER too many registrations"


def wildcards(bench, see):
    """`*` is a name like any other that is none"""
    server = bench.plain
    with producer(server, "star", "star-a c", "star-b d"):
        see.equal(server.get("/lookup", topic="*"), 404, "/lookup knows no such topic")
        see.equal(server.get("/channels", topic="*"), {"channels": []}, "/channels has none of it")
        see.equal(server.post("/topic/delete", topic="*"), (200, b""), "/topic/delete takes it")
        see.check({"star-a", "star-b"} <= set(server.topics()), "and deletes nothing", server.topics())
        see.equal(server.channels("star-a"), ["c"], "no channel either")
        see.equal(server.post("/topic/tombstone", topic="*", node="star:4151"), (200, b""), "so does /topic/tombstone")
        see.equal(server.producers("star-a"), [("star", 4151)], "and hides nothing")
        status, body = server.post("/channel/delete", topic="star-a", channel="*")
        see.equal((status, body), (400, b'{"message":"INVALID_ARG_CHANNEL"}'), "/channel/delete refuses it")
        status, body = server.post("/channel/delete", topic="*", channel="c")
        see.equal((status, body), (400, b'{"message":"INVALID_ARG_TOPIC"}'), "as a topic too")


def tombstones(bench, see):
    """a tombstone finds an IPv6 address with brackets and without"""
    server = bench.plain
    for number, node in enumerate(("2001:db8::7:4151", "[2001:db8::7]:4151")):
        topic = "stone%d" % number
        with producer(server, "2001:db8::7", topic), producer(server, "10.0.0.9", topic):
            see.equal(len(server.producers(topic)), 2, "/lookup has two producers")
            see.equal(server.post("/topic/tombstone", topic=topic, node=node)[0], 200, "a tombstone for %s" % node)
            see.equal(server.producers(topic), [("10.0.0.9", 4151)], "hides that one, and no other")
            shown = server.nodes("2001:db8::7")[0]
            see.equal((shown["topics"], shown["tombstones"]), ([topic], [True]), "/nodes keeps it, marked")
            server.post("/topic/tombstone", topic=topic, node="10.0.0.9")
            server.post("/topic/tombstone", topic=topic, node="[10.0.0.9:4151")
            see.equal(server.producers(topic), [("10.0.0.9", 4151)], "what is no such address hides nothing")


def packed(bench, see):
    """a long answer to /lookup is gzip for who takes that, and says the same"""
    def ask(server, encodings):
        """(whether it is packed, the answer)"""
        web = http.client.HTTPConnection("127.0.0.1", server.http_port, timeout=10)
        with contextlib.closing(web):
            web.request("GET", "/lookup?topic=many", headers={"Accept-Encoding": encodings} if encodings else {})
            answer = web.getresponse()
            body, length = answer.read(), int(answer.headers["Content-Length"])
            is_packed = answer.headers["Content-Encoding"] == "gzip"
            if is_packed != (answer.headers["Vary"] == "Accept-Encoding") or len(body) != length:
                raise OSError("answered with %s" % answer.headers)
            return is_packed, gzip.decompress(body) if is_packed else body

    with bench.lookupd("--tombstone-lifetime=1h") as server, contextlib.ExitStack() as stack:
        for number in range(60):
            stack.enter_context(producer(server, "node-%d" % number, "many c"))
        plain = ask(server, None)
        see.check(not plain[0] and len(json.loads(plain[1])["producers"]) == 60, "60 producers, not packed unasked")
        for encodings in ("gzip", "gzip, deflate", "br;q=1.0, GZIP;q=0.5 , *;q=0", "x-gzip,gzip"):
            # It is packed when it is asked for again, at the latest.
            ask(server, encodings)
            see.equal(ask(server, encodings), (True, plain[1]), "packed for %r" % encodings)
        for encodings in (
                None, "", "identity", "deflate", "gzip;q=0", "gzip; q=0.000", "gzipped, xgzip", "gzip;q=", "*"):
            see.equal(ask(server, encodings), (False, plain[1]), "not packed for %r" % encodings)
        stack.enter_context(producer(server, "node-60", "many c"))
        for _ in range(3):
            see.equal(len(json.loads(ask(server, "gzip")[1])["producers"]), 61, "a new producer is in it at once")
        server.post("/topic/tombstone", topic="many", node="node-60:4151")
        for _ in range(3):
            see.equal(json.loads(ask(server, "gzip")[1]), json.loads(plain[1]), "one with a tombstone is not")


def departures(bench, see):
    """what stays of a producer that died"""
    server = bench.plain
    names = ("gone#ephemeral c", "gone#ephemeral e#ephemeral", "stays c", "stays e#ephemeral", "shared#ephemeral c")
    with producer(server, "widow", "shared#ephemeral"):
        with producer(server, "dead", *names):
            see.equal(server.channels("stays"), ["c", "e#ephemeral"], "it is registered")
        see.check(until(lambda: server.producers("stays") == []), "it leaves /lookup, the topic stays known")
        see.check("gone#ephemeral" not in server.topics(), "its ephemeral topic is gone from /topics")
        see.check("stays" in server.topics(), "its durable topic is not")
        see.equal(server.channels("stays"), ["c"], "of its channels the durable one stays")
        see.equal(server.get("/lookup", topic="gone#ephemeral"), 404, "/lookup does not know the ephemeral topic")
        see.check("e#ephemeral" not in server.channels("gone#ephemeral"), "nor has /channels its ephemeral channel")
        see.equal(server.producers("shared#ephemeral"), [("widow", 4151)], "a topic that another has stays")


def connected_twice(bench, see):
    """the same nsqd connected twice"""
    server = bench.plain
    with producer(server, "twin", "twice") as first, producer(server, "twin", "twice") as second:
        ports = ["%s:%d" % peer.socket.getsockname() for peer in (first, second)]
        shown = [one["remote_address"] for one in server.get("/lookup", topic="twice")["producers"]]
        see.equal(shown, [ports[1]], "/lookup has the connection that came last")
        shown = sorted(one["remote_address"] for one in server.nodes("twin"))
        see.equal(shown, sorted(ports), "/nodes has both")
        second.close()
        see.check(until(lambda: len(server.nodes("twin")) == 1), "when one ends, /nodes has the other")
        shown = [one["remote_address"] for one in server.get("/lookup", topic="twice")["producers"]]
        see.equal(shown, [ports[0]], "and /lookup too")


def own_limit(bench, see):
    """--max-producer-registrations"""
    limit = 8
    with bench.lookupd("--max-producer-registrations=%d" % limit) as server, \
            producer(server, "modest", "shared c", "shared d") as modest, producer(server, "greedy") as greedy:
        taken = 0
        while taken <= limit and greedy.call(b"REGISTER g%d\n" % taken) == b"OK":
            taken += 1
        see.equal(taken, limit, "a producer has as many topics as it may")
        see.equal(greedy.call(b"PING\n"), b"OK", "one too many is no end of the connection")
        see.equal(len(server.nodes("greedy")[0]["topics"]), limit, "nor of what is registered")
        got = answers(
            server, identify() + b"".join(b"REGISTER g%d c\n" % each for each in range(limit)), ends_input=True)[0]
        see.equal(got[1:], [b"OK"] * (limit // 2) + [REFUSED] * (limit // 2), "channels count as well")
        see.equal(server.producers("shared"), [("modest", 4151)], "others stay")
        see.equal(modest.call(b"REGISTER more\n"), b"OK", "and register on")
        with producer(server, "full", *("f%d" % each for each in range(limit - 1))) as full:
            see.equal(full.call(b"REGISTER f0\n"), b"OK", "with all that it may have, it may repeat what it has")
            see.check(full.is_open(), "and stays connected")
        with producer(server, "back", *("f%d" % each for each in range(limit - 1))) as back:
            see.equal(back.call(b"UNREGISTER f0\n"), b"OK", "a producer gives one back")
            see.equal(back.call(b"REGISTER f9\n"), b"OK", "and has room for another")


def limit_of_all(bench, see):
    """--max-names"""
    limit = 10
    full = (503, b'{"message":"TOO_MANY_REGISTRATIONS"}')
    with bench.lookupd("--max-names=%d" % limit) as server, producer(server, "early", "t0 c") as early:
        made = 0
        while made <= limit and server.post("/topic/create", topic="n%d" % made)[0] == 200:
            made += 1
        known = made + 2
        see.check(limit - 1 <= known <= limit, "as many names are known as may be", known)
        see.equal(server.post("/topic/create", topic="beyond"), full, "/topic/create is told so")
        see.equal(server.post("/channel/create", topic="n0", channel="c"), full, "/channel/create too")
        got = answers(server, identify() + b"REGISTER beyond c\nPING\n", ends_input=True)[0]
        see.equal(got[1:], [REFUSED, b"OK"], "so is REGISTER, and the connection goes on")
        see.check("beyond" not in server.topics(), "none of it is kept")
        see.check(early.is_open(), "those who are registered stay")
        see.equal(server.producers("t0"), [("early", 4151)], "/lookup finds them")
        see.equal(early.call(b"REGISTER t0 c\n"), b"OK", "they may repeat what they have")
        got = answers(server, identify(broadcast_address="late") + b"REGISTER t0 c\nPING\n", ends_input=True)[0]
        see.equal(got[1:], [b"OK", b"OK"], "another may register what is known already")
        see.equal(server.post("/topic/create", topic="n0")[0], 200, "and what is there may be created again")
        for number in range(2):
            see.equal(server.post("/topic/delete", topic="n%d" % number)[0], 200, "a topic is deleted")
        with producer(server, "after", "room"):
            see.equal(server.producers("room"), [("after", 4151)], "which makes room for another")


def figures(bench, see):
    """/metrics, /livez, /readyz"""
    with bench.lookupd() as server, producer(server, "one", "t c", "t d", "u") as one, producer(server, "two", "t c"):
        server.post("/channel/create", topic="made", channel="by-hand")
        values = server.metrics()
        wanted = {"producers": 2, "topics": 3, "channels": 3, "registrations": 6, "ready": 1}
        see.equal({name: values.get("nsqlookupd_" + name) for name in wanted}, wanted, "/metrics counts what is there")
        one.call(b"UNREGISTER t d\n")
        one.call(b"UNREGISTER u\n")
        values = server.metrics()
        see.equal(values["nsqlookupd_registrations"], 4, "and takes off what is taken back")
        one.close()
        see.check(until(lambda: server.metrics()["nsqlookupd_producers"] == 1), "and who goes")
        see.equal(server.metrics()["nsqlookupd_registrations"], 2, "with its registrations")
        for path in ("/livez", "/readyz", "/ping"):
            see.equal(server.request("GET", path)[0], 200, "%s answers 200" % path)
        page = server.request("GET", "/metrics")[1]
        if shutil.which("promtool"):
            ended = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, timeout=20)
            see.check(ended.returncode == 0, "promtool has nothing to say", ended.stderr.decode())
        else:
            see.skip("promtool has nothing to say", "promtool is not installed")


def commotion(bench, see):
    """producers that come, register and go beside deletions and queries"""
    chance, stop, problems = random.Random(bench.seed), threading.Event(), []
    topics = ["t%d" % number for number in range(6)] + ["e%d#ephemeral" % number for number in range(3)]
    names = topics + ["%s %s" % (topic, channel) for topic in topics for channel in ("a", "b", "x#ephemeral")]

    def come_and_go(server, chance):
        while not stop.is_set():
            peer = producer(server, "n%d" % chance.randrange(8))
            for _ in range(chance.randrange(60)):
                verb = chance.choice((b"REGISTER", b"REGISTER", b"UNREGISTER"))
                if peer.call(b"%s %s\n" % (verb, chance.choice(names).encode())) != b"OK":
                    raise OSError("a command was refused")
            if not stop.is_set():
                peer.close()
            else:
                stayed.append(peer)

    def ask(server, chance):
        while not stop.is_set():
            topic = chance.choice(topics)
            chance.choice((
                lambda: server.get("/nodes"), lambda: server.get("/lookup", topic=topic), lambda: server.get("/debug"),
                lambda: server.post("/topic/delete", topic=topic),
                lambda: server.post("/topic/tombstone", topic=topic, node="n1:4151"),
                lambda: server.post("/channel/delete", topic=topic, channel=chance.choice("ab")),
                lambda: server.post("/channel/create", topic=topic, channel=chance.choice("ab"))))()

    def guarded(work, *arguments):
        try:
            work(*arguments)
        except Exception as error:
            problems.append(repr(error))

    stayed = []
    with bench.lookupd("--log-level=error") as server, contextlib.ExitStack() as stack:
        threads = [threading.Thread(target=guarded, args=(work, server, random.Random(chance.random())), daemon=True)
                   for work in (come_and_go,) * 6 + (ask,) * 2]
        for thread in threads:
            thread.start()
        threads[0].join(2)
        stop.set()
        for thread in threads:
            thread.join(10)
        for peer in stayed:
            stack.callback(peer.close)
        see.check(not problems, "every command and query is answered", problems[:3])
        see.check(until(lambda: len(server.get("/nodes")["producers"]) == len(stayed)), "/nodes has who stayed")
        debug = server.get("/debug")
        registered = sum(len(entries) for key, entries in debug.items() if key != "client::")
        known = server.topics()
        wanted = {
            "producers": len(stayed), "registrations": registered, "topics": len(known),
            "channels": sum(len(server.channels(topic)) for topic in topics)}
        values = server.metrics()
        see.equal({name: values["nsqlookupd_" + name] for name in wanted}, wanted, "the counts are those of the lists")
        for peer in stayed:
            peer.close()
        empty = lambda: not server.get("/debug") and server.metrics()["nsqlookupd_registrations"] == 0
        see.check(until(empty), "when all are gone, nobody is registered", json.dumps(server.get("/debug"))[:200])
        leftover = [name for name in server.topics() if name.endswith("#ephemeral") and server.producers(name) != []]
        see.check(not leftover, "no topic has a producer that is gone", leftover)
        see.check(server.is_alive(), "it lives", server.log())
        with Peer(server) as peer:
            see.check(peer.is_open(), "and serves")
