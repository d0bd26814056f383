"""repair: what it would do, what it does, what is left, and what is kept aside."""
import base64
import collections
import contextlib
import os
import re
import time

from daemon import Daemon, differences, tree
from inspector.damage import ALL, FLIPS, LEDGER, LOSSES, SEGMENT, SIDE_FILES, Damager, batches
from inspector.stores import FINISH, LEDGER_SECONDS, SMALL, Counts, counts_of, drained, files, take
from inspector.verifying import replace, whole
from wire import Connection, mpub, pub


def mended(bench, path):
    """What is wrong with a repair of a store, as text; None when it went as it should."""
    before = tree(path)
    is_damaged = bench.tool.run("verify", path).status == 1
    plan = bench.tool.run("repair", path, "-o", "json")
    if changed := differences(before, tree(path)):
        return "a dry run changed %s" % changed
    if plan.status not in (0, 1) or (plan.status == 1) != bool(plan.json()):
        return "a dry run with %s, %s" % (plan, plan.text)
    if is_damaged and plan.status == 0:
        return "there is damage, and nothing to do"
    done = bench.tool.run("repair", path, "--apply", "-o", "json")
    if done.status != 0 or steps(done) != steps(plan):
        return "applied: %r %s, planned: %s" % (done, done.text, plan.text)
    for verb in ("verify", "repair"):
        if (after := bench.tool.run(verb, path)).status != 0:
            return "%s afterwards: %r %s" % (verb, after, after.text)
    return None


def steps(outcome):
    """What is done to which file; a sequence may come from the clock."""
    return [(row["path"], re.sub("[0-9]+", "N", row["step"])) for row in outcome.json()]


def kept(path, what):
    """Whether quarantine/ holds a file with this content."""
    return what in tree(os.path.join(path, "quarantine")).values()


class Losses:
    """Which messages each damage may take, from what was there before it."""

    def __init__(self, bench, original):
        self.wanted = whole(bench, original)
        self.counts = bench.stores.counts
        self.rows = bench.tool.rows("messages", original, "--body", "base64")

    def bodies(self, damage):
        """Bodies of the messages that lie in what was hit."""
        name, (start, end) = os.path.basename(damage.path), damage.hit
        return collections.Counter(
            base64.b64decode(row["body"]) for row in self.rows
            if "%020d%s" % (row["segment"], SEGMENT) == name and start <= row["offset"] < end)

    def wrong(self, damage, counts, delivered):
        """What was lost besides, or came too often, as text; None when that is nothing."""
        hit = self.bodies(damage)
        for channel, bodies in self.wanted.items():
            got, was = collections.Counter(delivered.get(channel, [])), collections.Counter(bodies)
            if missing := was - hit - got:
                return "channel %s lacks %d bodies" % (channel, missing.total())
            if not damage.path.endswith(LEDGER) and got - was:
                return "channel %s has %d bodies besides" % (channel, (got - was).total())
            _, deferred, _ = self.counts.channels.get(channel, (0, 0, False))
            now = counts.channels.get(channel, (0, 0, False))[1]
            if not damage.path.endswith(LEDGER) and not deferred - hit.total() <= now <= deferred:
                return "channel %s has %d deferred, not %d" % (channel, now, deferred)
        return None


def each(bench, see, original, ways):
    generator, losses = bench.random("mending %s" % os.path.basename(original)), Losses(bench, original)
    for way in ways:
        with bench.stores.copied(original) as path:
            damage = way(Damager(path, generator, original == bench.stores.stopped))
            before = content(damage.path) if os.path.exists(damage.path) else None
            is_hit = bench.tool.run("verify", path).status == 1
            wrong = mended(bench, path)
            if not see.check(wrong is None, "%s: repaired and clean" % way.__doc__, (damage, wrong)):
                continue
            if is_hit and before:
                see.check(kept(path, before), "%s: the damaged file is kept" % way.__doc__, damage)
            with Daemon(bench.binary, path, SMALL) as daemon:
                daemon.start()
                counts = Counts(daemon)
                wrong = losses.wrong(damage, counts, drained(daemon))
            see.check(wrong is None, "%s: nothing else is lost" % way.__doc__, (damage, wrong))
            # The end of a log may take the last word on a channel with it.
            if damage.hit[1] < ALL:
                see.equal(
                    pauses(counts), pauses(bench.stores.counts), "%s: topics, channels, pauses stay" % way.__doc__)


def killed_store(bench, see):
    """damage of a killed store is mended: nothing but what was hit is lost, and what was taken out is kept"""
    # What cannot be told from a crash is not there to be mended.
    each(bench, see, bench.stores.killed, FLIPS)


def stopped_store(bench, see):
    """damage of a stopped store is mended: nothing but what was hit is lost, and what was taken out is kept"""
    # A topic's folder that is gone stays gone.
    each(bench, see, bench.stores.stopped, [way for way in FLIPS + LOSSES if way is not Damager.no_topic])


def pauses(counts):
    return (
        {name: (topic[1], topic[2]) for name, topic in counts.topics.items()},
        {name: channel[2] for name, channel in counts.channels.items()})


def metadata(bench, see):
    """damage beside the segments and ledgers takes nothing: topics, channels, pauses and depths are as before"""
    generator = bench.random("metadata")
    for original in (bench.stores.killed, bench.stores.stopped):
        for way in SIDE_FILES:
            with bench.stores.copied(original) as path:
                damage = way(Damager(path, generator, original == bench.stores.stopped))
                what = "%s, %s" % (way.__doc__, os.path.basename(original))
                wrong = mended(bench, path)
                see.check(wrong is None, "%s: repaired and clean" % what, (damage, wrong))
                see.equal(counts_of(bench.binary, path), bench.stores.counts, "%s: nsqd counts as before" % what)


def several(bench, see):
    """several damages at once are mended together"""
    generator = bench.random("several")
    for original in (bench.stores.killed, bench.stores.stopped):
        with bench.stores.copied(original) as path:
            damager = Damager(path, generator, original == bench.stores.stopped)
            # A topic of one segment whose header is damaged has its name in SQLite only.
            damages = [damager.flip(generator.choice(damager.sealed_segments()), 0, 256, "a segment header")]
            damages += [way() for way in (
                damager.ledger_header, damager.seal, damager.no_metadata, damager.document, damager.marker)]
            wrong = mended(bench, path)
            see.check(wrong is None, "repaired and clean: %s" % os.path.basename(original), (damages, wrong))
            found = counts_of(bench.binary, path)
            see.equal(pauses(found), pauses(bench.stores.counts), "topics, channels and pauses are as before")
            more = {name: channel[0] + channel[1] for name, channel in found.channels.items()}
            less = {name: channel[0] + channel[1] for name, channel in bench.stores.counts.channels.items()}
            see.check(all(more[name] >= less[name] for name in less), "no channel lost a message", (more, less))


def held_back(bench, see):
    """what a topic without channels holds back outlives the loss of its last segment"""
    original = bench.new_folder()
    bodies = [b"%03d " % number + bytes(300) for number in range(40)]
    with Daemon(bench.binary, original, SMALL) as daemon:
        daemon.start()
        with contextlib.closing(Connection(daemon.tcp_port)) as producer:
            for body in bodies:
                producer.call(pub("alone", body))
        daemon.stop()
    for size in (None, 0, 100, 400):
        with bench.stores.copied(original) as path:
            *others, last = files(path, SEGMENT)
            if size is None:
                os.remove(last)
            else:
                os.truncate(last, size)
            what = "last segment missing" if size is None else "last segment cut to %d bytes" % size
            kept_bodies = sorted(body for body in bodies if any(body in content(other) for other in others))
            see.check(len(kept_bodies) > 20, "there are messages in other segments", len(kept_bodies))
            wrong = mended(bench, path)
            see.check(wrong is None, "%s: repaired and clean" % what, wrong)
            with Daemon(bench.binary, path, SMALL) as daemon:
                daemon.start()
                got = drained(daemon).get(("alone", "c"), [])
            see.equal(sorted(set(kept_bodies) - set(got)), [], "%s: what it held is delivered" % what)
            see.equal(len(got), len(set(got)), "%s: once" % what)


def cut_rosters(bench, see):
    """a log of a killed nsqd cut where its channels were made: they stay, and what the ledger knows is missed"""
    original = bench.new_folder()
    with Daemon(bench.binary, original) as daemon:
        daemon.start()
        daemon.post("/topic/create", topic="t")
        for channel in ("c", "e"):
            daemon.post("/channel/create", topic="t", channel=channel)
        with contextlib.closing(Connection(daemon.tcp_port)) as producer:
            producer.call(mpub("t", [b"%d" % number for number in range(40)]))
        take(daemon, "t", "c", 20, lambda at, _: FINISH)
        time.sleep(LEDGER_SECONDS)
        daemon.kill()
    (segment,) = files(original, SEGMENT)
    starts = [start for start, _ in batches(segment)]
    see.check(len(starts) >= 4, "each change is a batch", starts)
    for start in starts[1:4]:
        for size in (start, start + 1, start + 63, start + 64):
            with bench.stores.copied(original) as path:
                os.truncate(files(path, SEGMENT)[0], size)
                see.equal(bench.tool.run("verify", path).status, 1, "cut to %d bytes: verify reports it" % size)
                found = set(counts_of(bench.binary, path).channels)
                see.equal(found, {("t", "c"), ("t", "e")}, "cut to %d bytes: nsqd keeps both channels" % size)


def content(path):
    with open(path, "rb") as file:
        return file.read()


def odd_files(bench, see):
    """a directory or link in place of a segment or ledger is taken away"""
    for how in ("directory", "link"):
        for name in ("segment", "ledger"):
            with bench.stores.copied(bench.stores.killed) as path:
                replace(path, name, how)
                wrong = mended(bench, path)
                see.check(wrong is None, "a %s in place of a %s: repaired and clean" % (how, name), wrong)
