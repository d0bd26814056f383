"""The clients of the kill -9 harness: producers, consumers and an operator, each in a thread."""
import collections
import http.client
import json
import struct
import threading
import time

from ledger import body_of
from wire import ERROR, MESSAGE, RESPONSE, Connection, Message, dpub, mpub, pub

PROBE = "probe#ephemeral"


def padding(random):
    """Bytes of a body: mostly small, sometimes large."""
    size = random.choice((0, 20, 150, 150, 200, 400, 400, 3000))
    if random.random() < 0.003:
        size = 200_000
    return random.randbytes(size) if size < 1000 else bytes(size)


def deferral(random):
    """Milliseconds: short ones come due within the round, long ones rounds later."""
    return random.choice((20, 150, 400)) if random.random() < 0.6 else random.randrange(1500, 9000)


class Client(threading.Thread):
    """A thread that works until the daemon dies or it is told to stop."""

    def __init__(self, daemon, ledger, random, stop):
        super().__init__(daemon=True)
        self.daemon_, self.ledger, self.random, self.stop = daemon, ledger, random, stop
        self.failure = None

    def run(self):
        try:
            self.work()
        except (OSError, http.client.HTTPException):
            pass
        except Exception as error:  # a bug of the harness: reported, never lost
            self.failure = repr(error)


class Producer(Client):
    """Publishes over TCP, several commands ahead of their answers."""

    def __init__(self, daemon, ledger, random, stop, topics, limit=4000):
        super().__init__(daemon, ledger, random, stop)
        self.topics, self.limit = topics, limit
        self.window = random.choice((1, 1, 4, 16, 64))
        self.waiting = collections.deque()

    def work(self):
        connection = Connection(self.daemon_.tcp_port)
        published = 0
        try:
            while not self.stop.is_set() and published < self.limit:
                command, identifiers = self.command()
                self.waiting.append(identifiers)
                published += len(identifiers)
                connection.send(command)
                while len(self.waiting) >= self.window:
                    self.answers(connection.frames(20.0))
            while self.waiting and not self.stop.is_set():
                self.answers(connection.frames(0.2))
            self.stop.wait()
        finally:
            # Answers that the daemon gave before it died are acknowledgements like any other.
            self.answers(connection.rest())
            connection.close()

    def command(self):
        topic = self.random.choice(self.topics)
        choice = self.random.random()
        if choice < 0.45:
            identifiers = self.ledger.publish(topic, 1)
            return pub(topic, body_of(identifiers[0], padding(self.random))), identifiers
        if choice < 0.6:
            delay = deferral(self.random)
            identifiers = self.ledger.publish(topic, 1, delay / 1000)
            return dpub(topic, delay, body_of(identifiers[0], padding(self.random))), identifiers
        identifiers = self.ledger.publish(topic, self.random.choice((2, 5, 20, 100)))
        return mpub(topic, [body_of(i, padding(self.random)) for i in identifiers]), identifiers

    def answers(self, frames):
        for kind, data in frames:
            if kind == RESPONSE and data == b"OK" and self.waiting:
                self.ledger.acknowledged(self.waiting.popleft())
            else:
                self.ledger.problem("refused", "producer got %r" % data)


class Consumer(Client):
    """Takes messages of one channel and finishes, requeues, touches or keeps them."""

    def __init__(self, daemon, ledger, random, stop, channel, drain=False):
        super().__init__(daemon, ledger, random, stop)
        self.channel, self.drain = channel, drain
        self.era = ledger.era()
        self.held = []  # (wire id, number), kept in flight
        self.finishing = {}  # wire id -> number: FINs since the last probe
        self.requeueing = {}  # wire id -> (number, due): REQs with a delay since the last probe
        self.proofs = collections.deque()  # the same two for each probe not yet answered

    def work(self):
        connection = Connection(self.daemon_.tcp_port)
        try:
            timeout = 60_000 if self.drain else self.random.choice((1000, 60_000, 60_000))
            connection.identify(msg_timeout=timeout)
            connection.subscribe(self.channel.topic, self.channel.name)
            connection.ready(2500 if self.drain else self.random.choice((1, 10, 200, 1000)))
            while not self.stop.is_set():
                frames = connection.frames(0.05)
                commands = self.handle(frames)
                if commands:
                    connection.send(commands)
        finally:
            self.handle(connection.rest(), answering=False)
            connection.close()

    def handle(self, frames, answering=True):
        now = time.monotonic()
        commands = []
        for kind, data in frames:
            if kind == MESSAGE:
                message = Message(data)
                number = self.ledger.delivered(self.channel, message, now)
                if number is not None and answering:
                    self.decide(message.wire_id, number, commands)
            elif kind == RESPONSE and data == b"OK":
                self.proven(self.proofs.popleft(), now)
            elif kind == ERROR and data[:12] in (b"E_FIN_FAILED", b"E_REQ_FAILED"):
                self.refused(data)
            elif kind == ERROR and data[:14] == b"E_TOUCH_FAILED":
                pass
            else:
                self.ledger.problem("refused", "consumer got %r" % data)
        if not answering:
            return b""
        if not self.drain and self.held and (len(self.held) > 40 or self.random.random() < 0.1):
            wire_id, number = self.held.pop(self.random.randrange(len(self.held)))
            self.finish(wire_id, number, commands)
        if self.finishing or self.requeueing:
            self.probe(commands)
        return b"".join(commands)

    def decide(self, wire_id, number, commands):
        choice = 0.0 if self.drain else self.random.random()
        if choice < 0.75:
            self.finish(wire_id, number, commands)
        elif choice < 0.82:
            commands.append(b"REQ %s 0\n" % wire_id)
        elif choice < 0.90:
            delay = deferral(self.random)
            self.requeueing[wire_id] = (number, time.monotonic() + delay / 1000)
            commands.append(b"REQ %s %d\n" % (wire_id, delay))
        else:
            self.held.append((wire_id, number))
            if choice > 0.97:
                commands.append(b"TOUCH %s\n" % wire_id)

    def finish(self, wire_id, number, commands):
        self.channel.finished[number] += 1
        self.finishing[wire_id] = number
        commands.append(b"FIN %s\n" % wire_id)

    def probe(self, commands):
        """A command with an answer: once it comes, all before it on this connection were carried out."""
        if len(self.proofs) >= 8:
            return
        self.proofs.append((self.finishing, self.requeueing))
        self.finishing, self.requeueing = {}, {}
        commands.append(pub(PROBE, b"x"))

    def proven(self, proof, now):
        finished, requeued = proof
        with self.ledger.lock:
            for number in finished.values():
                self.channel.settled[number] = (now, self.era)
            for number, due in requeued.values():
                self.channel.requeued[number] = (due, (now, self.era))

    def refused(self, data):
        """The message was no longer ours: this FIN finished nothing, this REQ deferred nothing."""
        wire_id = data.split(b" ")[2]
        for finished, requeued in [*self.proofs, (self.finishing, self.requeueing)]:
            if data.startswith(b"E_REQ"):
                requeued.pop(wire_id, None)
            elif wire_id in finished:
                self.channel.finished[finished.pop(wire_id)] -= 1
                return


class Operator(Client):
    """Publishes over HTTP, pauses and unpauses, makes channels, and makes and deletes a topic."""

    def __init__(self, daemon, ledger, random, stop, topics, paused, scratch):
        super().__init__(daemon, ledger, random, stop)
        self.topics, self.paused, self.scratch = topics, paused, scratch
        self.deleted = False

    def work(self):
        while not self.stop.is_set():
            choice = self.random.random()
            if choice < 0.7:
                self.publish()
            elif choice < 0.95:
                self.pause()
            elif choice < 0.98:
                self.new_channel()
            else:
                self.scratch_topic()

    def publish(self):
        topic = self.random.choice(self.topics)
        if self.random.random() < 0.5:
            identifiers = self.ledger.publish(topic, 1)
            body = body_of(identifiers[0], padding(self.random))
            self.acked(self.daemon_.post("/pub", body, topic=topic), identifiers)
        elif self.random.random() < 0.5:
            delay = deferral(self.random)
            identifiers = self.ledger.publish(topic, 1, delay / 1000)
            body = body_of(identifiers[0], padding(self.random))
            self.acked(self.daemon_.post("/pub", body, topic=topic, defer=delay), identifiers)
        else:
            identifiers = self.ledger.publish(topic, 10)
            bodies = [body_of(i, padding(self.random)) for i in identifiers]
            packed = struct.pack(">i", len(bodies)) + b"".join(
                struct.pack(">i", len(body)) + body for body in bodies)
            self.acked(
                self.daemon_.post("/mpub", packed, topic=topic, binary="true"), identifiers)

    def acked(self, reply, identifiers):
        if reply == (200, b"OK"):
            self.ledger.acknowledged(identifiers)
        else:
            self.ledger.problem("refused", "HTTP publish got %r" % (reply,))

    def pause(self):
        """Mostly unpauses again, so that the others have something to do."""
        with self.ledger.lock:
            channel = self.random.choice(list(self.ledger.channels))
        what = channel if self.random.random() < 0.6 else (channel[0], None)
        wanted = not self.paused.get(what, False)
        if wanted and self.random.random() < 0.6:
            return
        query = {"topic": what[0]}
        if what[1] is not None:
            query["channel"] = what[1]
        path = "/%s/%s" % (
            "channel" if what[1] is not None else "topic", "pause" if wanted else "unpause")
        self.paused[what] = None  # unknown until it is answered
        status, _ = self.daemon_.post(path, **query)
        if status == 200:
            self.paused[what] = wanted
        else:
            self.ledger.problem("refused", "%s got %d" % (path, status))

    def new_channel(self):
        topic = self.random.choice(self.topics)
        with self.ledger.lock:
            known = [c for t, c in self.ledger.channels if t == topic]
        if len(known) >= 5:
            return
        name = "made%d" % len(known)
        status, _ = self.daemon_.post("/channel/create", topic=topic, channel=name)
        if status == 200:
            self.ledger.add_channel(topic, name)

    def scratch_topic(self):
        if self.deleted:
            return
        self.daemon_.post("/topic/create", topic=self.scratch)
        self.daemon_.post("/channel/create", topic=self.scratch, channel="c")
        self.daemon_.post("/pub", b"scratch", topic=self.scratch)
        status, _ = self.daemon_.post("/topic/delete", topic=self.scratch)
        self.deleted = status == 200
