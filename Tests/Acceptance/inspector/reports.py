"""topics, channels, segments and stats against /stats, in every form; and what is no store."""
import os
import pwd
import re
import shutil

from daemon import differences, tree
from inspector.stores import Counts, counts_of, files

FORMS = ["topics", "channels", "segments", "stats", "verify", "messages", "repair", "compact --dry-run"]


def inspected(bench, path):
    """What topics and channels say, in the way of /stats."""
    found = Counts.__new__(Counts)
    found.topics = {
        row["topic"]: (row["depth"], row["paused"], row["channels"]) for row in bench.tool.rows("topics", path)}
    found.channels = {
        (row["topic"], row["channel"]): (row["depth"], row["deferred"], row["paused"])
        for row in bench.tool.rows("channels", path)}
    return found


def counts(bench, see):
    """every count is what nsqd said before, and says again when it is started"""
    for original, when in ((bench.stores.killed, "after kill -9"), (bench.stores.stopped, "after a stop")):
        found = inspected(bench, original)
        see.equal(found, bench.stores.counts, "%s: topics and channels are what /stats said" % when)
        with bench.stores.copied(original) as path:
            again = counts_of(bench.binary, path)
            see.equal(again, inspected(bench, original), "%s: and what a new start says" % when)
        in_flight = {(row["topic"], row["channel"]): row["in_flight"] for row in bench.tool.rows("channels", original)}
        was = bench.stores.counts.in_flight if original == bench.stores.killed else dict.fromkeys(in_flight, 0)
        see.equal(in_flight, was, "%s: what was in flight when it ended" % when)
        total = bench.tool.run("stats", original, "-o", "json").row()
        see.equal(total["in_flight"], sum(was.values()), "%s: stats adds that up" % when)
        said = bench.stores.counts
        see.equal(
            (total["topics"], total["channels"], total["topic_depth"], total["channel_depth"], total["deferred"]),
            (len(said.topics), len(said.channels), sum(each[0] for each in said.topics.values()),
             sum(each[0] for each in said.channels.values()), sum(each[1] for each in said.channels.values())),
            "%s: stats adds them up" % when)
        see.equal(
            total["messages"], sum(map(len, bench.stores.published.values())), "%s: stats counts the messages" % when)
        see.equal(total["clean_stop"], original == bench.stores.stopped, "%s: stats knows how the run ended" % when)
        see.equal(total["held_by_pid"], None, "%s: nobody holds the store" % when)


def what_keeps(bench, see):
    """segments tells files, messages, and who keeps each of them"""
    path = bench.stores.killed
    rows = bench.tool.rows("segments", path)
    see.equal(sorted(row["path"] for row in rows), files(path, ".segment"), "each file has a line")
    for name, bodies in bench.stores.published.items():
        own = [row for row in rows if row["topic"] == name]
        see.equal(sum(row["messages"] for row in own), len(bodies), "the segments of %.9s hold its messages" % name)
        see.equal([row["sealed"] for row in own], [True] * (len(own) - 1) + [False], "all but its last are sealed")
    kept = " ".join(keeper for row in rows if row["topic"] == "orders" for keeper in row["kept_by"])
    wanted = {name: sum(map(int, re.findall(r"channel %s: (\d+) from" % name, kept))) for name in ("archive", "audit")}
    see.equal(wanted, {"archive": 166, "audit": 56}, "what channels want adds up to what they have not finished")
    see.equal(
        [row["kept_by"][0].split(" from")[0] for row in rows if row["topic"] == "alone"], ["the topic: 12"],
        "a topic without channels keeps its own")


def against_the_reader(bench, see):
    """every message and channel as Tools/read-store.py reads them"""
    reading = bench.reading(bench.stores.killed)
    see.equal((reading.status, reading.said), (0, ""), "the reader finds no damage")
    for row in bench.tool.rows("topics", bench.stores.killed):
        line = reading.topics[row["topic"]]
        see.equal(
            (row["messages"], row["depth"], row["paused"]), (line["messages"], line["waiting"], line["paused"]),
            "topic %.9s" % row["topic"])
    for row in bench.tool.rows("channels", bench.stores.killed):
        line = reading.channels[row["topic"], row["channel"]]
        see.equal(
            (row["depth"], row["in_flight"], row["deferred"], row["paused"]),
            (line["queued"] + line["in flight"], line["in flight"], line["deferred"], line["paused"]),
            "channel %.9s of %.9s" % (row["channel"], row["topic"]))
        states = [each["channels"].get(row["channel"], ("", 0)) for each in reading.messages[row["topic"]]]
        tried = sum(state[0] == "queued" and state[1] > 0 for state in states)
        see.equal(row["redelivered"], tried, "and how many of it were tried before")


def plain(value):
    """A value of JSON as CSV has it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return "; ".join(value) if isinstance(value, list) else str(value)


def forms(bench, see):
    """json, ndjson, csv and table tell the same, and each can be read"""
    path = bench.stores.killed
    # Ages go on while the commands run.
    moving = {"oldest_ms"}
    for verb in ("topics", "channels", "segments", "stats"):
        rows = bench.tool.rows(verb, path)
        see.check(rows, "%s: JSON has rows" % verb)
        still = [{key: value for key, value in row.items() if key not in moving} for row in rows]
        lines = bench.tool.run(verb, path, "-o", "ndjson").ndjson()
        see.equal([{k: v for k, v in row.items() if k not in moving} for row in lines], still, "%s: NDJSON" % verb)
        cells = bench.tool.run(verb, path, "-o", "csv").csv()
        see.equal(
            [{k: v for k, v in row.items() if k not in moving} for row in cells],
            [{k: plain(v) for k, v in row.items()} for row in still], "%s: CSV" % verb)
        table = bench.tool.run(verb, path).text
        lines = table.splitlines()
        see.equal(len(lines), len(rows) + 1, "%s: a table has a title and a line a row" % verb)
        see.check("\x1b" not in table, "%s: no colour where no terminal is" % verb)
        see.check(is_aligned(lines), "%s: the columns of the table are aligned" % verb, table)
        coloured = bench.tool.run(verb, path, "--color").text
        see.check("\x1b[" in coloured.splitlines()[0], "%s: --color colours the title" % verb)
        see.check(all("\x1b" not in line for line in coloured.splitlines()[1:]), "%s: and nothing else" % verb)
    for flags in ({}, {"NO_COLOR": "1"}):
        shown = bench.tool.on_terminal("topics", path, environment=flags)
        statement = "NO_COLOR takes the colour away" if flags else "titles are bold"
        see.equal("\x1b[1m" in shown, not flags, "on a terminal %s" % statement)
    with bench.stores.copied(path) as copy:
        see.equal(bench.tool.run("verify", copy, "-o", "json").json(), [], "verify: JSON of a clean store has no rows")
        see.equal(bench.tool.run("verify", copy, "-o", "csv").csv(), [], "verify: CSV likewise")
        see.equal(bench.tool.run("repair", copy, "-o", "ndjson").ndjson(), [], "repair: NDJSON likewise")


def is_aligned(lines):
    """Whether the cells of each column, which two spaces set off, begin or end below each other."""
    table = [[found.span() for found in re.finditer(r"\S+(?: \S+)*", line)] for line in lines]
    if {len(row) for row in table} != {len(table[0])}:
        return False
    return all(
        len({start for start, _ in column}) == 1 or len({end for _, end in column}) == 1 for column in zip(*table))


def filters(bench, see):
    """--topic and --channel choose; what is not there is said in a line"""
    path = bench.stores.killed
    for verb in ("topics", "channels", "segments"):
        found = {row["topic"] for row in bench.tool.rows(verb, path, "--topic", ".")}
        see.equal(found, {"."}, "%s --topic . shows that one alone" % verb)
    for verb in ("topics", "channels", "segments", "messages"):
        outcome = bench.tool.run(verb, path, "--topic", "nowhere")
        said = (outcome.status, len(outcome.complaint), outcome.text)
        see.equal(said, (1, 1, ""), "%s: an unknown topic is one line" % verb)
        see.check("nowhere" in outcome.said, "%s: which names it" % verb, outcome)
    rows = bench.tool.rows("channels", path, "--channel", "c")
    found = {(row["topic"], row["channel"]) for row in rows}
    see.equal(found, {("odd", "c"), ("paused", "c")}, "--channel alone chooses too")
    for flags in (["--nonsense"], ["--output", "xml"]):
        see.equal(bench.tool.run("topics", path, *flags).status, 64, "%s: exit status 64" % flags[-1])


def refused(bench, see, what, path, **who):
    for verb in FORMS + ["repair --apply", "compact"]:
        outcome = bench.tool.run(verb, path, **who)
        see.equal((outcome.status, outcome.text), (1, ""), "%s: %s exits 1 and answers nothing" % (what, verb))
        see.equal(len(outcome.complaint), 1, "%s: %s says one line" % (what, verb))
        see.check(path in outcome.said, "%s: %s names the path" % (what, verb), outcome)


def no_store(bench, see):
    """a data path that is missing, empty, a file or another's: one line, and nothing is written"""
    base = bench.new_folder()
    empty, file = os.path.join(base, "empty"), os.path.join(base, "file")
    os.mkdir(empty)
    with open(file, "w") as opened:
        opened.write("no directory")
    before = tree(base)
    refused(bench, see, "missing", os.path.join(base, "missing"))
    refused(bench, see, "empty", empty)
    refused(bench, see, "a file", file)
    changed = differences(before, tree(base))
    see.check(not changed, "nothing is written", changed)


def unreadable(bench, see):
    """a store that may not be read says so"""
    if os.getuid() != 0:
        see.skip("a store that may not be read", "needs root to be somebody else")
        return
    base = bench.new_folder()
    os.chmod(bench.folder, 0o755)
    os.chmod(base, 0o755)
    path = shutil.copytree(bench.stores.killed, os.path.join(base, "private"))
    os.chmod(path, 0o700)
    tool = type(bench.tool)(bench.tool.binary)
    tool.binary = shutil.copy(bench.tool.binary, os.path.join(base, "nsq-inspect"))
    os.chmod(tool.binary, 0o755)
    nobody, before = pwd.getpwnam("nobody"), tree(path)
    for verb in ("topics", "messages", "verify", "repair", "repair --apply", "compact"):
        outcome = tool.run(
            verb, path, user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[], environment={"TMPDIR": "/tmp"})
        see.equal((outcome.status, len(outcome.complaint)), (1, 1), "%s: one line" % verb)
        see.check("ermission denied" in outcome.said, "%s: the line tells why" % verb, outcome)
    changed = differences(before, tree(path))
    see.check(not changed, "and nothing is changed", changed)
