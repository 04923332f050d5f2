"""The real program in a child process, on a free loopback port, for tests that need sockets."""

import os
import random
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from pod_app.storage.database import FILE_NAME

HANG_GUARD = 180.0  # seconds that nothing should ever need, on a machine that is busy with other things
LOWEST, HIGHEST = 10_240, 32_767
_chance = random.SystemRandom()  # pytest-randomly gives every process of tests the same seed

# httpx alone gives up after five seconds.
get, put, post = (partial(ask, timeout=HANG_GUARD) for ask in (httpx.get, httpx.put, httpx.post))


def free_port() -> int:
    """A port that nobody listens on, below those that the system hands out to connections and to port 0.

    One of theirs could be taken between this look and the start of the server that wants it.
    """
    while True:
        with socket.socket() as probe, suppress(OSError):
            port = _chance.randint(LOWEST, HIGHEST)
            probe.bind(("127.0.0.1", port))
            return port


def environment(folder: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("POD_APP_")}
    ours = {"POD_APP_DATA": str(folder), "POD_APP_DEMONSTRATION": "true"}
    return {**kept, **ours, "LANG": "en_GB.UTF-8", "PYTHONUNBUFFERED": "1"}


def run(folder: Path, *arguments: str, stdin: str | bytes = "") -> subprocess.CompletedProcess:
    """One command on a data folder, as a person types it."""
    text = isinstance(stdin, str)
    command = [sys.executable, "-m", "pod_app", *arguments]
    return subprocess.run(
        command, env=environment(folder), input=stdin, capture_output=True, text=text, timeout=HANG_GUARD, check=False
    )


def copy(folder: Path, to: Path) -> Path:
    """A data folder as it stands; SQLite copies its database, because somebody may be writing to it."""
    shutil.copytree(folder, to, ignore=shutil.ignore_patterns(f"{FILE_NAME}*"))
    with closing(sqlite3.connect(folder / FILE_NAME)) as here, closing(sqlite3.connect(to / FILE_NAME)) as there:
        here.backup(there)
    return to


@contextmanager
def serving(folder: Path, port: int | None = None, command: str = "serve", *more: str) -> Iterator[str]:
    """Serve a data folder; yields the base URL once it answers."""
    port = port or free_port()
    arguments = [sys.executable, "-m", "pod_app", command, "--port", str(port), *more]
    log = folder.parent / f"{folder.name}.log"
    with log.open("ab") as output:
        child = subprocess.Popen(arguments, env=environment(folder), stdout=output, stderr=subprocess.STDOUT)
        try:
            _wait(child, port, log)
            yield f"http://localhost:{port}/"
        finally:
            child.terminate()
            try:
                child.wait(HANG_GUARD)
            except subprocess.TimeoutExpired:
                child.kill()


@contextmanager
def answering(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[int]:
    """A small server of a test's own in a thread; yields its port on 127.0.0.1."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(HANG_GUARD)


def _wait(child: subprocess.Popen, port: int, log: Path) -> None:
    end = time.monotonic() + HANG_GUARD
    while time.monotonic() < end:
        if child.poll() is not None:
            raise RuntimeError(f"the server ended: {log.read_text('utf-8', 'replace')}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(log.read_text("utf-8", "replace"))
