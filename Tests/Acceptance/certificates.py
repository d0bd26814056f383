"""Certificates for tests, made by the openssl tool: a root, servers and clients below it, and a stranger."""
import os
import ssl
import subprocess


class Certificates:
    def __init__(self, folder):
        self.folder = folder
        self._root("ca", "test root")
        self._root("other", "stranger")
        self.signed("server", "localhost")
        self.signed("client", "test-client")

    def path(self, name):
        return os.path.join(self.folder, name)

    def _openssl(self, *arguments):
        subprocess.run(
            ["openssl", *arguments], cwd=self.folder, check=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _root(self, name, subject):
        self._openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/O=swift-nsq/CN=" + subject, "-keyout", name + ".key", "-out", name + ".pem")

    def signed(self, name, subject):
        """Makes NAME.pem and NAME.key, signed by the root; replaces what is there."""
        with open(self.path(name + ".ext"), "w") as extensions:
            extensions.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        self._openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-subj", "/O=swift-nsq/CN=" + subject, "-keyout", name + ".key", "-out", name + ".csr")
        self._openssl(
            "x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-days", "2", "-extfile", name + ".ext", "-out", name + ".pem")

    def flags(self):
        return ["--tls-cert=" + self.path("server.pem"), "--tls-key=" + self.path("server.key")]

    def context(self, client=None):
        context = ssl.create_default_context(cafile=self.path("ca.pem"))
        context.check_hostname = False
        if client:
            context.load_cert_chain(self.path(client + ".pem"), self.path(client + ".key"))
        return context
