"""What pynsq's clients rely on of a connection: negotiation, heartbeats, errors, connecting again after a kill -9."""
import asyncio

import nsq
from nsq.conn import AsyncConn
from nsq.sync import SyncConn

from pynsq_station import Station, answer, until
from transports import connection_stats


async def negotiation(station):
    answered = []
    connection = AsyncConn(
        "127.0.0.1", station.daemon.tcp_port, heartbeat_interval=7, output_buffer_size=4096,
        output_buffer_timeout=50, sample_rate=42, msg_timeout=1.5, user_agent="negotiation", deflate=True,
        deflate_level=3)
    connection.on("identify_response", lambda data, **_: answered.append(data))
    connection.on("ready", lambda **_: answered.append("ready"))
    connection.connect()
    await until(lambda: "ready" in answered)
    wanted = {
        "max_rdy_count": 2500, "msg_timeout": 1500, "max_msg_timeout": 900_000, "tls_v1": False,
        "deflate": True, "deflate_level": 3, "max_deflate_level": 6, "snappy": False, "sample_rate": 42,
        "auth_required": False, "output_buffer_size": 4096, "output_buffer_timeout": 50}
    station.equal(
        {key: answered[0].get(key) for key in wanted} if answered else None, wanted,
        "what was asked for is granted")
    station.check(answered and answered[0].get("version"), "the version is told", answered[:1])
    station.equal(connection.max_rdy_count, 2500, "the limit of RDY is taken over")
    connection.send(nsq.subscribe("negotiation", "ch"))
    await until(lambda: connection_stats(station.daemon, "negotiation"))
    shown = connection_stats(station.daemon, "negotiation")
    station.equal([c["sample_rate"] for c in shown], [42], "/stats shows the sample rate")
    connection.close()


async def heartbeats(station):
    """Clients that only answer heartbeats stay connected."""
    station.make_channel()
    beats = {"reader": 0, "writer": 0}

    class Reader(nsq.Reader):
        def heartbeat(self, conn):
            beats["reader"] += 1

    class Writer(nsq.Writer):
        def heartbeat(self, conn):
            beats["writer"] += 1

    reader = station.reader(lambda message: True, Reader, heartbeat_interval=1)
    writer = await station.writer(Writer, heartbeat_interval=1)
    await until(lambda: min(beats.values()) >= 4)
    station.check(min(beats.values()) >= 4, "they are sent as often as was asked for", beats)
    station.check(
        await station.connected(reader, 0) and await station.connected(writer, 0),
        "beyond two intervals the connections live on")
    station.equal(await answer(writer.pub, station.topic, b"x"), b"OK", "and publish")
    await station.drained()


async def too_large(station):
    """An error is told to whom it concerns; the Writer connects again."""
    station.make_channel()
    writer = await station.writer(reconnect_interval=0.1)
    got = await answer(writer.pub, station.topic, b"x" * ((1 << 20) + 1))
    station.check(
        isinstance(got, nsq.Error) and "E_BAD_MESSAGE" in str(got), "a message beyond the limit is E_BAD_MESSAGE",
        got)
    await until(lambda: not any(c.connected() for c in writer.conns.values()))
    station.check(await station.connected(writer), "the Writer connects again")
    body = b"x" * (1 << 20)
    station.equal(await answer(writer.pub, station.topic, body), b"OK", "one of just the limit is taken")
    received = []
    station.reader(lambda message: received.append(message.body) or True)
    await until(lambda: received)
    station.check(received == [body], "and arrives", [len(got) for got in received])
    await station.drained()


async def killed(station):
    """kill -9: pynsq connects again by itself, and what was answered OK is there, finished or not."""
    station.make_channel()
    before = {b"before %d" % i for i in range(50)}
    after = {b"after %d" % i for i in range(10)}
    finished, again = set(), []
    alive = [True]

    def arrived(message):
        message.enable_async()
        if message.body in finished:
            again.append(message.body)
        if not alive[0] or int(message.body.split()[1]) % 2:
            finished.add(message.body)
            message.finish()

    writer = await station.writer(reconnect_interval=0.2)
    station.equal(await answer(writer.mpub, station.topic, list(before)), b"OK", "they are published")
    station.reader(arrived, max_in_flight=100)
    await until(lambda: station.left() == 25 and len(finished) == 25)
    alive[0] = False
    # A FIN is safe from a kill 100 ms after it was carried out, and has no answer before.
    await asyncio.sleep(0.2)
    await asyncio.to_thread(station.daemon.kill)
    await until(lambda: not any(c.connected() for c in writer.conns.values()))
    await asyncio.to_thread(station.daemon.start)
    station.check(await station.connected(writer), "the Writer connects again")
    station.equal(await answer(writer.mpub, station.topic, list(after)), b"OK", "and publishes")
    # pynsq's Reader tries again after 15 s.
    await until(lambda: len(finished) >= 60, 30)
    station.equal(finished, before | after, "all arrive, what was in flight at the kill as well")
    station.check(not again, "nothing that was finished comes again", again)
    await station.drained()


async def synchronous(station):
    """pynsq's blocking connection."""
    def talk():
        connection = SyncConn(timeout=10.0)
        connection.connect("127.0.0.1", station.daemon.tcp_port)
        got = []
        for command in (nsq.pub(station.topic, b"body"), nsq.subscribe(station.topic, "ch"), nsq.ready(1)):
            connection.send(command)
            got.append(nsq.unpack_response(connection.read_response()))
        message = nsq.decode_message(got[-1][1])
        connection.send(nsq.finish(message.id))
        return connection, got[:2], message
    connection, answers, message = await asyncio.to_thread(talk)
    station.equal(answers, [(0, b"OK"), (0, b"OK")], "PUB and SUB are answered OK")
    station.equal((message.body, message.attempts), (b"body", 1), "the message arrives")
    await station.drained()
    connection.s.close()


def cases(judge, daemons):
    """{name: coroutine}"""
    shared = daemons.start()
    found = {}
    for case in (negotiation, heartbeats, too_large, synchronous):
        name = case.__name__.replace("_", " ")
        found[name] = case(Station(judge, shared, name))
    found["kill -9"] = killed(Station(judge, daemons.start(), "kill -9"))
    return found
