"""Documents of topics and channels: nsq-inspect metadata on real stores, and /metadata of a running nsqd."""
import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

import checks
from daemon import Daemon, differences, tree
from wire import Connection, dpub, mpub

FORMS = ("json", "toml", "nsqd.dat")
HOUR = 3_600_000


class Inspector:
    """Runs nsq-inspect metadata and keeps what it said."""

    def __init__(self, nsqd):
        self.binary = os.path.join(os.path.dirname(nsqd), "nsq-inspect")
        self.errors = ""

    def run(self, command, data, *arguments, stdin=b""):
        """(exit status, standard output)"""
        ended = subprocess.run(
            [self.binary, "metadata", command, *arguments, "--data-path", data],
            input=stdin, capture_output=True, timeout=120)
        self.errors = ended.stderr.decode()
        return ended.returncode, ended.stdout.decode()


def shape(daemon):
    """What a daemon's /stats says of pauses and channels."""
    return {
        name: (topic["paused"], {each: channel["paused"] for each, channel in channels.items()})
        for name, (topic, channels) in daemon.topics().items()}


def fill(daemon):
    for topic, channels in (("orders", ("archive", "audit")), ("held", ("c",)), ("alone", ()), ("..", ("..",))):
        daemon.post("/topic/create", topic=topic)
        for channel in channels:
            daemon.post("/channel/create", topic=topic, channel=channel)
    daemon.post("/channel/create", topic="orders", channel="tail#ephemeral")
    daemon.post("/topic/create", topic="gone#ephemeral")
    daemon.post("/channel/pause", topic="orders", channel="audit")
    daemon.post("/topic/pause", topic="held")
    producer = Connection(daemon.tcp_port)
    producer.call(mpub("orders", [b"order %d" % number for number in range(12)]))
    producer.call(mpub("alone", [b"alone %d" % number for number in range(5)]))
    producer.call(dpub("alone", HOUR, b"later"))
    producer.close()


WANTED = {
    "orders": (False, {"archive": False, "audit": True}), "held": (True, {"c": False}), "alone": (False, {}),
    "..": (False, {"..": False})}


def exports(judge, inspector, data, folder):
    """Every form leads to the same topics and channels elsewhere."""
    for form in FORMS:
        path = os.path.join(folder, "document." + form)
        before = tree(data)
        status, text = inspector.run("export", data, "--format", form)
        judge.equal((status, inspector.errors), (0, ""), "export as %s" % form)
        judge.equal(differences(before, tree(data)), "", "exporting as %s changes nothing" % form)
        judge.check("ephemeral" not in text, "%s has nothing ephemeral" % form)
        judge.equal(inspector.run("export", data, "--format", form, "--file", path), (0, ""), "%s to a file" % form)
        judge.equal(inspector.run("diff", data, path, "--replace"), (0, ""), "a store is as its %s says" % form)
        other = os.path.join(folder, "other-" + form)
        os.mkdir(other)
        judge.equal(inspector.run("diff", other, path)[0], 1, "an empty directory is not")
        status, said = inspector.run("import", other, "--dry-run", path)
        judge.check(status == 0 and "+ channel orders/archive\n" in said, "a dry run tells what would be made", said)
        judge.equal(tree(other), {}, "a dry run makes nothing")
        judge.equal(inspector.run("import", other, path)[0], 0, "import of %s" % form)
        judge.equal(inspector.errors, "", "without a complaint")
        judge.equal(inspector.run("import", other, path), (0, "nothing to change\n"), "a second time changes nothing")
    return os.path.join(folder, "document.json")


def elsewhere(judge, binary, folder):
    for form in FORMS:
        with Daemon(binary, os.path.join(folder, "other-" + form)) as daemon:
            daemon.start()
            judge.equal(shape(daemon), WANTED, "an nsqd on the import of %s has the same" % form)
            judge.check("recovered" not in daemon.log(200), "and takes it for a stop in good order", daemon.log(200))
            created = {each["name"]: each.get("created_ms") for each in document(daemon)["topics"]}
            judge.check(form == "nsqd.dat" or all(created.values()), "created_ms of %s" % form, created)
            daemon.stop()


def document(daemon):
    return json.loads(daemon.request("GET", "/metadata")[1])


def write(folder, name, topics):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        json.dump({"format": "swift-nsq metadata", "version": 1, "topics": topics}, file)
    return path


def merge_and_replace(judge, inspector, binary, data, folder):
    path = write(folder, "change.json", [
        {"name": "orders", "paused": True, "channels": [{"name": "archive"}, {"name": "new", "paused": True}]},
        {"name": "alone", "channels": [{"name": "first"}, {"name": "second"}]}, {"name": "held"}])
    before = tree(data)
    status, said = inspector.run("import", data, "--dry-run", "--replace", path)
    judge.equal(status, 0, "a dry run of a replacement")
    for line in (
            "~ topic orders paused", "+ channel orders/new paused", "+ channel alone/first", "~ topic held unpaused",
            "- channel orders/audit  (12 messages waiting would be lost)", "- channel held/c", "- topic .."):
        judge.check(line + "\n" in said, "it says: %s" % line, said)
    for command, extra in (("apply", ()), ("import", ("--replace",))):
        status, _ = inspector.run(command, data, path, *extra)
        judge.check(status == 1 and "12 messages waiting would be lost" in inspector.errors,
                    "%s does not delete what messages wait in" % command, inspector.errors)
    judge.equal(differences(before, tree(data)), "", "and none of it changes anything")
    judge.equal(inspector.run("import", data, path)[0], 0, "a merge")
    with Daemon(binary, data) as daemon:
        daemon.start()
        judge.equal(shape(daemon), {
            "orders": (True, {"archive": False, "audit": True, "new": True}), "held": (False, {"c": False}),
            "alone": (False, {"first": False, "second": False}), "..": (False, {"..": False})},
            "a merge deletes nothing")
        for channel in ("first", "second"):
            statistics = daemon.topics()["alone"][1][channel]
            judge.equal((statistics["depth"], statistics["deferred_count"]), (5, 1),
                        "the %s channel made gets the backlog, the deferred message deferred" % channel)
        status, _ = inspector.run("import", data, path, "--replace")
        judge.check(status == 75 and "pid %d" % daemon.process.pid in inspector.errors,
                    "a store in use: status 75, and who uses it", (status, inspector.errors))
        judge.equal(inspector.run("import", data, path, "--dry-run")[0], 0, "a dry run looks at it all the same")
        judge.equal(inspector.run("export", data)[0], 0, "an export too")
        daemon.stop()
    judge.equal(inspector.run("apply", data, "--yes", "-", stdin=open(path, "rb").read())[0], 0, "apply --yes")
    with Daemon(binary, data) as daemon:
        daemon.start()
        judge.equal(shape(daemon), {
            "orders": (True, {"archive": False, "new": True}), "held": (False, {}),
            "alone": (False, {"first": False, "second": False})}, "apply makes exactly what the document says")
        judge.equal(daemon.topics()["orders"][1]["archive"]["depth"], 12, "and what stays keeps its messages")
        daemon.stop()


def history(judge, inspector, binary, data):
    status, text = inspector.run("history", data, "--output", "json", "--limit", "100")
    snapshots = json.loads(text)
    judge.check(status == 0 and len(snapshots) > 5, "the history is listed", text)
    numbers = [each["number"] for each in snapshots]
    judge.equal(numbers, sorted(numbers, reverse=True), "the latest first")
    judge.check("document applied" in [each["reason"] for each in snapshots], "with the reasons")
    whole = next(each for each in snapshots if (each["topics"], each["channels"]) == (4, 4))
    status, text = inspector.run("history", data, "--show", str(whole["number"]), "--format", "nsqd.dat")
    judge.check(status == 0 and '"archive"' in text, "a snapshot is shown", text)
    judge.equal(inspector.run("history", data, "--show", "999999")[0], 1, "one that is not kept is not")
    restore = ("--restore", str(whole["number"]))
    before = tree(data)
    status, said = inspector.run("history", data, *restore, "--replace", "--dry-run")
    judge.check(
        status == 0 and "+ channel orders/audit paused\n" in said, "a dry run tells what it would restore", said)
    judge.equal(inspector.run("history", data, *restore, "--replace")[0], 1, "what waits is not lost unasked")
    judge.equal(differences(before, tree(data)), "", "and nothing is changed")
    judge.equal(inspector.run("history", data, *restore, "--replace", "--yes")[0], 0, "it is restored")
    with Daemon(binary, data) as daemon:
        daemon.start()
        judge.equal(shape(daemon), WANTED, "an nsqd has what the snapshot had")
        daemon.stop()


def bad_documents(judge, inspector, daemon, data, folder):
    """What a stopped store and a running nsqd refuse alike, changing nothing."""
    own = '{"format":"swift-nsq metadata","version":1,"topics":%s}'
    cases = [
        ("an unknown field", own % '[{"name":"t"},{"name":"u","color":1}]', 'topics[1]."color"'),
        ("a name that is none", own % '[{"name":"a b"}]', "topics[0].name"),
        ("a name given twice", own % '[{"name":"t"},{"name":"t"}]', "given to two topics"),
        ("a wrong type", own % '[{"name":"t","paused":1}]', "topics[0].paused"),
        ("an ephemeral name", own % '[{"name":"t#ephemeral"}]', "ephemeral"),
        ("a newer version", '{"format":"swift-nsq metadata","version":9,"topics":[]}', "newer"),
        ("a field given twice", own % '[{"name":"t","name":"u"}]', "given twice"),
        ("no document", "{}", "neither"), ("nothing", "", "format is missing"),
        ("a million brackets", '{"format":' + "[" * 1_000_000, "within each other"),
        ("a million dots in TOML", "a." * 1_000_000, "parts of a key"),
        ("a NUL in TOML", 'format = "swift-nsq metadata"\nversion = 1\n\0', "line 3"),
    ]
    before = tree(data)
    for what, text, place in cases:
        status, _ = inspector.run("import", data, "-", stdin=text.encode())
        judge.check(status == 1 and place in inspector.errors, "%s is refused, with its place" % what, inspector.errors)
        status, body = daemon.request("PUT", "/metadata", text.encode(), mode="replace", discard_messages="true")
        judge.check(status == 400 and place in json.loads(body)["reason"], "and by /metadata", (status, body[:200]))
    judge.equal(differences(before, tree(data)), "", "the store is as it was")


def running(judge, inspector, binary, data, folder):
    with Daemon(binary, data) as daemon, Daemon(binary, os.path.join(folder, "round-trip")) as other:
        os.mkdir(other.data_path)
        daemon.start()
        other.start()
        wanted = shape(daemon)
        for form in FORMS:
            status, text = daemon.request("GET", "/metadata", format=form)
            judge.equal(status, 200, "GET /metadata as %s" % form)
            status, body = other.request("PUT", "/metadata", text, dry_run="true")
            applied = json.loads(body)
            judge.check(status == 200 and not applied["applied"], "PUT of %s as a dry run" % form, body)
            judge.equal(shape(other), {}, "changes nothing")
            status, body = other.request("PUT", "/metadata", text)
            judge.check(status == 200 and json.loads(body)["applied"] and len(json.loads(body)["changes"]) == 8,
                        "PUT of %s" % form, body)
            judge.equal(shape(other), wanted, "one nsqd has what the other had")
            status, body = other.request("PUT", "/metadata", text, mode="replace")
            judge.equal((status, json.loads(body)["changes"]), (200, []), "a second time there is nothing to change")
            empty = b'{"format":"swift-nsq metadata","version":1,"topics":[]}'
            judge.equal(other.request("PUT", "/metadata", empty, mode="replace")[0], 200, "replaced by nothing")
            judge.equal(shape(other), {}, "it has nothing")
        routes(judge, daemon)
        other.request("PUT", "/metadata", daemon.request("GET", "/metadata")[1])
        judge.equal(other.stop(), 0, "it stops")
        other.start()
        judge.equal(shape(other), wanted, "and has the same after a restart")
        status, text = inspector.run("history", other.data_path, "--output", "json")
        judge.check(len(json.loads(text)) < 20, "a document makes one snapshot, not one a topic", text)
        bad_documents(judge, inspector, other, os.path.join(folder, "other-json"), folder)
        judge.equal(shape(other), wanted, "what was refused changed nothing")
        other.stop()
        daemon.stop()


def routes(judge, daemon):
    """What the route answers beside documents."""
    connection = http.client.HTTPConnection("127.0.0.1", daemon.http_port, timeout=10)
    for accept, kind in (("application/toml", "application/toml"), ("*/*", "application/json"),
                         ("text/html, application/TOML;q=0.5", "application/toml")):
        connection.request("GET", "/metadata", headers={"Accept": accept})
        reply = connection.getresponse()
        reply.read()
        got = reply.getheader("Content-Type")
        judge.check(got.startswith(kind), "Accept: %s" % accept, got)
    connection.close()
    for query in ({"format": "yaml"}, {"format": ""}):
        judge.equal(daemon.request("GET", "/metadata", **query)[0], 400, "GET with %s" % query)
    for query in ({"mode": "all"}, {"dry_run": "yes"}, {"discard_messages": "1"}, {"format": "xml"}):
        judge.equal(daemon.request("PUT", "/metadata", b"{}", **query)[0], 400, "PUT with %s" % query)
    judge.equal(daemon.post("/metadata")[0], 405, "POST is not for it")
    judge.equal(daemon.request("PUT", "/metadata", b" " * 6_000_000)[0], 413, "a body beyond --max-body-size")
    only = (b'{"format":"swift-nsq metadata","version":1,'
            b'"topics":[{"name":"held","paused":true,"channels":[{"name":"c"}]}]}')
    before = shape(daemon)
    status, body = daemon.request("PUT", "/metadata", only, mode="replace")
    answer = json.loads(body)
    judge.check(status == 409 and answer["message"] == "MESSAGES_WAITING" and answer["difference"]["lost_messages"] > 0,
                "a replacement does not delete what messages wait in", (status, body))
    judge.equal(shape(daemon), before, "and changes nothing")


def killed(judge, inspector, binary, folder):
    """A crash in the middle leaves a store that opens, and the next run does the rest."""
    data = os.path.join(folder, "killed")
    os.mkdir(data)
    names = ["topic-%d" % number for number in range(1500)]
    path = write(folder, "many.json", [
        {"name": name, "paused": True, "channels": [{"name": "c", "paused": True}]} for name in names])
    command = [inspector.binary, "metadata", "import", path, "--data-path", data]
    rounds = 0
    for _ in range(5):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        topics = os.path.join(data, "topics")
        goal = (rounds + 1) * 200
        while process.poll() is None and (not os.path.isdir(topics) or len(os.listdir(topics)) < goal):
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        rounds += process.wait() == -signal.SIGKILL
        with Daemon(binary, data) as daemon:
            daemon.start()
            found = shape(daemon)
            judge.check(set(found) <= set(names), "a store opens after the kill", len(found))
            daemon.stop()
    judge.check(rounds >= 3, "imports were killed in the middle", rounds)
    ended = subprocess.run(command, capture_output=True, timeout=120)
    judge.equal(ended.returncode, 0, "the next run does the rest")
    with Daemon(binary, data) as daemon:
        daemon.start()
        judge.equal(shape(daemon), {name: (True, {"c": True}) for name in names}, "and everything is there")
        daemon.stop()


def main():
    options = checks.start(checks.parser(__doc__))
    judge, inspector = checks.Checks(), Inspector(options.bin)
    with tempfile.TemporaryDirectory() as folder:
        data = os.path.join(folder, "data")
        os.mkdir(data)
        with Daemon(options.bin, data) as daemon:
            daemon.start()
            fill(daemon)
            daemon.stop()
        exports(judge, inspector, data, folder)
        elsewhere(judge, options.bin, folder)
        merge_and_replace(judge, inspector, options.bin, data, folder)
        history(judge, inspector, options.bin, data)
        running(judge, inspector, options.bin, data, folder)
        killed(judge, inspector, options.bin, folder)
    return judge.finish()


if __name__ == "__main__":
    sys.exit(main())
