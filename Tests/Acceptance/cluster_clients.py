"""The cluster under test: producers beside their nsqds, consumers that look nsqds up, and what is waited for."""
import bisect
import collections
import contextlib
import http.client
import json
import os
import socket
import threading
import time

from network_hosts import Directory, Inhabitant, Program
from wire import ERROR, MESSAGE, RESPONSE, Connection, Message, pub

TOPIC = "orders"
CHANNELS = ("archive", "work")
POLL = 1.0
PACE = 0.008
GRACE = 0.5  # beyond a poll interval: for the poll itself, and for connecting
PING = 15.0  # how often an nsqd tells an nsqlookupd that it lives, and tries again to reach a lost one
# Longer than the PINGs are apart, or healthy nodes would be hidden between two of them; and long enough for a
# PING that waits its second or two for another nsqlookupd first.
INACTIVE = 18.0
TOMBSTONE = 3.0


class Ledger:
    """What was published, acknowledged and delivered; a body tells which host published it."""

    def __init__(self):
        self.sent = set()
        self.acked = collections.defaultdict(list)  # address -> [(when, body)]
        self.took = collections.defaultdict(list)  # address -> [(when it began, seconds)]
        self.waiting = {}  # address -> when the publish that is under way began
        self.delivered = {channel: collections.Counter() for channel in CHANNELS}
        self.lock = threading.Lock()
        self.problems = []

    def deliver(self, channel, body):
        with self.lock:
            self.delivered[channel][body] += 1

    def since(self, address, begin, end=float("inf")):
        """The bodies acknowledged by a host in this time."""
        acked = list(self.acked[address])
        return [body for _, body in acked[bisect.bisect(acked, (begin,)):bisect.bisect(acked, (end,))]]

    def owed(self, bodies):
        return [(channel, body) for channel in CHANNELS for body in bodies if not self.delivered[channel][body]]

    def slowest(self, address, begin):
        """The longest publish since then, one that has no answer yet included."""
        waiting = self.waiting.get(address)
        found = [] if waiting is None else [time.monotonic() - waiting]
        return max(found + [took for at, took in list(self.took[address]) if at >= begin], default=float("inf"))


class Producer(Inhabitant):
    """Publishes to the nsqd of its own host, and connects again when that was away."""

    def __init__(self, program, ledger, stop):
        super().__init__(program.host, stop, ledger.problems)
        self.program, self.ledger, self.number = program, ledger, 0

    def work(self):
        while not self.stop.wait(PACE):
            with contextlib.suppress(OSError), contextlib.closing(Connection(self.program.tcp_port)) as connection:
                while not self.stop.wait(PACE):
                    self.publish(connection)

    def publish(self, connection):
        self.number += 1
        address = self.namespace.address
        body = b"%s %d" % (address.encode(), self.number)
        self.ledger.sent.add(body)
        began = self.ledger.waiting[address] = time.monotonic()
        try:
            connection.send(pub(TOPIC, body))
            kind, answer = connection.one()
        finally:
            self.ledger.took[address].append((began, time.monotonic() - began))
            del self.ledger.waiting[address]
        if (kind, answer) == (RESPONSE, b"OK"):
            self.ledger.acked[address].append((time.monotonic(), body))
        else:
            self.problems.append("a publish was answered %r" % answer)


class Feed(Inhabitant):
    """A consumer's connection to one nsqd, for as long as it lasts."""

    def __init__(self, consumer, node):
        super().__init__(consumer.namespace, consumer.stop, consumer.problems)
        self.consumer, self.node = consumer, node

    def work(self):
        with contextlib.suppress(OSError), contextlib.closing(FarConnection(self.node)) as connection:
            try:
                # A cut cable is told by silence alone, so heartbeats come often; and what was sent into it
                # is sent again when its time is over, no sooner.
                connection.identify(heartbeat_interval=1000, msg_timeout=5000)
                connection.subscribe(TOPIC, self.consumer.channel)
                connection.ready(100)
                self.consumer.found[self.node[0]] = time.monotonic()
                while not self.stop.is_set():
                    if not connection.fill(3.0):
                        raise OSError("three heartbeats are missing")
                    for kind, data in connection.take():
                        self.handle(connection, kind, data)
            finally:
                self.consumer.found.pop(self.node[0], None)

    def handle(self, connection, kind, data):
        if kind == MESSAGE:
            message = Message(data)
            self.consumer.ledger.deliver(self.consumer.channel, message.body)
            connection.send(b"FIN " + message.wire_id + b"\n")
        elif kind == ERROR:
            self.problems.append("a consumer was told %r" % data)


class FarConnection(Connection):
    """One that gives up soon on a host that does not answer."""

    def __init__(self, address):
        self.socket = socket.create_connection(address, 1.0)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray()
        self.send(b"  V2")


class Consumer(Inhabitant):
    """Asks every nsqlookupd every second and keeps a connection to each nsqd that one of them knows."""

    def __init__(self, namespace, directories, channel, ledger, stop):
        super().__init__(namespace, stop, ledger.problems)
        self.directories, self.channel, self.ledger = directories, channel, ledger
        self.found = {}  # address -> when it was subscribed to
        self.feeds = {}

    def work(self):
        while not self.stop.is_set():
            began = time.monotonic()
            for node in self.nodes():
                if node not in self.feeds or not self.feeds[node].is_alive():
                    self.feeds[node] = Feed(self, node)
                    self.feeds[node].start()
            self.stop.wait(max(0.0, began + POLL - time.monotonic()))
        for feed in self.feeds.values():
            feed.join(5)

    def nodes(self):
        found = set()
        for directory in self.directories:
            connection = http.client.HTTPConnection(directory.host.address, directory.http_port, timeout=0.5)
            # One that is away is no reason to give up: the other may know.
            with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
                connection.request("GET", "/lookup?topic=" + TOPIC)
                reply = connection.getresponse()
                body = reply.read()
                if reply.status == 200:
                    found.update((p["broadcast_address"], p["tcp_port"]) for p in json.loads(body)["producers"])
        return found


def until(condition, seconds):
    """Waits for a condition; returns whether it came to hold in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class Cluster:
    """The programs, their clients, and what is waited for."""

    def __init__(self, options, check, network, stalls, folder):
        self.check, self.network, self.stalls = check, network, stalls
        self.ledger = Ledger()
        self.stop_producers, self.stop_consumers = threading.Event(), threading.Event()
        self.consumers, self.producers = [], []
        beside = os.path.join(os.path.dirname(options.bin), "nsqlookupd")
        self.directories = [
            Directory(host, binary, [
                "--inactive-producer-timeout=%dms" % (INACTIVE * 1000),
                "--tombstone-lifetime=%dms" % (TOMBSTONE * 1000), "--log-level=warn"])
            for host, binary in zip(network.hosts, (beside, options.go_nsqlookupd or beside))]
        self.nodes = []
        binaries = (options.bin, options.go_nsqd or options.bin, options.bin)
        for number, (host, binary) in enumerate(zip(network.hosts, binaries), 1):
            data_path = os.path.join(folder, "data%d" % number)
            os.mkdir(data_path)
            flags = ["--lookupd-tcp-address=%s:%d" % (d.host.address, d.tcp_port) for d in self.directories]
            self.nodes.append(Program(host, binary, data_path, flags + ["--node-id=%d" % number, "--log-level=warn"]))
        self.addresses = [host.address for host in network.hosts]

    def close(self):
        self.stop_producers.set()
        self.stop_consumers.set()
        for client in self.producers + self.consumers:
            client.join(10)
        for program in self.nodes + self.directories:
            program.close()

    def consume(self, channel):
        consumer = Consumer(self.network.switch, self.directories, channel, self.ledger, self.stop_consumers)
        self.consumers.append(consumer)
        consumer.start()
        return consumer

    def late(self, seconds, since):
        """A time limit, longer by what the machine itself stood still."""
        return seconds + self.stalls.longest(since, time.monotonic())

    def lists(self, directory, address):
        """Where an nsqlookupd names a host."""
        places = (("/lookup", directory.lookup(TOPIC)), ("/nodes", directory.nodes()))
        return [place for place, found in places if address in found]

    def known(self, address):
        return all(len(self.lists(directory, address)) == 2 for directory in self.directories)

    def hidden(self, address):
        return not any(self.lists(directory, address) for directory in self.directories)

    def found(self, addresses, seconds):
        """Each host's delay from being listed to being connected to by all consumers; None where it is not."""
        listed = {}

        def connected():
            for directory in self.directories:
                for address in directory.lookup(TOPIC):
                    listed.setdefault(address, time.monotonic())
            return all(a in listed and a in c.found for a in addresses for c in self.consumers)
        if not until(connected, seconds):
            return None
        return {a: max(c.found.get(a, 0.0) for c in self.consumers) - listed[a] for a in addresses}

    def check_found(self, addresses, seconds, statement):
        began = time.monotonic()
        delays = self.found(addresses, seconds)
        limit = self.late(POLL + GRACE, began)
        self.check(delays is not None and max(delays.values()) <= limit, statement, delays)

    def check_flow(self, addresses, since, statement):
        """What these hosts acknowledge from now on reaches all channels."""
        def flows():
            for address in addresses:
                recent = self.ledger.since(address, since)
                owed = {body for _, body in self.ledger.owed(recent)}
                if len(recent) - len(owed) < 20:
                    return False
            return True
        self.check(until(flows, 10), statement, [len(self.ledger.since(a, since)) for a in addresses])

    def check_arrival(self, bodies, seconds, statement):
        until(lambda: not self.ledger.owed(bodies), seconds)
        owed = self.ledger.owed(bodies)
        self.check(bodies and not owed, statement, "%d of %d, such as %s" % (len(owed), len(bodies), owed[:3]))

    def check_unhindered(self, addresses, since, statement):
        """Publishing went on at these hosts and was never held up."""
        slowest = max(self.ledger.slowest(address, since) for address in addresses)
        self.check(slowest < self.late(1.0, since), statement, "%.3f s" % slowest)
