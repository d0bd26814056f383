"""One exchange with a target: everything that it answers until it closes, or until time is up."""
import contextlib
import json
import socket
import struct
import time

from wire import ERROR, Connection


def sized(command, body):
    return command + b"\n" + struct.pack(">i", len(body)) + body


def identify(**fields):
    return sized(b"IDENTIFY", json.dumps(fields).encode())


def frames(connection, timeout=10.0):
    """([(kind, data)], whether the connection was closed) up to its end or to the end of `timeout`."""
    found, deadline = [], time.monotonic() + timeout
    while True:
        try:
            found += connection.take()
            left = deadline - time.monotonic()
            if left <= 0:
                return found, False
            connection.fill(left)
        except OSError:
            return found, True


def answers(target, data, ends_input=True, timeout=10.0):
    """What a new connection that sends `data` is answered, and whether it is closed then."""
    connection = Connection(target.tcp_port)
    with contextlib.closing(connection):
        # A server that has seen enough may close before all of it is sent.
        with contextlib.suppress(OSError):
            connection.send(data)
            if ends_input:
                connection.socket.shutdown(socket.SHUT_WR)
        return frames(connection, timeout)


def texts(target, data, **options):
    found, _ = answers(target, data, **options)
    return [data for _, data in found]


def refusal(target, data):
    """The error that ends a connection which sends `data`; `None` when it is not closed with one."""
    found, is_closed = answers(target, data, ends_input=False)
    return found[-1][1] if is_closed and found and found[-1][0] == ERROR else None


def read_exactly(peer, count):
    data = b""
    while len(data) < count:
        piece = peer.recv(count - len(data))
        if not piece:
            raise ConnectionResetError("closed by the daemon")
        data += piece
    return data


def read_answer(peer):
    """The data of the next frame, and not a byte of what follows it."""
    return read_exactly(peer, struct.unpack(">i", read_exactly(peer, 4))[0])[4:]


def negotiated(target, behind=b"", **features):
    """A socket whose stream changes next; `behind` is sent together with IDENTIFY."""
    peer = socket.create_connection(("127.0.0.1", target.tcp_port), 10)
    peer.sendall(b"  V2" + identify(feature_negotiation=True, **features) + behind)
    read_answer(peer)
    return peer


def http_bytes(target, data, timeout=10.0):
    """(the bytes answered to raw HTTP, whether the connection was closed)"""
    received = b""
    with socket.create_connection(("127.0.0.1", target.http_port), timeout) as connection:
        deadline = time.monotonic() + timeout
        with contextlib.suppress(OSError):
            connection.sendall(data)
        while True:
            connection.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                piece = connection.recv(262_144)
            except socket.timeout:
                return received, False
            except OSError:
                return received, True
            if not piece:
                return received, True
            received += piece


def statuses(received):
    """The status of each answer in `received`; bodies of the API never look like a status line."""
    return [int(part[:3]) for part in received.split(b"HTTP/1.1 ")[1:]]


def until(condition, timeout=10.0):
    """Whether `condition` comes to hold in time."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.02)
    return True
