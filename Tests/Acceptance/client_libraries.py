"""Client libraries, unchanged, work with nsqd: pynsq, and gnsq with the tests that it ships.

Each publishes and consumes over every transport (TLS, snappy, deflate, AUTH and combinations). What the Reader
and the Writer of pynsq rely on beside that is tested here, because pynsq ships no tests.
"""
import asyncio
import logging
import os
import random
import sys
import tempfile
import time
import traceback
import warnings

import checks
import gnsq_exchange
import pynsq_connections
import pynsq_delivery
import pynsq_transports
import shipped_tests
from transports import Daemons, Ways


async def run_together(judge, cases, limit):
    """Runs all at once, since most of their time is waiting; none can keep another from its end."""
    async def one(name, case):
        try:
            await asyncio.wait_for(case, limit)
        except Exception:
            judge.check(False, "pynsq, %s: comes to its end" % name, traceback.format_exc(limit=-3))
    await asyncio.gather(*(one(name, case) for name, case in cases.items()))


def timed(title, work, *arguments):
    began = time.monotonic()
    work(*arguments)
    print("-- %s: %.1f s" % (title, time.monotonic() - began))


def with_pynsq(judge, ways, daemons):
    async def run():
        # One after the other: together they would only share the processor.
        for name, case in pynsq_transports.cases(judge, ways, daemons).items():
            await run_together(judge, {name: case}, 30)
        await run_together(
            judge, {**pynsq_delivery.cases(judge, daemons), **pynsq_connections.cases(judge, daemons)}, 60)
    asyncio.run(run())


def main():
    options = checks.start(checks.parser(__doc__.splitlines()[0]))
    random.seed(options.seed)
    # Refusals and lost connections are what some tests are about, and both libraries log them.
    logging.disable(logging.CRITICAL)
    # Both libraries ask for TLS in a way that Python advises against.
    warnings.simplefilter("ignore", DeprecationWarning)
    judge = checks.Checks()
    with tempfile.TemporaryDirectory(prefix="nsqd-clients-") as folder:
        places = {name: os.path.join(folder, name) for name in ("data", "certificates", "shipped")}
        for place in places.values():
            os.mkdir(place)
        timed("shipped tests", shipped_tests.run, judge, "gnsq", options.bin, places["shipped"])
        with Daemons(options.bin, places["data"]) as daemons, Ways(daemons, places["certificates"]) as ways:
            timed("pynsq", with_pynsq, judge, ways, daemons)
            timed("gnsq", gnsq_exchange.run, judge, ways, options.seed)
            daemons.stop_all(judge)
    return judge.finish()


if __name__ == "__main__":
    sys.exit(main())
