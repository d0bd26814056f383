"""What pynsq's Reader relies on when messages are delivered: RDY, requeues, backoff, timeouts, attempts."""
import asyncio
import time

import nsq

from pynsq_station import Station, until


async def requeue(station):
    """By an answer, by an error in the handler, with a delay, and by a coroutine."""
    station.make_channel()
    attempts, early, asked = {}, [], {}

    async def later(message):
        await asyncio.sleep(0.01)
        return message.attempts > 1

    def arrived(message):
        now = time.monotonic()
        if now < asked.get(message.body, 0) - 0.002:
            early.append(message.body)
        attempts.setdefault(message.body, []).append(message.attempts)
        if message.body == b"coroutine":
            return later(message)
        if message.attempts == 1:
            if message.body == b"error":
                raise ValueError("the handler fails")
            if message.body == b"delay":
                message.enable_async()
                asked[message.body] = time.monotonic() + 2
                message.requeue(delay=2, backoff=False)
                return None
            return False
        return True

    # The shortest backoff there is: how it works is a case of its own.
    station.reader(arrived, max_in_flight=10, requeue_delay=0, max_backoff_duration=0.1)
    bodies = [b"answer", b"error", b"delay", b"coroutine"]
    await station.publish(*bodies)
    await until(lambda: station.channel()["deferred_count"] == 1)
    station.equal(station.channel()["deferred_count"], 1, "what was requeued with a delay is deferred meanwhile")
    await until(lambda: sum(map(len, attempts.values())) >= 2 * len(bodies))
    await station.drained()
    station.equal(attempts, {body: [1, 2] for body in bodies}, "each comes once more, with its attempts counted")
    station.check(not early, "none comes before its delay", early)
    station.equal(station.channel()["requeue_count"], len(bodies), "/stats counts the requeues")


async def giving_up(station):
    """What fails for ever is finished by the Reader after max_tries."""
    station.make_channel()
    given_up, tries = [], []

    class Reader(nsq.Reader):
        def giving_up(self, message):
            given_up.append(message.attempts)

    def fails(message):
        tries.append(message.attempts)
        return False

    station.reader(fails, Reader, max_tries=3, requeue_delay=0, max_backoff_duration=0.1)
    await station.publish(b"hopeless")
    await until(lambda: given_up)
    station.equal((tries, given_up), ([1, 2, 3], [4]), "attempts are counted until pynsq gives up")
    await station.drained()


async def backoff(station):
    """A failure: RDY 0 for a while, then 1, and after a success all of it again."""
    station.make_channel()
    failed, arrivals, ready = [], [], []

    def arrived(message):
        if not failed:
            failed.append(time.monotonic())
            return False
        arrivals.append((time.monotonic(), message.attempts))
        ready.append(reader.total_rdy)
        return True

    reader = station.reader(arrived, max_in_flight=20, requeue_delay=0, max_backoff_duration=80)
    await station.publish(b"fails first")
    await until(lambda: failed)
    # pynsq's own formula for the first failure: a quarter in 10 steps and the rest in 250.
    shortest = 80 * 0.25 / 10 + 80 * 0.75 / 250
    await until(lambda: station.ready_counts() == [0], shortest)
    station.equal(station.ready_counts(), [0], "/stats shows RDY 0 during the backoff")
    await station.publish(*[b"%d" % i for i in range(30)])
    await until(lambda: len(arrivals) >= 31)
    station.check(
        arrivals and arrivals[0][0] >= failed[0] + shortest - 0.01, "nothing comes during the backoff",
        arrivals and arrivals[0][0] - failed[0])
    station.equal(ready[:1], [1], "it is tried out with RDY 1")
    station.equal(sorted(a for _, a in arrivals), [1] * 30 + [2], "then all come, the failed one again")
    await until(lambda: station.ready_counts() == [20])
    station.equal(station.ready_counts(), [20], "RDY is full again after it")
    await station.drained()


async def touch(station):
    """With a timeout of 4 s one message is held for 7.2 s by touching it, and one is left to time out."""
    station.make_channel()
    seen = {}

    def arrived(message):
        message.enable_async()
        seen.setdefault(message.body, []).append((time.monotonic(), message.attempts))
        if message.attempts > 1:
            message.finish()
        elif message.body == b"touched":
            asyncio.ensure_future(hold(message))

    async def hold(message):
        for _ in range(2):
            await asyncio.sleep(2.4)
            message.touch()
        await asyncio.sleep(2.4)
        message.finish()

    began = time.monotonic()
    station.reader(arrived, max_in_flight=10, msg_timeout=4)
    await station.publish(b"touched", b"left")
    await until(lambda: station.left() == 0 and b"touched" in seen)
    station.equal(
        {body: [a for _, a in times] for body, times in seen.items()}, {b"touched": [1], b"left": [1, 2]},
        "what is touched in time does not come again, what is not does")
    times = [at - began for at, _ in seen.get(b"left", [])]
    station.check(len(times) == 2 and times[1] >= 4, "and not before its timeout", times)
    station.equal(station.channel()["timeout_count"], 1, "/stats counts one timeout")
    await station.drained()


async def in_flight_limit(station):
    """A Reader holds max_in_flight at most, none while that is 0, and all come when it may."""
    station.make_channel()
    held, most, finishing, starved = [], [0], [], []

    def arrived(message):
        if finishing:
            return True
        message.enable_async()
        held.append(message)
        most[0] = max(most[0], len(held))
        starved.append(reader.is_starved())
        return None

    reader = station.reader(arrived, max_in_flight=7)
    await station.connected(reader)
    await station.publish(*[b"%d" % i for i in range(40)])
    await until(lambda: len(held) == 7 and station.channel()["in_flight_count"] == 7)
    stats = station.channel()
    station.equal(
        (stats["in_flight_count"], stats["depth"]), (7, 33), "so many are in flight as it allows, the rest waits")
    station.check(starved[-1:] == [True], "it knows that it is starved")
    reader.set_max_in_flight(0)
    await until(lambda: station.ready_counts() == [0])
    station.equal(station.ready_counts(), [0], "max_in_flight 0 is RDY 0")
    for message in held:
        message.finish()
    await until(lambda: station.channel()["in_flight_count"] == 0)
    # Longer than the daemon keeps its output back: what it wrongly sent would be here.
    await asyncio.sleep(0.5)
    stats = station.channel()
    station.equal(
        (len(held), stats["in_flight_count"], stats["depth"]), (7, 0, 33), "then finishing brings no new ones")
    finishing.append(True)
    reader.set_max_in_flight(7)
    await station.drained()
    station.equal(most[0], 7, "never more than that were in flight")


async def redistribution(station, other):
    """Two daemons, one message in flight: pynsq moves RDY 1 to and fro until both are empty."""
    received, together = [], []
    for place in (station, other):
        place.make_channel(topic=station.topic)
        await place.publish(*[b"%s %d" % (place.address.encode(), i) for i in range(5)], topic=station.topic)
    holding = [0]

    async def arrived(message):
        holding[0] += 1
        together.append(holding[0])
        await asyncio.sleep(0.01)
        holding[0] -= 1
        received.append(message.body)
        return True

    reader = station.reader(
        arrived, max_in_flight=1, low_rdy_idle_timeout=0.2,
        nsqd_tcp_addresses=[station.address, other.address])
    await until(lambda: len(reader.conns) == 2)
    # RDY is moved every five seconds and to a random daemon: too slow to wait for.
    reader.redist_periodic.stop()
    reader.redist_periodic.callback_time = 50
    reader.redist_periodic.start()
    await until(lambda: len(received) >= 10, 30)
    station.equal(len(set(received)), 10, "the messages of both arrive")
    station.equal(len(received), 10, "once each")
    station.equal(set(together), {1}, "one at a time over both daemons")
    for place in (station, other):
        await until(lambda: place.left(topic=station.topic) == 0)
        station.equal(place.left(topic=station.topic), 0, "the channel of %s is empty" % place.name)
    station.close()


async def small_ready_limit(station):
    """A daemon with --max-rdy-count=10 and a Reader that would like 100."""
    station.make_channel()
    held, finishing = [], []

    def arrived(message):
        if finishing:
            return True
        message.enable_async()
        held.append(message)
        return None

    station.reader(arrived, max_in_flight=100)
    await station.publish(*[b"%d" % i for i in range(30)])
    await until(lambda: len(held) >= 10)
    await until(lambda: station.ready_counts() == [10])
    station.equal(station.ready_counts(), [10], "the Reader asks for no more than the daemon allows")
    station.equal(station.channel()["in_flight_count"], 10, "and gets as many")
    finishing.append(True)
    for message in held:
        message.finish()
    await station.drained()


async def closed_reader(station):
    """What a Reader held when it closed goes to another, after its timeout."""
    station.make_channel()
    held, received = [], []

    def keep(message):
        message.enable_async()
        held.append(message)

    # Counted from the publish: what the daemon sends may reach the handler late.
    began = time.monotonic()
    first = station.reader(keep, msg_timeout=1)
    await station.publish(b"left behind")
    await until(lambda: held)
    first.close()
    station.reader(lambda message: received.append((time.monotonic(), message.attempts)) or True)
    await until(lambda: received)
    station.equal([attempts for _, attempts in received], [2], "another Reader gets it, as its second attempt")
    station.check(
        received and received[0][0] - began >= 1, "once its timeout has passed",
        received and received[0][0] - began)
    await station.drained()


def cases(judge, daemons):
    """{name: coroutine}"""
    shared, other = daemons.start(), daemons.start()
    found = {}
    for case in (requeue, giving_up, backoff, touch, in_flight_limit, closed_reader):
        name = case.__name__.replace("_", " ")
        found[name] = case(Station(judge, shared, name))
    found["redistribution"] = redistribution(
        Station(judge, shared, "redistribution"), Station(judge, other, "another daemon"))
    found["RDY limit"] = small_ready_limit(
        Station(judge, daemons.start("--max-rdy-count=10"), "RDY limit"))
    return found
