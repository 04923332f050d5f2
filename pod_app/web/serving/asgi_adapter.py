"""Runs a WSGI application under an ASGI server, which alone can tell the raw request target (house.md §8).

What is short is answered on the event loop itself (`pod_app/brevity.py`). For all else a thread is taken, and only
while the application works: bodies up to 256 KiB are read before, and a slow reader of a long answer holds no thread
at all. Longer bodies and the later parts of long answers use a second pool and never hold up short requests.
"""

import asyncio
import contextvars
import json
import logging
import sys
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, MutableMapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import unquote_to_bytes

from pod_app.brevity import TooLongError, attempt
from pod_app.web.serving.hands import Arrivals, Hands
from pod_app.web.serving.inflow import (
    BATCH,
    BROKEN,
    GONE,
    LIMITS,
    MAX_BODY,
    BodyFailedError,
    Headers,
    Inflow,
    Limits,
    Receive,
    Refusal,
    has_body,
    refused,
)
from pod_app.web.serving.kept_answers import ASKED, LASTING, Asked, Kept, KeptAnswers, Questions

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

Scope = MutableMapping[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]

STOPPING: Final = "pod_app.stopping"
_LOOK_AGAIN: Final = 0.02  # seconds
_LOG: Final = logging.getLogger(__name__)
_ANSWER_BATCH: Final = 64 * 2**10
# Of one connection only, and HTTP_PROXY is a name that some libraries trust.
_NOT_PASSED: Final = frozenset(
    {b"connection", b"keep-alive", b"transfer-encoding", b"upgrade", b"te", b"trailer", b"proxy"}
)


class NativeStreams(Protocol):
    """Connections that stay open and need no thread: an ASGI application that says which ones it takes."""

    def takes(self, scope: Scope, /) -> bool:
        """Whether it answers this connection."""
        ...

    async def __call__(self, scope: Scope, receive: Receive, send: Send, /) -> None:
        """Answer it."""
        ...

    def end(self) -> None:
        """Begin to end every connection."""
        ...

    def close(self) -> None:
        """Let go of threads."""
        ...


class AsgiAdapter:
    """An ASGI application around a WSGI one; `threads` work on requests, as many again on long bodies and answers.

    The environ has, beside PEP 3333, `RAW_URI` (path and query as they arrived), `wsgi.input_terminated`, and
    `pod_app.stopping`, a `threading.Event` that long streams watch. Bodies above `max_body` bytes are answered
    with 413. What `streams` takes (WebSockets, endless answers) it answers itself, on the loop; without it
    WebSockets are refused. An application with a method `is_brief` says with it of which environs an attempt on the
    loop is worth it, one with `joins` and `join` which are to be part of a transaction, and one with `stamp` when
    answers that it calls `LASTING` no longer hold; what is asked with a proof of who asks it finds as `ASKED`.
    """

    def __init__(
        self,
        application: "WSGIApplication",
        *,
        threads: int = 8,
        max_body: int = MAX_BODY,
        limits: Limits = LIMITS,
        streams: "NativeStreams | None" = None,
    ) -> None:
        self._application = application
        self._is_brief: Callable[[WSGIEnvironment], bool] = getattr(application, "is_brief", lambda _environ: False)
        self._joins: Callable[[WSGIEnvironment], bool] = getattr(application, "joins", lambda _environ: False)
        self._join: Callable[[Callable[[], bytes]], Future[bytes]] | None = getattr(application, "join", None)
        self._questions = Questions(getattr(application, "stamp", None))
        self._kept: KeptAnswers[Kept] = KeptAnswers()
        self._arrivals = Arrivals()
        self._streams = streams
        self._open_streams = 0
        self._max_body = max_body
        self._limits = limits
        self._short = Hands(threads, "request", self._arrivals)
        self._long = ThreadPoolExecutor(threads * 4, "stream")
        self._stopping = threading.Event()
        self._parting = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection of the ASGI server, whatever its kind."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif self._streams is not None and self._streams.takes(scope):
            self._open_streams += 1
            try:
                await self._streams(scope, receive, send)
            finally:
                self._open_streams -= 1
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1008})

    def part(self) -> None:
        """From now on each answer ends its connection, so that a client's next request goes to who stays."""
        self._parting = True

    def end_streams(self) -> None:
        """Tell answers of unknown length to end after their current part; other requests go on."""
        self._stopping.set()
        if self._streams is not None:
            self._streams.end()

    async def streams_gone(self, seconds: float) -> None:
        """Wait, at most so long, until each stream has said goodbye: a server that stops cuts the others off."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while self._open_streams and loop.time() < until:  # noqa: ASYNC110  # once, while stopping
            await asyncio.sleep(_LOOK_AGAIN)

    def close(self) -> None:
        """Let the threads go, without waiting for those that are still at work."""
        self._stopping.set()
        if self._streams is not None:
            self._streams.close()
        self._short.close()
        self._long.shutdown(wait=False, cancel_futures=True)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: Headers = scope["headers"]
        refusal = refused(headers, self._limits, self._max_body)
        if refusal is not None:
            await _refuse(send, refusal)
            return
        inflow = Inflow(receive, self._limits, self._max_body, ended=not has_body(headers))
        asked = self._questions.of(scope) if inflow.ended else None
        if asked is not None and not asked.personal and (kept := self._kept.find(asked)) is not None:
            await _send(send, kept, last=self._parting)
            return
        try:
            early = await inflow.pull(BATCH)
        except BodyFailedError:
            await _refuse(send, inflow.refusal)
            return
        environ = _environ(scope, self._stopping)
        environ["wsgi.input"] = inflow.file(early, asyncio.get_running_loop())
        if inflow.ended and early:
            environ["CONTENT_LENGTH"] = str(len(early))
        if asked is not None and asked.personal:
            environ[ASKED], asked = asked, None
        await self._answer(environ, asked, inflow, receive, send)

    async def _answer(
        self, environ: "WSGIEnvironment", asked: Asked | None, inflow: "Inflow", receive: Receive, send: Send
    ) -> None:
        context = contextvars.copy_context()
        call, body = await self._begin(environ, context, whole=inflow.ended)
        try:
            if call.failed or inflow.refusal is not None:
                await _refuse(send, inflow.refusal or BROKEN)
                return
            answer = Kept(call.status, call.headers, body)
            if asked is not None and call.ended and environ.get(LASTING):
                self._kept.keep(asked, answer, call.status, answer.size)
            # What is left of a body must not be taken for the next request.
            await _send(send, answer, last=self._parting or not inflow.ended, more=not call.ended)
            if not call.ended:
                await self._stream(call, context, receive if inflow.ended else _never, send)
        finally:
            if not call.closed:
                await asyncio.get_running_loop().run_in_executor(self._long, context.run, call.close)

    async def _begin(
        self, environ: "WSGIEnvironment", context: contextvars.Context, *, whole: bool
    ) -> tuple["_Call", bytes]:
        """A call and its first bytes, made where that costs least; an attempt that came to nothing is begun again."""
        call = _Call(self._application, environ)
        if not whole:
            return call, await asyncio.get_running_loop().run_in_executor(self._long, context.run, call.begin)
        if self._is_brief(environ):
            with suppress(TooLongError):
                return call, context.run(attempt, call.begin)
        elif self._join is not None:
            with suppress(TooLongError, Exception):  # what was not kept is told by the second time
                if self._joins(environ):
                    joined = self._join(partial(context.run, attempt, call.begin))
                    return call, await self._arrivals.expect(joined)
            call = _Call(self._application, environ)
            environ["wsgi.input"].seek(0)
        environ.pop(ASKED, None)  # what is kept belongs to the loop alone
        return call, await self._short.run(partial(context.run, call.begin))

    async def _stream(self, call: "_Call", context: contextvars.Context, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            while not (call.ended or gone.done() or (self._stopping.is_set() and call.length is None)):
                body = await loop.run_in_executor(self._long, context.run, call.advance)
                if call.failed:
                    raise BodyFailedError("the application failed in the middle of its answer")
                await send({"type": "http.response.body", "body": body, "more_body": True})
        finally:
            gone.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class _Call:
    """One run of the application; its methods are called one at a time, in one context, most of them in threads."""

    def __init__(self, application: "WSGIApplication", environ: "WSGIEnvironment") -> None:
        self._application = application
        self.environ = environ
        self._written: list[bytes] = []
        self._result: Iterable[bytes] = ()
        self._chunks: Iterator[bytes] = iter(())
        self._sent = 0
        self.status = 0
        self.headers: Headers = []
        self.length: int | None = None
        self.ended = self.failed = self.closed = False

    def begin(self) -> bytes:
        """Run the application up to its first bytes, and to its end when that is near.

        An attempt that ends with `TooLongError` has answered nothing yet, and may be begun again.
        """
        try:
            self._result = self._application(self.environ, self._start_response)
            self._chunks = iter(self._result)
            body = self._take()
            self.failed = self.failed or not self.status
            return b"".join(self._written) + body
        except Exception:  # noqa: BLE001  # whatever it is goes to the log, and the client gets a plain 500
            return self._fail()

    def advance(self) -> bytes:
        """Give the next bytes; sets `ended` after the last ones and `failed` when the application raises."""
        try:
            return self._take()
        except Exception:  # noqa: BLE001  # whatever it is goes to the log, and the client gets a plain 500
            return self._fail()

    def close(self) -> None:
        """Call `close` of what the application returned, once, as PEP 3333 promises."""
        if not self.closed:
            self.closed = True
            try:
                getattr(self._result, "close", lambda: None)()
            except Exception:  # noqa: BLE001  # the answer has been given: only the log can tell
                _LOG.exception("closing an answer failed")

    def _take(self) -> bytes:
        """Collect small chunks when the length is known; otherwise each may be news that somebody waits for."""
        batch: list[bytes] = []
        size = 0
        for chunk in self._chunks:
            batch.append(chunk)
            size += len(chunk)
            if size >= _ANSWER_BATCH or (size and self.length is None):
                break
        else:
            self.ended = True
        self._sent += size
        if self.environ["REQUEST_METHOD"] == "HEAD" or (self.length is not None and self._sent >= self.length):
            self.ended = True
        if self.ended:
            self.close()
        return b"".join(batch) if self.environ["REQUEST_METHOD"] != "HEAD" else b""

    def _fail(self) -> bytes:
        if not isinstance(sys.exc_info()[1], BodyFailedError):
            _LOG.exception("%s failed", self.environ["REQUEST_METHOD"])
        self.failed = self.ended = True
        self.close()
        return b""

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], object]:
        if self.status and exc_info is None:
            raise RuntimeError("start_response was called twice")
        self.status = int(status[:3])
        named = ((_on_the_wire(name), value) for name, value in headers)
        self.headers = [(name, value.encode("latin-1")) for name, value in named if name not in _NOT_PASSED]
        self.length = next((int(value) for name, value in self.headers if name == b"content-length"), None)
        return self._written.append


@lru_cache(maxsize=256)
def _on_the_wire(name: str) -> bytes:
    return name.lower().encode("latin-1")


@lru_cache(maxsize=256)
def _in_the_environ(name: bytes) -> str:
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"


def _environ(scope: Scope, stopping: threading.Event) -> "WSGIEnvironment":
    raw_path: bytes = scope["raw_path"]
    query: bytes = scope["query_string"]
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(raw_path).decode("latin-1"),
        "QUERY_STRING": query.decode("latin-1"),
        "RAW_URI": (raw_path + b"?" + query if query else raw_path).decode("latin-1"),
        "SERVER_NAME": str(scope["server"][0]),
        "SERVER_PORT": str(scope["server"][1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
        STOPPING: stopping,
    }
    if scope.get("client"):
        environ.update(REMOTE_ADDR=str(scope["client"][0]), REMOTE_PORT=str(scope["client"][1]))
    _add_headers(environ, scope["headers"])
    return environ


def _add_headers(environ: "WSGIEnvironment", headers: Headers) -> None:
    """Join repeats; drop names with `_`, which could pass for another header once `-` has become `_` too."""
    for raw_name, raw_value in headers:
        if b"_" in raw_name or raw_name in _NOT_PASSED or (raw_name == b"host" and not raw_value):
            continue
        key = _in_the_environ(raw_name)
        value = raw_value.decode("latin-1")
        separator = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{separator}{value}" if key in environ else value


async def _send(send: Send, answer: Kept, *, last: bool, more: bool = False) -> None:
    headers = [*answer.headers, (b"connection", b"close")] if last else answer.headers
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": more})


async def _refuse(send: Send, refusal: Refusal | None) -> None:
    """Answer and close, because a body may be left unread; nobody is there to hear that the client has gone."""
    if refusal is None or refusal is GONE:
        return
    problem = {"title": refusal.title, "status": refusal.status, "detail": refusal.detail}
    body = json.dumps(problem).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _never() -> Mapping[str, Any]:
    """Stand in for `receive` while the application still reads from it."""
    never: asyncio.Future[Mapping[str, Any]] = asyncio.get_running_loop().create_future()
    return await never


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _lifespan(receive: Receive, send: Send) -> None:
    with suppress(asyncio.CancelledError):
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
