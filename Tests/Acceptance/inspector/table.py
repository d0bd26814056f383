"""Every case; the longest first, because several run beside each other."""
from inspector import compacting, listed, mending, reports, running, verifying, versions

CASES = [
    mending.stopped_store, verifying.stopped_store, verifying.killed_store, verifying.enormous, mending.metadata,
    mending.killed_store, running.killed_under_load, running.beside, compacting.given_back, mending.several,
    mending.held_back, mending.cut_rosters, mending.odd_files, verifying.odd_files, verifying.strangers_pid,
    verifying.nameless, compacting.refused, versions.newer, listed.follow, listed.everything, listed.filters,
    listed.odd_arguments, listed.bodies, reports.counts, reports.what_keeps, reports.against_the_reader, reports.forms,
    reports.filters, reports.no_store, reports.unreadable, running.still, running.many_segments, running.interrupted,
]

# Judges what all others left in the shared stores.
LAST = [running.untouched]
