"""What the harness knows: every message published, what each channel did with it, and when the daemon died."""
import collections
import struct
import threading
import time
import zlib

# A FIN whose effect was seen this long before a kill must have survived it.
SETTLED = 0.1
# A deferred message may be this much early by the harness's clock: the store keeps whole milliseconds.
EARLY = 0.002

HEADER = struct.Struct(">IQ")


def body_of(identifier, padding):
    """A body that names its message and carries a checksum."""
    rest = struct.pack(">Q", identifier) + padding
    return struct.pack(">I", zlib.crc32(rest)) + rest


def identifier_of(body):
    """The message that a body names; None when a byte of it is wrong."""
    if len(body) < HEADER.size:
        return None
    checksum, identifier = HEADER.unpack_from(body)
    return identifier if checksum == zlib.crc32(body[4:]) else None


class Sent:
    """A published message. `sent` is the time before its first byte left; `acked` that of the OK."""
    __slots__ = ("topic", "sent", "due", "acked", "wire_id")

    def __init__(self, topic, sent, due):
        self.topic, self.sent, self.due = topic, sent, due
        self.acked = None
        self.wire_id = None


class Channel:
    """What is known of a channel. It existed from `since` on."""

    def __init__(self, topic, name, since):
        self.topic, self.name, self.since = topic, name, since
        self.delivered = set()  # delivered at least once
        self.finished = collections.Counter()  # FINs that left the harness and were not refused
        self.settled = {}  # FIN seen to have been carried out: message -> (time it was seen, era)
        self.requeued = {}  # likewise REQ with a delay: message -> (due, (time, era))


class Ledger:
    """Shared by all threads of a run."""

    def __init__(self, stalls):
        self.stalls = stalls
        self.lock = threading.Lock()
        self.sent = {}
        self.channels = {}
        self.kills = []
        self.next = 1
        self.problems = {
            "wrong bytes": [], "unknown": [], "came back": [], "early": [], "refused": []}
        self.deliveries = self.redeliveries = self.unsettled_returns = 0

    def add_channel(self, topic, name):
        with self.lock:
            self.channels[topic, name] = Channel(topic, name, time.monotonic())

    def publish(self, topic, count, delay=0.0):
        """Notes `count` messages about to be published; returns their numbers."""
        with self.lock:
            first = self.next
            self.next += count
            now = time.monotonic()
            for identifier in range(first, first + count):
                self.sent[identifier] = Sent(topic, now, now + delay if delay else None)
        return range(first, first + count)

    def acknowledged(self, identifiers):
        now = time.monotonic()
        with self.lock:
            for identifier in identifiers:
                self.sent[identifier].acked = now

    def problem(self, kind, text):
        with self.lock:
            self.problems[kind].append(text)

    def killed(self, at):
        with self.lock:
            self.kills.append(at)

    def era(self):
        """The number of kills so far: what a client sees belongs to the era that it was started in."""
        with self.lock:
            return len(self.kills)

    def _survives(self, seen, era):
        """Whether what was seen then must hold now: no kill since, or settled before the first one.

        A machine that stood still in between gives the daemon that much more time.
        """
        if era >= len(self.kills):
            return True
        kill = self.kills[era]
        return kill - seen >= SETTLED + self.stalls.longest(seen, kill)

    def delivered(self, channel, message, now):
        """Judges one delivery; returns the message's number, or None when its bytes are wrong."""
        identifier = identifier_of(message.body)
        where = "%s/%s" % (channel.topic, channel.name)
        with self.lock:
            self.deliveries += 1
            if identifier is None:
                self.problems["wrong bytes"].append("%s: %r" % (where, message.body[:40]))
                return None
            sent = self.sent.get(identifier)
            if sent is None or sent.topic != channel.topic:
                self.problems["unknown"].append("%s: message %d" % (where, identifier))
                return identifier
            if sent.wire_id is None:
                sent.wire_id = message.wire_id
            elif sent.wire_id != message.wire_id:
                self.problems["wrong bytes"].append(
                    "%s: message %d came as %r and as %r"
                    % (where, identifier, sent.wire_id, message.wire_id))
            self._judge_time(channel, identifier, sent, where, now)
            if identifier in channel.delivered:
                self.redeliveries += 1
            channel.delivered.add(identifier)
        return identifier

    def _judge_time(self, channel, identifier, sent, where, now):
        proof = channel.settled.pop(identifier, None)
        if proof is not None and self._survives(*proof):
            seen, era = proof
            since = "with no kill since" if era >= len(self.kills) else (
                "%.3f s before the kill" % (self.kills[era] - seen))
            self.problems["came back"].append(
                "%s: message %d, finished %s" % (where, identifier, since))
        elif proof is not None:
            self.unsettled_returns += 1
        if sent.due is not None and now < sent.due - EARLY:
            self.problems["early"].append(
                "%s: message %d, %.3f s before its DPUB was due" % (where, identifier, sent.due - now))
        due, proof = channel.requeued.pop(identifier, (0.0, None))
        if now < due - EARLY and self._survives(*proof):
            self.problems["early"].append(
                "%s: message %d, %.3f s before its REQ was due" % (where, identifier, due - now))

    def unfinished(self):
        """Acknowledged messages that some channel owed and that were never delivered and finished."""
        owed = []
        for channel in self.channels.values():
            for identifier, sent in self.sent.items():
                if sent.topic == channel.topic and sent.acked is not None \
                        and sent.sent >= channel.since and not channel.finished[identifier]:
                    owed.append((channel, identifier))
        return owed

    def last_due(self):
        """The latest time at which something deferred is due."""
        times = [s.due for s in self.sent.values() if s.due is not None]
        times += [due for c in self.channels.values() for due, _ in c.requeued.values()]
        return max(times, default=0.0)
