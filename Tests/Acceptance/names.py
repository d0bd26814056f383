"""Legal but awkward names: '.', '..', 64 bytes. They work, and never become a path."""
import os
import re
import shutil
import sys
import tempfile

import checks
from daemon import Daemon, differences, tree
from wire import Connection, pub

LONG = "n" * 64
LONG_EPHEMERAL = "e" * 54 + "#ephemeral"
LEGAL = [".", "..", "...", "-", "_", ".#ephemeral", LONG, LONG_EPHEMERAL, "nsqd.lock", "nsqd.sqlite"]
ILLEGAL = ["", "n" * 65, "e" * 55 + "#ephemeral", "#ephemeral", "a/b", "../x", "..%2fx", "a b", "a\n",
           "a\0", "a#ephemeral#ephemeral", "\u00e9", "a\\b"]

# What may lie in a data path; everything named by a number belongs to one topic.
OWN_FILES = re.compile(
    r"nsqd\.(lock|dat|sqlite|sqlite-wal|sqlite-shm)|topics(/[0-9]+(\.deleted)?(/.*)?)?|reserve|recycled(/[0-9]+)?")


def outside(base, data_path):
    """Everything below `base` but not below `data_path`."""
    inside = os.path.relpath(data_path, base) + os.sep
    return {path: content for path, content in tree(base).items() if not path.startswith(inside)}


def strangers(data_path):
    return [path for path in tree(data_path) if not OWN_FILES.fullmatch(path)]


def publish_everywhere(judge, daemon):
    connection = Connection(daemon.tcp_port)
    for name in LEGAL:
        status, _ = daemon.post("/channel/create", topic=name, channel=name)
        if status == 404:
            daemon.post("/topic/create", topic=name)
            status, _ = daemon.post("/channel/create", topic=name, channel=name)
        judge.equal(status, 200, "topic and channel %r are made over HTTP" % name)
        judge.equal(connection.call(pub(name, b"over TCP")), b"OK", "PUB to %r" % name)
        judge.equal(
            daemon.post("/pub", b"over HTTP", topic=name), (200, b"OK"), "HTTP publish to %r" % name)
    connection.close()


def consume_everywhere(judge, daemon, names, count):
    for name in names:
        connection = Connection(daemon.tcp_port)
        connection.subscribe(name, name)
        connection.ready(10)
        bodies = sorted(m.body for m in connection.messages(count))
        judge.equal(bodies, [b"over HTTP", b"over TCP"][:count], "both messages of %r arrive" % name)
        connection.call(pub("probe#ephemeral", b"the FINs were read"))
        connection.close()


def refuse_illegal(judge, daemon):
    before = tree(daemon.data_path)
    for name in ILLEGAL:
        status, body = daemon.post("/topic/create", topic=name)
        judge.equal(status, 400, "topic %r is refused over HTTP" % name)
        if "\n" in name or " " in name:  # over TCP these end the line or the parameter
            continue
        connection = Connection(daemon.tcp_port)
        try:
            answer = connection.call(pub(name, b"x"))
        except OSError as error:
            answer = str(error)
        judge.check("E_" in str(answer), "topic %r is refused over TCP" % name, answer)
        connection.close()
    named = [p for p in differences(before, tree(daemon.data_path)).split(", ") if p.startswith("new")]
    judge.check(not named, "a refused name makes no file", named)


def delete_everywhere(judge, daemon):
    for name in LEGAL:
        if name not in daemon.topics():
            continue  # an ephemeral topic went with its last channel
        status, _ = daemon.post("/topic/delete", topic=name)
        judge.equal(status, 200, "topic %r is deleted" % name)


def main():
    options = checks.start(checks.parser(__doc__.splitlines()[0]))
    judge = checks.Checks()
    base = tempfile.mkdtemp(prefix="nsqd-names-")
    data_path = os.path.join(base, "outer", "inner", "data")
    os.makedirs(data_path)
    for place in (base, os.path.dirname(data_path), os.path.dirname(os.path.dirname(data_path))):
        with open(os.path.join(place, "bystander"), "w") as file:
            file.write("stays")
    before = outside(base, data_path)
    kept = [name for name in LEGAL if not name.endswith("#ephemeral")]
    try:
        with Daemon(options.bin, data_path, ["--log-level=warn"]) as daemon:
            daemon.start()
            publish_everywhere(judge, daemon)
            refuse_illegal(judge, daemon)
            judge.equal(strangers(data_path), [], "files lie in numbered folders only")
            daemon.kill()
            daemon.start()
            judge.check(set(kept) <= set(daemon.topics()), "all durable names survive a kill",
                        sorted(daemon.topics()))
            consume_everywhere(judge, daemon, kept, 2)
            judge.equal(daemon.stop(), 0, "SIGTERM ends it with status 0")
            judge.equal(strangers(data_path), [], "files lie in numbered folders only after the stop")
            daemon.start()
            delete_everywhere(judge, daemon)
            judge.equal(daemon.topics(), {}, "all topics are gone in the end")
            judge.equal(daemon.stop(), 0, "SIGTERM ends it again with status 0")
            if judge.failed:
                print("the end of the log:\n" + daemon.log())
    except Exception as error:
        judge.check(False, "the harness runs to its end", repr(error))
    try:
        changed = differences(before, outside(base, data_path))
        judge.check(not changed, "nothing outside the data path is touched", changed)
    finally:
        shutil.rmtree(base, ignore_errors=True)
    return judge.finish()


if __name__ == "__main__":
    sys.exit(main())
