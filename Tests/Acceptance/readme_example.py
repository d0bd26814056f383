"""Runs what the README's first screen shows, word for word, against a running nsqd."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

import checks
from daemon import Daemon

README = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "README.md")


def commands(heading):
    """The first shell block below a heading of the README."""
    with open(README, encoding="utf-8") as file:
        text = file.read()
    found = re.search(r"^## %s\n.*?^```sh\n(.*?)^```" % re.escape(heading), text, re.S | re.M)
    return found.group(1) if found else ""


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


def main():
    options = checks.start(checks.parser(__doc__.splitlines()[0]))
    judge = checks.Checks()
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
    return judge.finish()


if __name__ == "__main__":
    sys.exit(main())
