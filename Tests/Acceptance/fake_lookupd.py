"""An nsqlookupd whose every answer a test chooses: protocol V1, and /channels over HTTP."""
import contextlib
import http.server
import json
import socket
import struct
import threading
import time
import urllib.parse

MIB = 1 << 20


class Conversation:
    """One connection of an nsqd: what it sent, and when."""

    def __init__(self, fake, peer):
        self.fake, self.socket = fake, peer
        self.began, self.ended = time.monotonic(), None
        self.magic, self.identity = None, None
        self.commands = []  # (when, the line without its end)
        self.buffer = b""

    def fill(self):
        data = self.socket.recv(65_536)
        if not data:
            raise ConnectionResetError("closed by nsqd")
        self.buffer += data

    def take(self, count):
        while len(self.buffer) < count:
            self.fill()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def line(self):
        while b"\n" not in self.buffer:
            self.fill()
        found, self.buffer = self.buffer.split(b"\n", 1)
        return found.decode()

    def reply(self, body):
        self.socket.sendall(struct.pack(">i", len(body)) + body)

    def greet(self):
        """Reads the magic and IDENTIFY; whatever is neither shows in what was read."""
        self.magic = self.take(4)
        self.commands.append((time.monotonic(), self.line()))
        self.identity = self.take(struct.unpack(">i", self.take(4))[0])

    def commands_to_come(self):
        while True:
            line = self.line()
            self.commands.append((time.monotonic(), line))
            yield line

    def hold(self):
        """Reads on without an answer until nsqd has enough."""
        while True:
            self.fill()

    def drop(self):
        """Ends it from this side."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def lines(self):
        """What came behind IDENTIFY."""
        return [line for _, line in list(self.commands)[1:]]


def obey(conversation):
    """Does what an nsqlookupd should."""
    conversation.greet()
    conversation.reply(conversation.fake.introduction())
    for _ in conversation.commands_to_come():
        conversation.reply(b"OK")


def slowly(conversation):
    """Does what it should, at 10 ms a command."""
    conversation.greet()
    conversation.reply(conversation.fake.introduction())
    for _ in conversation.commands_to_come():
        if conversation.fake.closed.wait(0.01):
            return
        conversation.reply(b"OK")


def keep_silent(conversation):
    conversation.greet()
    conversation.hold()


def hang_up(conversation):
    """Closes at once."""


def greet_and_hang_up(conversation):
    conversation.greet()
    conversation.reply(conversation.fake.introduction())


def greet_and_keep_silent(conversation):
    conversation.greet()
    conversation.reply(conversation.fake.introduction())
    conversation.hold()


def chatter(conversation):
    """Answers questions that nobody asked, without end."""
    conversation.greet()
    conversation.reply(conversation.fake.introduction())
    while True:
        conversation.socket.sendall(b"\0\0\0\2OK" * 10_000)


def saying(data):
    """A script that answers IDENTIFY with the bytes of `data`, frame and all."""
    def script(conversation):
        conversation.greet()
        conversation.socket.sendall(data)
        conversation.hold()
    return script


class FakeLookupd:
    """Serves on free loopback ports until closed. `channels` has an answer for each topic, by default an empty list."""

    def __init__(self, script=obey, **identity):
        self.script = script
        self.conversations, self.questions, self.paths = [], [], []
        self.channels = {}
        self.closed = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads, self.http.fake = True, self
        self.identity = {
            "broadcast_address": "127.0.0.1", "hostname": "fake", "http_port": self.http.server_port,
            "tcp_port": self.listener.getsockname()[1], "version": "1.3.0"}
        self.identity.update(identity)
        # Else each of them took half a second to close.
        for work, arguments in ((self.accept, ()), (self.http.serve_forever, (0.05,))):
            threading.Thread(target=work, args=arguments, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.closed.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for conversation in list(self.conversations):
            conversation.drop()
        self.http.shutdown()
        self.http.server_close()

    def introduction(self):
        return json.dumps(self.identity).encode()

    def accept(self):
        with contextlib.suppress(OSError):
            while not self.closed.is_set():
                peer, _ = self.listener.accept()
                conversation = Conversation(self, peer)
                self.conversations.append(conversation)
                threading.Thread(target=self.converse, args=(conversation,), daemon=True).start()

    def converse(self, conversation):
        with contextlib.suppress(OSError, struct.error, UnicodeDecodeError), conversation.socket:
            self.script(conversation)
        conversation.ended = time.monotonic()

    def living(self):
        """The conversations that have not ended."""
        return [one for one in list(self.conversations) if one.ended is None]

    def lines(self):
        """What came behind IDENTIFY in the last conversation."""
        return self.conversations[-1].lines() if self.conversations else []

    def gaps(self):
        """Seconds from each connection to the next."""
        began = [one.began for one in list(self.conversations)]
        return [later - earlier for earlier, later in zip(began, began[1:])]

    def asked(self, topic):
        return [question for question in list(self.questions) if question.topic == topic]


class Question:
    """A request for the channels of a topic; `answered` is when its answer began."""

    def __init__(self, topic, headers):
        self.topic, self.headers = topic, headers
        self.began, self.answered = time.monotonic(), None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle(self):
        # An nsqd that has read enough goes without a word.
        with contextlib.suppress(OSError):
            super().handle()

    def do_GET(self):
        fake, url = self.server.fake, urllib.parse.urlsplit(self.path)
        fake.paths.append(self.path)
        topic = urllib.parse.parse_qs(url.query).get("topic", [""])[0]
        self.question = Question(topic, self.headers)
        fake.questions.append(self.question)
        answer = fake.channels.get(topic, listing()) if url.path == "/channels" else plain(404, b"")
        try:
            answer(self)
        except OSError:
            self.close_connection = True

    def begin(self, status, **headers):
        self.question.answered = time.monotonic()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def wait(self, seconds):
        """Lets time pass, unless the test is over."""
        if self.server.fake.closed.wait(seconds):
            raise OSError("the test is over")

    def log_message(self, *_):
        pass


def plain(status, body, after=0.0, **headers):
    """An answer with this status and body."""
    def answer(handler):
        handler.wait(after)
        handler.begin(status, Content_Length=str(len(body)), **headers)
        handler.wfile.write(body)
    return answer


def listing(*channels, after=0.0):
    """The answer of an nsqlookupd that knows these channels."""
    return plain(200, json.dumps({"channels": channels}).encode(), after)


def never(handler):
    """No byte of an answer."""
    handler.close_connection = True
    handler.wait(60)


def half(handler):
    """The beginning of an answer, and no more."""
    handler.begin(200, Content_Length="1000")
    handler.wfile.write(b'{"channels":["half')
    handler.wfile.flush()
    never(handler)


def huge(handler):
    """100 MiB that are announced."""
    handler.begin(200, Content_Length=str(100 * MIB))
    for _ in range(100):
        handler.wfile.write(bytes(MIB))


def endless(handler):
    """A list that does not end, in chunks."""
    handler.close_connection = True
    handler.begin(200, Transfer_Encoding="chunked")
    piece, opening = b'"endless",' * 1000, b'{"channels":['
    handler.wfile.write(b"%x\r\n%s\r\n" % (len(opening), opening))
    while not handler.server.fake.closed.is_set():
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
