"""A small client of the V2 protocol on a plain socket, for tests that need to see every frame."""
import json
import socket
import struct
import time

RESPONSE, ERROR, MESSAGE = 0, 1, 2
HEARTBEAT = b"_heartbeat_"


class Message:
    """A message frame, and when it was read."""
    __slots__ = ("timestamp", "attempts", "wire_id", "body")

    def __init__(self, data):
        self.timestamp, self.attempts = struct.unpack_from(">qH", data)
        self.wire_id = data[10:26]
        self.body = data[26:]


def pub(topic, body):
    return b"PUB %s\n%s%s" % (topic.encode(), struct.pack(">i", len(body)), body)


def dpub(topic, milliseconds, body):
    return b"DPUB %s %d\n%s%s" % (topic.encode(), milliseconds, struct.pack(">i", len(body)), body)


def mpub(topic, bodies):
    packed = struct.pack(">i", len(bodies)) + b"".join(
        struct.pack(">i", len(body)) + body for body in bodies)
    return b"MPUB %s\n%s%s" % (topic.encode(), struct.pack(">i", len(packed)), packed)


class Connection:
    """One connection. Any read or write raises OSError once the daemon is gone."""

    def __init__(self, port, timeout=20.0):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray()
        self.send(b"  V2")

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def fill(self, timeout):
        """Reads what has arrived, waiting at most `timeout`; returns whether anything did."""
        self.socket.settimeout(timeout)
        try:
            data = self.socket.recv(262144)
        except (socket.timeout, BlockingIOError):
            return False
        finally:
            self.socket.settimeout(20.0)
        if not data:
            raise ConnectionResetError("closed by the daemon")
        self.buffer += data
        return True

    def take(self):
        """Every whole frame that has been read, as (kind, data); heartbeats are answered and left out."""
        frames, at, buffer = [], 0, bytes(self.buffer)
        while len(buffer) - at >= 8:
            size, kind = struct.unpack_from(">ii", buffer, at)
            if len(buffer) - at < 4 + size:
                break
            data = buffer[at + 8:at + 4 + size]
            at += 4 + size
            if kind == RESPONSE and data == HEARTBEAT:
                self.send(b"NOP\n")
            else:
                frames.append((kind, data))
        del self.buffer[:at]
        return frames

    def frames(self, timeout):
        """The whole frames that arrive within `timeout`; returns as soon as there is one."""
        end = time.monotonic() + timeout
        while True:
            found = self.take()
            left = end - time.monotonic()
            if found or left <= 0:
                return found
            self.fill(left)

    def rest(self):
        """What a dead daemon had still sent: every whole frame up to the end of the stream."""
        found = []
        try:
            while self.fill(2.0):
                pass
        except OSError:
            pass
        try:
            found = self.take()
        except OSError:
            pass
        return found

    def one(self, timeout=10.0):
        """Exactly one frame."""
        found = self.frames(timeout)
        if not found:
            raise OSError("no frame within %.0f s" % timeout)
        if len(found) > 1:
            raise OSError("%d frames where one was expected" % len(found))
        return found[0]

    def call(self, command):
        """Sends a command and returns the text of its response; an error frame raises OSError."""
        self.send(command)
        kind, data = self.one()
        if kind != RESPONSE:
            raise OSError("%r answered %r" % (command[:60], data))
        return data

    def identify(self, **fields):
        body = json.dumps(fields).encode()
        return self.call(b"IDENTIFY\n" + struct.pack(">i", len(body)) + body)

    def subscribe(self, topic, channel):
        return self.call(b"SUB %s %s\n" % (topic.encode(), channel.encode()))

    def leave(self):
        """Sends CLS and waits for its answer, behind every command before it. Messages that still come are dropped."""
        self.send(b"CLS\n")
        end = time.monotonic() + 10
        while (left := end - time.monotonic()) > 0:
            for kind, data in self.frames(left):
                if kind == ERROR:
                    raise OSError("CLS answered %r" % data)
                if data == b"CLOSE_WAIT":
                    return
        raise OSError("CLS was not answered within 10 s")

    def ready(self, count):
        self.send(b"RDY %d\n" % count)

    def messages(self, count, timeout=10.0):
        """`count` messages, finished one by one."""
        found, end = [], time.monotonic() + timeout
        while len(found) < count:
            left = end - time.monotonic()
            if left <= 0:
                raise OSError("%d of %d messages within %.0f s" % (len(found), count, timeout))
            for kind, data in self.frames(left):
                if kind != MESSAGE:
                    raise OSError("frame of type %d: %r" % (kind, data))
                message = Message(data)
                found.append(message)
                self.send(b"FIN " + message.wire_id + b"\n")
        return found
