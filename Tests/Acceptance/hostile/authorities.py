"""Certificates that a server must refuse, beside the good ones."""
from certificates import Certificates


class Authorities(Certificates):
    def __init__(self, folder):
        super().__init__(folder)
        self._root("selfsigned", "test-client")
        self.signed_by("other", "foreign")
        # A certificate whose last day is before its first was never valid.
        self.signed_by("ca", "expired", days=-1)

    def signed_by(self, root, name, days=2):
        self._openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-subj", "/O=swift-nsq/CN=test-client", "-keyout", name + ".key", "-out", name + ".csr")
        self._openssl(
            "x509", "-req", "-in", name + ".csr", "-CA", root + ".pem", "-CAkey", root + ".key",
            "-CAcreateserial", "-days", str(days), "-out", name + ".pem")
