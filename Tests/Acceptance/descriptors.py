"""A shortage of file descriptors: connections are refused, the store and those who are connected go on."""
import os
import resource
import shutil
import socket
import sys
import tempfile
import time

import checks
from daemon import Daemon
from wire import Connection, pub


def set_limit(daemon, count):
    pid = daemon.process.pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (count, hard))


def busy_fraction(daemon, seconds):
    """How much of one core the daemon used."""
    def ticks():
        with open("/proc/%d/stat" % daemon.process.pid) as stat:
            return sum(int(field) for field in stat.read().split()[13:15])
    before = ticks()
    time.sleep(seconds)
    return (ticks() - before) / os.sysconf("SC_CLK_TCK") / seconds


def knock(daemon, count):
    """Connections that say nothing but the magic."""
    made = []
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", daemon.tcp_port), 5)
        connection.sendall(b"  V2")
        made.append(connection)
    return made


def main():
    options = checks.start(checks.parser(__doc__.splitlines()[0]))
    judge = checks.Checks()
    data_path = tempfile.mkdtemp(prefix="nsqd-descriptors-")
    try:
        with Daemon(options.bin, data_path, ["--log-level=warn"]) as daemon:
            daemon.start()
            producer = Connection(daemon.tcp_port)
            judge.equal(producer.call(pub("t", b"before")), b"OK", "a publish before the shortage")

            set_limit(daemon, 64)
            crowd = knock(daemon, 80)
            judge.check(busy_fraction(daemon, 1) < 0.2, "refusing connections takes no core")
            judge.equal(producer.call(pub("t", b"meanwhile")), b"OK", "who is connected publishes on")
            judge.equal(producer.call(pub("new", b"meanwhile")), b"OK", "a new topic finds its descriptors")
            for connection in crowd:
                connection.close()

            set_limit(daemon, 3)
            crowd = knock(daemon, 10)
            judge.check(busy_fraction(daemon, 1) < 0.2, "nor does a listener that cannot accept")
            set_limit(daemon, 1024)
            for connection in crowd:
                connection.close()
            judge.equal(Connection(daemon.tcp_port).call(pub("t", b"after")), b"OK", "and all is well afterwards")
            judge.equal(daemon.stop(), 0, "SIGTERM ends it with status 0")
    finally:
        shutil.rmtree(data_path, ignore_errors=True)
    return judge.finish()


if __name__ == "__main__":
    sys.exit(main())
