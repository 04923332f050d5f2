"""`serve --workers N`: several processes that answer on one port, watched by this one.

The parent opens the port once and never answers itself; its children take connections from the same socket, so that
none is dropped while one child ends and another begins. SIGHUP replaces the children one by one (new settings, new
code), SIGTERM ends them when their requests are answered, and one that dies is begun again. Each child
holds one end of a pair of sockets: it says there when it is ready, and ends when its parent is gone.
"""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType
from typing import Final

from pod_app.errors import N_, Unavailable

LOG: Final = logging.getLogger("pod_app.workers")
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 30.0
SHORT_LIFE: Final = 1.0
BACKLOG: Final = 1024
_READY: Final = b"r"


@dataclass(slots=True)
class Child:
    """One running worker; `number` 0 also runs the jobs."""

    number: int
    process: "subprocess.Popen[bytes]"
    line: socket.socket
    began: float


class Workers:
    """The children of one `serve`."""

    def __init__(self, arguments: Sequence[str], listening: socket.socket, count: int) -> None:
        self._arguments = arguments
        self._listening = listening
        self._count = count
        self._children: dict[int, Child] = {}
        self._signals: list[int] = []
        self._wake = threading.Event()

    def run(self, on_ready: Callable[[], object]) -> None:
        """Start the children and watch them until SIGTERM or SIGINT. Raises `Unavailable` when one does not start."""
        kept = {number: signal.signal(number, self._note) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
        signal.signal(signal.SIGCHLD, lambda *_: self._wake.set())
        try:
            self._children = {number: self._begin(number) for number in range(self._count)}
            for child in self._children.values():
                self._await(child)
            on_ready()
            self._watch()
        finally:
            self._stop(list(self._children.values()))
            for number, handler in kept.items():
                signal.signal(number, handler)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._signals.append(number)
        self._wake.set()

    def _watch(self) -> None:
        while True:
            self._wake.wait(1.0)
            self._wake.clear()
            while self._signals:
                if self._signals.pop(0) != signal.SIGHUP:
                    return
                self._replace_all()
            for child in list(self._children.values()):
                if child.process.poll() is not None:
                    self._revive(child)

    def _replace_all(self) -> None:
        """One after the other, each old one only once its successor answers; a successor that fails changes nothing."""
        for number, old in list(self._children.items()):
            try:
                self._children[number] = self._start(number)
            except Unavailable as error:
                LOG.error("%s", error)  # noqa: TRY400  # the sentence says it all
                return
            self._stop([old])

    def _revive(self, child: Child) -> None:
        LOG.error("worker %s ended with %s and is begun again", child.number, child.process.returncode)
        child.line.close()
        if time.monotonic() - child.began < SHORT_LIFE:
            time.sleep(SHORT_LIFE)
        try:
            self._children[child.number] = self._start(child.number)
        except Unavailable as error:
            LOG.error("%s", error)  # noqa: TRY400  # it is tried again

    def _start(self, number: int) -> Child:
        return self._await(self._begin(number))

    def _begin(self, number: int) -> Child:
        ours, theirs = socket.socketpair()
        passed = (self._listening.fileno(), theirs.fileno())
        command = [sys.executable, "-m", "pod_app", *self._arguments, "--worker", f"{number}:{passed[0]}:{passed[1]}"]
        with theirs:
            process = subprocess.Popen(command, pass_fds=passed)  # noqa: S603  # this very program
        return Child(number, process, ours, time.monotonic())

    def _await(self, child: Child) -> Child:
        child.line.settimeout(START_SECONDS)
        try:
            ready = child.line.recv(1) == _READY
        except TimeoutError:
            ready = False
        if not ready:
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(SHORT_LIFE)
            self._stop([child])
            raise Unavailable(
                N_("Worker {number} did not start (exit code {code})."), N_("What it wrote above says why."),
                number=child.number, code=child.process.returncode,
            )  # fmt: skip
        return child

    def _stop(self, children: Sequence[Child]) -> None:
        for child in children:
            if child.process.poll() is None:
                child.process.terminate()
        until = time.monotonic() + STOP_SECONDS
        for child in children:
            try:
                child.process.wait(max(until - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
            child.line.close()


@dataclass(frozen=True, slots=True)
class Place:
    """A worker's place among the others: its number, the shared socket, and the line to the parent."""

    number: int
    listening: socket.socket
    line: socket.socket

    @property
    def runs_jobs(self) -> bool:
        """One of them is enough; leases make sure that no other does the same (storage/outbox.py)."""
        return self.number == 0

    def ready(self) -> None:
        """Tell the parent, and end when it is gone."""
        self.line.sendall(_READY)
        threading.Thread(target=self._follow, name="parent", daemon=True).start()

    def _follow(self) -> None:
        if not self.line.recv(1):
            os.kill(os.getpid(), signal.SIGTERM)


def place(text: str) -> Place:
    """Read what `Workers` put after `--worker`."""
    number, listening, line = (int(part) for part in text.split(":"))
    return Place(number, socket.socket(fileno=listening), socket.socket(fileno=line))


def listen(address: str, port: int) -> socket.socket:
    """Open the port for all of them; `server.usable_address` has tried it."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.create_server((address, port), family=family, backlog=BACKLOG)
