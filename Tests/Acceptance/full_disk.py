"""A disk that is full: publishes are refused, consumers go on, and the room that they free is used again."""
import contextlib
import os
import subprocess
import sys
import tempfile
import time

import checks
from daemon import Daemon
from wire import ERROR, Connection, pub

BODY = b"x" * 3000


class SmallDisk:
    """A tmpfs of 12 MiB; None where it cannot be mounted."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="nsqd-disk-")
        self.is_mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", self.folder],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

    def __enter__(self):
        return self

    def fill_up(self):
        """Takes the last byte."""
        with open(os.path.join(self.folder, "other"), "ab", buffering=0) as file:
            for size in (65_536, 4096, 1):
                with contextlib.suppress(OSError):
                    while file.write(b"o" * size):
                        pass

    def make_room(self):
        os.unlink(os.path.join(self.folder, "other"))

    def __exit__(self, *_):
        if self.is_mounted:
            subprocess.run(["umount", "-l", self.folder], check=False)
        os.rmdir(self.folder)


def fill(daemon):
    """Publishes until it is refused; returns how many were acknowledged, and the error."""
    connection = Connection(daemon.tcp_port)
    count = 0
    while count < 10_000:
        connection.send(pub("t", b"%08d" % count + BODY))
        frames = connection.take()
        while not frames:
            connection.fill(10)
            frames = connection.take()
        if frames[0][0] == ERROR:
            return count, frames[0][1]
        count += 1
    return count, b""


def consume(daemon, wanted, timeout=30.0):
    """Receives and finishes `wanted` messages; returns their bodies."""
    connection = Connection(daemon.tcp_port)
    connection.send(b"SUB t c\nRDY 200\n")
    bodies = []
    deadline = time.monotonic() + timeout
    while len(bodies) < wanted and time.monotonic() < deadline:
        for kind, data in connection.take():
            if kind == 2:
                bodies.append(data[26:])
                connection.send(b"FIN " + data[10:26] + b"\n")
            elif data == b"_heartbeat_":
                connection.send(b"NOP\n")
        if len(bodies) < wanted:
            connection.fill(0.2)
    # An answer behind the FINs says that they were read.
    connection.leave()
    connection.close()
    return bodies


def publishes_again(daemon):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if daemon.post("/pub", b"again", topic="t")[0] == 200:
            return True
        time.sleep(0.05)
    return False


def main():
    options = checks.start(checks.parser(__doc__))
    judge = checks.Checks()
    with SmallDisk() as disk:
        if not disk.is_mounted:
            print("skipped: a small file system cannot be mounted here")
            print("0 passed, 0 failed, 1 skipped")
            return 0
        flags = ["--max-bytes-per-file=500000"]
        with Daemon(options.bin, disk.folder, flags) as daemon:
            daemon.start()
            daemon.post("/topic/create", topic="t")
            daemon.post("/channel/create", topic="t", channel="c")
            acknowledged, error = fill(daemon)
            judge.check(error.startswith(b"E_PUB_FAILED"), "a full disk refuses publishes", error)
            judge.equal(daemon.request("GET", "/readyz")[0], 503, "and says so at /readyz")
            judge.equal(daemon.request("GET", "/livez")[0], 200, "and is alive")
            bodies = consume(daemon, acknowledged)
            judge.equal(len(set(bodies)), acknowledged, "what was acknowledged is delivered from a full disk")
            judge.check(publishes_again(daemon), "publishes are taken again once that is finished")
            judge.equal(daemon.request("GET", "/readyz")[0], 200, "and /readyz says so")
            judge.equal(daemon.stop(), 0, "SIGTERM ends it")
            daemon.start()
            judge.equal(consume(daemon, 1), [b"again"], "what was finished on a full disk stays so")
            acknowledged, _ = fill(daemon)
            half = consume(daemon, acknowledged // 2)
            time.sleep(0.2)
            daemon.kill()
            daemon.start()
            rest = consume(daemon, acknowledged - len(half))
            judge.equal(len(set(rest) & set(half)), 0, "nor does a kill -9 bring it back")
            judge.equal(len(set(rest) | set(half)), acknowledged, "and nothing is lost")
            for end, name in ((daemon.stop, "a stop"), (daemon.kill, "a kill -9")):
                acknowledged, _ = fill(daemon)
                end()
                disk.fill_up()
                daemon.start()
                judge.equal(
                    len(set(consume(daemon, acknowledged))), acknowledged,
                    "it starts on a disk without a free byte after %s, and delivers" % name)
                disk.make_room()
                judge.check(publishes_again(daemon), "and goes on when there is room")
                consume(daemon, 1)
    return judge.finish()


if __name__ == "__main__":
    sys.exit(main())
