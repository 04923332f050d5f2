"""What signing in costs: authorised requests on one core, passwords, and accounts with their pods.

    python bench/identity.py                  # about a minute
    python bench/identity.py --seconds 2 --connections 8

The server is kept on core 0 and the load generator on core 1, each request with a proof of its own. Accounts are made
by the program's own code in one process, as `pod_app account create` does, with a password each.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

from solid_load import ceiling, load, request
from solid_servers import ROOT, Ours

ACCEPT = "Accept: text/turtle"
PASSWORD = "une petite phrase qui ouvre un carnet"  # of nobody
CHILD = """
import sys, time
from pod_app.services import assemble
from pod_app.settings import Settings
from pathlib import Path
opened = assemble(Settings(data=Path(sys.argv[1]), base_url="http://localhost:1/"))
began = time.perf_counter()
for number in range(int(sys.argv[2])):
    opened.accounts.create(f"person-{number}", sys.argv[3])
print(time.perf_counter() - began)
opened.close()
"""


class _Here(urllib.request.HTTPRedirectHandler):
    """Where a sign-in leads is not part of it."""

    def http_error_303(self, _request, answer, *_):
        return answer


OPENER = urllib.request.build_opener(_Here)


class Served(Ours):
    """pod_app with one document, and an account that opens with a password."""

    def prepare(self):
        given = (
            "account",
            "create",
            "alice",
            "--password-stdin",
            "--client-credentials",
            "--json",
            "--data",
            self.folder,
        )
        made = subprocess.run(
            [sys.executable, "-m", "pod_app", *given, "--base-url", self.base],
            input=PASSWORD, capture_output=True, text=True, check=True, cwd=ROOT, env=self.environment(),
        )  # fmt: skip
        told_of = json.loads(made.stdout)
        self.may_act_with(told_of)
        self.own_token = told_of["token"]


def measured(server, make, connections, seconds):
    """Requests a second, milliseconds within which half and 99 % were answered, processor ms each, share of 200."""
    load(server.port, make, connections, 1.0)
    before = server.processor_seconds()
    outcome = load(server.port, make, connections, seconds)
    spent = server.processor_seconds() - before
    each = 1000 * spent / max(len(outcome.times), 1)
    return outcome.rate, outcome.within(0.5), outcome.within(0.99), each, outcome.good((200, 303))


def told(name, figures):
    rate, half, most, each, good = figures
    print(f"| {name} | {rate:,.0f} | {half:.1f} | {most:.1f} | {each:.3f} | {good:.0%} |", flush=True)


def requests(server):
    """Makers of requests: anonymous, by our own token, and with a DPoP-bound token and a new proof each time."""
    closed, opened = f"{server.prefix}closed/inner/doc", f"{server.prefix}open/inner/doc"
    plain = request("GET", opened, server.port, ACCEPT)
    own = request("GET", closed, server.port, ACCEPT, f"Authorization: Bearer {server.own_token}")
    yield "GET of a public document, nobody", lambda: (plain, False)
    yield "GET with our own token (no proof)", lambda: (own, False)
    yield "GET with DPoP", lambda: (request("GET", closed, server.port, ACCEPT, *server.headers("GET", closed)), False)


def sign_ins(server):
    """Milliseconds of nine sign-ins by name and password, as the form sends them: ten are let in."""
    form = urlencode({"name": "alice", "password": PASSWORD}).encode()
    times = []
    for _ in range(9):
        asked = urllib.request.Request(f"{server.base}me/sign-in", form)
        began = time.perf_counter()
        with OPENER.open(asked, timeout=60) as answer:
            times.append(1000 * (time.perf_counter() - began))
            assert answer.status == 303, answer.status
    return times


def accounts(folder, many, core):
    """Seconds for `many` accounts with a pod, a WebID, a key and a password."""
    made = subprocess.run(
        [sys.executable, "-c", CHILD, folder, str(many), PASSWORD], check=True, capture_output=True, text=True,
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),  # one thread here
    )  # fmt: skip
    return float(made.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--connections", type=int, nargs="+", default=[8, 64])
    parser.add_argument("--accounts", type=int, default=100)
    arguments = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1]})
    print(f"generator's own ceiling: {ceiling(8, 1.0):,.0f} answers a second; load here {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        server = Served(Path(folder) / "served" / "data", cores[0])
        server.prepare()
        try:
            server.start()
            server.settle()
            print(
                "\n| request x connections | req/s | p50 ms | p99 ms | CPU ms | good |\n|---|---:|---:|---:|---:|---:|"
            )
            for name, make in requests(server):
                for connections in arguments.connections:
                    told(f"{name} x {connections}", measured(server, make, connections, arguments.seconds))
            times = sign_ins(server)
        finally:
            server.stop()
        print(f"\nsign-in with a password: p50 {statistics.median(times):.0f} ms, worst {max(times):.0f} ms")
        spent = accounts(Path(folder) / "many", arguments.accounts, cores[0])
        print(f"{arguments.accounts} accounts with their pods: {spent:.1f} s")


if __name__ == "__main__":
    main()
