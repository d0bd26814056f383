"""The ways in which a client library reaches nsqd, and what /stats must then show of its connections."""
import json
import ssl
import tempfile

from auth_server import AuthServer, grant
from certificates import Certificates
from daemon import Daemon

SECRET = b"a secret for tests"
PLAIN = {
    "tls": False, "tls_version": "", "snappy": False, "deflate": False, "authed": False, "auth_identity": ""}


class Daemons:
    """Starts daemons with a data path for each below one folder, and ends all of them."""

    def __init__(self, binary, folder):
        self.binary = binary
        self.folder = folder
        self.running = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for daemon in self.running:
            daemon.close()

    def start(self, *flags):
        data_path = tempfile.mkdtemp(prefix="data-", dir=self.folder)
        daemon = Daemon(self.binary, data_path, ["--log-level=warn", *flags])
        self.running.append(daemon)
        daemon.start()
        return daemon

    def stop_all(self, judge):
        statuses = [daemon.stop() for daemon in self.running]
        judge.equal(statuses, [0] * len(statuses), "SIGTERM ends every daemon with status 0")
        if judge.failed:
            for daemon in self.running:
                print("the end of a log:\n" + daemon.log())


class Transport:
    """One way: the options that pynsq and gnsq both take for it, and what differs in /stats from a plain one."""

    def __init__(self, name, daemon, options, **shows):
        self.name = name
        self.label = name.replace(" ", "_").replace("+", "and")
        self.daemon = daemon
        self.options = options
        self.shows = {**PLAIN, **shows}


class Ways:
    """All transports, with the daemons and the auth server that they need."""

    def __init__(self, daemons, folder):
        self.certificates = Certificates(folder)
        self.auth_server = AuthServer(grant())
        self.secure_flags = self.certificates.flags() + ["--https-address=127.0.0.1:0"]
        self.root = self.certificates.path("ca.pem")
        self.open = daemons.start(*self.secure_flags)
        self.authorizing = daemons.start(
            "--auth-http-address=" + self.auth_server.address, *self.secure_flags)
        # Without tcp-https the policy would close plain HTTP, by which the statistics are read.
        self.verifying = daemons.start(
            "--tls-client-auth-policy=require-verify", "--tls-root-ca-file=" + self.root,
            "--tls-required=tcp-https", *self.secure_flags)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.auth_server.close()

    def tls(self, version=ssl.PROTOCOL_TLSv1_2, root=None, client=None):
        options = {
            "cert_reqs": ssl.CERT_REQUIRED, "ca_certs": root or self.root, "ssl_version": version}
        if client:
            options["certfile"] = self.certificates.path(client + ".pem")
            options["keyfile"] = self.certificates.path(client + ".key")
        return {"tls_v1": True, "tls_options": options}

    def transports(self):
        snappy = {"snappy": True}
        deflate = {"deflate": True, "deflate_level": 6}
        auth = {"auth_secret": SECRET}
        over_tls = {"tls": True, "tls_version": "TLS1.2"}
        authed = {"authed": True, "auth_identity": grant()["identity"]}
        return [
            Transport("plain", self.open, {}),
            Transport("TLS 1.2", self.open, self.tls(), **over_tls),
            # The only constant that both libraries can use and that allows 1.3: they pass on no host name.
            Transport("TLS 1.3", self.open, self.tls(ssl.PROTOCOL_TLS), tls=True, tls_version="TLS1.3"),
            Transport("snappy", self.open, snappy, snappy=True),
            Transport("deflate", self.open, deflate, deflate=True),
            Transport("TLS+snappy", self.open, {**self.tls(), **snappy}, snappy=True, **over_tls),
            Transport("TLS+deflate", self.open, {**self.tls(), **deflate}, deflate=True, **over_tls),
            Transport("client certificate", self.verifying, self.tls(client="client"), **over_tls),
            Transport("AUTH", self.authorizing, auth, **authed),
            Transport(
                "AUTH+TLS+snappy", self.authorizing, {**self.tls(), **snappy, **auth},
                snappy=True, **over_tls, **authed),
            Transport(
                "AUTH+deflate", self.authorizing, {**deflate, **auth}, deflate=True, **authed),
        ]


def connection_stats(daemon, user_agent):
    """The statistics of every connection with this user agent, consumer or producer."""
    status, body = daemon.request("GET", "/stats", format="json", include_mem="false")
    if status != 200:
        raise OSError("/stats answered %d" % status)
    stats = json.loads(body)
    clients = list(stats["producers"] or [])
    for topic in stats["topics"] or []:
        for channel in topic["channels"] or []:
            clients += channel["clients"] or []
    return [client for client in clients if client["user_agent"] == user_agent]


def channel_stats(daemon, topic, channel):
    return daemon.topics()[topic][1][channel]


def is_drained(daemon, topic, channel, finished):
    """Whether a channel is empty, and its one consumer has finished that many messages."""
    stats = channel_stats(daemon, topic, channel)
    left = stats["depth"] + stats["in_flight_count"] + stats["deferred_count"]
    return left == 0 and [c["finish_count"] for c in stats["clients"] or []] == [finished]


def judge_connections(judge, transport, library, user_agents):
    """/stats shows exactly one connection for each user agent, and what its transport is."""
    for user_agent in user_agents:
        shown = [
            {key: client.get(key, absent) for key, absent in PLAIN.items()}
            for client in connection_stats(transport.daemon, user_agent)]
        judge.equal(
            shown, [transport.shows], "%s, %s: /stats shows how %r is connected" % (
                library, transport.name, user_agent))
