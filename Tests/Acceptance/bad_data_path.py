"""Data paths that nsqd must refuse, with one clear line, the right exit status and not a byte changed; or bear with."""
import contextlib
import os
import pwd
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile

import checks
from daemon import Daemon, differences, free_port, tree

FAILURE = 1      # bad settings, as the original
NEWER_STORE = 65  # written by a newer version


def run(binary, data_path, user=None):
    """Starts nsqd where it cannot; returns (exit status or None, lines of standard error)."""
    command = [
        binary, "--tcp-address=127.0.0.1:%d" % free_port(), "--http-address=127.0.0.1:%d" % free_port(),
        "--broadcast-address=127.0.0.1", "--data-path=%s" % data_path]
    who = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **who)
    try:
        output, _ = process.communicate(timeout=10)
        status = process.returncode
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
        status = None
    lines = output.decode("utf-8", "replace").splitlines()
    return status, [line for line in lines if line.strip()]


def refused(judge, what, outcome, wanted_status, wanted_words):
    status, lines = outcome
    judge.equal(status, wanted_status, "%s: exit status" % what)
    judge.check(len(lines) == 1, "%s: one line says why" % what, lines)
    for word in wanted_words:
        judge.check(any(word in line for line in lines), "%s: the line names %r" % (what, word), lines)


def unchanged(judge, what, before, folder):
    changed = differences(before, tree(folder))
    judge.check(not changed, "%s: nothing changed" % what, changed)


def missing(judge, binary, base):
    path = os.path.join(base, "missing")
    refused(judge, "missing", run(binary, path), FAILURE, [path])
    judge.check(not os.path.exists(path), "missing: it is not made")


def no_folder(judge, binary, base):
    path = os.path.join(base, "file")
    with open(path, "w") as file:
        file.write("no folder")
    before = tree(base)
    refused(judge, "a file", run(binary, path), FAILURE, [path])
    unchanged(judge, "a file", before, base)


def not_writable(judge, binary, base):
    """Root may write anywhere, so as root the daemon is started as nobody."""
    path = os.path.join(base, "readonly")
    os.mkdir(path)
    os.chmod(path, 0o555)
    user = None
    if os.getuid() == 0:
        user = pwd.getpwnam("nobody")
        os.chmod(base, 0o755)
        binary = shutil.copy(binary, os.path.join(base, "nsqd"))
        os.chmod(binary, 0o755)
    before = tree(path)
    refused(judge, "not writable", run(binary, path, user), FAILURE, [path])
    unchanged(judge, "not writable", before, path)


def locked(judge, binary, base):
    path = os.path.join(base, "locked")
    os.mkdir(path)
    with Daemon(binary, path) as holder:
        holder.start()
        holder.post("/pub", b"kept", topic="t")
        # The holder stands still, so that every change would be the second one's.
        holder.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, holder.process.pid, os.WSTOPPED | os.WNOWAIT)
        try:
            before = tree(path)
            outcome = run(binary, path)
            after = tree(path)
        finally:
            holder.process.send_signal(signal.SIGCONT)
        refused(judge, "locked", outcome, FAILURE, [path, str(holder.process.pid)])
        judge.check(before == after, "locked: nothing changed", differences(before, after))
        judge.equal(holder.topics()["t"][0]["depth"], 1, "locked: the first one goes on serving")
        holder.kill()
        holder.start()
        judge.equal(holder.stop(), 0, "locked: the lock ends with its holder, killed or not")


def newer(judge, binary, base):
    """A store with a migration that this version does not know."""
    path = os.path.join(base, "newer")
    os.mkdir(path)
    with Daemon(binary, path) as daemon:
        daemon.start()
        daemon.post("/pub", b"kept", topic="t")
        judge.equal(daemon.stop(), 0, "newer: the store is made")
    database_path = os.path.join(path, "nsqd.sqlite")
    with contextlib.closing(sqlite3.connect(database_path)) as database:
        database.execute("INSERT INTO grdb_migrations VALUES ('V9999_from_the_future')")
        database.commit()
    before = tree(path)
    refused(judge, "newer", run(binary, path), NEWER_STORE, [path, "newer"])
    unchanged(judge, "newer", before, path)
    with contextlib.closing(sqlite3.connect(database_path)) as database:
        database.execute("DELETE FROM grdb_migrations WHERE identifier LIKE 'V9999%'")
        database.commit()
    with Daemon(binary, path) as daemon:
        daemon.start()
        judge.equal(daemon.topics()["t"][0]["depth"], 1, "newer: the message is still there")


def strays(judge, binary, base):
    """A folder and a pipe that bear names of the store's own files."""
    path = os.path.join(base, "strays")
    os.makedirs(os.path.join(path, "reserve", "somebody's"))
    with Daemon(binary, path) as daemon:
        daemon.start()
        judge.equal(daemon.post("/pub", b"kept", topic="t")[0], 200, "strays: a folder 'reserve' stops no publish")
        judge.equal(daemon.stop(), 0, "strays: it stops")
        os.mkfifo(os.path.join(path, "topics", "1", "%020d.segment" % 7))
        daemon.start()
        judge.equal(daemon.topics()["t"][0]["depth"], 1, "strays: a pipe is not waited for")
    judge.check(os.path.isdir(os.path.join(path, "reserve", "somebody's")), "strays: both are left alone")


def main():
    options = checks.start(checks.parser(__doc__.splitlines()[0]))
    judge = checks.Checks()
    base = tempfile.mkdtemp(prefix="nsqd-bad-")
    try:
        for case in (missing, no_folder, not_writable, locked, newer, strays):
            try:
                case(judge, options.bin, base)
            except Exception as error:
                judge.check(False, "%s runs to its end" % case.__name__, repr(error))
    finally:
        shutil.rmtree(base, ignore_errors=True)
    return judge.finish()


if __name__ == "__main__":
    sys.exit(main())
