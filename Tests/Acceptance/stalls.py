"""Notes when the machine itself stood still, so that a late disk is not taken for a late daemon.

A process of its own wakes every 5 ms and appends a few bytes beside the data path. When that takes longer
than it should, nothing else on the machine could keep a deadline in that time either.
"""
import bisect
import os
import subprocess
import sys
import threading
import time

PERIOD = 0.005
WORTH_NOTING = 0.02


class Stalls:
    """Use as a context; `folder` lies on the file system to watch."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "stalls")
        self.ends, self.lengths = [], []

    def __enter__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-B", os.path.abspath(__file__), self.path], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()
        if os.path.exists(self.path):
            os.remove(self.path)

    def read(self):
        for line in self.process.stdout:
            end, length = line.split()
            self.lengths.append(float(length))
            self.ends.append(float(end))

    def longest(self, since, until):
        """The longest stall that reached into this time, in seconds; 0 when there was none."""
        found, at = 0.0, bisect.bisect_left(self.ends, since)
        while at < len(self.ends) and self.ends[at] - self.lengths[at] <= until:
            found = max(found, self.lengths[at])
            at += 1
        return found


def watch(path):
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    size = 0
    while True:
        began = time.monotonic()
        time.sleep(PERIOD)
        size += os.pwrite(file, bytes(128), size)
        if size > 1 << 20:
            os.ftruncate(file, 0)
            size = 0
        ended = time.monotonic()
        if ended - began - PERIOD > WORTH_NOTING:
            print("%f %f" % (ended, ended - began - PERIOD), flush=True)


if __name__ == "__main__":
    watch(sys.argv[1])
