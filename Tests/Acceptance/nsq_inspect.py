"""Runs nsq-inspect, which lies beside the nsqd under test."""
import json
import os
import subprocess


class Inspector:
    """Runs one command after the other; keeps nothing."""

    def __init__(self, nsqd):
        self.binary = os.path.join(os.path.dirname(nsqd), "nsq-inspect")

    def run(self, *arguments, **options):
        """(exit status, standard output, standard error)"""
        ended = subprocess.run(
            [self.binary, *arguments], capture_output=True, timeout=120, stdin=subprocess.DEVNULL, **options)
        return ended.returncode, ended.stdout.decode(), ended.stderr.decode()

    def start(self, *arguments):
        """A command that is not waited for; what it says is not kept."""
        return subprocess.Popen(
            [self.binary, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def rows(self, *arguments):
        """The rows of a report; OSError when the command fails."""
        status, output, said = self.run(*arguments, "--output=json")
        if status != 0:
            raise OSError("%s: status %d, %s" % (arguments, status, said))
        return json.loads(output)
