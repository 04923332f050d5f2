"""The other side of `sandbox`: a broker that forks, and the child that runs one function and ends.

Run as `python -m pod_app.storage.sandbox_child FD`. The broker has one thread and never touches hostile
data. The kernel ends a child at its deadline (a timer whose signal nobody handles), so that nothing
has to watch it, and native code cannot delay it.
"""

import contextlib
import ctypes
import importlib
import json
import os
import pickle
import resource
import signal
import socket
import sys
import traceback
from pathlib import Path
from typing import Any, Final, NoReturn

from pod_app.errors import PodAppError, TooComplex

BYTES: Final = b"b"
JSON: Final = b"j"
ERROR: Final = b"e"
DEFECT: Final = b"d"
HEADER: Final = 9
"""A reply is one byte of kind, eight of length, and the payload."""

_PRELOADED: Final = ("pod_app.standards.rdf", "pod_app.standards.jsonld")
_NEW_USER_AND_NETWORK: Final = 0x10000000 | 0x40000000


def serve(control: socket.socket) -> None:
    """Fork one child for each line that arrives, until the other side closes."""
    for name in _PRELOADED:
        preload(name)
    leave_network()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    control.sendall(b"r")
    while True:
        order, lines, _, _ = socket.recv_fds(control, 4096, 1)
        if not order:
            return
        limits = json.loads(order)
        preload(limits.pop("module"))
        with socket.socket(fileno=lines[0]) as line:
            if os.fork() == 0:
                control.close()
                work(line, **limits)


def preload(module: str) -> None:
    """Import a module once for all later children; what is wrong with it shows again in the child that needs it."""
    with contextlib.suppress(Exception):  # the broker outlives a module that fails to load
        importlib.import_module(module)


def leave_network() -> None:
    """Move into a network namespace without any interface, where an unprivileged user may."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).unshare(_NEW_USER_AND_NETWORK)


def work(line: socket.socket, *, seconds: float, memory: int) -> NoReturn:
    """Read the job, run it under its limits, answer and end, whatever happens."""
    try:
        limit(seconds, memory)
        line.sendall(answer(_read(line)))
    finally:
        os._exit(0)


def limit(seconds: float, memory: int) -> None:
    """Let the kernel end this process after `seconds`, and refuse it more than `memory` additional bytes."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    _cap(resource.RLIMIT_CPU, int(seconds) + 1)
    _cap(resource.RLIMIT_AS, _address_space() + memory)
    _cap(resource.RLIMIT_CORE, 0)
    _cap(resource.RLIMIT_FSIZE, 0)
    _cap(resource.RLIMIT_NOFILE, 64)


def answer(request: bytes) -> bytes:
    """Run a pickled (function, arguments) and frame what comes of it."""
    try:
        function, args = pickle.loads(request)  # noqa: S301  # from our own parent, over a private socket
        result = function(*args)
        kind, payload = (BYTES, bytes(result)) if isinstance(result, bytes) else (JSON, json.dumps(result).encode())
    except PodAppError as error:
        kind, payload = ERROR, _told(error)
    except (MemoryError, RecursionError):
        kind, payload = ERROR, _told(TooComplex("This is nested too deeply or needs too much memory.", "Send less."))
    except Exception:  # noqa: BLE001  # a defect of ours is told to the parent, which raises it
        kind, payload = DEFECT, json.dumps(traceback.format_exc()).encode()
    return kind + len(payload).to_bytes(8) + payload


def _told(error: PodAppError) -> bytes:
    told = {
        "name": type(error).__name__,
        "detail": error.detail_template,
        "remedy": error.remedy_template,
        "values": {name: _plain(value) for name, value in error.values.items()},
    }
    return json.dumps(told).encode()


def _plain(value: object) -> object:
    return value if isinstance(value, int | float) else str(value)


def _read(line: socket.socket) -> bytes:
    chunks: list[bytes] = []
    while chunk := line.recv(2**20):
        chunks.append(chunk)
    return b"".join(chunks)


def _address_space() -> int:
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    except OSError:
        return 2**30


def _cap(kind: int, value: int) -> None:
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(kind, (value, value))


def main(arguments: list[str]) -> Any:
    """Entry of the broker: the number of the inherited socket is its only argument."""
    with socket.socket(fileno=int(arguments[1])) as control:
        serve(control)


if __name__ == "__main__":
    main(sys.argv)
