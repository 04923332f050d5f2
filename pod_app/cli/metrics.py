"""The figures of `serve` for Prometheus, on an address of their own (trust.md S46), summed over its workers.

Each process that answers requests reports what it has counted every two seconds into a small file; whoever is asked
adds the files up. The files of processes that have ended stay as long as `serve` runs, so that no counter ever falls.
"""

import ipaddress
import json
import logging
import os
import shutil
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select

from pod_app.errors import N_, Forbidden, PodAppError, Unavailable
from pod_app.services import Services
from pod_app.settings import Settings
from pod_app.storage import outbox, schema
from pod_app.web.serving.watching import BOUNDS, Counts

LOG: Final = logging.getLogger("pod_app.metrics")
REPORT_SECONDS: Final = 2.0
COUNT_SECONDS: Final = 60.0
"""Counting all resources reads them all: not at every report."""
PATIENCE: Final = 5.0
FOLDER: Final = "metrics"
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_GAUGES: Final = {
    "pods": "Pods that stand.",
    "resources": "Resources that stand, counted every minute.",
    "outbox_due": "Jobs that could be done now.",
    "outbox_lag_seconds": "How long the oldest of them has been waiting.",
    "outbox_failed": "Jobs that were given up.",
    "view_lag_changes": "Changes of pods that the views have not taken in yet.",
}


def folder_of(settings: Settings, leader: int) -> Path:
    """Where the processes of one `serve` report; `leader` is the process that was started by hand."""
    return settings.data / FOLDER / str(leader)


def installation_figures(services: Services) -> Callable[[], dict[str, float]]:
    """A function that says what the database knows, by the names in `_GAUGES`."""
    counted: dict[str, float] = {}
    due = 0.0

    def figures() -> dict[str, float]:
        nonlocal due
        now = services.clock()
        with services.database.read() as conn:
            oldest = outbox.oldest_due(conn, now)
            found = {
                "outbox_due": outbox.due_count(conn, now),
                "outbox_lag_seconds": 0.0 if oldest is None else (now - oldest).total_seconds(),
                "outbox_failed": outbox.failed_count(conn),
            }
            if time.monotonic() >= due:
                due = time.monotonic() + COUNT_SECONDS
                standing = select(func.count()).select_from(schema.pods).where(schema.pods.c.deleted.is_(None))
                counted["pods"] = conn.scalar(standing) or 0
                counted["resources"] = conn.scalar(select(func.count()).select_from(schema.resources)) or 0
        return {**found, **counted, "view_lag_changes": services.views.behind()}

    return figures


class Reporter:
    """The thread of a process that writes down what it has counted; `figures` for the one that does the jobs."""

    def __init__(
        self, folder: Path, worker: int, counts: Counts, figures: Callable[[], dict[str, float]] | None
    ) -> None:
        self._path = folder / f"{os.getpid()}-{time.time_ns()}.json"
        self._worker = worker
        self._counts = counts
        self._figures = figures
        self._known: dict[str, float] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="metrics", daemon=True)

    def start(self) -> None:
        """Begin with a first report."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._thread.start()

    def stop(self) -> None:
        """Write the last one, which only counts what has been."""
        if self._thread.is_alive():
            self._stopping.set()
            self._thread.join(PATIENCE)
            self._write(ended=True)

    def _loop(self) -> None:
        while True:
            if self._figures is not None:
                try:
                    self._known = self._figures()
                except PodAppError as error:
                    self._known = {}
                    LOG.warning("the figures of the installation could not be had: %s", error)
            self._write(ended=False)
            if self._stopping.wait(REPORT_SECONDS):
                return

    def _write(self, *, ended: bool) -> None:
        counts = self._counts
        report = {
            "pid": os.getpid(),
            "worker": self._worker,
            "at": time.time(),
            "ended": ended,
            "requests": [[*labels, number] for labels, number in dict(counts.requests).items()],
            "buckets": list(counts.buckets),
            "seconds": counts.seconds,
            "streams": dict(counts.streams),
            "resident": _resident(),
            "figures": self._known,
        }
        fresh = self._path.with_suffix(".new")
        try:
            fresh.write_text(json.dumps(report), "utf-8")
            fresh.replace(self._path)
        except OSError as error:
            LOG.warning("the figures could not be written: %s", error.strerror)


def exposition(reports: list[dict[str, Any]]) -> str:
    """The text of Prometheus (format 0.0.4) for the reports of all processes."""
    running = [one for one in reports if not one["ended"] and _runs(one["pid"])]
    return "".join(f"{line}\n" for line in (*_counted(reports), *_standing(running)))


def _counted(reports: list[dict[str, Any]]) -> Iterator[str]:
    requests: dict[tuple[str, str], int] = {}
    for method, kind, number in (row for one in reports for row in one["requests"]):
        requests[method, kind] = requests.get((method, kind), 0) + number
    yield from _head("requests_total", "counter", "Requests answered, by method and class of status.")
    for (method, kind), number in sorted(requests.items()):
        yield f'pod_app_requests_total{{method="{method}",class="{kind}"}} {number}'
    yield from _head("request_seconds", "histogram", "Seconds from a request's head to the end of its answer.")
    below = 0
    for place, bound in enumerate((*BOUNDS, "+Inf")):
        below += sum(one["buckets"][place] for one in reports)
        yield f'pod_app_request_seconds_bucket{{le="{bound}"}} {below}'
    yield f"pod_app_request_seconds_sum {sum(one['seconds'] for one in reports):.6f}"
    yield f"pod_app_request_seconds_count {below}"


def _standing(running: list[dict[str, Any]]) -> Iterator[str]:
    yield from _head("open_streams", "gauge", "Open WebSockets and streams of notifications.")
    for kind in ("stream", "websocket"):
        yield f'pod_app_open_streams{{kind="{kind}"}} {sum(one["streams"].get(kind, 0) for one in running)}'
    yield from _head("resident_bytes", "gauge", "Memory that each worker holds.")
    for one in sorted(running, key=lambda one: (one["worker"], one["pid"])):
        if one["resident"] is not None:
            yield f'pod_app_resident_bytes{{worker="{one["worker"]}",pid="{one["pid"]}"}} {one["resident"]}'
    yield from _head("workers", "gauge", "Processes that answer.")
    yield f"pod_app_workers {len(running)}"
    known = sorted((one for one in running if one["figures"]), key=lambda one: float(one["at"]))
    for name, value in known[-1]["figures"].items() if known else ():
        yield from _head(name, "gauge", _GAUGES[name])
        yield f"pod_app_{name} {value}"


def _head(name: str, kind: str, words: str) -> tuple[str, str]:
    return f"# HELP pod_app_{name} {words}", f"# TYPE pod_app_{name} {kind}"


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _resident() -> int | None:
    """Bytes of memory that this process holds; None where no /proc tells."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None


class Exporter:
    """Answers `/metrics` on the address in the settings, and keeps the folder of the reports."""

    def __init__(self, settings: Settings) -> None:
        self._folder = folder_of(settings, os.getpid())
        self._server = _listen(settings, self._text)
        _sweep(self._folder.parent)
        self._thread = threading.Thread(target=self._server.serve_forever, name="metrics-door", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Let go of the port and delete the reports."""
        self._server.shutdown()
        self._server.server_close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _text(self) -> str:
        return exposition([json.loads(path.read_text("utf-8")) for path in sorted(self._folder.glob("*.json"))])


def _sweep(folder: Path) -> None:
    """Delete what processes left that were killed."""
    for left in folder.glob("*"):
        if left.name.isdecimal() and not _runs(int(left.name)):
            shutil.rmtree(left, ignore_errors=True)


class _Door(socketserver.TCPServer):
    """One reader at a time, none for longer than `PATIENCE`: nothing here can be flooded into many threads."""

    allow_reuse_address = True

    def __init__(self, family: socket.AddressFamily, address: tuple[str, int], text: Callable[[], str]) -> None:
        self.address_family = family
        self.text = text
        super().__init__(address, _Reader)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  # socketserver's signature
        """Say it in the log instead of on stderr."""
        LOG.error("the figures could not be told", exc_info=sys.exception())


class _Reader(BaseHTTPRequestHandler):
    """One request for the figures."""

    timeout = PATIENCE
    server: _Door

    def do_GET(self) -> None:
        """Tell them at /metrics, and nothing anywhere else."""
        found = self.path.partition("?")[0] == "/metrics"
        body = self.server.text().encode() if found else b"The figures are at /metrics.\n"
        self.send_response_only(200 if found else 404)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nobody wants a line for every scrape."""


def _listen(settings: Settings, text: Callable[[], str]) -> _Door:
    """Open the address; raises `Forbidden` for one that others reach, unless that is meant, and `Unavailable`."""
    host, _, port = settings.metrics_address.rpartition(":")
    try:
        found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, address = found[0][0], (str(found[0][4][0]), int(port))
        if not (settings.metrics_public or ipaddress.ip_address(address[0]).is_loopback):
            raise Forbidden(
                N_("{address} can be reached from other machines, and nothing there asks who reads the figures."),
                N_("Use 127.0.0.1, or set metrics_public when a firewall stands before it."),
                address=settings.metrics_address,
            )
        return _Door(family, address, text)
    except OSError as error:
        raise Unavailable(
            N_("The figures cannot be told at {address}: {problem}."), N_("Choose another metrics_address."),
            address=settings.metrics_address, problem=error.strerror or error,
        ) from error  # fmt: skip
