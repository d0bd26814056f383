"""Every case. Tracks run beside each other, the cases of one track in turn."""
from lookupd import bad_lookupds, bad_peers, channel_answers, keeping, new_topics, registering, registrations

TRACKS = [
    # These keep the machine busy.
    [bad_peers.lengths, bad_peers.lines, bad_peers.bodies, bad_peers.unread_replies, bad_peers.many_connections,
     bad_peers.unfinished_bodies, registrations.wildcards, registrations.tombstones, registrations.packed,
     registrations.departures, registrations.connected_twice, registrations.own_limit, registrations.limit_of_all,
     registrations.figures, registrations.commotion, keeping.stopping, keeping.json_log],
    # These wait for most of their time.
    [bad_peers.silent_peers, bad_peers.idle_peers, registering.introduction, registering.deletions,
     registering.haste, registering.patience],
    [bad_lookupds.company, keeping.warm_start],
    [bad_lookupds.strange_identities, bad_lookupds.address_changes, new_topics.crowd],
    [new_topics.slow_answer, new_topics.third_channel, new_topics.states, channel_answers.no_answer,
     channel_answers.lost],
    [channel_answers.bad_answers, new_topics.killed],
]

# With --long only: a minute.
LONG = [bad_peers.strangers]

# One measures how long publishing is held up, which wants a quiet machine, and one judges what all left behind.
LAST = [channel_answers.odd_names, bad_peers.memory]
