"""A cluster on hosts of its own: discovery, a tombstone, a killed nsqd, a cut cable, a lost nsqlookupd.

There are three nsqds and two nsqlookupds. Every host publishes to its own nsqd without pause; consumers beside
the hosts ask both nsqlookupds every second and connect to all they find. The end decides: whatever was acknowledged has reached each channel. Needs root,
and skips everything where namespaces are not allowed. With --go-nsqd and --go-nsqlookupd the second host runs
those. It is never the one that is killed: the original keeps what waits in memory only.
"""
import contextlib
import http.client
import os
import shutil
import signal
import sys
import tempfile
import threading
import time

import checks
from cluster_clients import CHANNELS, GRACE, INACTIVE, PING, POLL, TOMBSTONE, TOPIC, Cluster, Producer, until
from daemon import StartFailed
from network_hosts import Network, Unavailable
from stalls import Stalls


class Judge(checks.Checks):
    def __init__(self):
        super().__init__()
        self.skipped = 0

    def skip(self, statement, reason):
        self.skipped += 1
        print("skip %s: %s" % (statement, reason))

    def finish(self):
        print("%d passed, %d failed, %d skipped" % (self.passed, self.failed, self.skipped))
        return 0 if self.failed == 0 and (self.passed or self.skipped) else 1


class Run(Cluster):
    """What is done to the cluster; each part tells what it shows."""

    def discovery(self):
        """all nodes register and are found"""
        for program in self.directories + self.nodes:
            program.start()
        everywhere = lambda: all(set(d.nodes()) == set(self.addresses) for d in self.directories)
        self.check(until(everywhere, 5), "every nsqd registers at both nsqlookupds when it starts")
        # A topic takes its channels from the nsqlookupds when it is made. What was published before a consumer
        # came would be lost to the second channel otherwise, and the end would show it.
        for directory in self.directories:
            for channel in CHANNELS:
                directory.post("/channel/create", topic=TOPIC, channel=channel)
        for channel in CHANNELS:
            self.consume(channel)
        began = time.monotonic()
        for node in self.nodes:
            self.producers.append(Producer(node, self.ledger, self.stop_producers))
            self.producers[-1].start()
        self.check_found(self.addresses, 10, "all nodes are found within one poll interval after registering")
        self.check(until(lambda: all(map(self.known, self.addresses)), 5), "both nsqlookupds list all of them")
        self.check_flow(self.addresses, began, "messages of all nodes reach all channels")

    def tombstone(self):
        """a tombstone hides a node for one topic and one time"""
        node, other = self.nodes[2], "invoices"
        address = node.host.address
        node.post("/topic/create", topic=other)
        until(lambda: all(address in d.lookup(other) for d in self.directories), 5)
        began = time.monotonic()
        for directory in self.directories:
            status, _ = directory.post(
                "/topic/tombstone", topic=TOPIC, node="%s:%d" % (address, node.http_port))
            self.check(status == 200, "a tombstone is accepted at %s" % directory.host.address, status)
        rest = set(self.addresses) - {address}
        self.check(
            all(d.lookup(TOPIC) == rest for d in self.directories), "it hides the node, and no other, at /lookup")
        self.check(all(address in d.lookup(other) for d in self.directories), "but not for another topic")
        flags = [d.nodes().get(address, {}) for d in self.directories]
        self.check(
            all(f.get(TOPIC) is True and f.get(other) is False for f in flags), "/nodes keeps it, marked", flags)
        shortest = []

        def returned():
            back = [address in d.lookup(TOPIC) for d in self.directories]
            shortest.extend([time.monotonic() - began] if any(back) and not shortest else [])
            return all(back)
        self.check(until(returned, TOMBSTONE + 2), "it comes back by itself")
        self.check(shortest and shortest[0] > TOMBSTONE - 0.1, "and not before the lifetime is over", shortest)

    def kill(self):
        """a node is killed and comes back"""
        node, address = self.nodes[0], self.addresses[0]
        # Consumers that keep up would leave nothing for the data path to keep.
        node.post("/channel/pause", topic=TOPIC, channel=CHANNELS[0])
        waits = lambda: node.topics()[TOPIC][1][CHANNELS[0]]["depth"] >= 50
        self.check(until(waits, 10), "messages wait in a node while it is paused")
        killed = node.kill()
        self.check(until(lambda: self.hidden(address), POLL), "a killed node leaves /lookup and /nodes at once")
        self.check_flow(self.addresses[1:], killed, "the survivors' messages go on to reach all channels")
        node.start()
        began = time.monotonic()
        known = until(lambda: self.known(address), PING)
        self.check(known, "started again, it registers by itself")
        print("     after %.1f s" % (time.monotonic() - began))
        self.check_found([address], 10, "and is found within one poll interval")
        node.post("/channel/unpause", topic=TOPIC, channel=CHANNELS[0])
        owed = self.ledger.since(address, 0, killed)
        self.check_arrival(owed, 20, "everything it acknowledged before the kill arrives")

    def partition(self):
        """a node is cut off and comes back"""
        host, address = self.network.hosts[2], self.addresses[2]
        began = time.monotonic()
        host.cut()
        missed = set()

        def hidden():
            for directory in self.directories:
                missed.update(set(self.addresses[:2]) - directory.lookup(TOPIC))
            return self.hidden(address)
        self.check(until(hidden, INACTIVE + 1), "a node that is cut off is hidden after the inactive timeout")
        print("     after %.1f s" % (time.monotonic() - began))
        self.check(not missed, "and no other is, meanwhile", missed)
        self.check_flow(self.addresses[:2], began, "the others' messages go on to reach all channels")
        self.check_unhindered([address], began, "inside the node that is cut off no publish takes a second")
        # What was on its way, or read but not yet noted, when the cable was pulled is not held against it.
        inside = self.ledger.since(address, began + 0.5)
        escaped = len(inside) * len(CHANNELS) - len(self.ledger.owed(inside))
        self.check(len(inside) > 50 and not escaped, "and what it acknowledges stays there", (len(inside), escaped))
        healed = time.monotonic()
        host.heal()
        # A second each for the nsqlookupds that a late round may still be trying.
        known = until(lambda: self.known(address), PING + 2)
        self.check(known, "healed, it is listed again after its next PING at the latest")
        print("     after %.1f s" % (time.monotonic() - healed))
        self.check_found([address], 10, "and is found within one poll interval")
        owed = self.ledger.since(address, began, healed)
        self.check_arrival(owed, 20, "everything it acknowledged meanwhile arrives")

    def lost_directory(self):
        """an nsqlookupd is killed and comes back"""
        lost, left = self.directories
        killed = lost.kill()
        began = time.monotonic()
        consumer = self.consume(CHANNELS[0])
        found = until(lambda: set(consumer.found) == set(self.addresses), 10)
        took = time.monotonic() - began
        self.check(
            found and took <= self.late(POLL + GRACE, began),
            "a consumer that starts finds all nodes through the other nsqlookupd", "%.1f s" % took)
        self.check_flow(self.addresses, killed, "messages go on to reach all channels")
        slowest = 0.0
        for node in self.nodes:
            began = time.monotonic()
            node.post("/pub", b"first", topic="refunds")
            slowest = max(slowest, time.monotonic() - began)
        self.check(
            slowest < self.late(1.0, killed), "the first publish of a new topic takes less than a second",
            "%.3f s" % slowest)
        listed = lambda: left.lookup("refunds") == set(self.addresses)
        self.check(until(listed, 5), "the other nsqlookupd learns of the new topic")
        self.check_unhindered(self.addresses, killed, "nor does any other publish take a second meanwhile")
        lost.start()
        began = time.monotonic()
        # A node may notice the loss with one PING and connect again with the next.
        back = until(lambda: all(map(self.known, self.addresses)), 2 * PING + 2)
        self.check(back, "started again, it has all nodes register by themselves")
        print("     after %.1f s" % (time.monotonic() - began))

    def end(self):
        """nothing acknowledged is lost"""
        self.stop_producers.set()
        for producer in self.producers:
            producer.join(15)
        ledger = self.ledger
        acked = [body for address in self.addresses for body in ledger.since(address, 0)]
        for address in self.addresses:
            print("%s: %d acknowledged, slowest %.3f s" % (
                address, len(ledger.since(address, 0)), ledger.slowest(address, 0)))
        self.check_arrival(acked, 20, "0 acknowledged messages are lost")
        self.stop_consumers.set()
        for consumer in self.consumers:
            consumer.join(15)
        strange = [body for counts in ledger.delivered.values() for body in counts if body not in ledger.sent]
        self.check(not strange, "nothing is delivered that was not published", strange[:3])
        print("%d deliveries were repeated" % sum(
            count - 1 for counts in ledger.delivered.values() for count in counts.values()))
        self.check(not ledger.problems, "no command is refused", ledger.problems[:3])
        statuses = [program.stop() for program in self.nodes + self.directories]
        self.check(not any(statuses) and None not in statuses, "SIGTERM ends all with status 0", statuses)


PARTS = (Run.discovery, Run.tombstone, Run.kill, Run.partition, Run.lost_directory, Run.end)


def run(options, judge, network, folder):
    with Stalls(folder) as stalls, contextlib.closing(
            Run(options, judge.check, network, stalls, folder)) as cluster:
        for part in PARTS:
            print("-- " + part.__doc__)
            try:
                part(cluster)
            except (StartFailed, Unavailable, OSError, http.client.HTTPException, LookupError) as error:
                judge.check(False, part.__doc__, repr(error))
                break
        if judge.failed:
            for program in cluster.nodes + cluster.directories:
                print("the end of the log of %s on %s:\n%s" % (
                    os.path.basename(program.binary), program.host.address, program.log()))


def main():
    arguments = checks.parser(__doc__.splitlines()[0])
    arguments.add_argument("--go-nsqd", help="path of the original, to run on the second host")
    arguments.add_argument("--go-nsqlookupd", help="the same of its nsqlookupd")
    options = checks.start(arguments)
    judge = Judge()
    # Ended by a signal, it still ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = tempfile.mkdtemp(prefix="nsqd-cluster-")
    try:
        with Network(3) as network:
            run(options, judge, network, folder)
    except Unavailable as error:
        for part in PARTS:
            judge.skip(part.__doc__, error)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return judge.finish()


if __name__ == "__main__":
    sys.exit(main())
