"""The targets of a run: three that live through all of it, short-lived ones for what needs other flags."""
import contextlib
import os
import shutil
import tempfile

from auth_server import grant
from daemon import free_port
from hostile.auth_questions import Answer, AuthQuestions
from hostile.authorities import Authorities
from hostile.target import MIB, Target

ADMINISTRATOR = b"the administrator's secret"


class Bench:
    """Starts each target when a case first asks for it."""

    def __init__(self, binary):
        self.binary = binary
        self.folder = tempfile.mkdtemp(prefix="nsqd-hostile-")
        self.targets = {}
        self._questions = None
        self._authorities = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for target in self.targets.values():
            target.close()
        if self._questions:
            self._questions.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_folder(self):
        return tempfile.mkdtemp(dir=self.folder)

    def _living(self, name, flags, secret=None):
        if name not in self.targets:
            target = Target(self.binary, self.new_folder(), flags, secret)
            target.start()
            self.targets[name] = target
        return self.targets[name]

    @property
    def plain(self):
        return self._living("plain", ["--log-level=debug"])

    @property
    def auth(self):
        """Asks an auth server about every client, over HTTP too."""
        return self._living("auth", [
            "--log-level=debug", "--auth-http-address=" + self.questions.address, "--http-auth",
            "--http-client-request-timeout=1s"], ADMINISTRATOR)

    @property
    def tls(self):
        """Clients need TLS and a certificate of the right root; plain HTTP stays open to look inside."""
        return self._living("tls", self.authorities.flags() + [
            "--tls-root-ca-file=" + self.authorities.path("ca.pem"), "--tls-required=tcp-https",
            "--tls-client-auth-policy=require-verify", "--https-address=127.0.0.1:%d" % free_port()])

    @property
    def questions(self):
        if self._questions is None:
            self._questions = AuthQuestions()
            self._questions.answers[ADMINISTRATOR] = Answer(grant())
        return self._questions

    @property
    def authorities(self):
        if self._authorities is None:
            self._authorities = Authorities(self.new_folder())
        return self._authorities

    @contextlib.contextmanager
    def short_lived(self, flags=(), data_path=None):
        with Target(self.binary, data_path or self.new_folder(), list(flags)) as target:
            target.start()
            yield target

    def revive(self):
        """Restarts targets that died; returns their names."""
        dead = [name for name, target in self.targets.items() if not target.is_alive()]
        for name in dead:
            self.targets.pop(name).close()
        return dead

    def growth(self):
        """{name of a target: MiB of resident memory that it gained}"""
        return {name: target.growth() / MIB for name, target in self.targets.items()}

    def bystander(self, name):
        """A file outside every data path, which nothing may touch."""
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write("stays")
        return path
