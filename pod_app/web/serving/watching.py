"""What the server notices about requests: counts for the figures, a line for the log.

All of it runs on the event loop, so that counting needs no lock; who wants neither wraps nothing. Nothing here looks
at a header, a query or a body.
"""

import logging
import secrets
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

from pod_app.pods.subscriptions import STREAMS
from pod_app.web.serving.inflow import Receive

Scope = Any
Send = Callable[[dict[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

LOG: Final = logging.getLogger("pod_app.requests")
REQUEST: Final[ContextVar[str]] = ContextVar("request", default="")
"""A random name of the request at hand, in whatever thread works for it; empty outside of one."""
BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the histogram of seconds; one more place counts what took longer."""
_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"})
_STREAMS: Final = f"/{STREAMS}".encode()
_ABORTED: Final = 499  # nobody was there any more to be answered, as other servers write it


@dataclass(slots=True)
class Counts:
    """What one process has counted since it began."""

    requests: Counter[tuple[str, str]] = field(default_factory=Counter)
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0.0
    streams: Counter[str] = field(default_factory=Counter)

    def note(self, method: str, status: int, seconds: float | None) -> None:
        """Count one answer; streams, which last as long as somebody listens, have no `seconds`."""
        # What a client invents must not become a label.
        self.requests[method if method in _METHODS else "other", f"{status // 100}xx"] += 1
        if seconds is not None:
            self.buckets[bisect_left(BOUNDS, seconds)] += 1
            self.seconds += seconds


class Watched:
    """An ASGI application around another one."""

    def __init__(self, application: Asgi, counts: Counts) -> None:
        self._application = application
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a connection on and note how it ended."""
        kind = scope["type"]
        if kind == "websocket" or (kind == "http" and bytes(scope["raw_path"]).startswith(_STREAMS)):
            await self._stream("websocket" if kind == "websocket" else "stream", scope, receive, send)
        elif kind == "http":
            await self._request(scope, receive, send, timed=True)
        else:
            await self._application(scope, receive, send)

    async def _stream(self, kind: str, scope: Scope, receive: Receive, send: Send) -> None:
        self._counts.streams[kind] += 1
        try:
            if kind == "websocket":
                await self._application(scope, receive, send)
            else:
                await self._request(scope, receive, send, timed=False)
        finally:
            self._counts.streams[kind] -= 1

    async def _request(self, scope: Scope, receive: Receive, send: Send, *, timed: bool) -> None:
        token = REQUEST.set(secrets.token_hex(8))
        began = time.perf_counter()
        status, size = _ABORTED, 0

        async def noting(message: dict[str, Any]) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self._application(scope, receive, noting)
        finally:
            seconds = time.perf_counter() - began
            self._counts.note(scope["method"], status, seconds if timed else None)
            if LOG.isEnabledFor(logging.INFO):
                _tell(scope, status, size, seconds)
            REQUEST.reset(token)


def _tell(scope: Scope, status: int, size: int, seconds: float) -> None:
    path = bytes(scope["raw_path"]).decode("latin-1")
    fields = {"method": scope["method"], "path": path, "status": status, "bytes": size, "ms": round(seconds * 1000, 1)}
    LOG.info("%s %s %s", scope["method"], path, status, extra={"fields": fields})
