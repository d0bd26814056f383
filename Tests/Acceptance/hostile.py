"""Hostile input of every class that has hurt a message queue, against one nsqd that has to survive all of it."""
import resource
import sys
import threading
import time

import checks
from hostile import table
from hostile.bench import Bench
from hostile.exchange import until
from hostile.findings import Findings

ALLOWED_GROWTH = 64
SHOWN_FAILURES = 6


class Run:
    """Runs cases and counts them; a case passes when all of its statements hold."""

    def __init__(self, bench):
        self.bench = bench
        self.judge = checks.Checks()
        self.numbers = {}
        self.grown = 0.0

    def one(self, case):
        """The findings of one case and its seconds; an exception is a finding."""
        see, began = Findings(), time.monotonic()
        try:
            case(self.bench, see)
        except Exception as error:
            see.check(False, "the case runs to its end", repr(error))
        return case, see, time.monotonic() - began

    def conclude(self, case, see, seconds):
        for name in self.bench.revive():
            see.check(False, "nsqd survives (%s)" % name, "it is gone")
        figures = "%s, %d statements, %.1f s" % (case.__name__, see.count, seconds)
        holds = self.judge.check(not see.failures, "%s (%s)" % (table.title(case), figures))
        self.numbers[table.number(case)] = self.numbers.get(table.number(case), True) and holds
        grown = sum(self.bench.growth().values())
        if grown - self.grown > 4:
            see.note("resident memory is up by %.0f MiB to %.0f" % (grown - self.grown, grown))
        self.grown = grown
        for text in see.notes:
            print("       %s" % text)
        for text in see.failures[:SHOWN_FAILURES]:
            print("     - %s" % text)
        if len(see.failures) > SHOWN_FAILURES:
            print("     - and %d more" % (len(see.failures) - SHOWN_FAILURES))
        sys.stdout.flush()

    def in_turn(self, cases):
        for case in cases:
            self.conclude(*self.one(case))

    def beside(self, waiting, quick):
        """The cases that wait in threads of their own, the quick ones meanwhile."""
        outcomes = []
        threads = [
            threading.Thread(target=lambda case=case: outcomes.append(self.one(case)), daemon=True)
            for case in waiting]
        for thread in threads:
            thread.start()
        self.in_turn(quick)
        for thread in threads:
            thread.join(60)
        for outcome in outcomes:
            self.conclude(*outcome)
        for case in waiting:
            if case not in [outcome[0] for outcome in outcomes]:
                self.judge.check(False, "%s ends within a minute" % case.__name__)

    def total(self):
        return sum(max(0.0, each) for each in self.bench.growth().values())

    def memory(self):
        # What connections leave is given back a second behind the last of them.
        until(lambda: self.total() <= ALLOWED_GROWTH, 5)
        growth, total = self.bench.growth(), self.total()
        print("resident memory grew by %s: %.1f MiB in all" % (
            ", ".join("%.1f MiB (%s)" % (each, name) for name, each in growth.items()), total))
        self.judge.check(total <= ALLOWED_GROWTH, "resident memory grows by %d MiB at most" % ALLOWED_GROWTH, total)


def main():
    parser = checks.parser(__doc__)
    parser.add_argument("-k", metavar="PATTERN", default="", help="only the cases with this in name or title")
    parser.add_argument("--list", action="store_true", help="name the cases and what is left out, and end")
    options = checks.start(parser)
    if options.list:
        for case in table.ALL:
            print("%-24s %s" % (case.__name__, table.title(case)))
        for name, reason in table.LEFT_OUT.items():
            print("left out %-4s %s" % (name, reason))
        return 0
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, hard) if hard > 0 else 8192, hard))

    def chosen(cases):
        return [case for case in cases if options.k.lower() in (case.__name__ + " " + table.title(case)).lower()]

    began = time.monotonic()
    with Bench(options.bin) as bench:
        run = Run(bench)
        # All three stand before the first case, so that their growth is that of the cases.
        if not options.k:
            bench.plain, bench.auth, bench.tls
        run.in_turn(chosen(table.FIRST))
        run.beside(chosen(table.WAITING), chosen(table.QUICK))
        run.in_turn(chosen(table.LAST))
        run.memory()
    held, seconds = sum(run.numbers.values()), time.monotonic() - began
    print("%d of %d numbers hold, in %.0f s" % (held, len(run.numbers), seconds))
    return run.judge.finish()


if __name__ == "__main__":
    sys.exit(main())
