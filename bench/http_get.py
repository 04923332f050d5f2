"""Requests per second of a GET, beside a bare WSGI application on the same server in the same run.

    python bench/http_get.py http://localhost:8000/alice/profile/card
    python bench/http_get.py            # the bare application alone

The server under test should run on one core (`taskset -c 0 pod_app serve`); this script keeps the bare server
on core 0 and the load generator on core 1, so that the ratio compares like with like. Needs wrk.
"""

import argparse
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BODY = b"x" * 3000


def bare(_environ, start_response):
    """As little as a WSGI application can do."""
    start_response("200 OK", [("Content-Type", "text/turtle"), ("Content-Length", str(len(BODY)))])
    return [BODY]


def serve_bare(port):
    sys.path.insert(0, str(ROOT))
    from pod_app.web.server import run  # noqa: PLC0415  # only the child needs it

    run(lambda: bare, "127.0.0.1", port)


def load(url, connections, seconds, accept):
    """wrk's figures: requests per second, latency of the slowest hundredth, answers that were not 2xx."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-H", f"Accept: {accept}", url]
    text = subprocess.run(on_core(1, command), capture_output=True, text=True, check=False).stdout
    if "Requests/sec" not in text:
        sys.exit(f"{url} does not answer")
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
    slowest = re.search(r"99%\s+(\S+)", text)[1]
    failures = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return rate, slowest, int(failures[1]) if failures else 0


def on_core(core, command):
    usable = shutil.which("taskset") and core in os.sched_getaffinity(0)
    return ["taskset", "-c", str(core), *command] if usable else command


def bare_server():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(on_core(0, [sys.executable, __file__, "--bare-port", str(port)]))
    for _ in range(500):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process, f"http://127.0.0.1:{port}/"
        time.sleep(0.02)
    process.terminate()
    sys.exit("the bare server did not start")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url", nargs="?", help="address to compare with the bare application")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--accept", default="text/turtle")
    parser.add_argument("--bare-port", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bare_port:
        serve_bare(options.bare_port)
        return
    if not shutil.which("wrk"):
        sys.exit("wrk is not installed; on Debian: apt-get install wrk")
    compare(options)


def compare(options):
    process, url = bare_server()
    measured = {}
    try:
        for name, address in (("bare WSGI", url), ("given URL", options.url)):
            if address:
                measured[name] = load(address, options.connections, options.seconds, options.accept)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    for name, (rate, slowest, failures) in measured.items():
        ratio = rate / measured["bare WSGI"][0]
        print(f"{name:10} {rate:10,.0f} req/s   99 % within {slowest:>9}   ratio {ratio:.3f}   not 2xx: {failures}")


if __name__ == "__main__":
    main()
