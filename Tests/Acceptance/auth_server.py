"""An auth server whose answers a test chooses."""
import http.server
import json
import threading
import time


def grant(topic=".*", channels=(".*",), permissions=("subscribe", "publish"), ttl=3600):
    return {
        "ttl": ttl, "identity": "johndoe", "identity_url": "http://id.example/johndoe",
        "authorizations": [
            {"topic": topic, "channels": list(channels), "permissions": list(permissions)}],
    }


class AuthServer:
    """Serves on a free loopback port until closed. `answer` is bytes, or what json can write."""

    def __init__(self, answer):
        self.answer = answer
        self.status = 200
        self.headers = {}
        self.delay = 0.0
        self.asked = 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked += 1
                time.sleep(outer.delay)
                body = outer.answer
                if not isinstance(body, bytes):
                    body = json.dumps(body).encode()
                try:
                    self.send_response(outer.status)
                    for name, value in outer.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = "127.0.0.1:%d" % self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
