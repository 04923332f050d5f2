"""What one core serves: requests per second of GETs beside a bare WSGI application on the same server.

    python bench/http_get.py                       # makes a pod in a temporary folder, serves and measures it
    python bench/http_get.py --url http://localhost:8000/alice/profile/card    # a server that runs already

Servers are kept on core 0 and the load generator (wrk) on core 1 where `taskset` can do that, so that the
ratio to the bare application compares like with like. The processor time that the server spends on one
request is also printed: it hardly depends on what else the machine does.
"""

import argparse
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
BODY = b"x" * 3000
CARD = ("stored Turtle", "alice/profile/card", "text/turtle")
OTHERS = (
    ("the same as JSON-LD", "alice/profile/card", "application/ld+json"),
    ("listing of a container", "alice/profile/", "text/turtle"),
    ("page of the card", "alice/profile/card", "text/html"),
)
GOAL_RATE, GOAL_START, GOAL_MEMORY = 4000, 2.0, 120


@dataclass(frozen=True)
class Served:
    """A server that answers, and how it began."""

    process: subprocess.Popen
    url: str
    start_seconds: float

    def idle_megabytes(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status")
        if not status.exists():
            return float("nan")
        return int(re.search(r"VmRSS:\s+(\d+)", status.read_text())[1]) / 1024

    def processor_seconds(self) -> float:
        stat = Path(f"/proc/{self.process.pid}/stat")
        if not stat.exists():
            return float("nan")
        fields = stat.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Measured:
    """Of one run of wrk; `processor` is what the server spent, in seconds."""

    rate: float
    slowest: str
    failures: int
    processor: float


def bare(_environ, start_response):
    """As little as a WSGI application can do."""
    start_response("200 OK", [("Content-Type", "text/turtle"), ("Content-Length", str(len(BODY)))])
    return [BODY]


def serve_bare(port):
    from pod_app.web.serving.server import run  # noqa: PLC0415  # only the child needs it

    run(lambda: bare, "127.0.0.1", port)


def make_pod(folder: Path, base_url: str) -> None:
    """A person's pod with its card and first documents, made as the command line makes it."""
    from pod_app.services import assemble  # noqa: PLC0415  # a server that runs already needs none
    from pod_app.settings import load  # noqa: PLC0415  # as above

    services = assemble(load({"data": folder, "base_url": base_url}, environ={})[0])
    services.accounts.create("alice", None, title="Alice")
    services.close()


def on_core(core, command):
    usable = shutil.which("taskset") and hasattr(os, "sched_getaffinity") and core in os.sched_getaffinity(0)
    return ["taskset", "-c", str(core), *command] if usable else command


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def served(command: list[str], url: str, first: str) -> Iterator[Served]:
    """Run a server on core 0 until it answers `first`, and end it afterwards."""
    begin = time.perf_counter()
    process = subprocess.Popen(on_core(0, command), stdout=subprocess.DEVNULL)
    try:
        while not answers(url + first):
            if process.poll() is not None or time.perf_counter() - begin > 60:
                sys.exit(f"{' '.join(command)} did not start")
            time.sleep(0.01)
        yield Served(process, url, time.perf_counter() - begin)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status == 200
    except OSError:
        return False


def load(options, url, accept, server=None) -> Measured:
    """Let wrk ask for `url` and read its figures."""
    command = ["wrk", "-t1", f"-c{options.connections}", f"-d{options.seconds}s", "--latency"]
    before = server.processor_seconds() if server else 0.0
    ended = subprocess.run(
        on_core(1, [*command, "-H", f"Accept: {accept}", url]), capture_output=True, text=True, check=False
    )
    spent = (server.processor_seconds() if server else float("nan")) - before
    if "Requests/sec" not in ended.stdout:
        sys.exit(f"{url} does not answer {ended.stderr}")
    failures = re.search(r"Non-2xx or 3xx responses: (\d+)", ended.stdout)
    return Measured(
        float(re.search(r"Requests/sec:\s+([\d.]+)", ended.stdout)[1]),
        re.search(r"99%\s+(\S+)", ended.stdout)[1],
        int(failures[1]) if failures else 0,
        spent / int(re.search(r"(\d+) requests in", ended.stdout)[1]),
    )


def show(name: str, one: Measured, bare_rate: float) -> None:
    failed = f"   NOT 2xx: {one.failures}" if one.failures else ""
    print(
        f"{name:24}{one.rate:9,.0f} req/s   99 % within {one.slowest:>9}   "
        f"{one.processor * 1e6:6.0f} µs of processor each   ratio {one.rate / bare_rate:.3f}{failed}"
    )


def measure_bare(options) -> float:
    port = free_port()
    command = [sys.executable, __file__, "--bare-port", str(port)]
    with served(command, f"http://127.0.0.1:{port}/", "") as server:
        measured = load(options, server.url, "*/*", server)
    show("bare WSGI", measured, measured.rate)
    return measured.rate


def measure_own(options, bare_rate: float) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    with tempfile.TemporaryDirectory() as folder:
        make_pod(Path(folder), f"http://localhost:{port}/")
        command = [sys.executable, "-m", "pod_app", "serve", "--data", folder, "--port", str(port)]
        with served(command, url, CARD[1]) as server:
            megabytes = server.idle_megabytes()
            rates = [
                measure_one(options, server, name, path, accept, bare_rate) for name, path, accept in (CARD, *OTHERS)
            ]
            print(f"after the load: {server.idle_megabytes():.0f} MB")
    goal("a stored document", f"{rates[0]:,.0f} req/s", rates[0] >= GOAL_RATE, f"≥ {GOAL_RATE:,}")
    goal("start to first answer", f"{server.start_seconds:.2f} s", server.start_seconds <= GOAL_START, "≤ 2 s")
    goal("memory of an idle server", f"{megabytes:.0f} MB", megabytes <= GOAL_MEMORY, f"≤ {GOAL_MEMORY} MB")


def measure_one(options, server, name, path, accept, bare_rate) -> float:
    measured = load(options, server.url + path, accept, server)
    show(name, measured, bare_rate)
    return measured.rate


def goal(what: str, value: str, met: bool, wanted: str) -> None:  # noqa: FBT001  # a row of a table
    print(f"{what:26}{value:>14}   goal {wanted}: {'met' if met else 'missed'}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", help="measure this address instead of a server of our own")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=int, default=4, help="of each run")
    parser.add_argument("--accept", default="text/turtle")
    parser.add_argument("--bare-port", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bare_port:
        serve_bare(options.bare_port)
    elif not shutil.which("wrk"):
        print("wrk is not installed, nothing was measured; on Debian: apt-get install wrk")
    elif options.url:
        bare_rate = measure_bare(options)
        show("given address", load(options, options.url, options.accept), bare_rate)
    else:
        measure_own(options, measure_bare(options))


if __name__ == "__main__":
    main()
