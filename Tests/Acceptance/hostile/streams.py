"""Compressed streams: bombs, lies about lengths, and the order of the layers."""
import contextlib
import socket
import struct
import zlib

from checksum import crc32c
from hostile.exchange import identify, negotiated, read_answer, texts
from hostile.secure import secured
from hostile.target import MIB
from wire import mpub, pub

OK = b"\0\0\0\x06\0\0\0\0OK"
IDENTIFIER = b"\xff\x06\x00\x00sNaPpY"


def raw_deflate(data, level=9):
    packer = zlib.compressobj(level, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)


def chunk(kind, data):
    return bytes([kind]) + len(data).to_bytes(3, "little") + data


def attack(target, data, **features):
    """The bytes answered when `data` follows the upgrade, and whether the connection is closed then."""
    with negotiated(target, **features) as peer:
        with contextlib.suppress(OSError):
            peer.sendall(data)
        received = b""
        peer.settimeout(5.0)
        try:
            while piece := peer.recv(65_536):
                received += piece
        except socket.timeout:
            return received, False
        except OSError:
            pass
        return received, True


def bombs(bench, see):
    """S19 bombs: 64 MiB of zeros in 64 KiB, bombs in bombs, chunks that lie; before AUTH as well."""
    plain = bench.plain
    zeros = raw_deflate(bytes(64 * MIB))
    body = pub("bomb", b"")[:-4] + struct.pack(">i", 64 * MIB)
    cases = [
        ("zeros in place of commands", dict(deflate=True), zeros),
        ("a PUB of 64 MiB", dict(deflate=True), raw_deflate(body + bytes(64 * MIB))),
        ("a bomb in a bomb", dict(deflate=True), raw_deflate(zeros)),
        ("an IDENTIFY of 5 MiB and zeros", dict(deflate=True),
         raw_deflate(b"IDENTIFY\n" + struct.pack(">i", 5 * MIB) + bytes(64 * MIB))),
        ("no deflate at all", dict(deflate=True), b"\xff" * 65_536),
        ("a snappy chunk above 64 KiB", dict(snappy=True), IDENTIFIER + chunk(1, bytes(4 + 65_537))),
        ("a snappy length of 2^32 - 1", dict(snappy=True),
         IDENTIFIER + chunk(0, bytes(4) + b"\xff\xff\xff\xff\x0f" + bytes(60))),
        ("a wrong checksum", dict(snappy=True), IDENTIFIER + chunk(1, b"\1\2\3\4NOP\n")),
        ("no stream identifier", dict(snappy=True), chunk(1, bytes(8))),
        ("an unknown chunk", dict(snappy=True), IDENTIFIER + chunk(0x7f, bytes(8))),
    ]
    for name, target in (("nsqd", plain), ("before AUTH", bench.auth)):
        before = target.forget_peak()
        for what, features, data in cases:
            _, is_closed = attack(target, data, **features)
            see.check(is_closed, "%s, %s: closed" % (what, name))
        grown = (target.peak() - before) / MIB
        see.note("%s: %.1f MiB at most" % (name, grown))
        # One connection at a time: a body as long as one may be, what was read of it, and the window.
        see.check(grown <= 16, "%s: memory is a window and one body" % name, "%.1f MiB" % grown)
    # The stream identifier may come again, says the format; what follows it is read on.
    again = IDENTIFIER + IDENTIFIER + chunk(0xfe, bytes(1000)) + chunk(1, snappy_checksum(b"BOGUS\n") + b"BOGUS\n")
    received, is_closed = attack(plain, again, snappy=True)
    see.check(is_closed and b"E_INVALID invalid command BOGUS" in received, "a second stream identifier", received)
    packed = zlib.compress(b"line\n" * 100_000)
    headers = {"Content-Encoding": "gzip"}
    status, _ = plain.request("POST", "/mpub", packed, headers=headers, topic="gzip")
    see.equal(status, 200, "gzip in /mpub is bytes like any others")
    count = plain.topics()["gzip"][0]["message_count"]
    see.check(count <= packed.count(b"\n") + 1, "and is not unpacked", count)
    plain.post("/topic/delete", topic="gzip")


def snappy_checksum(data):
    """CRC-32C, masked as snappy's framing format asks."""
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xa282ead8) & 0xffffffff)


def layers(bench, see):
    """S20 layers: both compressions are refused, TLS lies below, and no byte is lost where they change."""
    plain = bench.plain
    see.equal(
        texts(plain, identify(feature_negotiation=True, deflate=True, snappy=True)),
        [b"E_IDENTIFY_FAILED cannot enable both deflate and snappy compression"], "both compressions")
    bodies = [b"%d" % number for number in range(100)]
    with negotiated(plain, raw_deflate(mpub("layers#ephemeral", bodies)), deflate=True) as client:
        see.equal(two_answers(client), OK + OK, "what came right behind IDENTIFY is read by the new layer")
    see.equal(plain.topics()["layers#ephemeral"][0]["message_count"], 100, "all of it arrived")
    with secured(bench.tls, bench.authorities.context("client"), deflate=True) as client:
        see.equal(read_answer(client), OK[8:], "TLS first")
        client.sendall(raw_deflate(pub("layers", b"x")))
        see.equal(two_answers(client), OK + OK, "deflate inside of it")
    see.equal(bench.tls.topics()["layers"][0]["message_count"], 1, "and the publish arrived")


def two_answers(peer):
    """The plain bytes of two short frames from a deflated stream."""
    unpacker, plain = zlib.decompressobj(-15), b""
    while len(plain) < 2 * len(OK):
        data = peer.recv(65_536)
        if not data:
            break
        plain += unpacker.decompress(data)
    return plain
