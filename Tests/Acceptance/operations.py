"""What a daemon's keeper sees of it: logs as JSON, readiness, the service manager, a stop that waits, the config file."""
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time

import checks
from daemon import Daemon
from wire import Connection

EVERY_KEY = """
verbose = false
log_level = "info"
log_prefix = "[nsqd] "
log_format = "text"
id = 5
broadcast_address = "localhost"
broadcast_tcp_port = 0
broadcast_http_port = 0
nsqlookupd_tcp_addresses = []
http_client_connect_timeout = "2s"
http_client_request_timeout = "5s"
mem_queue_size = 10000
max_bytes_per_file = 1048576
sync_every = 2500
sync_timeout = "2s"
fsync = "interval"
queue_scan_worker_pool_max = 4
queue_scan_selection_count = 20
msg_timeout = "60s"
max_msg_timeout = "15m"
max_msg_size = 1048576
max_req_timeout = "1h"
max_body_size = 5242880
max_heartbeat_interval = "60s"
max_rdy_count = 2500
max_output_buffer_size = 65536
max_output_buffer_timeout = "30s"
min_output_buffer_timeout = "25ms"
output_buffer_timeout = "250ms"
max_channel_consumers = 0
statsd_address = ""
statsd_prefix = "nsq.%s"
statsd_interval = "60s"
statsd_mem_stats = true
statsd_udp_packet_size = 508
statsd_exclude_ephemeral = false
e2e_processing_latency_percentiles = [1.0, 0.99, 0.95]
e2e_processing_latency_window_time = "10m"
tls_cert = ""
tls_key = ""
tls_client_auth_policy = ""
tls_root_ca_file = ""
tls_required = false
tls_min_version = ""
deflate = true
max_deflate_level = 6
snappy = true
auth_http_addresses = []
auth_http_request_method = "get"
http_auth = false
enable_experiment = []
topology_region = ""
topology_zone = ""
drain_timeout = "0s"
"""


def json_logs(judge, binary):
    with tempfile.TemporaryDirectory() as folder, Daemon(binary, folder, ["--log-format=json"]) as daemon:
        daemon.start()
        daemon.post("/topic/create", topic="t")
        strange = Connection(daemon.tcp_port)
        strange.send(b'PUB "\r\n\x1b[31m\xff\n')
        # A terminal takes U+009B for the beginning of a command.
        Connection(daemon.tcp_port).send("\u009b31m\n".encode())
        deadline = time.monotonic() + 10
        while daemon.log(100).count("E_") < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        judge.equal(daemon.stop(), 0, "SIGTERM ends it")
        lines = [json.loads(line) for line in daemon.log(10_000).splitlines()]
        judge.check(len(lines) > 5, "every line of the log is JSON")
        judge.check("31m" in daemon.log(10_000) and "\u009b" not in daemon.log(10_000), "nothing in it steers a terminal")
        judge.check(all(set(line) >= {"time", "level", "message"} for line in lines), "with time, level and message")
        pattern = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d\d:\d\d"
        judge.check(all(re.fullmatch(pattern, line["time"]) for line in lines), "the time is that of RFC 3339")
        judge.check(any(line["level"] == "error" for line in lines), "levels are told apart")


def refusals(judge, binary):
    with tempfile.TemporaryDirectory() as folder:
        flags = [binary, "--data-path=" + folder, "--tcp-address=127.0.0.1:0", "--http-address=127.0.0.1:0"]
        open_door = subprocess.run(flags + ["--http-auth"], stderr=subprocess.PIPE, text=True, timeout=20, check=False)
        judge.check(open_door.returncode == 1 and "--auth-http-address" in open_door.stderr,
                    "--http-auth with nobody to ask is refused", open_door.stderr)
        line = subprocess.run(
            flags + ["--log-format=json", "--node-id=5000"], stderr=subprocess.PIPE, text=True, timeout=20, check=False)
        judge.check(line.returncode == 1 and json.loads(line.stderr)["level"] == "fatal",
                    "a start that fails says so in the log's format", line.stderr)


def service_manager(judge, binary):
    with tempfile.TemporaryDirectory() as folder, Daemon(binary, os.path.join(folder, "data")) as daemon:
        os.mkdir(daemon.data_path)
        told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        told.bind(os.path.join(folder, "notify"))
        told.settimeout(10)
        os.environ["NOTIFY_SOCKET"] = told.getsockname()
        try:
            daemon.launch()
        finally:
            del os.environ["NOTIFY_SOCKET"]
        judge.equal(told.recv(100), b"READY=1", "the service manager is told when it serves")
        judge.equal(daemon.request("GET", "/readyz")[0], 200, "which it then does")
        judge.equal(daemon.stop(), 0, "SIGTERM ends it")
        judge.equal(told.recv(100), b"STOPPING=1", "and when it stops")


def consumer(daemon, count):
    """A consumer with `count` messages in flight, and their ids."""
    connection = Connection(daemon.tcp_port)
    connection.send(b"SUB t c\nRDY %d\n" % count)
    ids = []
    while len(ids) < count:
        connection.fill(10)
        ids += [data[10:26] for kind, data in connection.take() if kind == 2]
    return connection, ids


def draining(judge, binary):
    with tempfile.TemporaryDirectory() as folder, Daemon(binary, folder, ["--drain-timeout=20s"]) as daemon:
        daemon.start()
        daemon.post("/channel/create", topic="t", channel="c")
        daemon.post("/topic/create", topic="t")
        daemon.post("/channel/create", topic="t", channel="c")
        for number in range(5):
            daemon.post("/pub", b"%d" % number, topic="t")
        connection, ids = consumer(daemon, 2)
        daemon.process.terminate()
        deadline = time.monotonic() + 10
        while daemon.request("GET", "/readyz")[0] != 503 and time.monotonic() < deadline:
            time.sleep(0.01)
        judge.equal(daemon.request("GET", "/readyz")[0], 503, "while it stops it is not ready")
        try:
            socket.create_connection(("127.0.0.1", daemon.tcp_port), 2).close()
            judge.check(False, "no new client is taken")
        except OSError:
            judge.check(True, "no new client is taken")
        connection.send(b"RDY 5\n" + b"".join(b"FIN %s\n" % one for one in ids))
        began = time.monotonic()
        judge.equal(daemon.process.wait(15), 0, "it ends once what was in flight is finished")
        judge.check(time.monotonic() - began < 10, "and not before long", time.monotonic() - began)
        daemon.flags = ["--drain-timeout=1s"]
        daemon.start()
        judge.equal(daemon.topics()["t"][1]["c"]["depth"], 3, "the rest waits for the next start")
        connection, _ = consumer(daemon, 3)
        began = time.monotonic()
        judge.equal(daemon.stop(), 0, "it ends when a consumer takes too long")
        judge.check(0.9 < time.monotonic() - began < 8, "in the time it was given", time.monotonic() - began)
        daemon.start()
        judge.equal(daemon.topics()["t"][1]["c"]["depth"], 3, "nothing is lost by that")


def config_file(judge, binary):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "nsqd.cfg")
        data = os.path.join(folder, "data")
        os.mkdir(data)
        with open(path, "w") as file:
            file.write(EVERY_KEY)
        with Daemon(binary, data, ["--config=" + path]) as daemon:
            daemon.start()
            judge.equal(daemon.request("GET", "/config/id")[1], b"5", "a file with every key is taken")
        for name, text, key in (
                ("a bad value", 'msg_timeout = "soon"', "msg_timeout"), ("a wrong type", "id = true", "id"),
                ("a number for a boolean", "snappy = 0", "snappy"), ("a bad word", 'fsync = "maybe"', "fsync"),
                ("a value out of range", "id = 4096", "node-id")):
            with open(path, "w") as file:
                file.write(text)
            ended = subprocess.run(
                [binary, "--config=" + path, "--data-path=" + data, "--tcp-address=127.0.0.1:0",
                 "--http-address=127.0.0.1:0"], capture_output=True, timeout=20)
            lines = ended.stderr.decode().strip().splitlines()
            judge.check(
                ended.returncode == 1 and len(lines) == 1 and key in lines[0],
                "%s ends with status 1 and one line that names it" % name, (ended.returncode, lines))
        ended = subprocess.run(
            [binary, "--config=" + path + ".none", "--data-path=" + data], capture_output=True, timeout=20)
        lines = ended.stderr.decode().strip().splitlines()
        judge.check(
            ended.returncode == 1 and len(lines) == 1 and path in lines[0], "so does a missing file",
            (ended.returncode, lines))


def main():
    options = checks.start(checks.parser(__doc__))
    judge = checks.Checks()
    for part in (json_logs, refusals, service_manager, draining, config_file):
        part(judge, options.bin)
    return judge.finish()


if __name__ == "__main__":
    sys.exit(main())
