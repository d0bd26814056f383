"""An auth server that answers each secret in its own way, so that cases do not disturb each other."""
import http.server
import json
import threading
import urllib.parse
from typing import NamedTuple


class Answer(NamedTuple):
    """`body` is bytes, or what json can write; `hangs_up` closes the connection instead."""
    body: object
    status: int = 200
    headers: dict = {}
    delay: float = 0.0
    hangs_up: bool = False


class Question(NamedTuple):
    path: str
    body: bytes
    secret: bytes
    remote_ip: bytes


class AuthQuestions:
    def __init__(self):
        self.answers = {}
        self.asked = []
        self.gone = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                fields = {}
                for pair in urllib.parse.urlsplit(self.path).query.split("&"):
                    name, _, value = pair.partition("=")
                    fields[name] = urllib.parse.unquote_to_bytes(value.replace("+", " "))
                self.reply(Question(self.path, b"", fields.get("secret", b""), fields.get("remote_ip", b"")))

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                fields = json.loads(body)
                self.reply(Question(
                    self.path, body, fields["secret"][0].encode("utf-8", "surrogatepass"),
                    fields["remote_ip"][0].encode()))

            def reply(self, question):
                outer.asked.append(question)
                answer = outer.answers.get(question.secret, Answer({}, status=500))
                # Also ends the wait of an answer that nobody waits for any more.
                outer.gone.wait(answer.delay)
                if answer.hangs_up:
                    self.close_connection = True
                    return
                body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
                try:
                    self.send_response(answer.status)
                    for name, value in answer.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass

            def log_message(self, *_):
                pass

        self.handler = Handler
        self.server = None
        self.port = 0
        self.open()
        self.address = "127.0.0.1:%d" % self.port

    def open(self):
        """Listens, on the same port each time."""
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), self.handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def shut(self):
        """Nobody listens any more."""
        self.server.shutdown()
        self.server.server_close()

    def close(self):
        self.gone.set()
        self.shut()

    def secrets(self):
        return [question.secret for question in self.asked]
