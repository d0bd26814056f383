"""verify: every harm is told, with its file and place, by a program that neither crashes nor grows."""
import os
import re

from checksum import crc32c
from daemon import Daemon
from inspector.damage import FLIPS, LEDGER, LOSSES, SEGMENT, SIDE_FILES, Damager
from inspector.stores import SMALL, Counts, drained

MEMORY_LIMIT = 200 << 20
# What a start over a file of zeros may take; a second is a lot.
SECONDS_LIMIT = 10.0
TIMES = 3
# SQLite's file has places of many kinds.
METADATA_TIMES = 20


def whole(bench, original):
    """What an nsqd that is started on a store delivers."""
    with bench.stores.copied(original) as path, Daemon(bench.binary, path, SMALL) as daemon:
        daemon.start()
        return drained(daemon)


def harm_of(bench, path, wanted):
    """What an nsqd that is started on a damaged store lacks of `wanted`; None when that is nothing."""
    try:
        with Daemon(bench.binary, path, SMALL) as daemon:
            daemon.start()
            counts = Counts(daemon)
            if counts != bench.stores.counts:
                return "nsqd counts %s" % counts
            return None if drained(daemon) == wanted else "nsqd delivers other bodies"
    except OSError as error:
        return repr(error)


def each(bench, see, original):
    is_stopped, wanted = original == bench.stores.stopped, whole(bench, original)
    generator, memory = bench.random(original == bench.stores.stopped), 0
    for way in FLIPS + SIDE_FILES + LOSSES:
        crashed, unseen, unnamed = [], [], []
        for _ in range(METADATA_TIMES if way is Damager.metadata else TIMES):
            with bench.stores.copied(original) as path:
                damage = way(Damager(path, generator, is_stopped))
                outcome = bench.tool.run("verify", path, "-o", "json")
                memory = max(memory, outcome.bytes_held)
                if outcome.status not in (0, 1):
                    crashed.append((damage, outcome))
                elif outcome.status == 0:
                    harm = harm_of(bench, path, wanted) if damage.is_certain else None
                    unseen += [(damage, harm)] * (harm is not None)
                elif damage.is_certain and not names(outcome, damage):
                    unnamed.append((damage, outcome, outcome.text[:600]))
        see.check(not crashed, "%s: verify ends in good order" % way.__doc__, crashed[:1])
        see.check(not unseen, "%s: no harm is passed over" % way.__doc__, unseen[:1])
        see.check(not unnamed, "%s: file and place are named" % way.__doc__, unnamed[:1])
    see.check(memory < MEMORY_LIMIT, "verify holds less than 200 MB", memory)


def names(outcome, damage):
    """Whether a report in JSON tells the file, and the byte where there is one, of a damage."""
    try:
        rows = [row for row in outcome.json() if row["severity"] == "damage"]
    except ValueError:
        return False
    if damage.what == "missing":
        # Of what is gone, those who know of it tell.
        return bool(rows)
    rows = [row for row in rows if row["path"] == damage.path]
    if damage.offset is None or not damage.path.endswith((SEGMENT, LEDGER)):
        return bool(rows)
    return any(row["offset"] is not None and 0 <= damage.offset - row["offset"] < row["bytes"] for row in rows)


def stopped_store(bench, see):
    """a store that was stopped in good order, damaged in every way"""
    each(bench, see, bench.stores.stopped)


def killed_store(bench, see):
    """a store that was killed, damaged in every way"""
    each(bench, see, bench.stores.killed)


def bounded(bench, see, what, path, verbs=("topics", "verify")):
    for verb in verbs:
        outcome = bench.tool.run(verb, path, limit=SECONDS_LIMIT)
        see.check(not outcome.crashed, "%s: %s ends within %d s" % (what, verb, SECONDS_LIMIT), outcome)
        see.check(outcome.bytes_held < MEMORY_LIMIT, "%s: %s holds less than 200 MB" % (what, verb), outcome.bytes_held)
    return outcome


def enormous(bench, see):
    """files of gigabytes in which there is nothing"""
    with bench.stores.copied(bench.stores.killed) as path:
        with open(os.path.join(path, "topics", "1", "%020d.segment" % (1 << 53)), "wb") as file:
            file.truncate(10 << 30)
        see.equal(bounded(bench, see, "10 GiB named like a segment", path).status, 1, "verify tells of it")
    with bench.stores.copied(bench.stores.killed) as path:
        ledger = Damager(path, None, False).files(LEDGER)[0]
        os.truncate(ledger, 1 << 30)
        bounded(bench, see, "a ledger grown by a GiB of nothing", path)


def odd_files(bench, see):
    """a directory, a link or a pipe in place of a file of the store"""
    for how in ("directory", "link", "pipe"):
        for name in ("segment", "ledger", "nsqd.sqlite", "nsqd.dat", "nsqd.lock"):
            with bench.stores.copied(bench.stores.killed) as path:
                where = replace(path, name, how)
                outcome = bench.tool.run("verify", path, "-o", "json")
                see.equal(outcome.status, 1, "a %s in place of %s: exit status 1" % (how, name))
                if name in ("segment", "ledger"):
                    see.check(
                        any(row["path"] == where and row["severity"] == "damage" for row in outcome.json()),
                        "the report names it", outcome.text)
                else:
                    see.check(where in outcome.said + outcome.text, "it is named", outcome)


def replace(path, name, how):
    """Puts something else in the place of a file; returns its path."""
    if name == "segment":
        where = Damager(path, None, False).sealed_segments()[1]
    elif name == "ledger":
        where = Damager(path, None, False).files(LEDGER)[0]
    else:
        where = os.path.join(path, name)
    os.remove(where)
    if how == "directory":
        os.mkdir(where)
    elif how == "pipe":
        os.mkfifo(where)
    else:
        os.symlink("/dev/null", where)
    return where


def nameless(bench, see):
    """messages of a topic whose name is lost are not passed over in silence"""
    with bench.stores.copied(bench.stores.stopped) as path:
        damager = Damager(path, bench.random("nameless"), True)
        folder = folder_of(bench, path, "odd")
        (segment,) = [each for each in damager.files(SEGMENT) if each.split(os.sep)[-2] == folder]
        damager.flip(segment, 64, 67, "a topic's name")
        damager.no_metadata()
        for when in ("before a repair", "after it"):
            outcome = bench.tool.run("verify", path, "-o", "json")
            told = [row for row in outcome.json() if row["path"].startswith(os.path.dirname(segment))]
            is_there = any(row["topic"] == "odd" for row in bench.tool.rows("topics", path))
            see.check(told or is_there, "%s: verify tells of its folder, or the topic is there" % when, outcome)
            bench.tool.run("repair", path, "--apply")


def folder_of(bench, path, topic):
    """The name of a topic's folder."""
    (row,) = bench.tool.rows("topics", path, "--topic", topic)
    return str(row["id"])


def strangers_pid(bench, see):
    """a killed nsqd whose process id is another's now, such as 1 in every container"""
    with bench.stores.copied(bench.stores.killed) as path:
        lock = os.path.join(path, "nsqd.lock")
        with open(lock, "rb") as file:
            record = re.sub(rb"pid \d+", b"pid %d" % os.getpid(), file.read())
        record = record[:record.index(b"crc32c")]
        with open(lock, "wb") as file:
            file.write(record + b"crc32c %x\n" % crc32c(record))
        total = bench.tool.run("stats", path, "-o", "json").row()
        see.equal(total["held_by_pid"], None, "it is not taken for the holder")
        with open(os.path.join(path, "topics", "1", "%020d.segment" % 5), "wb") as file:
            file.write(b"no segment" * 100)
        see.equal(bench.tool.run("verify", path).status, 1, "nor is damage excused by it")
