"""Runs the tests that a client library ships in its source distribution, unchanged, against nsqd and nsqlookupd."""
import importlib.metadata
import os
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

# pynsq's source distribution ships no tests: pynsq_transports.py and pynsq_delivery.py stand in for them.
# The mark of the tests that start a real nsqd; the others talk to a mock, which proves nothing about nsqd.
MARKED = {"gnsq": "slow"}
# How many cases bear the mark, so that none goes missing unnoticed.
SHIPPED = {"gnsq": 23}


class Unreachable(Exception):
    """PyPI did not answer, however long it was asked."""


# What pip says when it is the network's fault.
NETWORK = ("ConnectionError", "ReadTimeout", "ConnectTimeout", "ProtocolError")
# How often PyPI is asked, and the seconds between.
ATTEMPTS, PAUSE = 4, 15


def download(library, version, folder):
    """Asks PyPI for a source distribution."""
    command = [
        sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check", "--no-deps",
        "--no-binary", library, "--dest", folder, "%s==%s" % (library, version)]
    for attempt in range(ATTEMPTS):
        ended = subprocess.run(command, capture_output=True, text=True, timeout=120)
        if ended.returncode == 0:
            return
        if not any(word in ended.stderr for word in NETWORK):
            raise OSError(ended.stderr[-500:])
        if attempt + 1 < ATTEMPTS:
            time.sleep(PAUSE)
    raise Unreachable()


def unpacked(library, version, folder):
    """Downloads and unpacks a source distribution; returns its folder."""
    download(library, version, folder)
    name = "%s-%s" % (library, version)
    shutil.unpack_archive(os.path.join(folder, name + ".tar.gz"), folder)
    return os.path.join(folder, name)


def run_pytest(library, source, binary, folder, seconds):
    """Runs the tests with our programs in PATH; returns the end of pytest's output and the file of its results."""
    programs, temporary = os.path.join(folder, "bin"), os.path.join(folder, "tmp")
    results = os.path.join(folder, "results.xml")
    os.mkdir(programs)
    os.mkdir(temporary)
    for name in ("nsqd", "nsqlookupd"):
        os.symlink(os.path.join(os.path.dirname(binary), name), os.path.join(programs, name))
    environment = dict(
        os.environ, PATH=programs + os.pathsep + os.environ["PATH"], TMPDIR=temporary, SLOW_TIMEOUT="30")
    command = [
        sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:warnings",
        "-m", MARKED[library], "--junitxml", results, "tests"]
    # A session of its own, so that the daemons of tests that hang can be ended with it.
    process = subprocess.Popen(
        command, cwd=source, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, start_new_session=True)
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
    return output, results


def run(judge, library, binary, folder, seconds=120):
    """Every shipped test that starts nsqd is one check."""
    version = importlib.metadata.version(library)
    title = "%s %s" % (library, version)
    try:
        source = unpacked(library, version, folder)
        output, results = run_pytest(library, source, binary, folder, seconds)
        cases = list(ElementTree.parse(results).iter("testcase"))
    except Unreachable:
        print("left out: PyPI cannot be reached, and the tests that %s ships come from there" % title)
        return
    except (OSError, subprocess.SubprocessError, ElementTree.ParseError) as error:
        judge.check(False, "the tests that %s ships can be run" % title, error)
        return
    for case in cases:
        bad = [case.find(kind) for kind in ("failure", "error", "skipped") if case.find(kind) is not None]
        judge.check(
            not bad, "%s ships %s.%s" % (title, case.get("classname"), case.get("name")),
            bad and bad[0].get("message"))
    wanted = SHIPPED[library]
    if not judge.equal(len(cases), wanted, "%s: no shipped test that starts nsqd is missing" % title) or any(
            case.find("failure") is not None for case in cases):
        print(output[-5000:])
