"""The body of a request as it comes in: limited in size and in slowness, and readable from a thread.

What is refused here never reaches the application.
"""

import asyncio
import io
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pod_app.errors import N_

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Headers = list[tuple[bytes, bytes]]

BATCH: Final = 256 * 2**10
_LONGEST_LENGTH: Final = 18


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may cost beside the bytes of its body: those of its headers, and the longest wait.

    Waiting for a body uses up `grace` seconds, and each `rate` bytes that come give one of them back.
    """

    max_headers: int = 64 * 2**10
    rate: int = 1024
    grace: float = 15.0


LIMITS: Final = Limits()
MAX_BODY: Final = 32 * 2**20


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that the server gives by itself, before or instead of the application's."""

    status: int
    title: str
    detail: str


_TOO_LARGE: Final = Refusal(413, N_("This is too large"), N_("The body is larger than this server takes."))
_HEADERS_TOO_LARGE: Final = Refusal(431, N_("This is too large"), N_("The headers are larger than this server takes."))
_BAD_LENGTH: Final = Refusal(400, N_("This could not be read"), N_("The Content-Length is not a number."))
_TOO_SLOW: Final = Refusal(408, N_("This took too long"), N_("The body arrived too slowly."))
BROKEN: Final = Refusal(500, N_("Something went wrong"), N_("The server made a mistake, which it has noted."))
GONE: Final = Refusal(499, "", "")


class BodyFailedError(OSError):
    """The rest of the body will not come: too slow, too large, or the client has gone."""


class Inflow:
    """The body of one request as it comes out of the ASGI server, limited in size and in slowness."""

    def __init__(self, receive: Receive, limits: Limits, max_body: int, *, ended: bool) -> None:
        self._receive = receive
        self._limits = limits
        self._max_body = max_body
        self._patience = limits.grace
        self._received = 0
        self.ended = ended
        self.refusal: Refusal | None = None

    async def pull(self, at_least: int) -> bytes:
        """Wait for so many bytes or the end; raises `BodyFailedError` and keeps the reason in `refusal`."""
        chunks: list[bytes] = []
        wanted = at_least
        while wanted > 0 and not self.ended:
            chunk = await self._next()
            chunks.append(chunk)
            wanted -= len(chunk)
        return b"".join(chunks)

    def file(self, early: bytes, loop: asyncio.AbstractEventLoop) -> io.BufferedIOBase:
        """Make what the application reads: the bytes that are here, then those still to come."""
        return io.BytesIO(early) if self.ended else io.BufferedReader(_Pulled(early, self, loop), BATCH)

    async def _next(self) -> bytes:
        message = await self._wait()
        if message["type"] != "http.request":
            raise self._failed(GONE)
        chunk: bytes = message.get("body", b"")
        self.ended = not message.get("more_body", False)
        self._received += len(chunk)
        self._patience = min(self._limits.grace, self._patience + len(chunk) / self._limits.rate)
        if self._received > self._max_body:
            raise self._failed(_TOO_LARGE)
        return chunk

    async def _wait(self) -> Mapping[str, Any]:
        if self.refusal is not None:
            raise BodyFailedError(self.refusal.title)
        loop = asyncio.get_running_loop()
        start = loop.time()
        try:
            async with asyncio.timeout(max(self._patience, 0.0)):
                message = await self._receive()
        except TimeoutError:
            raise self._failed(_TOO_SLOW) from None
        self._patience -= loop.time() - start
        return message

    def _failed(self, refusal: Refusal) -> BodyFailedError:
        self.refusal = refusal
        return BodyFailedError(refusal.title)


class _Pulled(io.RawIOBase):
    """Lets a thread read a body that arrives on the loop, one batch at a time."""

    def __init__(self, early: bytes, inflow: Inflow, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._rest = memoryview(early)
        self._inflow = inflow
        self._loop = loop

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            pulled = asyncio.run_coroutine_threadsafe(self._inflow.pull(BATCH), self._loop).result()
            self._rest = memoryview(pulled)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def refused(headers: Headers, limits: Limits, max_body: int) -> Refusal | None:
    """Judge by the headers alone, before a byte of the body is read."""
    if sum(len(name) + len(value) for name, value in headers) > limits.max_headers:
        return _HEADERS_TOO_LARGE
    lengths = [value for name, value in headers if name == b"content-length"]
    if not all(value.isdigit() and len(value) <= _LONGEST_LENGTH for value in lengths) or len(set(lengths)) > 1:
        return _BAD_LENGTH
    return _TOO_LARGE if lengths and int(lengths[0]) > max_body else None


def has_body(headers: Headers) -> bool:
    """Tell whether a body is announced; without one there is nothing to wait for."""
    return any((name == b"content-length" and value != b"0") or name == b"transfer-encoding" for name, value in headers)
