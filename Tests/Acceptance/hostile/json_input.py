"""JSON that breaks readers: deep, huge, doubled, and not quite text."""
import contextlib

from hostile.exchange import refusal, sized
from wire import Connection

UNDECODABLE = b"E_BAD_BODY IDENTIFY failed to decode JSON body"


def json_bodies(bench, see):
    """S7 JSON: nesting without end, numbers beyond every type, duplicate keys, 5 MiB of text, broken text."""
    target = bench.plain
    refused = [
        ("100,000 lists", b"[" * 100_000), ("100,000 objects", b'{"a":' * 100_000),
        ("100,000 lists, closed", b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        ("100,000 objects, closed", b'{"x":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}"),
        ("1e400", b'{"heartbeat_interval":1e400}'), ("1e30", b'{"heartbeat_interval":1e30}'),
        ("2^64", b'{"heartbeat_interval":18446744073709551616}'),
        ("2^31 in 32 bits", b'{"sample_rate":2147483648}'),
        ("a number as text", b'{"msg_timeout":"1000"}'), ("a list for text", b'{"client_id":["a"]}'),
        ("no end", b'{"client_id":"a"'), ("something behind", b'{"client_id":"a"}}'),
        ("nothing but spaces", b" " * 1000), ("a lone quote", b'{"'), ("a lone escape", b'{"client_id":"\\'),
        ("a control byte", b'{"client_id":"a\nb"}'), ("an unfinished escape", b'{"client_id":"\\ud8"}'),
        ("NUL", b'{"client_id":"a"}\0'), ("a BOM", b"\xef\xbb\xbf{}"),
    ]
    for name, body in refused:
        see.equal(refusal(target, sized(b"IDENTIFY", body)), UNDECODABLE, name)
    long = b'{"client_id":"' + b"j" * (5_242_880 - 100) + b'"}'
    taken = [
        ("duplicate keys: the last one counts", b'{"client_id":"first","CLIENT_ID":"last"}', "last"),
        ("invalid UTF-8", b'{"client_id":"a\xff\xc0\xafb"}', "a\ufffd\ufffd\ufffdb"),
        ("lone surrogates", b'{"client_id":"a\\ud800b\\udc00\\ud800\\ud800"}', "a\ufffdb\ufffd\ufffd\ufffd"),
        ("a surrogate pair", b'{"client_id":"\\ud83d\\ude00"}', "\U0001f600"),
        ("1e400 where nobody looks", b'{"client_id":"kept","unknown":1e400}', "kept"),
        ("NUL as an escape", b'{"client_id":"a\\u0000b"}', "a\0b"),
        ("null for everything", b"null", ""), ("5 MiB of text", long, "j" * 256),
    ]
    for number, (name, body, wanted) in enumerate(taken):
        # A topic for each: the last one's may still be on its way out.
        topic = "json%d#ephemeral" % number
        with contextlib.closing(Connection(target.tcp_port)) as client:
            see.equal(client.call(sized(b"IDENTIFY", body)), b"OK", name)
            client.subscribe(topic, "c#ephemeral")
            clients = target.topics()[topic][1]["c#ephemeral"]["clients"]
            see.equal([one["client_id"] for one in clients], [wanted], "%s, in /stats" % name)
    body = b"[" * 100_000
    status, _ = target.request("PUT", "/config/nsqlookupd_tcp_addresses", body)
    see.check(status in (400, 413), "100,000 lists in PUT /config", status)
