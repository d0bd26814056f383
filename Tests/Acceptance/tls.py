"""TLS where the conformance kit does not look: slow handshakes, early bytes, reload, settings that cannot be."""
import http.client
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time

import checks
from certificates import Certificates
from daemon import Daemon, free_port

IDENTIFY = b'{"feature_negotiation":true,"tls_v1":true}'


def framed(command, body):
    return command + b"\n" + struct.pack(">i", len(body)) + body


def read_frame(stream):
    size = struct.unpack(">i", stream.read(4))[0]
    return stream.read(size)[4:]


def upgraded(daemon, context, command=b""):
    """A connection over TLS, whose first command is `command`."""
    plain = socket.create_connection(("127.0.0.1", daemon.tcp_port), 10)
    plain.sendall(b"  V2" + framed(b"IDENTIFY", IDENTIFY))
    size = struct.unpack(">i", plain.recv(4, socket.MSG_WAITALL))[0]
    plain.recv(size, socket.MSG_WAITALL)
    secure = context.wrap_socket(plain, server_hostname="localhost")
    stream = secure.makefile("rb")
    assert read_frame(stream) == b"OK"
    return secure, stream


def subject(secure):
    return dict(pair[0] for pair in secure.getpeercert()["subject"])["commonName"]


def closed_after(connection, limit):
    """Seconds until the peer closes, or None when it does not within `limit`."""
    began = time.monotonic()
    connection.settimeout(limit)
    try:
        while connection.recv(65536):
            pass
    except ConnectionError:
        pass
    except socket.timeout:
        return None
    return time.monotonic() - began


def early_bytes(judge, daemon, certificates):
    """The client's hello right behind IDENTIFY, in one segment."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = certificates.context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    try:
        session.do_handshake()
    except ssl.SSLWantReadError:
        pass
    connection = socket.create_connection(("127.0.0.1", daemon.tcp_port), 10)
    connection.sendall(b"  V2" + framed(b"IDENTIFY", IDENTIFY) + outgoing.read())
    # Nothing behind the frame may be read here: it is for TLS.
    size = struct.unpack(">i", connection.recv(4, socket.MSG_WAITALL))[0]
    connection.recv(size, socket.MSG_WAITALL)
    received = b""
    while not received:
        try:
            session.do_handshake()
            received = session.read(100)
        except ssl.SSLWantReadError:
            connection.sendall(outgoing.read())
            data = connection.recv(65536)
            if not data:
                break
            incoming.write(data)
    judge.equal(received[8:], b"OK", "a hello right behind IDENTIFY is read by TLS")


def slow_handshakes(judge, daemon, https_port):
    tcp = socket.create_connection(("127.0.0.1", daemon.tcp_port), 10)
    tcp.sendall(b"  V2" + framed(b"IDENTIFY", IDENTIFY))
    https = socket.create_connection(("127.0.0.1", https_port), 10)
    for name, connection in (("IDENTIFY", tcp), ("connecting to HTTPS", https)):
        seconds = closed_after(connection, 12)
        judge.check(
            seconds is not None and seconds < 8, "a client silent after %s is closed" % name, seconds)


def reload(judge, daemon, certificates):
    old, stream = upgraded(daemon, certificates.context())
    judge.equal(subject(old), "localhost", "the certificate is the one configured")
    certificates.signed("server", "renewed")
    daemon.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 10
    while "certificate reloaded" not in daemon.log() and time.monotonic() < deadline:
        time.sleep(0.01)
    renewed, _ = upgraded(daemon, certificates.context())
    judge.equal(subject(renewed), "renewed", "SIGHUP brings the new certificate")
    old.sendall(framed(b"PUB t", b"x"))
    judge.equal(read_frame(stream), b"OK", "a connection made before goes on")
    with open(certificates.path("server.pem"), "w") as file:
        file.write("no certificate")
    daemon.process.send_signal(signal.SIGHUP)
    while "stays" not in daemon.log() and time.monotonic() < deadline:
        time.sleep(0.01)
    again, _ = upgraded(daemon, certificates.context())
    judge.equal(subject(again), "renewed", "a file that cannot be read leaves the certificate in use")
    certificates.signed("server", "localhost")


def over_https(judge, daemon, https_port, certificates):
    connection = http.client.HTTPSConnection(
        "127.0.0.1", https_port, context=certificates.context(), timeout=10)
    body = b"x" * 1_000_000
    for _ in range(3):
        connection.request("POST", "/pub?topic=https", body)
        judge.equal(connection.getresponse().read(), b"OK", "HTTPS takes a publish")
    judge.equal(daemon.topics()["https"][0]["message_count"], 3, "all of them arrived")


def refusals(judge, options, certificates, data_path):
    cases = [
        (["--tls-client-auth-policy=requir"] + certificates.flags(), 1, "--tls-client-auth-policy must be"),
        (["--tls-min-version=ssl3.0"], 2, 'invalid value "ssl3.0" for flag -tls-min-version'),
        (["--tls-required=perhaps"], 2, 'invalid boolean value "perhaps" for -tls-required'),
        (["--tls-cert=" + certificates.path("server.pem")], 1, "failed to build TLS config"),
        (certificates.flags() + ["--tls-root-ca-file=/nonexistent"], 1, "failed to build TLS config"),
    ]
    for flags, status, text in cases:
        command = Daemon(options.bin, data_path, flags).command()
        ended = subprocess.run(command, capture_output=True, text=True, timeout=20)
        judge.equal(ended.returncode, status, "%s ends with status %d" % (flags[0].split("=")[0], status))
        judge.check(text in ended.stderr, "and says why", ended.stderr[:300])


def main():
    options = checks.start(checks.parser(__doc__.splitlines()[0]))
    judge = checks.Checks()
    folder = tempfile.mkdtemp(prefix="nsqd-tls-")
    data_path = tempfile.mkdtemp(prefix="nsqd-tls-data-")
    try:
        certificates = Certificates(folder)
        refusals(judge, options, certificates, data_path)
        https_port = free_port()
        flags = certificates.flags() + ["--https-address=127.0.0.1:%d" % https_port]
        with Daemon(options.bin, data_path, flags) as daemon:
            daemon.start()
            early_bytes(judge, daemon, certificates)
            over_https(judge, daemon, https_port, certificates)
            reload(judge, daemon, certificates)
            slow_handshakes(judge, daemon, https_port)
            judge.equal(daemon.stop(), 0, "SIGTERM ends it with status 0")
            if judge.failed:
                print("the end of the log:\n" + daemon.log(40))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(data_path, ignore_errors=True)
    return judge.finish()


if __name__ == "__main__":
    sys.exit(main())
