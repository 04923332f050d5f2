"""What counting a request and writing a line for it costs, in processor time, beside nothing around the application.

    python bench/watching.py

The lines go through the program's own formatters into /dev/null. Off means that nothing is wrapped at all.
"""

import asyncio
import logging
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pod_app.cli.logs import JsonLines, Redaction, TextLines
from pod_app.web.serving.watching import LOG, Counts, Watched

ROUNDS = 20_000
SCOPE = {"type": "http", "method": "GET", "raw_path": b"/alice/profile/card", "headers": []}


async def application(_scope, _receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"x" * 3000})


async def nowhere(_message):
    pass


async def measure(app):
    began = time.process_time()
    for _ in range(ROUNDS):
        await app(SCOPE, None, nowhere)
    return (time.process_time() - began) / ROUNDS * 1e6


def logging_as(formatter, sink):
    handler = logging.StreamHandler(sink)
    handler.setFormatter(formatter(Redaction("https://garden.example/")))
    LOG.handlers[:], LOG.propagate = [handler], False
    LOG.setLevel(logging.INFO)


def main():
    plain = min(asyncio.run(measure(application)) for _ in range(3))
    watched = Watched(application, Counts())
    LOG.setLevel(logging.WARNING)
    print(f"counted                 {min(asyncio.run(measure(watched)) for _ in range(3)) - plain:6.1f} µs")
    with Path(os.devnull).open("w", encoding="utf-8") as sink:
        for name, formatter in (("a line of text", TextLines), ("a line of JSON", JsonLines)):
            logging_as(formatter, sink)
            print(f"counted, and {name} {min(asyncio.run(measure(watched)) for _ in range(3)) - plain:6.1f} µs")


if __name__ == "__main__":
    main()
