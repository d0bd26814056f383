"""The programs of a run: an nsqlookupd that lives through all of it, short-lived ones for what needs other flags."""
import contextlib
import json
import os
import random
import shutil
import socket
import struct
import tempfile
import time

from hostile.exchange import read_exactly
from hostile.target import Target

MAGIC = b"  V1"


def quiet_port():
    """A free port that no outgoing connection takes before a daemon does: so many are made here that one would."""
    while True:
        port = random.SystemRandom().randrange(12_000, 32_000)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


class Node(Target):
    """An nsqd."""

    def __init__(self, binary, data_path, flags=()):
        super().__init__(binary, data_path, flags)
        self.tcp_port, self.http_port = quiet_port(), quiet_port()


class Lookupd(Node):
    """An nsqlookupd."""

    def __init__(self, binary, flags=()):
        super().__init__(binary, None, flags)

    def command(self):
        return [
            self.binary,
            "--tcp-address=127.0.0.1:%d" % self.tcp_port,
            "--http-address=127.0.0.1:%d" % self.http_port,
            "--broadcast-address=127.0.0.1",
        ] + self.flags

    @property
    def address(self):
        return "127.0.0.1:%d" % self.tcp_port

    def get(self, path, **query):
        """The JSON of an answer, or its status when that is not 200."""
        status, body = self.request("GET", path, **query)
        return json.loads(body) if status == 200 else status

    def topics(self):
        return self.get("/topics")["topics"]

    def channels(self, topic):
        return self.get("/channels", topic=topic)["channels"]

    def producers(self, topic):
        """(broadcast address, HTTP port) of what /lookup has; `None` when the topic is not known."""
        answer = self.get("/lookup", topic=topic)
        return None if answer == 404 else sorted(
            (producer["broadcast_address"], producer["http_port"]) for producer in answer["producers"])

    def nodes(self, address):
        """What /nodes shows under a broadcast address."""
        return [node for node in self.get("/nodes")["producers"] if node["broadcast_address"] == address]

    def metrics(self):
        """{name of a metric without labels: its value}"""
        status, body = self.request("GET", "/metrics")
        if status != 200:
            raise OSError("/metrics answered %d" % status)
        pairs = (line.rsplit(" ", 1) for line in body.decode().splitlines() if line and line[0] != "#")
        return {name: float(value) for name, value in pairs}

    def descriptors(self):
        return len(os.listdir("/proc/%d/fd" % self.process.pid))


def identify(**changes):
    """IDENTIFY with its body; a change to `None` leaves the field out."""
    fields = {"broadcast_address": "10.0.0.1", "tcp_port": 4150, "http_port": 4151, "version": "1.3.0"}
    fields.update(changes)
    return sized(json.dumps({key: value for key, value in fields.items() if value is not None}).encode())


def sized(body):
    return b"IDENTIFY\n" + struct.pack(">i", len(body)) + body


class Peer:
    """A connection of protocol V1."""

    def __init__(self, server, opening=MAGIC, timeout=10.0):
        self.socket = socket.create_connection(("127.0.0.1", server.tcp_port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.send(opening)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def reply(self):
        return read_exactly(self.socket, struct.unpack(">i", read_exactly(self.socket, 4))[0])

    def call(self, command):
        self.send(command)
        return self.reply()

    def is_open(self):
        try:
            return self.call(b"PING\n") == b"OK"
        except OSError:
            return False


def producer(server, address, *registrations, **identity):
    """A peer that introduced itself and registered; an answer other than OK raises OSError."""
    peer = Peer(server)
    peer.call(identify(broadcast_address=address, **identity))
    for registration in registrations:
        answer = peer.call(b"REGISTER %s\n" % registration.encode())
        if answer != b"OK":
            raise OSError("REGISTER %s answered %r" % (registration, answer))
    return peer


def answers(server, data, ends_input=False, timeout=10.0, opening=MAGIC):
    """(what a new peer that sends `data` is answered, whether it is closed then)"""
    received, deadline, is_closed = b"", time.monotonic() + timeout, False
    with contextlib.closing(Peer(server, opening)) as peer:
        with contextlib.suppress(OSError):
            peer.send(data)
            if ends_input:
                peer.socket.shutdown(socket.SHUT_WR)
        while not is_closed and time.monotonic() < deadline:
            peer.socket.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                piece = peer.socket.recv(65_536)
            except socket.timeout:
                break
            except OSError:
                piece = b""
            received += piece
            is_closed = not piece
    bodies = []
    while len(received) >= 4:
        length = struct.unpack(">i", received[:4])[0]
        bodies.append(received[4:4 + length])
        received = received[4 + length:]
    return bodies, is_closed


class Bench:
    """What all cases share. Everything that it started ends with it."""

    def __init__(self, binary, seed):
        self.binary, self.seed = binary, seed
        self.lookupd_binary = os.path.join(os.path.dirname(binary), "nsqlookupd")
        self.folder = tempfile.mkdtemp(prefix="nsqd-lookupd-")
        self.plain = Lookupd(self.lookupd_binary, ["--log-level=info"])
        self.programs, self.is_over = [self.plain], False

    def __enter__(self):
        self.plain.start()
        return self

    def __exit__(self, *_):
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def end(self):
        """Ends all programs, also those of cases that are still at work; they start no other."""
        self.is_over = True
        for program in list(self.programs):
            program.close()

    def new_folder(self):
        return tempfile.mkdtemp(dir=self.folder)

    @contextlib.contextmanager
    def lookupd(self, *flags):
        with self.program(Lookupd(self.lookupd_binary, flags)) as server:
            yield server

    @contextlib.contextmanager
    def nsqd(self, *flags, lookupds=()):
        """An nsqd that registers at `lookupds`, which are addresses."""
        addresses = ["--lookupd-tcp-address=" + address for address in lookupds]
        with self.program(Node(self.binary, self.new_folder(), addresses + list(flags))) as node:
            yield node

    @contextlib.contextmanager
    def program(self, program):
        if self.is_over:
            raise OSError("the run is over")
        self.programs.append(program)
        with program:
            program.start()
            yield program
