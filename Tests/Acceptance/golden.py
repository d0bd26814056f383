"""Opens the golden stores of every released version of the format: they hold what they held when they were made."""
import json
import os
import sys

import checks
from daemon import differences, tree
from golden_store import drain
from nsq_inspect import Inspector

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "data", "golden")


def opened(judge, options, name, store, expected):
    wanted = {
        topic: {key: value for key, value in what.items() if key != "drained"}
        for topic, what in expected["topics"].items()}
    before = tree(store)
    rows = Inspector(options.bin).rows("topics", "--data-path", store)
    judge.equal(
        {row["topic"]: (row["paused"], row["depth"], row["channels"]) for row in rows},
        {topic: (what["paused"], what["depth"], len(what["channels"])) for topic, what in wanted.items()},
        "%s: nsq-inspect topics" % name)
    judge.equal(differences(before, tree(store)), "", "%s: and it changes nothing" % name)
    found, drained = drain(options.bin, store)
    judge.equal(found, wanted, "%s: topics, channels, pauses, depths, deferred" % name)
    judge.equal(
        drained, {topic: what["drained"] for topic, what in expected["topics"].items()},
        "%s: the bodies that each channel delivers" % name)


def main():
    options = checks.start(checks.parser(__doc__))
    judge = checks.Checks()
    versions = sorted(os.listdir(FOLDER))
    judge.check("1" in versions, "there is a golden store of version 1", versions)
    for version in versions:
        with open(os.path.join(FOLDER, version, "expected.json")) as file:
            stores = json.load(file)["stores"]
        for name, expected in stores.items():
            opened(judge, options, "%s, %s" % (version, name), os.path.join(FOLDER, version, name), expected)
    return judge.finish()


if __name__ == "__main__":
    sys.exit(main())
