"""Memory that a client makes the server keep without having shown who it is, or for ever."""
import contextlib
import json
import selectors
import socket
import struct
import time

from auth_server import grant
from hostile.auth_questions import Answer
from hostile.exchange import identify, sized, texts, until
from hostile.target import MIB
from wire import Connection, pub

BODY = 5 * MIB
ALLOWED = 64 * MIB
CROWD = 1000


def fill_bodies(target, crowd, before):
    """Sends each of `crowd` all but the last byte of its body; ends when the target has taken far too much."""
    piece = bytes(64 * 1024)
    left = {connection.socket: BODY - 1 for connection in crowd}
    with selectors.DefaultSelector() as selector:
        for peer in left:
            peer.setblocking(False)
            selector.register(peer, selectors.EVENT_WRITE)
        deadline, sent = time.monotonic() + 20, 0
        while selector.get_map() and time.monotonic() < deadline:
            # Whoever can not send for a second is held back, which bounds memory as well as closing does.
            ready = selector.select(1.0)
            if not ready:
                return
            for key, _ in ready:
                peer = key.fileobj
                try:
                    left[peer] -= peer.send(piece[:min(len(piece), left[peer])])
                except BlockingIOError:
                    continue
                except OSError:
                    left[peer] = 0
                if left[peer] == 0:
                    selector.unregister(peer)
                sent += 1
                if sent % 100 == 0 and target.resident() - before > 2 * ALLOWED:
                    return


def is_served(target, opening):
    """Whether a new client may publish; the crowd before it may not be gone yet."""
    answered = texts(target, identify(client_id="late") + opening + pub("early", b"y"))
    return answered[-1:] == [b"OK"]


def preauth_mem(bench, see):
    """S1 memory before authentication: 1,000 clients announce 5 MiB each, and send all but the last byte."""
    secret = b"an early client"
    bench.questions.answers[secret] = Answer(grant())
    for name, target, opening in (
            ("nsqd", bench.plain, b""), ("nsqd with an auth server", bench.auth, sized(b"AUTH", secret))):
        with contextlib.ExitStack() as stack:
            early = stack.enter_context(contextlib.closing(Connection(target.tcp_port)))
            early.call(identify(client_id="early"))
            if opening:
                early.call(opening)
            before = target.forget_peak()
            crowd = []
            for _ in range(CROWD):
                with contextlib.suppress(OSError):
                    connection = Connection(target.tcp_port)
                    stack.callback(connection.close)
                    connection.send(b"IDENTIFY\n" + struct.pack(">i", BODY))
                    crowd.append(connection)
            fill_bodies(target, crowd, before)
            see.equal(early.call(pub("early", b"x")), b"OK", "%s: a client from before goes on" % name)
        see.check(until(lambda: is_served(target, opening)), "%s: it serves new clients afterwards" % name)
        # Behind the crowd, because what it had sent is read on when it is gone.
        grown = (target.peak() - before) / MIB
        see.note("%s grew by %.0f MiB at most, and by %.0f afterwards" % (
            name, grown, (target.resident() - before) / MIB))
        see.check(grown <= ALLOWED / MIB, "%s grows by 64 MiB at most" % name, "%.0f MiB" % grown)


def bodies_of_strangers(bench, see):
    """S1 bodies of strangers: 200 producers without AUTH and 100 without a secret over HTTP keep all but the end back."""
    target = bench.auth
    body = bytes(MIB - 4096)
    http = b"POST /pub?topic=t HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: %d\r\n\r\n"
    for name, port, opening in (
            ("PUB", target.tcp_port, b"  V2PUB t\n" + struct.pack(">i", MIB)),
            ("DPUB", target.tcp_port, b"  V2DPUB t 5\n" + struct.pack(">i", MIB)),
            ("POST /pub", target.http_port, http % (b"", MIB)),
            ("POST /pub with a secret that nobody knows", target.http_port,
             http % (b"Authorization: Bearer nobody\r\n", MIB))):
        before = target.forget_peak()
        with contextlib.ExitStack() as stack:
            for _ in range(200):
                peer = stack.enter_context(socket.create_connection(("127.0.0.1", port), 5))
                with contextlib.suppress(OSError):
                    peer.sendall(opening + body)
            grown = (target.peak() - before) / MIB
        see.check(grown <= 32, "%s: 200 of 1 MiB take 32 MiB at most" % name, "%.0f MiB" % grown)


def kernel_holds(port):
    """Bytes that lie in both buffers of the connection of the client at `port`, by the system's own count."""
    count = 0
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table, encoding="ascii") as lines:
            for line in list(lines)[1:]:
                fields = line.split()
                local, remote = (int(field.rsplit(":", 1)[1], 16) for field in fields[1:3])
                sent, received = (int(number, 16) for number in fields[4].split(":"))
                if local == port:
                    count += received
                elif remote == port:
                    count += sent
    return count


def consumer_flood_mem(bench, see):
    """S21 output nobody reads: 100 consumers with the highest RDY, each with 16 MiB to come."""
    target, size, count = bench.plain, 64 * 1024, 256
    topic = "flood"
    target.post("/topic/create", topic=topic)
    names = ["c%d" % number for number in range(100)]
    for name in names:
        target.post("/channel/create", topic=topic, channel=name)
    producer = Connection(target.tcp_port)
    for _ in range(count):
        producer.call(pub(topic, bytes(size)))
    producer.close()
    before = target.forget_peak()
    consumers = []
    with contextlib.ExitStack() as stack:
        for name in names:
            consumer = stack.enter_context(contextlib.closing(Connection(target.tcp_port)))
            consumer.call(identify(output_buffer_size=65_536))
            consumer.subscribe(topic, name)
            consumer.ready(2500)
            consumers.append(consumer)

        seen = [0, 0]

        def settled():
            """Deliveries stand still once twenty looks in a row find no more of them in flight."""
            status, body = target.request("GET", "/stats", format="json", topic=topic, include_clients="false")
            channels = json.loads(body)["topics"][0]["channels"] if status == 200 else []
            in_flight = sum(channel["in_flight_count"] for channel in channels)
            seen[1] = seen[1] + 1 if in_flight == seen[0] > 0 else 0
            seen[0] = in_flight
            return seen[1] >= 20

        see.check(until(settled, 15), "deliveries to clients that do not read come to a stop")
        status, body = target.request("GET", "/stats", format="json", topic=topic, include_clients="false")
        frame = size + 30
        delivered = {channel["channel_name"]: channel["in_flight_count"] * frame
                     for channel in json.loads(body)["topics"][0]["channels"]}
        waiting = max(delivered[name] - kernel_holds(consumer.socket.getsockname()[1]) for name, consumer in zip(names, consumers))
        see.note("at most %d bytes wait in the process for one client" % waiting)
        see.check(waiting <= 65_536 + frame, "output is an output buffer and one message at most", waiting)
        # Each of these buffers takes the next power of two; a channel has what it read last, 256 KiB of the log, and
        # 12 MiB are for what all share: chunks read, spare buffers, the connections themselves.
        allowed = len(names) * (131_072 + 262_144) / MIB + 12
        grown = (target.peak() - before) / MIB
        see.note("grew by %.0f MiB, %.0f allowed" % (grown, allowed))
        # What lies in the sockets' buffers is the kernel's, and not counted.
        see.check(grown <= allowed, "memory follows the number of such clients", "%.0f MiB" % grown)
    target.post("/topic/delete", topic=topic)


def resource_names(bench, see):
    """S37 resources by name: a SUB to an ephemeral channel of one's own, a thousand times.

    A million take longer than this suite may. One connection can hold one channel only, so what limits the
    channels is the limit of connections, which `descriptors` reaches; here they must be gone with them.
    """
    target, topic = bench.plain, "many#ephemeral"
    keeper = Connection(target.tcp_port)
    keeper.subscribe(topic, "keeper#ephemeral")
    before = target.resident()
    with contextlib.ExitStack() as stack:
        for number in range(CROWD):
            consumer = stack.enter_context(contextlib.closing(Connection(target.tcp_port)))
            consumer.subscribe(topic, "c%d#ephemeral" % number)
        see.equal(len(target.topics()[topic][1]), CROWD + 1, "each client has its channel")
        consumer.send(b"SUB %s again#ephemeral\n" % topic.encode())
        see.equal(consumer.one()[1], b"E_INVALID cannot SUB in current state", "and no client has two")
        held = target.resident() - before
    see.check(until(lambda: len(target.topics()[topic][1]) == 1), "channels are gone with their clients")
    kept = target.resident() - before
    see.note("%.0f MiB while they were there, %.0f afterwards" % (held / MIB, kept / MIB))
    see.check(kept <= 16 * MIB, "their memory is not kept", "%.0f MiB" % (kept / MIB))
    keeper.close()


def client_metadata(bench, see):
    """S38 names without end: client_id, hostname and user_agent fill the whole body of IDENTIFY."""
    target, text = bench.plain, "m" * (BODY // 3 - 100)
    before, began = target.resident(), time.monotonic()
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            client = stack.enter_context(contextlib.closing(Connection(target.tcp_port)))
            client.call(identify(client_id=text, hostname=text, user_agent=text))
            client.subscribe("metadata#ephemeral", "c#ephemeral")
        kept = (target.resident() - before) / MIB
        see.note("8 such clients take %.0f MiB and %.1f s" % (kept, time.monotonic() - began))
        see.check(kept <= 16, "what is shown of the names is what is kept of them", "%.0f MiB" % kept)
        for format in ("json", "text"):
            _, body = target.request("GET", "/stats", format=format, topic="metadata#ephemeral")
            see.check(b"m" * 257 not in body, "/stats shows 256 bytes of each at most (%s)" % format, len(body))
        clients = target.topics()["metadata#ephemeral"][1]["c#ephemeral"]["clients"]
        for key in ("client_id", "hostname", "user_agent"):
            see.equal(len(clients[0][key]), 256, "%s is cut at 256 bytes" % key)
