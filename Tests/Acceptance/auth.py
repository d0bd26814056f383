"""Authorization where the conformance kit does not look: what is no proper answer, expiry, HTTP, secrets."""
import http.client
import os
import struct
import subprocess
import sys
import tempfile
import time

import checks
from auth_server import AuthServer, grant
from daemon import Daemon
from wire import ERROR, Connection, mpub, pub

SECRET = b"correct horse battery staple"


def auth(secret=SECRET):
    return b"AUTH\n" + struct.pack(">i", len(secret)) + secret


def first_frame(connection, timeout=10.0):
    """The next frame, or None when the connection ends or nothing comes."""
    deadline = time.monotonic() + timeout
    unread = connection.__dict__.setdefault("unread", [])
    while True:
        unread += connection.take()
        if unread:
            return unread.pop(0)
        if time.monotonic() >= deadline:
            return None
        try:
            connection.fill(max(0.001, deadline - time.monotonic()))
        except OSError:
            return None


def refusal(daemon, command):
    """The error that AUTH and then `command` end with, or what else came first."""
    connection = Connection(daemon.tcp_port)
    try:
        connection.send(auth() + command)
        frame = first_frame(connection)
        while frame is not None and frame[0] != ERROR:
            last = frame
            frame = first_frame(connection)
            if frame is None:
                return last[1]
        return frame and frame[1]
    finally:
        connection.close()


def fails_closed(judge, daemon, server):
    cases = [
        ("an empty object", {}, 200), ("a list", [], 200), ("no JSON", b"hello", 200),
        ("an error status", grant(), 500), ("a ttl of 0", grant(ttl=0), 200),
        ("a negative ttl", grant(ttl=-1), 200), ("a ttl beyond 63 bits", grant(ttl=2 ** 63), 200),
        ("a ttl that is text", grant(ttl="60"), 200),
        ("an unknown permission", grant(permissions=("publish", "admin")), 200),
        ("a topic that is no regular expression", grant(topic="(("), 200),
        ("a channel that is no regular expression", grant(channels=("[",)), 200),
        ("10 MiB", b" " * (10 << 20), 200), ("deep nesting", b"[" * 900_000, 200),
        ("100,000 patterns", grant(channels=["a"] * 100_000), 200),
    ]
    for name, answer, status in cases:
        server.answer, server.status = answer, status
        judge.equal(refusal(daemon, b""), b"E_AUTH_FAILED AUTH failed", "%s is no grant" % name)
    server.answer, server.status = grant(), 302
    server.headers = {"Location": "http://%s/other" % server.address}
    judge.equal(refusal(daemon, b""), b"E_AUTH_FAILED AUTH failed", "a redirect is not followed")
    server.headers, server.status = {}, 200
    server.delay = 30.0
    began = time.monotonic()
    judge.equal(refusal(daemon, b""), b"E_AUTH_FAILED AUTH failed", "a server that hangs is given up")
    judge.check(time.monotonic() - began < 8, "and that in time", time.monotonic() - began)
    server.delay = 0.0


def one_slow_answer(judge, daemon, server):
    """A question under way holds up nobody else."""
    connection = Connection(daemon.tcp_port)
    connection.send(auth())
    judge.check(first_frame(connection) is not None, "a client is authorized")
    server.delay = 3.0
    waiting = Connection(daemon.tcp_port)
    waiting.send(auth() + pub("t", b"behind AUTH"))
    began = time.monotonic()
    connection.send(pub("t", b"x"))
    judge.equal(first_frame(connection), (0, b"OK"), "another client publishes meanwhile")
    judge.check(time.monotonic() - began < 1.5, "at once", time.monotonic() - began)
    judge.check(first_frame(waiting) is not None, "the slow answer comes")
    judge.equal(first_frame(waiting), (0, b"OK"), "and what was sent behind AUTH is carried out")
    server.delay = 0.0


def patterns(judge, daemon, server):
    server.answer = grant(topic="(a+)+$")
    connection = Connection(daemon.tcp_port)
    connection.send(auth())
    first_frame(connection)
    began = time.monotonic()
    connection.send(pub("a" * 63 + "b", b"x"))
    frame = first_frame(connection)
    judge.check(frame and frame[1].startswith(b"E_UNAUTHORIZED"), "an evil pattern is judged", frame)
    judge.check(time.monotonic() - began < 0.5, "in no time", time.monotonic() - began)
    server.answer = grant()


def expiry(judge, daemon, server):
    """A consumer whose grant ran out is asked for again, and goes when that fails."""
    for name, answer, status, error in (
            ("is refused", grant(topic="^other$", ttl=1), 200,
             b'E_UNAUTHORIZED AUTH failed for SUB on "t" "c"'),
            ("can not be asked", grant(), 500, b"E_AUTH_FAILED AUTH failed")):
        server.answer, server.status = grant(ttl=1), 200
        connection = Connection(daemon.tcp_port)
        identify = b'{"heartbeat_interval":1000,"feature_negotiation":false}'
        connection.send(
            b"IDENTIFY\n" + struct.pack(">i", len(identify)) + identify + auth() + b"SUB t c\n")
        for _ in range(3):
            judge.check((first_frame(connection) or (ERROR,))[0] != ERROR, "a consumer joins")
        asked = server.asked
        deadline = time.monotonic() + 10
        while server.asked == asked and time.monotonic() < deadline:
            for _ in connection.take():
                connection.send(b"NOP\n")
            connection.fill(0.1)
        judge.check(server.asked > asked, "an expired grant is asked for again while consuming")
        server.answer, server.status = answer, status
        frame = None
        while time.monotonic() < deadline and (frame is None or frame[0] != ERROR):
            connection.send(b"NOP\n")
            frame = first_frame(connection, 0.5)
        judge.equal(frame and frame[1], error, "a consumer that %s is sent away" % name)
        connection.close()
    server.answer, server.status = grant(), 200


def over_http(judge, daemon, server):
    """Who may use which route, with --http-auth."""
    def status(method, path, secret=SECRET):
        connection = http.client.HTTPConnection("127.0.0.1", daemon.http_port, timeout=10)
        headers = {} if secret is None else {"Authorization": b"Bearer " + secret}
        try:
            connection.request(method, path, body=b"x" if method == "POST" else None, headers=headers)
            reply = connection.getresponse()
            reply.read()
            return reply.status
        finally:
            connection.close()

    topic, channel = "?topic=good", "?topic=good&channel=c"
    routes = [
        ("GET", "/ping", (200, 200, 200, 200)),
        ("GET", "/stats", (401, 200, 200, 200)), ("GET", "/info", (401, 200, 200, 200)),
        ("POST", "/topic/create" + topic, (401, 403, 200, 200)),
        ("POST", "/pub" + topic, (401, 403, 200, 200)),
        ("POST", "/mpub" + topic, (401, 403, 200, 200)),
        ("POST", "/channel/create" + channel, (401, 200, 403, 200)),
        ("POST", "/channel/pause" + channel, (401, 200, 403, 200)),
        ("POST", "/channel/unpause" + channel, (401, 200, 403, 200)),
        ("POST", "/channel/empty" + channel, (401, 200, 403, 200)),
        ("POST", "/channel/delete" + channel, (401, 200, 403, 200)),
        ("POST", "/topic/pause" + topic, (401, 403, 403, 200)),
        ("POST", "/topic/unpause" + topic, (401, 403, 403, 200)),
        ("POST", "/topic/empty" + topic, (401, 403, 403, 200)),
        ("GET", "/config/log_level", (401, 200, 200, 200)),
        ("PUT", "/config/log_level", (401, 403, 403, 403)),
        ("GET", "/metadata", (401, 200, 200, 200)), ("PUT", "/metadata", (401, 403, 403, 403)),
        ("POST", "/topic/delete" + topic, (401, 403, 403, 200)),
    ]
    clients = [
        ("no secret", None, None), ("subscribe", b"s1", grant("^good$", permissions=["subscribe"])),
        ("publish", b"s2", grant("^good$", permissions=["publish"])), ("both", b"s3", grant("^good$")),
    ]
    daemon.post("/topic/create", topic="good")
    for method, path, wanted in routes:
        got = []
        for _, secret, answer in clients:
            server.answer = answer
            got.append(status(method, path, secret))
            if path.startswith("/channel/delete") and got[-1] == 200:
                server.answer = grant()
                status("POST", "/channel/create" + channel, b"root")
        judge.equal(tuple(got), wanted, "%s %s with %s" % (
            method, path, ", ".join(name for name, _, _ in clients)))
        if path.startswith("/topic/create"):
            server.answer = grant()
            status("POST", "/channel/create" + channel, b"root")
    server.answer = grant()
    judge.equal(status("POST", "/topic/create?topic=other", b"s3"), 403, "another topic is refused")
    connection = http.client.HTTPConnection("127.0.0.1", daemon.http_port, timeout=10)
    connection.request("PUT", "/config/log_level", b"info", {"Authorization": "Bearer root"})
    judge.equal(connection.getresponse().status, 200, "who may do all may change the configuration")
    server.status = 500
    judge.equal(status("GET", "/stats", b"new"), 403, "an auth server that fails lets nobody in")
    server.status = 200
    asked = server.asked
    for _ in range(20):
        status("GET", "/stats", b"root")
    judge.equal(server.asked, asked, "a grant that holds is not asked for again")


def main():
    options = checks.start(checks.parser(__doc__))
    judge = checks.Checks()
    folder = tempfile.TemporaryDirectory()
    with folder, AuthServer(grant()) as server:
        flags = ["--auth-http-address=" + server.address, "--log-level=debug"]
        with Daemon(options.bin, os.path.join(folder.name), flags) as daemon:
            daemon.start()
            one_slow_answer(judge, daemon, server)
            judge.equal(daemon.post("/pub", b"x", topic="t")[0], 200, "HTTP is open without --http-auth")
            fails_closed(judge, daemon, server)
            patterns(judge, daemon, server)
            server.answer = grant(topic="^t$")
            judge.equal(
                refusal(daemon, mpub("u", [b"x"])), b'E_UNAUTHORIZED AUTH failed for MPUB on "u" ""',
                "MPUB is checked")
            expiry(judge, daemon, server)
            log = daemon.log(lines=1_000_000)
            judge.check(
                SECRET.decode() not in log and "correct+horse" not in log, "the log holds no secret")
            judge.equal(daemon.stop(), 0, "SIGTERM ends it")
        daemon = Daemon(options.bin, folder.name, flags + ["--http-auth"])
        with daemon:
            daemon.start()
            over_http(judge, daemon, server)
            waiting = Connection(daemon.tcp_port)
            server.delay = 4.0
            waiting.send(auth())
            judge.equal(daemon.stop(), 0, "SIGTERM ends it with a question under way")
    return judge.finish()


if __name__ == "__main__":
    sys.exit(main())
