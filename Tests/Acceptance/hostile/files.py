"""What names and files may lead the store to."""
import contextlib
import os
import resource
import stat

import descriptors
from daemon import StartFailed
from hostile.exchange import refusal, until
from names import ILLEGAL, strangers
from wire import Connection, pub


def names(bench, see):
    """S9 names: what the grammar refuses makes nothing, and what it takes never becomes a path."""
    target = bench.plain
    bystander = bench.bystander("bystander")
    for name in ILLEGAL:
        status, _ = target.post("/topic/create", topic=name)
        see.equal(status, 400, "/topic/create of %r" % name)
        status, _ = target.post("/pub", b"x", topic=name)
        see.equal(status, 400, "/pub to %r" % name)
        if "\n" not in name and " " not in name:
            got = refusal(target, b"SUB good#ephemeral %s\n" % name.encode())
            see.check(got is not None and got.startswith(b"E_BAD_CHANNEL"), "SUB to channel %r" % name, got)
    for name in (".", "..", "n" * 64, "A", "a"):
        see.equal(target.post("/pub", name.encode(), topic=name)[0], 200, "/pub to %r" % name)
    topics = target.topics()
    see.equal([topics[name][0]["message_count"] for name in ("A", "a")], [1, 1], "A and a are two topics")
    # What nsqd.dat is written to before it is renamed comes and goes.
    see.check(until(lambda: not strangers(target.data_path)), "files lie in numbered folders only",
              strangers(target.data_path))
    with open(bystander) as file:
        see.equal(file.read(), "stays", "a file beside the data path is as it was")
    for name in (".", "..", "n" * 64, "A", "a"):
        target.post("/topic/delete", topic=name)


def topics_without_end(bench, see):
    """S9 names: 10,000 topics where descriptors are few end in an error, and leave some for the others.

    There is no limit on topics by number: the descriptors, one for each topic, are what runs out first.
    """
    with bench.short_lived(["--log-level=fatal"]) as target:
        resource.prlimit(target.process.pid, resource.RLIMIT_NOFILE, (256, 256))
        early = Connection(target.tcp_port)
        early.call(pub("early", b"x"))
        made, error = 0, None
        producer = Connection(target.tcp_port)
        while made < 10_000 and error is None:
            try:
                producer.call(pub("t%d" % made, b"x"))
                made += 1
            except OSError as failure:
                error = str(failure)
        see.note("%d topics with 256 descriptors" % made)
        see.check(made == 10_000 or "E_PUB_FAILED" in str(error), "a topic too many is an error", error)
        see.equal(early.call(pub("early", b"y")), b"OK", "who is connected publishes on")
        see.equal(target.request("GET", "/stats", format="json")[0], 200, "new connections are accepted")
        descriptors.set_limit(target, 256)
        see.equal(target.stop(), 0, "SIGTERM ends it in good order")


def modes(bench, see):
    """S10 files: nobody else may read them whatever the umask, and a planted link leads nowhere."""
    path = bench.new_folder()
    mask = os.umask(0)
    try:
        with bench.short_lived(["--max-bytes-per-file=65536"], path) as target:
            for _ in range(4):
                target.post("/pub", bytes(30_000), topic="t")
            target.post("/channel/create", topic="t", channel="c")
            rights = modes_below(path)
            see.check(len(rights) > 5, "there are files", rights)
            see.equal({name: oct(mode) for name, mode in rights.items() if mode & 0o077}, {},
                      "only the owner has any right on them")
            planted_segment(bench, see, target, path)
    finally:
        os.umask(mask)
    for name in ("nsqd.lock", "nsqd.sqlite", "nsqd.sqlite-wal", "nsqd.dat"):
        planted_at_start(bench, see, name)


def modes_below(folder):
    """{path: rights}; what is renamed while one looks is left out."""
    found = {}
    for parent, folders, files in os.walk(folder):
        for name in folders + files:
            with contextlib.suppress(FileNotFoundError):
                found[name] = stat.S_IMODE(os.lstat(os.path.join(parent, name)).st_mode)
    return found


def planted_segment(bench, see, target, path):
    """A link in the place of every segment that may come next."""
    victim = bench.bystander("segment-victim")
    folder = [parent for parent, _, files in os.walk(path) if any(f.endswith(".segment") for f in files)][0]
    newest = max(int(name.split(".")[0]) for name in os.listdir(folder) if name.endswith(".segment"))
    for sequence in range(newest + 1, newest + 40):
        os.symlink(victim, os.path.join(folder, "%020d.segment" % sequence))
    answers = {target.post("/pub", bytes(30_000), topic="t")[0] for _ in range(8)}
    see.check(503 in answers, "a publish that would follow the link is refused", answers)
    with open(victim) as file:
        see.equal(file.read(), "stays", "what the link names is as it was")
    see.equal(target.post("/pub", b"x", topic="other")[0], 200, "other topics go on")


def planted_at_start(bench, see, name):
    """A link in the place of one of the store's own files, before there is a store."""
    path, victim = bench.new_folder(), bench.bystander("victim-of-" + name)
    os.symlink(victim, os.path.join(path, name))
    # It may refuse to start, or run beside the link: what counts is the victim.
    with contextlib.suppress(StartFailed, OSError), bench.short_lived(["--log-level=fatal"], path) as target:
        target.post("/pub", b"x", topic="t")
        target.stop()
    with open(victim, "rb") as file:
        see.equal(file.read(), b"stays", "%s as a link: what it names is as it was" % name)


def foreign_data_path(bench, see):
    """S10 files: a data path that belongs to somebody else is told.

    It is not refused: volumes of containers often do. Links planted there are, see `modes`.

    Only root can give a folder away; everybody else cannot write in a foreign one, which is refused as well.
    """
    path = bench.new_folder()
    if os.getuid() != 0:
        return see.note("not root: not checked")
    os.chown(path, 65_534, 65_534)
    with bench.short_lived([], path) as target:
        see.check("belongs to user 65534" in target.whole_log(), "nsqd warns of a data path of another user")
