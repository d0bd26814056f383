"""pynsq, unchanged, publishes and consumes over every transport, and is refused where it must be."""
import ssl

import nsq

from auth_server import AuthServer, grant
from pynsq_station import Station, answer, until
from transports import SECRET, is_drained, judge_connections

COUNT = 1000


async def exchange(judge, transport):
    station = Station(judge, transport.daemon, "exchange " + transport.label)
    topic = station.topic
    station.make_channel()
    agents = ["%s %s" % (role, topic) for role in ("writer", "reader")]
    # pynsq takes a read that ends inside its first compressed frame for the end of the connection, so
    # what is compressed stays smaller than what one read takes in.
    bodies = [b"message %d" % i + b"." * (i % 100) for i in range(COUNT)]
    received = []

    def arrived(message):
        received.append(message.body)
        return True

    writer = await station.writer(user_agent=agents[0], **transport.options)
    answers = [
        await answer(writer.mpub, topic, bodies[start:start + 100]) for start in range(0, COUNT - 100, 100)]
    answers += [await answer(writer.pub, topic, body) for body in bodies[-100:-1]]
    answers.append(await answer(writer.dpub, topic, 100, bodies[-1]))
    station.equal(set(answers), {b"OK"}, "every publish is answered OK")
    station.reader(arrived, max_in_flight=100, user_agent=agents[1], **transport.options)
    await until(lambda: len(received) >= COUNT)
    station.check(
        sorted(received) == sorted(bodies), "%d messages arrive once each, as they were sent" % COUNT,
        "%d received" % len(received))
    station.check(
        await until(lambda: is_drained(transport.daemon, topic, "ch", COUNT)),
        "all are finished and the channel is empty")
    judge_connections(judge, transport, "pynsq", agents)
    station.close()


def is_error(told, code):
    return isinstance(told, nsq.Error) and str(code) in str(told)


async def refused_by_auth(judge, daemons):
    with AuthServer(grant(topic="^granted$", channels=("^ch$",), permissions=("subscribe",))) as server:
        station = Station(judge, daemons.start("--auth-http-address=" + server.address), "refusals of AUTH")
        writer = await station.writer()
        got = await answer(writer.pub, "granted", b"x")
        station.check(is_error(got, "E_AUTH_FIRST"), "no secret is E_AUTH_FIRST", got)
        writer = await station.writer(auth_secret=SECRET)
        got = await answer(writer.pub, "granted", b"x")
        station.check(is_error(got, "E_UNAUTHORIZED"), "publishing without the permission is refused", got)
        for topic, channel, wanted in (
                ("granted", "ch", None), ("granted", "other", "E_UNAUTHORIZED"),
                ("other", "ch", "E_UNAUTHORIZED")):
            connection = await station.connection(auth_secret=SECRET)
            station.equal(connection.told[-1:], ["ready"], "AUTH is accepted")
            before = len(connection.told)
            connection.send(nsq.subscribe(topic, channel))
            await until(lambda: len(connection.told) > before)
            got = connection.told[before:][:1]
            station.check(
                got == [b"OK"] if wanted is None else got and is_error(got[0], wanted),
                "subscribing to %s, %s is %s" % (topic, channel, wanted or "granted"), got)
        server.status = 403
        connection = await station.connection(auth_secret=b"another")
        got = connection.told[:1]
        station.check(got and is_error(got[0], "E_AUTH_FAILED"), "a refused secret is E_AUTH_FAILED", got)
        station.close()


async def refused_by_tls(judge, ways, daemons):
    station = Station(judge, ways.open, "refusals of TLS")
    connection = await station.connection(**ways.tls(root=ways.certificates.path("other.pem")))
    got = connection.told
    station.check(
        len(got) == 1 and isinstance(got[0].error, ssl.SSLCertVerificationError),
        "pynsq refuses a certificate of another root", got)
    station.daemon = ways.verifying
    connection = await station.connection(**ways.tls())
    station.check(
        connection.told and "ready" not in connection.told, "a client without a certificate is refused",
        connection.told)
    station.daemon = daemons.start("--tls-required=tcp-https", *ways.secure_flags)
    connection = await station.connection()
    connection.send(nsq.pub("topic", b"x"))
    station.check(
        await until(lambda: len(connection.told) > 1) and is_error(connection.told[1], "E_INVALID"),
        "a client without TLS is refused where it is required", connection.told)
    station.close()


def cases(judge, ways, daemons):
    """{name: coroutine}"""
    found = {"exchange " + t.label: exchange(judge, t) for t in ways.transports()}
    found["refusals of AUTH"] = refused_by_auth(judge, daemons)
    found["refusals of TLS"] = refused_by_tls(judge, ways, daemons)
    return found
