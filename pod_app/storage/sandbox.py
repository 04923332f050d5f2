"""Run one function on hostile input in a child that can be killed (house.md §3, trust.md S10).

A broker process has imported what the functions need and forks one child for each job, so that a job
costs some milliseconds. The child has a deadline, a memory cap and, where the system permits, no
network (`sandbox_child`). Its answer is bytes or JSON and is never unpickled: a child that was
taken over by its input cannot reach further than a wrong answer.
"""

import json
import os
import pickle
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Final, ParamSpec, TypeVar

from pod_app import errors
from pod_app.brevity import may_take_long
from pod_app.errors import N_, PodAppError, TooComplex, Unavailable
from pod_app.storage import sandbox_child

P = ParamSpec("P")
T = TypeVar("T")

_GRACE: Final = 5.0
"""Seconds that a child may take beyond its deadline to be forked and to die."""
_START: Final = 30.0
"""Seconds that the broker may take to import everything on a busy machine."""
_ERRORS: Final = {
    name: value for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, PodAppError)
}


class Sandbox:
    """One broker and its children; starts at the first job, ends with `close`. Safe to share between threads."""

    def __init__(self, parallel: int | None = None) -> None:
        self._room = threading.BoundedSemaphore(parallel or max(2, os.cpu_count() or 1))
        self._lock = threading.Lock()
        self._broker: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._owner = 0
        self._closed = False

    def run(self, function: Callable[..., T], *args: Any, seconds: float, memory_bytes: int) -> T:
        """Return `function(*args)`, computed by a child; bytes stay bytes, everything else passes through JSON.

        The function is found by its module and name, its arguments are pickled. Errors of the program
        come back as they are. Raises `TooComplex` when the child took longer than `seconds`, needed
        `memory_bytes` more than it began with, or crashed, and `Unavailable` when there is no room.
        """
        may_take_long()
        if not self._room.acquire(timeout=seconds):
            raise _busy()
        try:
            module = function.__module__ or "builtins"  # methods of built-in types have none
            return self._run(module, pickle.dumps((function, args)), seconds, memory_bytes)  # type: ignore[no-any-return]  # the child's word for it
        finally:
            self._room.release()

    def close(self) -> None:
        """End the broker; a job that still runs ends at its own deadline."""
        with self._lock:
            self._closed = True
            self._stop()

    def _run(self, module: str, request: bytes, seconds: float, memory_bytes: int) -> Any:
        started = time.monotonic()
        with self._hire(module, seconds, memory_bytes) as line:
            line.settimeout(seconds + _GRACE)
            try:
                line.sendall(request)
                line.shutdown(socket.SHUT_WR)
                reply = _receive(line, seconds + _GRACE)
            except OSError:
                reply = b""
        if time.monotonic() - started >= seconds and not _is_whole(reply):
            raise TooComplex(
                N_("This took longer than {seconds} seconds and was stopped."), N_("Send less."), seconds=seconds
            )
        return _understand(reply, memory_bytes)

    def _hire(self, module: str, seconds: float, memory_bytes: int) -> socket.socket:
        """Open a line to a new child; `module` is imported before the fork, so that later jobs need not."""
        ours, theirs = socket.socketpair()
        order = json.dumps({"module": module, "seconds": seconds, "memory": memory_bytes}).encode()
        try:
            with theirs, self._lock:
                try:
                    socket.send_fds(self._ready(), [order], [theirs.fileno()])
                except OSError:  # the broker was killed: the next one is as good
                    self._stop()
                    socket.send_fds(self._ready(), [order], [theirs.fileno()])
        except BaseException:
            ours.close()
            raise
        return ours

    def _ready(self) -> socket.socket:
        """Return the line to the broker; a process forked from ours needs its own."""
        if self._closed:
            raise Unavailable(N_("The program is ending."), N_("Try again in a moment."))
        if self._control is not None and self._owner == os.getpid():
            return self._control
        return self._start()

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._broker = subprocess.Popen(  # noqa: S603  # our own module, by our own interpreter
                [sys.executable, "-B", "-m", sandbox_child.__name__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "LC_ALL": "C.UTF-8"},
                start_new_session=True,
            )
        self._control, self._owner = ours, os.getpid()
        ours.settimeout(_START)
        try:
            ready = ours.recv(1)
        except OSError:
            ready = b""
        if not ready:
            self._stop()
            raise Unavailable(
                N_("The sandbox for large documents did not start."),
                N_("Try again; if it stays so, tell whoever runs it."),
            )
        return ours

    def _stop(self) -> None:
        control, broker = self._control, self._broker
        self._control = self._broker = None
        if control is not None:
            control.close()
        if broker is not None and self._owner == os.getpid():
            try:
                broker.wait(timeout=2)
            except subprocess.TimeoutExpired:
                broker.kill()
                broker.wait()


def _receive(line: socket.socket, seconds: float) -> bytes:
    deadline = time.monotonic() + seconds
    chunks: list[bytes] = []
    while chunk := line.recv(2**20):
        chunks.append(chunk)
        line.settimeout(max(deadline - time.monotonic(), 0.001))
    return b"".join(chunks)


def _is_whole(reply: bytes) -> bool:
    header = sandbox_child.HEADER
    return len(reply) >= header and int.from_bytes(reply[1:header]) == len(reply) - header


def _understand(reply: bytes, memory_bytes: int) -> Any:
    kind, payload = reply[:1], reply[sandbox_child.HEADER :]
    if not _is_whole(reply):
        raise TooComplex(
            N_("This needed more than {memory} bytes of memory, or broke the reader; it was stopped."),
            N_("Send less, or something simpler."),
            memory=memory_bytes,
        )
    if kind == sandbox_child.BYTES:
        return payload
    answer = json.loads(payload)
    if kind == sandbox_child.JSON:
        return answer
    if kind == sandbox_child.ERROR:
        raise _ERRORS[answer["name"]](answer["detail"], answer["remedy"], **answer["values"])
    message = f"a function failed in the sandbox:\n{answer}"
    raise RuntimeError(message)


def _busy() -> Unavailable:
    return Unavailable(N_("Too many large documents are being read right now."), N_("Try again in a moment."))
