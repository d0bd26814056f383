"""Runs the tests that a client library ships in its source distribution, unchanged, against nsqd."""
import importlib.metadata
import os
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

NEEDS_NSQLOOKUPD = "starts nsqlookupd, which is not built"

# pynsq's source distribution ships no tests: pynsq_transports.py and pynsq_behaviour.py stand in for them.
LEFT_OUT = {
    "gnsq": {
        "tests/test_consumer.py::test_lookupd": NEEDS_NSQLOOKUPD,
        "tests/test_lookupd.py::test_basic": NEEDS_NSQLOOKUPD,
        "tests/test_lookupd.py::test_lookup": NEEDS_NSQLOOKUPD,
    },
}
# The mark of the tests that start a real nsqd; the others talk to a mock, which proves nothing about nsqd.
MARKED = {"gnsq": "slow"}
# How many cases bear the mark, so that none goes missing unnoticed.
SHIPPED = {"gnsq": 23}


def unpacked(library, version, folder):
    """Downloads and unpacks a source distribution; returns its folder."""
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check", "--no-deps",
         "--no-binary", library, "--dest", folder, "%s==%s" % (library, version)],
        check=True, timeout=120)
    name = "%s-%s" % (library, version)
    shutil.unpack_archive(os.path.join(folder, name + ".tar.gz"), folder)
    return os.path.join(folder, name)


def run_pytest(library, source, binary, folder, seconds):
    """Runs the tests with `nsqd` in PATH; returns the end of pytest's output and the file of its results."""
    programs, temporary = os.path.join(folder, "bin"), os.path.join(folder, "tmp")
    results = os.path.join(folder, "results.xml")
    os.mkdir(programs)
    os.mkdir(temporary)
    os.symlink(binary, os.path.join(programs, "nsqd"))
    environment = dict(
        os.environ, PATH=programs + os.pathsep + os.environ["PATH"], TMPDIR=temporary, SLOW_TIMEOUT="30")
    command = [
        sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:warnings",
        "-m", MARKED[library], "--junitxml", results, "tests"]
    for test in LEFT_OUT[library]:
        command += ["--deselect", test]
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
    except (OSError, subprocess.SubprocessError, ElementTree.ParseError) as error:
        judge.check(False, "the tests that %s ships can be run" % title, error)
        return
    for case in cases:
        bad = [case.find(kind) for kind in ("failure", "error", "skipped") if case.find(kind) is not None]
        judge.check(
            not bad, "%s ships %s.%s" % (title, case.get("classname"), case.get("name")),
            bad and bad[0].get("message"))
    left_out = LEFT_OUT[library]
    for test, reason in left_out.items():
        print("left out: %s %s: %s" % (title, test, reason))
    wanted = SHIPPED[library] - len(left_out)
    if not judge.equal(len(cases), wanted, "%s: no shipped test that starts nsqd is missing" % title) or any(
            case.find("failure") is not None for case in cases):
        print(output[-5000:])
