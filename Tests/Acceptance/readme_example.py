"""Runs what the README shows, word for word but for ports and paths, against a running nsqd."""
import contextlib
import csv
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

import checks
from daemon import Daemon
from wire import Connection

README = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "README.md")


def blocks(heading):
    """The shell blocks below a heading of the README."""
    with open(README, encoding="utf-8") as file:
        text = file.read()
    section = re.search(r"^## %s\n(.*?)(?=^## |\Z)" % re.escape(heading), text, re.S | re.M)
    return re.findall(r"^```sh\n(.*?)^```", section.group(1), re.S | re.M) if section else []


def commands(heading):
    """The first shell block below a heading of the README."""
    return (blocks(heading) or [""])[0]


def first_line(script, wanted, timeout=20.0):
    """Runs a script that does not end by itself until its output holds `wanted`; returns the output."""
    process = subprocess.Popen(
        ["bash", "-eu", "-c", script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, start_new_session=True)
    timer = threading.Timer(timeout, process.kill)
    timer.start()
    output = b""
    try:
        while wanted not in output:
            part = os.read(process.stdout.fileno(), 65536)
            if not part:
                break
            output += part
    finally:
        timer.cancel()
        if process.poll() is None:
            os.killpg(process.pid, 15)
        process.wait()
        process.stdout.close()
    return output


def first_messages(judge, options):
    script = commands("First messages")
    lines = [line for line in script.splitlines() if line.strip()]
    judge.check(0 < len(lines) < 10, "publish and consume take under ten lines", len(lines))
    data_path = tempfile.mkdtemp(prefix="nsqd-readme-")
    try:
        with Daemon(options.bin, data_path, ["--log-level=warn"]) as daemon:
            daemon.start()
            script = script.replace("4150", str(daemon.tcp_port)).replace("4151", str(daemon.http_port))
            script = script.replace("python3 -c", "python3 -u -c")
            output = first_line(script, b"hello")
            judge.check(b"OK" in output, "the publish is answered OK", output)
            judge.check(b"hello" in output.replace(b"OK", b""), "the message is printed", output)
            judge.equal(daemon.stop(), 0, "SIGTERM ends it with status 0")
    finally:
        shutil.rmtree(data_path, ignore_errors=True)


class Walk:
    """The blocks of "Look inside", run in a folder of their own."""

    def __init__(self, judge, binary, folder):
        self.judge, self.folder = judge, folder
        self.inspector = os.path.join(os.path.dirname(binary), "nsq-inspect")
        self.source, self.target = os.path.join(folder, "data", "run"), os.path.join(folder, "data", "elsewhere")

    def run(self, script, daemon):
        """The output of a block, which must end well."""
        script = script.replace("4150", str(daemon.tcp_port)).replace("4151", str(daemon.http_port))
        ended = subprocess.run(
            ["bash", "-eu", "-o", "pipefail", "-c", script.replace("Tools/run nsq-inspect", self.inspector)],
            cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        self.judge.equal(ended.returncode, 0, "the block that begins with %r ends well" % script.splitlines()[0][:60])
        return ended.stdout.decode()

    def inspected(self, data_path):
        """(depth, deferred) of the channel, as the inspector tells it."""
        ended = subprocess.run(
            [self.inspector, "channels", "--data-path", data_path, "--output", "csv"], capture_output=True, timeout=60)
        (row,) = csv.DictReader(io.StringIO(ended.stdout.decode(), newline=""))
        return int(row["depth"]), int(row["deferred"])

    def can_export(self):
        ended = subprocess.run([self.inspector, "messages", "--help"], capture_output=True, timeout=60)
        return re.search(rb"^\s+export\b", ended.stdout, re.M) is not None


def served(daemon):
    """(depth, deferred) of the channel, as nsqd tells it; what it sent to the consumer last waits for its answer."""
    channel = daemon.topics()["orders"][1]["archive"]
    return channel["depth"] + channel["in_flight_count"], channel["deferred_count"]


def drained(daemon):
    """The bodies that are due."""
    with contextlib.closing(Connection(daemon.tcp_port)) as consumer:
        consumer.subscribe("orders", "archive")
        consumer.ready(10)
        return sorted(message.body for message in consumer.messages(3))


def look_inside(judge, options):
    """Publishes, finishes, defers, kills, inspects, moves, starts and drains: the counts agree at each step."""
    found = blocks("Look inside")
    if not judge.equal(len(found), 3, "the section has three blocks"):
        return
    publishing, looking, moving = found
    # Three of five wait: two are finished; the sixth is deferred.
    counts, bodies = (3, 1), [b"order 3", b"order 4", b"order 5"]
    folder = tempfile.mkdtemp(prefix="nsqd-readme-")
    walk = Walk(judge, options.bin, folder)
    try:
        os.makedirs(walk.source)
        with Daemon(options.bin, walk.source, ["--log-level=warn"]) as daemon:
            daemon.start()
            judge.equal(walk.run(publishing, daemon), "OK" * 6, "every publish is answered OK")
            judge.equal(served(daemon), counts, "nsqd counts what waits and what is deferred")
            shown = walk.run(looking, daemon)
            judge.check(daemon.process.wait(5) == -9, "nsqd is killed")
            judge.equal(walk.inspected(walk.source), counts, "the inspector counts the same")
            judge.equal(
                [body for body in ("order %d" % number for number in range(1, 7)) if body in shown],
                [body.decode() for body in bodies], "the messages that wait are shown, and no others")
        is_moved = walk.can_export()
        if is_moved:
            shown = walk.run(moving, daemon)
            judge.equal(walk.inspected(walk.target), counts, "what was imported counts the same")
            judge.equal(walk.inspected(walk.source), counts, "and what was exported is still there")
        else:
            print("skip messages are exported and imported: this nsq-inspect has no messages export")
        with Daemon(options.bin, walk.target if is_moved else walk.source, ["--log-level=warn"]) as daemon:
            daemon.start()
            place = "elsewhere" if is_moved else "again"
            judge.equal(served(daemon), counts, "nsqd, started %s, counts the same" % place)
            judge.equal(drained(daemon), bodies, "and delivers what waits")
            judge.equal(daemon.stop(), 0, "SIGTERM ends it with status 0")
        judge.equal(walk.inspected(daemon.data_path), (0, 1), "afterwards only what is deferred is left")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main():
    options = checks.start(checks.parser(__doc__.splitlines()[0]))
    judge = checks.Checks()
    first_messages(judge, options)
    look_inside(judge, options)
    return judge.finish()


if __name__ == "__main__":
    sys.exit(main())
