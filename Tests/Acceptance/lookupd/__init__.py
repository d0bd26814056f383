"""nsqlookupd among bad peers, and nsqd among bad nsqlookupds: one function for each case; `table` names them all."""
