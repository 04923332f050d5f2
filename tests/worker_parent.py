"""`serve --workers` as a running parent, for tests that look at what its processes share."""

import json
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import live_server

GUARD = live_server.HANG_GUARD


class Parent:
    """A running parent with two workers, and its owner's token."""

    def __init__(self, folder, port, token):
        self.port = port
        self.base = f"http://localhost:{port}/"
        self.token = token
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/plain"}
        self.log = folder.parent / "parent.log"
        command = [sys.executable, "-m", "pod_app", "serve", "--port", str(port), "--workers", "2"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, env=live_server.environment(folder), stdout=log, stderr=log)
        self.wait_for(lambda: "with 2 workers" in self.log.read_text("utf-8"))

    def children(self):
        found = []
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            with suppress(FileNotFoundError):  # a thread that ended meanwhile
                found += map(int, (task / "children").read_text("utf-8").split())
        return set(found)

    def connected(self):
        """Those children that somebody is connected to."""
        table = [
            line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()
        ]
        mark, established = f":{self.port:04X}", "01"
        inodes = {row[9] for row in table if row[1].endswith(mark) and row[3] == established}
        return {child for child in self.children() if inodes & set(_sockets(child))}

    def wait_for(self, condition):
        until = time.monotonic() + GUARD
        while not condition():
            assert self.process.poll() is None, self.log.read_text("utf-8")
            assert time.monotonic() < until, self.log.read_text("utf-8")
            time.sleep(0.02)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(GUARD)


def _sockets(process):
    """Inodes of the sockets that a process has open."""
    with suppress(FileNotFoundError):  # it ended meanwhile
        for file in Path(f"/proc/{process}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed meanwhile
                target = str(file.readlink())
                if target.startswith("socket:["):
                    yield target.removeprefix("socket:[").removesuffix("]")


@contextmanager
def running_parent(folder, settings=""):
    """Alice's notebook in `folder`, served by two workers; `settings` go into its pod_app.toml."""
    folder.mkdir()
    (folder / "pod_app.toml").write_text(settings)
    port = live_server.free_port()
    create = ("account", "create", "alice", "--client-credentials", "--json")
    made = live_server.run(folder, *create, "--base-url", f"http://localhost:{port}/")
    assert made.returncode == 0, made.stderr
    parent = Parent(folder, port, json.loads(made.stdout)["token"])
    try:
        yield parent
    finally:
        if parent.process.poll() is None:
            parent.end()
