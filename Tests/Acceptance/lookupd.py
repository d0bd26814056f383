"""nsqlookupd among bad peers, and nsqd among bad nsqlookupds. An nsqlookupd lies beside the nsqd of --bin."""
import resource
import signal
import sys
import threading
import time

import checks
from lookupd import table
from lookupd.bench import Bench
from lookupd.findings import Findings

LIMIT = 90.0


class Case:
    """One case at work; an exception is a finding."""

    def __init__(self, case, bench):
        self.case, self.bench, self.see = case, bench, Findings()
        self.seconds = None

    def run(self):
        began = time.monotonic()
        try:
            self.case(self.bench, self.see)
        except Exception as error:
            self.see.check(False, "the case runs to its end", repr(error))
        self.seconds = time.monotonic() - began

    def report(self):
        """Prints what it found; returns its counts."""
        if self.seconds is None:
            self.see.check(False, "the case ends in time")
        print("-- %s: %s (%.1f s)" % (self.case.__name__, self.case.__doc__, self.seconds or LIMIT))
        print("\n".join(self.see.lines), flush=True)
        return self.see.passed, self.see.failed, self.see.skipped


class Track(threading.Thread):
    """Cases that run one after the other, beside those of other tracks."""

    def __init__(self, cases):
        super().__init__(daemon=True)
        self.cases = cases

    def run(self):
        for case in self.cases:
            case.run()


def main():
    parser = checks.parser(__doc__)
    parser.add_argument("-k", metavar="PATTERN", default="", help="only the cases with this in name or title")
    parser.add_argument("--long", action="store_true", help="also what takes longer than a minute")
    options = checks.start(parser)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, hard) if hard > 0 else 8192, hard))
    # Ended by a signal, it still ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    began, totals = time.monotonic(), []
    with Bench(options.bin, options.seed) as bench:
        def chosen(cases):
            return [Case(case, bench) for case in cases if options.k.lower() in case.__name__ + " " + case.__doc__]

        tracks = [Track(chosen(cases)) for cases in table.TRACKS + [table.LONG] * options.long]
        try:
            for track in tracks:
                track.start()
            for track in tracks:
                track.join(max(0.0, began + LIMIT - time.monotonic()))
                totals += [case.report() for case in track.cases]
            for case in chosen(table.LAST):
                case.run()
                totals.append(case.report())
        finally:
            bench.end()
            for track in tracks:
                track.join(10)
    passed, failed, skipped = (sum(counts) for counts in zip(*totals)) if totals else (0, 0, 0)
    print("in %.0f s" % (time.monotonic() - began))
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return 0 if failed == 0 and passed else 1


if __name__ == "__main__":
    sys.exit(main())
