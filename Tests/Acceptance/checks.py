"""Counts what was checked and ends a harness with its totals."""
import argparse
import os
import random
import sys


class Checks:
    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, holds, statement, detail=""):
        """One statement that must hold; `detail` is printed when it does not."""
        if holds:
            self.passed += 1
            print("ok   %s" % statement)
        else:
            self.failed += 1
            print("FAIL %s%s" % (statement, ": %s" % (detail,) if detail else ""))
        sys.stdout.flush()
        return bool(holds)

    def equal(self, got, wanted, statement):
        return self.check(got == wanted, statement, "got %r, wanted %r" % (got, wanted))

    def finish(self):
        """Prints the totals and returns the exit status."""
        print("%d passed, %d failed" % (self.passed, self.failed))
        return 0 if self.failed == 0 and self.passed else 1


def parser(description):
    """An argument parser with the flags that all harnesses share."""
    arguments = argparse.ArgumentParser(description=description)
    arguments.add_argument("--bin", required=True, help="path of the nsqd to test")
    arguments.add_argument("--seed", type=int, default=None, help="repeats a run")
    return arguments


def start(arguments):
    """Parses the command line, settles the seed and prints it."""
    options = arguments.parse_args()
    options.bin = os.path.abspath(options.bin)
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1 << 32)
    print("seed %d" % options.seed)
    sys.stdout.flush()
    return options
