"""Stores of a newer version: told, and not touched."""
import contextlib
import os
import sqlite3
import struct

from checksum import crc32c
from daemon import differences, tree
from inspector.damage import LEDGER, Damager

NEWER = 65
VERBS = ["topics", "channels", "segments", "stats", "messages", "verify", "repair", "repair --apply", "compact"]


def header(path):
    with open(path, "r+b") as file:
        content = bytearray(file.read(252))
        struct.pack_into("<I", content, 8, 2)
        file.seek(0)
        file.write(bytes(content) + struct.pack("<I", crc32c(content)))


def first_segment(path):
    """the first segment"""
    header(Damager(path, None, False).sealed_segments()[0])


def last_segment(path):
    """the last segment of a topic"""
    header(Damager(path, None, False).last_segments()[-1])


def ledger(path):
    """a ledger"""
    header(Damager(path, None, False).files(LEDGER)[0])


def marker(path):
    """nsqd.lock"""
    lock = os.path.join(path, "nsqd.lock")
    with open(lock, "rb") as file:
        record = file.read().replace(b"nsqd-run 1", b"nsqd-run 2")
    record = record[:record.index(b"crc32c")]
    with open(lock, "wb") as file:
        file.write(record + b"crc32c %x\n" % crc32c(record))


def database(path):
    """nsqd.sqlite"""
    with contextlib.closing(sqlite3.connect(os.path.join(path, "nsqd.sqlite"))) as opened:
        opened.execute("INSERT INTO grdb_migrations VALUES ('V9999_from_the_future')")
        opened.commit()


def newer(bench, see):
    """exit status 65, one line, and nothing is changed"""
    for change in (first_segment, last_segment, ledger, marker, database):
        with bench.stores.copied(bench.stores.stopped) as path:
            change(path)
            before, bad = tree(path), []
            for verb in VERBS:
                outcome = bench.tool.run(verb, path)
                if (outcome.status, len(outcome.complaint), outcome.text) != (NEWER, 1, ""):
                    bad.append((outcome, outcome.text[:300]))
            see.check(not bad, "%s: every command ends with 65 and a line" % change.__doc__, bad[:2])
            changed = differences(before, tree(path))
            see.check(not changed, "%s: none changes anything" % change.__doc__, changed)
