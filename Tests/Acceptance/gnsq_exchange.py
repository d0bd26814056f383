"""gnsq, unchanged, publishes and consumes over every transport: its TCP client and its Consumer."""
import random
import time

import gevent
import gnsq
from gnsq.protocol import FRAME_TYPE_RESPONSE

from transports import is_drained, judge_connections

LIBRARY = "gnsq " + gnsq.__version__
COUNT = 400


def bodies_of(seed):
    """Small ones; and some far beyond a frame of snappy and a record of TLS, with and without redundancy."""
    generator = random.Random(seed)
    bodies = [b"message %d" % i for i in range(COUNT)]
    for i in range(4):
        bodies.append(b"%d" % i + generator.randbytes(150_000))
        bodies.append((b"%d again and again " % i) * 20_000)
    return bodies


def until(condition, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        gevent.sleep(0.02)
    return True


def publish(producer, topic, bodies):
    """Sends everything before the first answer is read; returns the answers."""
    half = COUNT // 2
    batches = [bodies[start:start + 50] for start in range(0, half, 50)]
    for batch in batches:
        producer.multipublish(topic, batch)
    for body in bodies[half:-1]:
        producer.publish(topic, body)
    producer.publish(topic, bodies[-1], defer=100)
    return {producer.read_response() for _ in range(len(batches) + len(bodies) - half)}


def exchange(judge, transport, bodies):
    daemon, topic = transport.daemon, "gnsq_" + transport.label
    daemon.post("/topic/create", topic=topic)
    daemon.post("/channel/create", topic=topic, channel="ch")
    address = "127.0.0.1:%d" % daemon.tcp_port
    agents = ["%s %s" % (role, topic) for role in ("producer", "consumer")]
    received, duplicates = {}, []

    def arrived(_, message):
        if message.body in received:
            duplicates.append(message.body[:30])
        received[message.body] = message.attempts

    # gnsq's Producer stumbles over the OK of every upgrade, whatever the daemon; its own tests use it without.
    producer = gnsq.NsqdTCPClient("127.0.0.1", daemon.tcp_port, user_agent=agents[0], **transport.options)
    consumer = gnsq.Consumer(
        topic, "ch", address, message_handler=arrived, max_in_flight=100, user_agent=agents[1],
        **transport.options)
    try:
        producer.connect()
        producer.identify()
        judge.equal(
            publish(producer, topic, bodies), {(FRAME_TYPE_RESPONSE, b"OK")},
            "%s, %s: every publish is answered OK" % (LIBRARY, transport.name))
        consumer.start(block=False)
        until(lambda: len(received) >= len(bodies))
        missing = len(set(bodies) - set(received))
        judge.check(
            not missing and len(received) == len(bodies),
            "%s, %s: %d messages arrive as they were sent" % (LIBRARY, transport.name, len(bodies)),
            "%d missing, %d received" % (missing, len(received)))
        judge.check(
            not duplicates, "%s, %s: none comes twice" % (LIBRARY, transport.name), duplicates[:3])
        judge.check(
            until(lambda: is_drained(daemon, topic, "ch", len(bodies)), 10),
            "%s, %s: all are finished and the channel is empty" % (LIBRARY, transport.name))
        judge_connections(judge, transport, LIBRARY, agents)
    finally:
        producer.close_stream()
        consumer.close()


def run(judge, ways, seed):
    bodies = bodies_of(seed)
    for transport in ways.transports():
        try:
            with gevent.Timeout(60):
                exchange(judge, transport, bodies)
        except (Exception, gevent.Timeout) as error:
            judge.check(False, "%s, %s: the exchange comes to its end" % (LIBRARY, transport.name), repr(error))
