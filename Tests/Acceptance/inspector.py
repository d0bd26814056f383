"""What nsq-inspect, which lies beside the nsqd of --bin, tells of stores, mends in them and leaves alone."""
import concurrent.futures
import sys
import time

import checks
from inspector import table
from inspector.bench import Bench
from lookupd.findings import Findings

# The commands are short and wait for files; two processors take this many of them.
BESIDE_EACH_OTHER = 4


def run(case, bench):
    """Runs one case and shows what it found; an exception is a finding. Returns its counts."""
    see, began = Findings(), time.monotonic()
    try:
        case(bench, see)
    except Exception as error:
        see.check(False, "the case runs to its end", repr(error))
    title = "-- %s: %s (%.1f s)" % (case.__name__, case.__doc__, time.monotonic() - began)
    print("\n".join([title] + see.lines), flush=True)
    return see.passed, see.failed, see.skipped


def main():
    parser = checks.parser(__doc__)
    parser.add_argument("-k", metavar="PATTERN", default="", help="only the cases with this in module, name or title")
    options = checks.start(parser)

    def chosen(cases):
        return [case for case in cases if options.k in "%s.%s %s" % (case.__module__, case.__name__, case.__doc__)]

    began = time.monotonic()
    with Bench(options.bin, options.seed) as bench:
        with concurrent.futures.ThreadPoolExecutor(BESIDE_EACH_OTHER) as pool:
            totals = list(pool.map(lambda case: run(case, bench), chosen(table.CASES)))
        totals += [run(case, bench) for case in chosen(table.LAST)]
    passed, failed, skipped = (sum(counts) for counts in zip(*totals)) if totals else (0, 0, 0)
    print("in %.0f s" % (time.monotonic() - began))
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return 0 if failed == 0 and passed else 1


if __name__ == "__main__":
    sys.exit(main())
