"""Every case, in the order of a run, and what is left out."""
from hostile import (
    authorization, browsers, commands, counts, files, http_input, json_input, memory, ownership, process, slow,
    states, streams, tls_input)

# Measure a rate, so they have the machine to themselves.
FIRST = [slow.slowloris_rate]

# Wait for most of their time: they run beside each other and beside the cases that are quick.
WAITING = [
    slow.slowloris, slow.heartbeat_off, slow.consumer_never_reads, tls_input.tls_half_handshake,
    authorization.expiry,
]

QUICK = [
    commands.lengths, commands.lines, commands.sent_behind_an_error, states.states, json_input.json_bodies,
    counts.numbers, files.names, files.modes, files.foreign_data_path, authorization.secrets_as_bytes,
    authorization.scope, authorization.patterns, authorization.forwarded, authorization.secret_hygiene,
    tls_input.tls_policy, streams.layers, ownership.ids_of_others, http_input.smuggling,
    http_input.request_limits, browsers.cross_site, browsers.rebinding, browsers.markup, browsers.injection,
    browsers.outgoing, browsers.debug_routes, process.unix_socket, process.dependencies,
    process.least_privilege,
]

# Measure memory, or take away what others need.
LAST = [
    authorization.fails_closed, tls_input.key_updates, tls_input.reload_under_pressure, streams.bombs,
    http_input.pipelined, memory.resource_names, memory.client_metadata, memory.consumer_flood_mem,
    files.topics_without_end, process.descriptors_exhausted, memory.preauth_mem, memory.bodies_of_strangers,
]

ALL = FIRST + WAITING + QUICK + LAST

# What is not checked, by number. Of S32, S35 and S36 that is all; of the others a part.
LEFT_OUT = {
    "S15": "the anchored mode: patterns bring their own anchors, as the documentation tells",
    "S16": "secrets in a core dump: none is made",
    "S18": "an empty file of access rules: there is no such file",
    "S27": "pages, their policy and a browser: nsqadmin is not built",
    "S28": "nsqadmin: it is not built",
    "S29": "the proxy and registered nodes: nsqadmin and nsqlookupd are not built",
    "S30": "trusted proxies: nsqadmin is not built",
    "S32": "answers of nsqlookupd: nsqd does not talk to it yet",
    "S35": "hostile files: nsq-inspect is not built",
    "S36": "import and restore: neither is built",
    "S40": "refusing to run as root: containers do; the unit file is in docs/operations/running.md",
}


def number(case):
    """`S7` of a case, from the first line of its documentation."""
    return case.__doc__.split()[0]


def title(case):
    return case.__doc__.splitlines()[0]
