"""Hosts on one cable: network namespaces joined by a bridge, and programs that run on them.

The namespaces have no names. Each lasts as long as a process or an open file of this process holds it, so
nothing stays behind, however a run ends; and no interface is made or changed outside of them.
"""
import contextlib
import ctypes
import json
import os
import subprocess
import threading

from daemon import Daemon

CLONE_NEWNET = 0x40000000
OWN_NAMESPACE = "/proc/thread-self/ns/net"
ADDRESS = "10.83.7.%d"

libc = ctypes.CDLL(None, use_errno=True)


class Unavailable(Exception):
    """This machine does not let us make a network of our own."""


def succeed(result):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


class Namespace:
    """A network of its own; whether a thread is in it is decided thread by thread."""

    def __init__(self):
        before = os.open(OWN_NAMESPACE, os.O_RDONLY)
        try:
            succeed(libc.unshare(CLONE_NEWNET))
            self.file = os.open(OWN_NAMESPACE, os.O_RDONLY)
            succeed(libc.setns(before, CLONE_NEWNET))
        except OSError as error:
            raise Unavailable("no network namespace can be made: %s" % error)
        finally:
            os.close(before)

    def close(self):
        os.close(self.file)

    def enter(self):
        """Moves the calling thread here for good."""
        succeed(libc.setns(self.file, CLONE_NEWNET))

    @contextlib.contextmanager
    def inside(self):
        """The calling thread, and the processes it starts, are here meanwhile."""
        before = os.open(OWN_NAMESPACE, os.O_RDONLY)
        self.enter()
        try:
            yield
        finally:
            succeed(libc.setns(before, CLONE_NEWNET))
            os.close(before)

    def ip(self, *words):
        """One command of ip(8) in here."""
        with self.inside():
            try:
                subprocess.run(("ip",) + words, check=True, capture_output=True, timeout=10)
            except subprocess.CalledProcessError as error:
                raise Unavailable("ip %s: %s" % (" ".join(words), error.stderr.decode().strip()))
            except (OSError, subprocess.TimeoutExpired) as error:
                raise Unavailable("ip %s: %s" % (" ".join(words), error))


class Host(Namespace):
    """A machine at the other end of a port of the switch."""

    def __init__(self, switch, number):
        super().__init__()
        self.switch, self.port, self.address = switch, "port%d" % number, ADDRESS % number
        path = "/proc/%d/fd/%d" % (os.getpid(), self.file)
        switch.ip("link", "add", self.port, "type", "veth", "peer", "name", "eth0", "netns", path)
        switch.ip("link", "set", self.port, "master", "bridge", "up")
        self.ip("link", "set", "lo", "up")
        self.ip("address", "add", self.address + "/24", "dev", "eth0")
        self.ip("link", "set", "eth0", "up")

    def cut(self):
        """Pulls the cable at the switch: the host keeps its address, and nobody is told that packets are lost."""
        self.switch.ip("link", "set", self.port, "down")

    def heal(self):
        self.switch.ip("link", "set", self.port, "up")


class Network:
    """A switch, at which clients live, and its hosts."""

    def __init__(self, count):
        self.namespaces, self.hosts = [], []
        try:
            self.switch = Namespace()
            self.namespaces.append(self.switch)
            self.switch.ip("link", "add", "bridge", "type", "bridge")
            self.switch.ip("address", "add", ADDRESS % 254 + "/24", "dev", "bridge")
            self.switch.ip("link", "set", "bridge", "up")
            for number in range(1, count + 1):
                host = Host(self.switch, number)
                self.namespaces.append(host)
                self.hosts.append(host)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for namespace in self.namespaces:
            namespace.close()


class Inhabitant(threading.Thread):
    """A thread that lives in a namespace and works until it is told to stop."""

    def __init__(self, namespace, stop, problems):
        super().__init__(daemon=True)
        self.namespace, self.stop, self.problems = namespace, stop, problems

    def run(self):
        try:
            self.namespace.enter()
            self.work()
        except Exception as error:  # a bug of the harness: reported, never lost
            self.problems.append("%s: %r" % (type(self).__name__, error))


class Program(Daemon):
    """An nsqd on a host. What is asked here is asked on that host, so a cut cable is no hindrance."""

    ports = (4150, 4151)

    def __init__(self, host, binary, data_path, flags):
        super().__init__(binary, data_path, flags)
        self.host = host
        self.tcp_port, self.http_port = self.ports

    def command(self):
        return [
            self.binary,
            "--tcp-address=0.0.0.0:%d" % self.tcp_port,
            "--http-address=0.0.0.0:%d" % self.http_port,
            "--broadcast-address=%s" % self.host.address,
        ] + self.flags + (["--data-path=%s" % self.data_path] if self.data_path else [])

    def start(self, timeout=15.0):
        with self.host.inside():
            return super().start(timeout)

    def request(self, method, path, body=None, timeout=15.0, **query):
        with self.host.inside():
            return super().request(method, path, body, timeout, **query)


class Directory(Program):
    """An nsqlookupd on a host."""

    ports = (4160, 4161)

    def __init__(self, host, binary, flags):
        super().__init__(host, binary, None, flags)

    def producers(self, path, **query):
        status, body = self.request("GET", path, **query)
        if status not in (200, 404):
            raise OSError("%s answered %d: %r" % (path, status, body))
        return json.loads(body)["producers"] if status == 200 else []

    def lookup(self, topic):
        """The addresses of the hosts that have the topic."""
        return {producer["broadcast_address"] for producer in self.producers("/lookup", topic=topic)}

    def nodes(self):
        """{address: {topic: whether it is tombstoned}}"""
        found = {}
        for producer in self.producers("/nodes"):
            topics = found.setdefault(producer["broadcast_address"], {})
            for topic, hidden in zip(producer["topics"], producer["tombstones"]):
                topics[topic] = topics.get(topic, False) or hidden
        return found
