"""Messages of others."""
from wire import ERROR, MESSAGE, Connection, Message, pub


def ids_of_others(bench, see):
    """S22 ids of others: FIN, REQ and TOUCH of another client's and another channel's message change nothing."""
    target, topic = bench.plain, "owned"
    owner, rival, stranger = (Connection(target.tcp_port) for _ in range(3))
    owner.subscribe(topic, "c")
    rival.subscribe(topic, "c")
    stranger.subscribe(topic, "other")
    owner.ready(1)
    target.post("/pub", b"mine", topic=topic)
    kind, data = owner.one()
    see.equal(kind, MESSAGE, "the owner has the message")
    wire_id = Message(data).wire_id
    for who, client, reason in (
            ("a rival", rival, b"client does not own message"), ("another channel", stranger, b"ID not in flight")):
        for command, line in ((b"FIN", b"FIN %s\n"), (b"REQ", b"REQ %s 0\n"), (b"TOUCH", b"TOUCH %s\n")):
            client.send(line % wire_id)
            see.equal(client.one(), (ERROR, b"E_%s_FAILED %s %s failed %s" % (command, command, wire_id, reason)),
                      "%s by %s" % (command.decode(), who))
    channels = target.topics()[topic][1]
    see.equal([channels["c"][key] for key in ("in_flight_count", "requeue_count", "depth")], [1, 0, 0],
              "the message is in flight as before")
    see.equal(channels["other"]["depth"], 1, "the other channel's copy waits as before")
    owner.send(b"FIN %s\n" % wire_id)
    owner.call(pub("probe#ephemeral", b"behind the FIN"))
    see.equal(target.topics()[topic][1]["c"]["in_flight_count"], 0, "the owner finishes it")
    owner.send(b"FIN %s\n" % wire_id)
    see.check(owner.one()[1].startswith(b"E_FIN_FAILED"), "once only")
    for client in (owner, rival, stranger):
        client.close()
    target.post("/topic/delete", topic=topic)
