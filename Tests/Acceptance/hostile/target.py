"""An nsqd under attack: a daemon whose memory is watched, and whose HTTP API can be asked with a secret."""
import http.client
import urllib.parse

from daemon import Daemon

MIB = 1 << 20


class Target(Daemon):
    def __init__(self, binary, data_path, flags=(), secret=None):
        super().__init__(binary, data_path, flags)
        self.secret = secret
        self.first_resident = 0

    def start(self, timeout=15.0):
        took = super().start(timeout)
        self.first_resident = self.resident()
        return took

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def _status(self, key):
        with open("/proc/%d/status" % self.process.pid) as status:
            for line in status:
                if line.startswith(key + ":"):
                    return int(line.split()[1]) * 1024
        raise OSError("no %s" % key)

    def resident(self):
        return self._status("VmRSS")

    def growth(self):
        """Bytes of resident memory since the start."""
        return self.resident() - self.first_resident

    def forget_peak(self):
        """Begins a new measurement of `peak`."""
        with open("/proc/%d/clear_refs" % self.process.pid, "w") as clear:
            clear.write("5")
        return self.resident()

    def peak(self):
        return self._status("VmHWM")

    def request(self, method, path, body=None, timeout=15.0, headers=None, **query):
        if query:
            path += "?" + urllib.parse.urlencode(query)
        fields = dict(headers or {})
        if self.secret is not None:
            fields.setdefault("Authorization", b"Bearer " + self.secret)
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=timeout)
        try:
            connection.request(method, path, body=body, headers=fields)
            reply = connection.getresponse()
            return reply.status, reply.read()
        finally:
            connection.close()

    def whole_log(self):
        return self.log(lines=10_000_000)
