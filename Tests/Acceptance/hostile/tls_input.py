"""TLS that is old, half, foreign or restless, and certificates that change at a bad moment."""
import os
import resource
import shutil
import signal
import ssl

import descriptors
from hostile.exchange import identify, negotiated, read_answer, refusal, texts, until
from hostile.secure import TLS_1_2, TLS_1_3, Session, secured
from hostile.target import MIB
from tls import closed_after, subject
from wire import pub


def is_served(target, context):
    """Whether a client with this context gets the OK that ends the upgrade."""
    try:
        with secured(target, context) as client:
            return read_answer(client) == b"OK"
    except OSError:
        return False


def tls_policy(bench, see):
    """S17 TLS policy: old versions, no certificate, certificates of the wrong kind, commands in the clear."""
    target, authorities = bench.tls, bench.authorities
    see.check(is_served(target, authorities.context("client")), "the right certificate is served")
    see.check(not is_served(target, authorities.context()), "no certificate is refused")
    for name in ("foreign", "selfsigned", "expired"):
        see.check(not is_served(target, authorities.context(name)), "a %s certificate is refused" % name)
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        old = authorities.context("client")
        old.set_ciphers("DEFAULT@SECLEVEL=0")
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = version
        see.check(not is_served(target, old), "%s is refused" % version.name)
    for command in (pub("clear", b"x"), b"SUB clear c\n", b"NOP\n"):
        for opening in (b"", identify(), identify(feature_negotiation=True)):
            got = refusal(target, opening + command)
            see.check(got is not None and b"(TLS required)" in got, "%r in the clear is refused" % command[:4], got)
    texts(target, identify(feature_negotiation=True, tls_v1=True) + pub("clear", b"x") * 10)
    see.check("clear" not in target.topics(), "nothing in the clear is carried out")


def tls_half_handshake(bench, see):
    """S17 TLS policy: a handshake that is never finished ends in 10 s."""
    peer = negotiated(bench.tls, tls_v1=True)
    peer.sendall(b"\x16\x03\x01\x02\x00\x01")
    seconds = closed_after(peer, 12)
    see.check(seconds is not None and seconds <= 10, "half a handshake is closed in 10 s", seconds)


def key_updates(bench, see):
    """S17 TLS policy: 10,000 KeyUpdates whose answers nobody reads, and a renegotiation."""
    target, authorities = bench.tls, bench.authorities
    pair = (authorities.path("client.pem"), authorities.path("client.key"))
    for name, pause in (("without a command between them", 0), ("with commands between them", 16)):
        with Session(target, *pair, TLS_1_3) as session:
            if not see.check(session.connect(), "a client is served"):
                return
            before, sent = target.forget_peak(), 0
            while sent < 10_000 and session.update_keys():
                sent += 1
                if pause and sent % pause == 0 and not session.write(b"NOP\n"):
                    break
            grown = (target.peak() - before) / MIB
            see.note("%d updates %s: %.1f MiB" % (sent, name, grown))
            see.check(grown <= 4, "KeyUpdates %s take no memory" % name, "%.1f MiB" % grown)
    with Session(target, *pair, TLS_1_2) as session:
        see.check(session.connect(), "a client of TLS 1.2 is served")
        see.equal(session.read()[8:], b"OK", "and gets its OK")
        see.check(not session.renegotiate(), "a renegotiation is refused")
    see.check(is_served(target, authorities.context("client")), "others are served as before")


def reload_under_pressure(bench, see):
    """S18 reload: SIGHUP without a descriptor left, and with broken files, leaves the old settings.

    There is no file of access rules, so there is none that could be empty.
    """
    target, authorities = bench.tls, bench.authorities
    pair = [authorities.path(name) for name in ("server.pem", "server.key")]
    kept = [path + ".kept" for path in pair]
    for path, copy in zip(pair, kept):
        shutil.copy(path, copy)

    def reloaded(see_as):
        before = target.whole_log().count("the certificate in use stays")
        target.process.send_signal(signal.SIGHUP)
        see.check(until(lambda: target.whole_log().count("the certificate in use stays") > before),
                  "%s is told in the log" % see_as)

    with open(kept[0], "rb") as file:
        beginning = file.read(300)
    limits = resource.prlimit(target.process.pid, resource.RLIMIT_NOFILE)
    try:
        descriptors.set_limit(target, 3)
        reloaded("SIGHUP without descriptors")
        resource.prlimit(target.process.pid, resource.RLIMIT_NOFILE, limits)
        for name, index, content in (
                ("no certificate", 0, b"none"), ("an empty certificate", 0, b""), ("an empty key", 1, b""),
                ("half a certificate", 0, beginning)):
            with open(pair[index], "wb") as file:
                file.write(content)
            reloaded(name)
            shutil.copy(kept[index], pair[index])
        shutil.copy(authorities.path("foreign.pem"), pair[0])
        reloaded("a certificate of another key")
        os.remove(pair[0])
        reloaded("a file that is gone")
    finally:
        resource.prlimit(target.process.pid, resource.RLIMIT_NOFILE, limits)
        for path, copy in zip(pair, kept):
            shutil.copy(copy, path)
    with secured(target, authorities.context("client")) as client:
        see.equal(read_answer(client), b"OK", "clients are served as before")
        see.equal(subject(client), "localhost", "with the certificate from before")
