"""Runs nsq-inspect and watches what it needs."""
import contextlib
import csv
import io
import json
import os
import pty
import signal
import subprocess
import tempfile
import threading
import time

# Nothing here takes a second; what takes longer than this hangs.
LIMIT = 30.0


class Outcome:
    """What one run said, how it ended, and the most memory that it had."""

    def __init__(self, arguments, status, output, said, bytes_held, seconds):
        self.arguments, self.status, self.output = arguments, status, output
        self.said, self.bytes_held, self.seconds = said.decode("utf-8", "replace"), bytes_held, seconds

    def __repr__(self):
        return "%s: status %s, said %r" % (" ".join(self.arguments), self.status, self.said[-600:])

    @property
    def text(self):
        return self.output.decode("utf-8")

    @property
    def crashed(self):
        """Whether a signal ended it, or it had to be ended."""
        return self.status < 0

    @property
    def complaint(self):
        """The lines of standard error."""
        return [line for line in self.said.splitlines() if line.strip()]

    def json(self):
        return json.loads(self.output)

    def ndjson(self):
        return [json.loads(line) for line in self.output.splitlines()]

    def csv(self):
        return list(csv.DictReader(io.StringIO(self.text, newline="")))

    def row(self):
        """The one object of a report."""
        (found,) = self.json()
        return found


class Inspector:
    def __init__(self, binary, environment=()):
        self.binary = os.path.join(os.path.dirname(os.path.abspath(binary)), "nsq-inspect")
        # A crash shall end it at once, not after seconds of explanation.
        self.environment = dict(os.environ, SWIFT_BACKTRACE="enable=no", **dict(environment))
        self.environment.pop("NO_COLOR", None)

    def command(self, verb, data_path, *flags):
        return [self.binary] + verb.split() + ["--data-path", data_path] + list(flags)

    def run(self, verb, data_path, *flags, limit=LIMIT, environment=(), wrapper=(), **who):
        """Runs a command to its end."""
        command, began = list(wrapper) + self.command(verb, data_path, *flags), time.monotonic()
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as said:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=said,
                env=dict(self.environment, **dict(environment)), **who)
            timer = threading.Timer(limit, process.kill)
            timer.start()
            _, status, usage = os.wait4(process.pid, 0)
            timer.cancel()
            process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            said.seek(0)
            return Outcome(
                command[len(wrapper) + 1:], process.returncode, output.read(), said.read(), usage.ru_maxrss * 1024,
                time.monotonic() - began)

    def rows(self, verb, data_path, *flags):
        """The objects of a report; an exit status other than 0 raises OSError."""
        outcome = self.run(verb, data_path, "--output", "json", *flags)
        if outcome.status != 0:
            raise OSError(repr(outcome))
        return outcome.json()

    def on_terminal(self, verb, data_path, *flags, environment=()):
        """What a command shows on a terminal."""
        master, slave = pty.openpty()
        environment = dict(self.environment, TERM="xterm", **dict(environment))
        process = subprocess.Popen(
            self.command(verb, data_path, *flags), stdin=subprocess.DEVNULL, stdout=slave, stderr=subprocess.STDOUT,
            env=environment)
        os.close(slave)
        shown = b""
        with open(master, "rb", buffering=0) as terminal, contextlib.suppress(OSError):
            while part := terminal.read(65_536):
                shown += part
        process.wait(LIMIT)
        return shown.decode("utf-8", "replace")

    def follow(self, data_path, *flags):
        """A `messages --follow` that runs until it is ended."""
        return Follower(self.command("messages", data_path, "--follow", "--output", "ndjson", *flags), self.environment)


class Follower:
    """Messages as they are published."""

    def __init__(self, command, environment):
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        self.messages = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.messages.append(json.loads(line))

    def until(self, count, timeout=10.0):
        """Whether so many messages came in time."""
        end = time.monotonic() + timeout
        while len(self.messages) < count and time.monotonic() < end and self.process.poll() is None:
            time.sleep(0.005)
        return len(self.messages) >= count

    def end(self):
        """(exit status, standard error)"""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        _, said = self.process.communicate(timeout=10)
        return self.process.returncode, said.decode("utf-8", "replace")
