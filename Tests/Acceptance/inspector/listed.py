"""messages: states, filters, bodies, what a terminal would obey, and --follow."""
import base64
import collections
import contextlib
import re
import unicodedata

from daemon import Daemon
from inspector.stores import ODD_BODIES, SMALL
from wire import Connection, mpub, pub


def body_of(row):
    return base64.b64decode(row["body"]) if row["encoding"] == "base64" else row["body"].encode()


def everything(bench, see):
    """every message in its order, with its state in each channel, as the reader has it"""
    path = bench.stores.killed
    rows, by_topic = bench.tool.rows("messages", path), collections.defaultdict(list)
    for row in rows:
        by_topic[row["topic"]].append(row)
    for topic, bodies in bench.stores.published.items():
        see.equal([body_of(row) for row in by_topic[topic]], bodies, "all bodies of %.9s in their order" % topic)
        see.equal([row["size"] for row in by_topic[topic]], list(map(len, bodies)), "and their sizes")
    reading, wrong = bench.reading(path), []
    for topic, lines in reading.messages.items():
        for row, line in zip(by_topic[topic], lines):
            named = (row["sequence"], row["id"], row["published_ns"])
            same = named == (line["sequence"], line["id"], line["timestamp"])
            # The reader leaves out channels of messages that the topic holds, and takes "not received" as finished.
            states = {
                name: ("finished" if state["state"] == "not received" else state["state"], state.get("attempts", 0),
                       state.get("due_ms", 0))
                for name, state in row["states"].items() if state["state"] != "held"}
            if not same or states != {name: tuple(state) for name, state in line["channels"].items()}:
                wrong.append((row, line))
    see.check(not wrong, "every id, time and state is what the reader reads", wrong[:2])
    states = collections.Counter(row["states"]["archive"]["state"] for row in by_topic["orders"])
    see.equal(
        states, {"finished": 40, "queued": 90, "in flight": 30, "deferred": 46}, "the states are what consumers did")
    tried = collections.Counter(row["states"]["archive"].get("attempts", 0) for row in by_topic["orders"])
    see.equal(tried[1], 80, "and so are the attempts")
    see.equal(
        {row["states"]["late"]["state"] for row in by_topic["orders"]}, {"not received"}, "a later channel has none")


def filters(bench, see):
    """each filter lets through what it says"""
    path = bench.stores.killed
    rows = bench.tool.rows("messages", path)
    generator = bench.random("filters")

    def check(statement, wanted, *flags):
        found = [row["id"] for row in bench.tool.rows("messages", path, *flags)]
        see.equal(found, [row["id"] for row in rows if wanted(row)], statement)

    def state(row, *names):
        return any(state["state"] in names for state in row["states"].values())

    check("--topic", lambda row: row["topic"] == "..", "--topic", "..")
    archive = ["--topic", "orders", "--channel", "archive"]
    for name in ("finished", "queued", "in flight", "deferred"):
        flags = ["--state", name.replace(" ", "-")]
        check("--state %s of a channel" % name, lambda row: row["topic"] == "orders"
              and row["states"]["archive"]["state"] == name, *archive, *flags)
        check("--state %s of any channel" % name, lambda row: state(row, name), *flags)
    check("--state held: no channel has them", lambda row: row["topic"] in ("alone", "paused"), "--state", "held")
    check("two states", lambda row: state(row, "finished", "deferred"), "--state", "finished", "--state", "deferred")
    some = generator.choice(rows)
    check("--id", lambda row: row["id"] == some["id"], "--id", some["id"])
    times = [row["published_ns"] for row in rows]
    moment = 1_000_000 * (sorted(times)[len(times) // 2] // 1_000_000)
    text = "%d.%03d" % (moment // 10**9, moment // 10**6 % 1000)
    check("--since", lambda row: row["published_ns"] >= moment, "--since", text)
    check("--until", lambda row: row["published_ns"] < moment, "--until", text)
    check("--since and --until", lambda row: False, "--since", text, "--until", text)
    check("--min-size", lambda row: row["size"] >= 100, "--min-size", "100")
    check("--max-size", lambda row: row["size"] <= 9, "--max-size", "9")
    check("--contains", lambda row: b"ater" in body_of(row), "--contains", "ater")
    check("--contains of odd characters", lambda row: b"\x1b[31m" in body_of(row), "--contains", "\x1b[31m")
    check("--matches", lambda row: re.search(rb"^later [1-3]$", body_of(row)), "--matches", "^later [1-3]$")
    first = bench.tool.rows("messages", path, "--limit", "7")
    see.equal([row["id"] for row in first], [row["id"] for row in rows[:7]], "--limit")
    outcome = bench.tool.run("messages", path, "--topic", "odd", "--channel", "nowhere")
    see.equal((outcome.status, len(outcome.complaint)), (1, 1), "an unknown channel is one line")


def odd_arguments(bench, see):
    """arguments that make no sense are refused or match nothing"""
    path = bench.stores.killed
    for flags in (["--matches", "("], ["--id", "xyz"], ["--limit", "-1"], ["--since", "noon"], ["--state", "lost"]):
        see.equal(bench.tool.run("messages", path, *flags).status, 64, "%s: exit status 64" % " ".join(flags))
    for flags in (["--since", "2000", "--until", "1000"], ["--min-size", "5", "--max-size", "4"],
                  ["--min-size", "-5", "--max-size", "-9"]):
        outcome = bench.tool.run("messages", path, *flags)
        see.check(
            outcome.status in (0, 64) and outcome.text == "", "%s: nothing is between" % " ".join(flags),
            (outcome, outcome.text[:200]))


def harmless(text):
    """Whether a terminal shows all of it and obeys nothing but the ends of lines."""
    return not any(unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp") for each in text.replace("\n", ""))


def bodies(bench, see):
    """each form of a body gives it back; nothing in a body reaches the terminal as it is"""
    path, sent = bench.stores.killed, ODD_BODIES
    odd = ["--topic", "odd"]
    for form in ("text", "json", "base64", "hex"):
        shown = [bench.tool.run("messages", path, *odd, "--body", form, "-o", output) for output in ("json", "ndjson")]
        for outcome, rows in ((shown[0], shown[0].json()), (shown[1], shown[1].ndjson())):
            got = [bytes.fromhex(row["body"]) if row["encoding"] == "hex" else body_of(row) for row in rows]
            see.equal(got, sent, "--body %s gives every body back" % form)
        controls = {each for each in shown[0].text if unicodedata.category(each) == "Cc"} - {"\n"}
        see.check(not controls, "its JSON has no controls", controls)
    rows = bench.tool.run("messages", path, *odd, "-o", "csv").csv()
    see.equal([None in row or len(row) for row in rows], [10] * len(sent), "CSV: every row has its columns")
    see.equal([body_of(row) for row in rows], sent, "CSV gives every body back")
    raw = bench.tool.run("messages", path, *odd, "--body", "raw").output
    see.equal(raw, b"".join(body + b"\n" for body in sent), "--body raw")
    hidden = bench.tool.rows("messages", path, *odd, "--body", "none")
    see.equal({(row["encoding"], row["body"]) for row in hidden}, {(None, None)}, "--body none")
    for form in ("text", "json", "base64", "hex", "none"):
        for colour in ("--color", "--no-color"):
            outcome = bench.tool.run("messages", path, "--body", form, colour)
            see.check(
                harmless(outcome.text), "a table with --body %s %s obeys no body" % (form, colour), outcome.text[:300])
    text = bench.tool.run("messages", path, *odd, "--body", "json").text
    see.check('    {\n      "a": [\n        1,' in text, "--body json is indented", text)
    outcome = bench.tool.on_terminal("messages", path, *odd, "--body", "raw")
    see.check("\x1b[31m" not in outcome, "raw bodies do not go to a terminal", outcome)


def follow(bench, see):
    """--follow shows what is published meanwhile, in every topic, also in a new one"""
    path = bench.new_folder()
    with Daemon(bench.binary, path, SMALL) as daemon:
        daemon.start()
        with contextlib.closing(Connection(daemon.tcp_port)) as producer:
            producer.call(pub("first", b"before"))
            follower = bench.tool.follow(path)
            chosen = bench.tool.follow(path, "--topic", "first", "--contains", "9")
            try:
                see.check(follower.until(1), "what was there before is shown")
                see.equal(chosen.messages, [], "and left out by a filter")
                for number in range(100):
                    producer.call(pub("first", b"%d" % number))
                    producer.call(pub("second", b"%d" % number))
                producer.call(mpub("first", [b"x" * 700 for _ in range(40)]))
                see.check(follower.until(241), "what is published meanwhile too", len(follower.messages))
                got = collections.Counter((row["topic"], row["body"]) for row in follower.messages)
                see.equal(got[("first", "x" * 700)], 40, "over the ends of segments")
                see.equal(
                    sorted(body for topic, body in got if topic == "second"), sorted(map(str, range(100))),
                    "in a topic that was made meanwhile")
                see.equal(max(got[each] for each in got if each[1] != "x" * 700), 1, "each of them once")
                see.check(chosen.until(19), "a filter chooses among them", len(chosen.messages))
                see.check(all("9" in row["body"] for row in chosen.messages), "and shows nothing else")
            finally:
                ended = [each.end() for each in (follower, chosen)]
            see.equal([said for _, said in ended], ["", ""], "they end without a word")
        see.equal(daemon.stop(), 0, "nsqd was not disturbed")
