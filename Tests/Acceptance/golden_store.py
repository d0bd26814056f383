"""What is in a store, as an nsqd started on it tells: for the golden stores and what made them."""
import contextlib
import hashlib
import os
import shutil
import tempfile

from daemon import Daemon
from wire import Connection


def state(daemon):
    """{topic: {paused, depth, channels: {channel: {paused, depth, deferred}}}}"""
    return {
        name: {"paused": topic["paused"], "depth": topic["depth"], "channels": {
            each: {"paused": c["paused"], "depth": c["depth"], "deferred": c["deferred_count"]}
            for each, c in channels.items()}}
        for name, (topic, channels) in daemon.topics().items()}


def digest(bodies):
    """Of the bodies in any order: lengths in front, so that none runs into the next."""
    return hashlib.sha256(b"".join(b"%d:%s" % (len(each), each) for each in sorted(bodies))).hexdigest()


def drain(binary, store):
    """{topic: {channel: digest of the bodies that are not deferred}}, of a copy, and its state before."""
    found = {}
    with tempfile.TemporaryDirectory() as base:
        copy = os.path.join(base, "copy")
        shutil.copytree(store, copy)
        with Daemon(binary, copy) as daemon:
            daemon.start()
            before = state(daemon)
            # A topic without channels gives its messages to the first.
            for name, (topic, channels) in daemon.topics().items():
                if not channels:
                    daemon.post("/channel/create", topic=name, channel="first")
                daemon.post("/topic/unpause", topic=name)
            for name, (_, channels) in daemon.topics().items():
                for channel, statistics in channels.items():
                    daemon.post("/channel/unpause", topic=name, channel=channel)
                    with contextlib.closing(Connection(daemon.tcp_port)) as consumer:
                        consumer.subscribe(name, channel)
                        consumer.ready(2500)
                        bodies = [message.body for message in consumer.messages(statistics["depth"])]
                    found.setdefault(name, {})[channel] = digest(bodies)
            daemon.kill()
    return before, found
