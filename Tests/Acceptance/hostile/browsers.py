"""What a browser can be made to do by a foreign page, and what it would show."""
import contextlib
import json
import socket

from hostile.exchange import http_bytes, identify, statuses
from wire import Connection

TAG = '"><img src=x onerror=alert(1)>'
CHANGES = [("POST", "/topic/%s" % verb) for verb in ("create", "empty", "pause", "unpause", "delete")] + [
    ("POST", "/channel/%s" % verb) for verb in ("create", "empty", "pause", "unpause", "delete")] + [
    ("POST", "/pub"), ("POST", "/mpub"), ("PUT", "/config/log_level")]


def prepare(target):
    target.post("/topic/create", topic="browsed")
    target.post("/channel/create", topic="browsed", channel="c")


def status(target, method, path, **headers):
    return target.request(method, path + "?topic=browsed&channel=c", b"debug", headers=headers)[0]


def cross_site(bench, see):
    """S25 foreign pages: what a page of another site asks for is answered 403, and GET changes nothing."""
    target = bench.plain
    for method, path in CHANGES:
        for name, headers in (
                ("Origin", {"Origin": "http://evil.example"}), ("Origin null", {"Origin": "null"}),
                ("Sec-Fetch-Site", {"Sec-Fetch-Site": "cross-site"})):
            prepare(target)
            got = status(target, method, path, **headers)
            see.equal(got, 403, "%s %s with a foreign %s" % (method, path, name))
        prepare(target)
        same = {"Origin": "http://127.0.0.1:%d" % target.http_port, "Sec-Fetch-Site": "same-origin"}
        see.equal(status(target, method, path, **same), 200, "%s %s of the same origin" % (method, path))
    prepare(target)
    before = target.topics()["browsed"]
    for method, path in CHANGES:
        if not path.startswith("/config"):
            see.equal(status(target, "GET", path), 405, "GET %s" % path)
    after = target.topics()["browsed"]
    see.equal((after[0]["message_count"], after[0]["paused"], list(after[1])),
              (before[0]["message_count"], before[0]["paused"], list(before[1])), "GET changes nothing")
    target.post("/topic/delete", topic="browsed")


def rebinding(bench, see):
    """S26 rebinding: a page under a name that is not ours is answered 421 where state may change.

    A browser tells the page's origin with each such request. What tells none is no browser, and may use whatever
    name it knows nsqd by.
    """
    target = bench.plain
    for method, path in CHANGES:
        for host in ("evil.example", "evil.example:%d" % target.http_port, "127.0.0.1.evil.example"):
            prepare(target)
            see.equal(status(target, method, path, Host=host, Origin="http://" + host), 421, "%s %s for %s" % (method, path, host))
        for host in ("127.0.0.1:%d" % target.http_port, "localhost", "[::1]:%d" % target.http_port):
            prepare(target)
            see.equal(status(target, method, path, Host=host, Origin="http://" + host), 200, "%s %s for %s" % (method, path, host))
    target.post("/topic/delete", topic="browsed")


def markup(bench, see):
    """S27 markup: what clients say of themselves is text wherever nsqd shows it; pages are nsqadmin's."""
    target = bench.plain
    client = Connection(target.tcp_port)
    client.call(identify(client_id=TAG, hostname=TAG, user_agent=TAG))
    client.subscribe("markup#ephemeral", "c#ephemeral")
    escaped = "%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E"
    for path in ("/stats?format=json", "/stats", "/stats?topic=" + escaped, "/" + escaped, "/config/" + escaped,
                 "/Config/" + escaped, "/pub?topic=" + escaped, "//stats?" + escaped):
        received, _ = http_bytes(
            target, b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % path.encode())
        head, _, body = received.partition(b"\r\n\r\n")
        see.check(statuses(received), "%s is answered" % path)
        see.check(b"text/html" not in head.lower(), "%s is no page" % path, head)
        is_text = b"content-type: text/plain; charset=utf-8" in head.lower()
        see.check(b"<img" not in body or is_text, "%s shows no tag but as text" % path, body[:200])
        see.check(b"<img" not in head, "%s has no tag in its head" % path, head)
    clients = target.topics()["markup#ephemeral"][1]["c#ephemeral"]["clients"]
    shown = [clients[0][key] for key in ("client_id", "hostname", "user_agent")]
    see.equal(shown, [TAG] * 3, "JSON holds what was sent")
    client.close()


def injection(bench, see):
    """S28 injection: a line feed in what a client sends begins no header and no line of the log.

    Log lines are NSQ's, not JSON, so what counts is that each begins with nsqd's own prefix. Labels of
    statsd and of metrics hold names only, whose grammar has no such byte.
    """
    target = bench.plain
    forged = "x\r\n[nsqd] 2026/01/01 00:00:00.000000 INFO: forged\r\nX-Forged: yes"
    client = Connection(target.tcp_port)
    client.call(identify(client_id=forged, hostname=forged, user_agent=forged, topology_zone=forged))
    client.subscribe("injection#ephemeral", "c#ephemeral")
    for command in (b"\x1b[31mforged\r\rX-Forged: yes\n", b"PUB \x1b]0;forged\x07\n", b"SUB t c\x1b[2J\n"):
        other = Connection(target.tcp_port)
        other.send(command)
        other.rest()
        other.close()
    escaped = "x%0d%0aX-Forged:%20yes%0d%0a%0d%0aforged"
    for path in ("/" + escaped, "/config/" + escaped, "/CONFIG/" + escaped, "//config/" + escaped,
                 "/stats?topic=" + escaped, "/config/x%1b%5b31m", "/topic/create?topic=" + escaped,
                 "/%0d%0a/../stats"):
        for method in ("GET", "POST"):
            request = "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            received, _ = http_bytes(target, (request % (method, path)).encode())
            see.check(b"\nX-Forged" not in received and len(statuses(received)) == 1,
                      "%s %s forges no header" % (method, path), received.partition(b"\r\n\r\n")[0])
    log = target.whole_log()
    see.check("forged" in log, "what was sent is in the log")
    strange = [line for line in log.split("\n") if "forged" in line.lower() and not line.startswith("[nsqd] 2")]
    see.equal(strange, [], "every line of it is nsqd's own")
    see.check("INFO: forged" not in [line.partition(".")[2][7:] for line in log.split("\n")], "and none is forged")
    see.equal([c for c in set(log) if ord(c) < 32 and c not in "\n\t"], [], "no control byte is in the log")
    client.close()
    body = json.loads(target.request("GET", "/stats", format="json")[1])
    see.check(isinstance(body, dict), "/stats is whole JSON")


def outgoing(bench, see):
    """S29 requests of our own: over HTTP nsqd is told of nsqlookupds only, and tells them nothing of a client's.

    Off by default it cannot be: the original's tools move a cluster so. Pages of other sites are in S25, auth
    servers' redirects in S12.
    """
    target = bench.plain
    for name in ("nsqlookupd_http_addresses", "auth_http_addresses", "statsd_address"):
        answer, _ = target.request("PUT", "/config/" + name, b'["169.254.169.254:80"]')
        see.check(answer in (400, 403, 404), "PUT /config/%s" % name, answer)
    path, victim = "/config/nsqlookupd_tcp_addresses", socket.create_server(("127.0.0.1", 0))
    addresses = json.dumps(["127.0.0.1:%d" % victim.getsockname()[1]]).encode()
    see.equal(bench.auth.request("PUT", path, addresses, headers={"Authorization": ""})[0], 401, "not without a secret")
    with victim:
        see.equal(target.request("PUT", path, addresses)[0], 200, "PUT %s" % path)
        victim.settimeout(5)
        peer = victim.accept()[0]
        with peer:
            peer.settimeout(5)
            heard = b""
            with contextlib.suppress(OSError):
                while chunk := peer.recv(4096):
                    heard += chunk
        size = int.from_bytes(heard[13:17], "big")
        see.check(heard[:13] == b"  V1IDENTIFY\n" and len(heard) == 17 + size,
                  "who does not answer hears how nsqd introduces itself, and nothing else", heard)
        see.equal(target.request("PUT", path, b"[]")[0], 200, "it is taken back")


def debug_routes(bench, see):
    """S31 debug routes: closed without a flag, and /config shows one value at a time.

    The loopback is the only place to ask from here, so that a foreign address is refused is not checked.
    """
    for name in ("pprof/", "pprof/heap", "pprof/goroutine", "pprof/profile?seconds=1", "pprof/cmdline",
                 "pprof/symbol", "vars", "freememory", "setblockrate?rate=1"):
        for method in ("GET", "POST", "PUT"):
            status, _ = bench.plain.request(method, "/debug/" + name)
            see.check(status in (403, 404, 405), "%s /debug/%s without a flag" % (method, name), status)
    for path in ("/config", "/config/", "/config/*", "/config/../config/"):
        status, _ = bench.plain.request("GET", path)
        see.check(status in (400, 404), "%s shows nothing" % path, status)
