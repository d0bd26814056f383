"""What tests of pynsq share: its clients at a daemon, and waiting for what they do."""
import asyncio
import time

import nsq
from nsq.conn import AsyncConn

from transports import channel_stats, connection_stats


async def until(condition, seconds=15.0):
    """Waits for a condition; returns whether it came to hold in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.02)
    return True


async def answer(command, *arguments):
    """What a Writer is answered: bytes or an error."""
    answered = asyncio.get_running_loop().create_future()

    def callback(_, data):
        if not answered.done():
            answered.set_result(data)
    command(*arguments, callback=callback)
    return await asyncio.wait_for(answered, 15)


class Station:
    """A daemon and the clients at it."""

    def __init__(self, judge, daemon, name):
        self.judge = judge
        self.daemon = daemon
        self.name = name
        self.address = "127.0.0.1:%d" % daemon.tcp_port
        self.topic = name.replace(" ", "_")
        self.clients = []
        self.bare = []

    def check(self, holds, statement, detail=""):
        return self.judge.check(holds, "pynsq, %s: %s" % (self.name, statement), detail)

    def equal(self, got, wanted, statement):
        return self.judge.equal(got, wanted, "pynsq, %s: %s" % (self.name, statement))

    def make_channel(self, topic=None, channel="ch"):
        """Whatever is published from now on reaches the channel, whether or not a Reader is there yet."""
        self.daemon.post("/topic/create", topic=topic or self.topic)
        self.daemon.post("/channel/create", topic=topic or self.topic, channel=channel)

    async def writer(self, cls=nsq.Writer, **options):
        """A Writer that is connected; it does not connect again unless asked to."""
        writer = cls([self.address], **{"reconnect_interval": 3600, **options})
        self.clients.append(writer)
        if not await self.connected(writer):
            raise TimeoutError("the Writer does not connect")
        return writer

    async def connected(self, client, seconds=15.0):
        return await until(lambda: any(c.connected() for c in client.conns.values()), seconds)

    def reader(self, handler, cls=nsq.Reader, **options):
        options = {"topic": self.topic, "channel": "ch", **options}
        options.setdefault("nsqd_tcp_addresses", [self.address])
        options.setdefault("user_agent", "reader of " + self.topic)
        reader = cls(message_handler=handler, **options)
        self.clients.append(reader)
        return reader

    async def connection(self, **options):
        """A bare connection that collects that it is ready, what it is answered from then on, and errors."""
        connection = AsyncConn("127.0.0.1", self.daemon.tcp_port, **options)
        connection.told = []
        connection.on("ready", lambda **_: connection.told.append("ready"))
        connection.on("error", lambda error, **_: connection.told.append(error))
        connection.on("response", lambda data, **_: connection.told and connection.told.append(data))
        self.bare.append(connection)
        connection.connect()
        await until(lambda: connection.told)
        return connection

    async def publish(self, *bodies, topic=None):
        writer = await self.writer()
        got = await answer(writer.mpub, topic or self.topic, list(bodies))
        if got != b"OK":
            raise OSError("MPUB: %r" % (got,))

    def close(self):
        """Closes all connections: those left open would be timed out by the daemon, and said so in its log."""
        for client in self.clients:
            if isinstance(client, nsq.Reader):
                client.redist_periodic.stop()
            else:
                client.reconnect_interval = 3600
        connections = self.bare + [c for client in self.clients for c in client.conns.values()]
        for connection in connections:
            # A failed upgrade to TLS leaves none.
            if connection.stream is not None:
                connection.close()

    def channel(self, topic=None, channel="ch"):
        return channel_stats(self.daemon, topic or self.topic, channel)

    def ready_counts(self):
        return [c["ready_count"] for c in connection_stats(self.daemon, "reader of " + self.topic)]

    def left(self, **names):
        stats = self.channel(**names)
        return stats["depth"] + stats["in_flight_count"] + stats["deferred_count"]

    async def drained(self):
        """The end of a case."""
        await until(lambda: self.left() == 0)
        self.equal(self.left(), 0, "the channel is empty in the end")
        self.close()
