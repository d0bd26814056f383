"""Starts, watches and ends one nsqd on free loopback ports."""
import http.client
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse


class StartFailed(Exception):
    """The daemon ended, or did not answer, while it was being started."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Daemon:
    """An nsqd that keeps its ports and its data path over restarts."""

    def __init__(self, binary, data_path, flags=()):
        self.binary = binary
        self.data_path = data_path
        self.flags = list(flags)
        self.tcp_port = free_port()
        self.http_port = free_port()
        self.process = None
        self.log_file = tempfile.NamedTemporaryFile(prefix="nsqd-", suffix=".log")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def command(self):
        return [
            self.binary,
            "--tcp-address=127.0.0.1:%d" % self.tcp_port,
            "--http-address=127.0.0.1:%d" % self.http_port,
            "--broadcast-address=127.0.0.1",
            "--data-path=%s" % self.data_path,
        ] + self.flags

    def launch(self):
        """Starts the process and returns at once."""
        self.process = subprocess.Popen(
            self.command(), stdin=subprocess.DEVNULL, stdout=self.log_file, stderr=self.log_file)

    def start(self, timeout=15.0):
        """Starts the process and waits until it serves; returns the seconds that took."""
        began = time.monotonic()
        self.launch()
        while True:
            if self.process.poll() is not None:
                raise StartFailed("exit status %d\n%s" % (self.process.returncode, self.log()))
            try:
                status, _ = self.request("GET", "/ping", timeout=2)
                with socket.create_connection(("127.0.0.1", self.tcp_port), 2):
                    pass
                if status == 200:
                    return time.monotonic() - began
            except (OSError, http.client.HTTPException):
                pass
            if time.monotonic() - began > timeout:
                raise StartFailed("does not serve after %.0f s\n%s" % (timeout, self.log()))
            time.sleep(0.005)

    def kill(self):
        """SIGKILL; returns the monotonic time just before it was sent."""
        at = time.monotonic()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        return at

    def stop(self, timeout=20.0):
        """SIGTERM; returns the exit status, or None when it did not end in time."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.log_file.close()

    def log(self, lines=15):
        with open(self.log_file.name, "rb") as log:
            return "\n".join(log.read().decode("utf-8", "replace").splitlines()[-lines:])

    def request(self, method, path, body=None, timeout=15.0, **query):
        """One HTTP request; returns (status, body)."""
        if query:
            path += "?" + urllib.parse.urlencode(query)
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=timeout)
        try:
            connection.request(method, path, body=body)
            reply = connection.getresponse()
            return reply.status, reply.read()
        finally:
            connection.close()

    def post(self, path, body=b"", **query):
        return self.request("POST", path, body, **query)

    def topics(self):
        """{topic name: (its statistics, {channel name: its statistics})}"""
        status, body = self.request("GET", "/stats", format="json", include_mem="false")
        if status != 200:
            raise OSError("/stats answered %d" % status)
        found = {}
        for topic in json.loads(body)["topics"] or []:
            channels = {c["channel_name"]: c for c in topic["channels"] or []}
            found[topic["topic_name"]] = (topic, channels)
        return found


def tree(folder):
    """{path below folder: content, or None for a folder}, to compare a tree before and after."""
    found = {}
    for parent, folders, files in os.walk(folder):
        for name in folders:
            found[os.path.relpath(os.path.join(parent, name), folder)] = None
        for name in files:
            path = os.path.join(parent, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = file.read()
    return found


def differences(before, after):
    """What changed between two trees, as text."""
    said = ["new: %s" % p for p in after if p not in before]
    said += ["gone: %s" % p for p in before if p not in after]
    said += ["changed: %s" % p for p in before if p in after and before[p] != after[p]]
    return ", ".join(sorted(said))
