"""The same load on pod_app and on a Community Solid Server, side by side: what one core of each serves.

    python bench/solid.py                              # every row, 1, 8 and 64 connections, about a quarter of an hour
    python bench/solid.py --seconds 1 --connections 8 --rows "GET Turtle" "PUT new"
    python bench/solid.py --only pod_app               # without the peer

Both servers run all the while on core 0, one waiting while the other is asked; the load generator has core 1. They take
turns for every kind of request, three rounds of which the middle counts, and have answered each kind for a while before
anything is measured: V8 compiles what is asked often. Both have the same document of fifty statements two
containers below the pod's root, with the rules on the upper one, and containers of 10, 1,000 and 10,000 members. The
peer is installed by `npm ci` in bench/css at first use. «Anonymous» rows run in a container that everybody may
read and write, authorised ones in the owner's, with a DPoP-bound token and a new proof for each request.
The processor time of one request hardly depends on what else the machine does: its ratio is printed too.
"""

import argparse
import itertools
import json
import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from solid_load import ceiling, load, request
from solid_servers import DOCUMENT, Ours, Peer

TURTLE = "Content-Type: text/turtle"
N3 = "Content-Type: text/n3"
PATCH = (
    b"@prefix solid: <http://www.w3.org/ns/solid/terms#>. _:p a solid:InsertDeletePatch;"
    b' solid:inserts { <#it> <http://schema.org/name> "n%d" . } .'
)
AGAIN = b'<#n> <http://schema.org/name> "n%d" .\n'  # the same bytes once more would be no write
READ_GOAL, TURTLE_GOAL, WRITE_GOAL = 20, 30, 10


@dataclass(frozen=True)
class Row:
    """One kind of request; `make` is called with the server and gives what makes the next request."""

    name: str
    make: object
    expected: tuple[int, ...]
    goal: int


def _requests(server, place, *, authorised):
    """Short ways to make requests in the open or the closed container."""

    def make(method, target, *headers, body=b""):
        more = server.headers(method, target) if authorised else ()
        return request(method, target, server.port, *headers, *more, body=body), method == "HEAD"

    return f"{server.prefix}{place}", make


def reading(method, target, *headers, tagged=False):
    def prepare(server, place, *, authorised):
        root, make = _requests(server, place, authorised=authorised)
        lines = list(headers)
        if tagged:
            lines.append(f"If-None-Match: {server.send('GET', root + target, Accept='text/turtle')[0]['ETag']}")
        if authorised:
            return lambda: make(method, root + target, *lines)
        once = make(method, root + target, *lines)
        return lambda: once

    return prepare


def each(target, count, *headers):
    """One document after the other, so that no answer is asked for twice within reach of any cache."""

    def prepare(server, place, *, authorised):
        root, make = _requests(server, place, authorised=authorised)
        numbers = itertools.cycle(range(count))
        return lambda: make("GET", root + target.format(next(numbers)), *headers)

    return prepare


def writing(method, target, *headers, body=DOCUMENT):
    def prepare(server, place, *, authorised):
        root, make = _requests(server, place, authorised=authorised)
        numbers = itertools.count(time.time_ns() % 10**12 * 10**5)

        def one():
            number = next(numbers)
            name = target.format(number=number)
            told = [line.format(number=number) for line in headers]
            return make(method, root + name, *told, body=body % number if b"%d" in body else body)

        return one

    return prepare


def deleting(server, place, *, authorised):
    """What is deleted has been put there before, for as long as that takes."""
    root, make = _requests(server, place, authorised=authorised)
    stamp = time.time_ns()
    made = itertools.count()
    load(
        server.port,
        lambda: make("PUT", f"{root}gone/{stamp}-{next(made)}", TURTLE, body=b"<#a> <#b> 1 ."),
        32, 6 if isinstance(server, Ours) else 8,
    )  # fmt: skip
    gone = itertools.count()
    return lambda: make("DELETE", f"{root}gone/{stamp}-{next(gone)}")


# What keeps a server busy for long after it was asked comes last.
ROWS = (
    Row("GET Turtle", reading("GET", "inner/doc", "Accept: text/turtle"), (200,), TURTLE_GOAL),
    Row("GET as JSON-LD", reading("GET", "inner/doc", "Accept: application/ld+json"), (200,), READ_GOAL),
    Row("HEAD", reading("HEAD", "inner/doc", "Accept: text/turtle"), (200,), READ_GOAL),
    Row("304", reading("GET", "inner/doc", "Accept: text/turtle", tagged=True), (304,), READ_GOAL),
    Row("list 10", reading("GET", "crowd10/", "Accept: text/turtle"), (200,), READ_GOAL),
    Row("PUT new", writing("PUT", "new/{number}", TURTLE), (201,), WRITE_GOAL),
    Row("PUT replace", writing("PUT", "inner/again", TURTLE, body=DOCUMENT + AGAIN), (201, 204, 205), WRITE_GOAL),
    Row("POST", writing("POST", "inner/", TURTLE, "Slug: s{number}"), (201,), WRITE_GOAL),
    Row("N3 Patch", writing("PATCH", "patched/{number}", N3, body=PATCH), (200, 201, 204, 205), WRITE_GOAL),
    Row("DELETE", deleting, (200, 204, 205), WRITE_GOAL),
    Row("GET each of 10,000", each("crowd10000/m{:05}", 10_000, "Accept: text/turtle"), (200,), READ_GOAL),
    Row("list 1,000", reading("GET", "crowd1000/", "Accept: text/turtle"), (200,), READ_GOAL),
    Row("PUT new among 10,000", writing("PUT", "filling/n{number}", TURTLE), (201,), WRITE_GOAL),
    Row("list 10,000", reading("GET", "crowd10000/", "Accept: text/turtle"), (200,), READ_GOAL),
)  # fmt: skip
HEAVY = ("list 1,000", "list 10,000", "PUT new among 10,000")
PRIVATE = ("GET Turtle", "PUT new", "PUT replace", "POST", "N3 Patch", "DELETE")


def maker(server, row, *, authorised):
    return row.make(server, "closed/" if authorised else "open/", authorised=authorised)


def measure(server, make, row, connections, seconds):
    before = server.processor_seconds()
    outcome = load(server.port, make, connections, seconds)
    spent = server.processor_seconds() - before
    return {
        "rate": outcome.rate,
        "p50": outcome.within(0.5),
        "p99": outcome.within(0.99),
        "processor": 1000 * spent / max(len(outcome.times), 1),
        "good": outcome.good(row.expected),
    }


def cell(servers, row, connections, arguments, *, authorised):
    """One kind of request: the servers take turns, so that what the machine does besides falls on both alike."""
    living = [server for server in servers if server.process.poll() is None]
    for server in living if authorised else ():
        server.ask_token()
    makers = {server.name: maker(server, row, authorised=authorised) for server in living}
    rounds = {server.name: [] for server in living}
    for number, server in itertools.product(range(arguments.rounds), living):
        server.rest()
        if number == 0:
            load(server.port, makers[server.name], connections, min(arguments.seconds, 1.0))  # warm
            server.rest()
        rounds[server.name].append(measure(server, makers[server.name], row, connections, arguments.seconds))
    return {name: _middle(found) for name, found in rounds.items()}


def _middle(found):
    return {key: statistics.median(one[key] for one in found) for key in found[0]}


def run(servers, arguments):
    """Every cell of every server; all are started, furnished, measured by turns and stopped."""
    figures = {server.name: {} for server in servers}
    try:
        for server in servers:
            server.prepare()
            figures[server.name]["start"] = server.start()
            server.settle()
            figures[server.name]["idle"] = server.status("VmRSS")
        _measured(servers, figures, arguments)
        for server in servers:
            alive = server.process.poll() is None
            figures[server.name]["most"] = server.status("VmHWM") if alive else float("nan")
    finally:
        for server in servers:
            server.stop()
    return figures


def _measured(servers, figures, arguments):
    wanted = [
        (row, authorised)
        for row, authorised in itertools.product(ROWS, (False, True))
        if row.name in arguments.rows and (row.name in PRIVATE or not authorised)
    ]
    for server, (row, authorised) in itertools.product(servers, wanted):
        if row.name not in HEAVY:
            load(server.port, maker(server, row, authorised=authorised), 8, arguments.warm)
    for row, authorised in wanted:
        for connections in arguments.connections:
            name = f"{row.name}{' (authorised)' if authorised else ''} x {connections}"
            for server, found in cell(servers, row, connections, arguments, authorised=authorised).items():
                figures[server][name] = found
                print(f"  {server} {name}: {found}", flush=True)


def table(ours, theirs):
    print(
        "\n| request x connections | pod_app req/s | CSS req/s | ratio | goal | p99 / CSS's p50, ms | CPU ms, ratio |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name, mine in ours.items():
        if not isinstance(mine, dict):
            continue
        peer = theirs.get(name)
        row = next(row for row in ROWS if name.startswith(row.name))
        goal = min(row.goal, READ_GOAL) if "(authorised)" in name else row.goal  # 30 is for what everybody may read
        told = f"{mine['rate']:,.0f}" if mine["good"] > 0.99 else f"{mine['rate']:,.0f} ({mine['good']:.0%} good)"
        if peer is None or not peer["good"]:
            print(f"| {name} | {told} | none | - | ≥ {goal} | {mine['p99']:.1f} / - | {mine['processor']:.2f} |")
            continue
        rate = peer["rate"] * peer["good"]
        ratio = mine["rate"] * mine["good"] / rate
        print(
            f"| {name} | {told} | {rate:,.1f} | {ratio:,.0f} | ≥ {goal} | {mine['p99']:.1f} / {peer['p50']:.1f} "
            f"| {mine['processor']:.2f}, {peer['processor'] / max(mine['processor'], 1e-9):,.0f} |"
        )
    for told, key in (("start, s", "start"), ("memory idle, MB", "idle"), ("memory at most, MB", "most")):
        print(f"{told}: {ours[key]:.1f} (CSS {theirs.get(key, 0):.1f})")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 8, 64])
    parser.add_argument("--rows", nargs="+", default=[row.name for row in ROWS])
    parser.add_argument("--only", choices=["pod_app", "css"])
    parser.add_argument("--warm", type=float, default=2.0, help="seconds of each kind of request before all")
    parser.add_argument("--rounds", type=int, default=3, help="of which the middle counts")
    parser.add_argument("--json", type=Path, help="keep the figures there")
    arguments = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1]})
    print("generator's own ceiling: " + ", ".join(f"{ceiling(n, 1.0):,.0f}/s x {n}" for n in arguments.connections))
    with tempfile.TemporaryDirectory() as folder:
        kinds = [kind for kind in (Ours, Peer) if arguments.only in {None, kind.name}]
        figures = run([kind(Path(folder) / kind.name / "data", cores[0]) for kind in kinds], arguments)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures))
    if "pod_app" in figures:
        table(figures["pod_app"], figures.get("css", {}))


if __name__ == "__main__":
    main()
