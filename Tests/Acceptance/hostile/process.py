"""The process among others: descriptors, sockets, privileges, what it is built from."""
import json
import os
import resource
import shutil
import socket
import stat

import descriptors
from hostile.exchange import until
from hostile.target import Target
from wire import Connection, pub

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

# The first versions without what has been published against them.
PATCHED = {
    "swift-nio": (2, 100, 0),         # GHSA-cq87-8r7h-962v, GHSA-rj37-6j9x-74q6
    "swift-nio-extras": (1, 14, 0),   # CVE-2022-3252
    "swift-nio-http2": (1, 44, 1),    # CVE-2023-44487, CVE-2026-28898
    "async-http-client": (1, 13, 2),  # CVE-2023-0040
}


def descriptors_exhausted(bench, see):
    """S33 descriptors: 200 clients where 64 may be, and none at all."""
    target = bench.plain
    producer = Connection(target.tcp_port)
    producer.call(pub("scarce", b"before"))
    limits = resource.prlimit(target.process.pid, resource.RLIMIT_NOFILE)
    crowd = []
    try:
        descriptors.set_limit(target, 64)
        crowd = descriptors.knock(target, 200)
        busy = descriptors.busy_fraction(target, 1)
        see.check(busy < 0.2, "refusing them takes less than a fifth of a core", "%.2f" % busy)
        see.equal(producer.call(pub("scarce", b"meanwhile")), b"OK", "who is connected publishes on")
        see.equal(producer.call(pub("scarce-too", b"meanwhile")), b"OK", "a new topic finds its descriptors")
        descriptors.set_limit(target, 3)
        busy = descriptors.busy_fraction(target, 1)
        see.check(busy < 0.2, "nor does a listener that can not accept", "%.2f" % busy)
    finally:
        resource.prlimit(target.process.pid, resource.RLIMIT_NOFILE, limits)
        for connection in crowd:
            connection.close()
    see.equal(Connection(target.tcp_port).call(pub("scarce", b"after")), b"OK", "and all is well afterwards")
    see.equal(target.topics()["scarce"][0]["message_count"], 3, "nothing that was answered OK is lost")


class OnSockets(Target):
    """Serves the protocol on a unix socket."""

    def __init__(self, binary, data_path, path):
        super().__init__(binary, data_path)
        self.path = path

    def command(self):
        return [self.binary, "--tcp-address=" + self.path, "--http-address=" + self.path + ".http",
                "--broadcast-address=127.0.0.1", "--data-path=" + self.data_path]


def unix_socket(bench, see):
    """S34 unix sockets: only the owner may connect, whatever the umask of the shell was."""
    path = os.path.join(bench.new_folder(), "nsqd.sock")
    mask = os.umask(0)
    try:
        with OnSockets(bench.binary, bench.new_folder(), path) as target:
            target.launch()
            both = (path, path + ".http")
            if not see.check(until(lambda: all(os.path.exists(p) for p in both)), "it listens", target.log()):
                return
            for each in both:
                mode = stat.S_IMODE(os.lstat(each).st_mode)
                see.equal(mode & 0o077, 0, "%s: rights of others, of %o" % (os.path.basename(each), mode))
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(10)
                see.check(until(lambda: client.connect_ex(path) == 0), "the owner connects")
                client.sendall(b"  V2" + pub("unix", b"x"))
                see.equal(client.recv(100)[8:], b"OK", "and publishes")
            see.equal(target.stop(), 0, "SIGTERM ends it in good order")
            see.check(not os.path.exists(path), "the socket is gone with it")
    finally:
        os.umask(mask)


def dependencies(bench, see):
    """S39 dependencies: none is older than the fix of what is known against it."""
    with open(os.path.join(ROOT, "Package.resolved")) as file:
        pins = {pin["identity"]: pin["state"].get("version", "") for pin in json.load(file)["pins"]}
    for name, fixed in PATCHED.items():
        if name in pins:
            version = tuple(int(part) for part in pins[name].split("-")[0].split("."))
            see.check(version >= fixed, "%s is %s or newer" % (name, ".".join(map(str, fixed))), pins[name])
    see.check("swift-nio" in pins, "the list of dependencies was read", sorted(pins))
    see.check(all(pins.values()), "every dependency is pinned to a version", pins)


class Unprivileged(Target):
    def command(self):
        return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs",
                "--bounding-set=-all", "--inh-caps=-all"] + super().command()


def least_privilege(bench, see):
    """S40 privileges: nsqd serves as nobody without any capability.

    No unit file is shipped, so what one would set is set by hand, as root only. Whether root is refused is
    not asked: a harness may be run by root.
    """
    if os.getuid() != 0:
        return see.note("not root: nsqd has no privilege here anyway")
    os.chmod(bench.folder, 0o755)
    path = bench.new_folder()
    os.chown(path, 65_534, 65_534)
    binary = shutil.copy(bench.binary, os.path.join(bench.folder, "nsqd"))
    os.chmod(binary, 0o755)
    with Unprivileged(binary, path) as target:
        target.start()
        with open("/proc/%d/status" % target.process.pid) as status:
            fields = dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)
        see.equal(fields["CapEff"].strip("0"), "", "it has no capability")
        see.equal(fields["NoNewPrivs"], "1", "and can gain none")
        see.equal(Connection(target.tcp_port).call(pub("t", b"x")), b"OK", "it publishes")
        see.equal(target.stop(), 0, "SIGTERM ends it in good order")
    os.remove(binary)
