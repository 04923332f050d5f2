"""Sockets and streams of notification channels, native async beside the WSGI pool (house.md §8; solid.md N8, N10, N11).

No thread of a request waits here: what touches the database runs in two threads of its own, and a connection costs a
task. Refusals come before the upgrade, as ordinary answers.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from pod_app.errors import N_, NotFound, PodAppError, Unauthenticated
from pod_app.identity.tokens import Asked
from pod_app.pods.subscriptions import STREAMS, StoredChannel
from pod_app.services import Services
from pod_app.standards import notifications
from pod_app.standards.notifications import EVENT_SOURCE, STREAMING_HTTP, WEB_SOCKET, Message
from pod_app.web import callers, problems
from pod_app.web.serving.inflow import Headers, Receive
from pod_app.web.solid import cors, legacy_sockets
from pod_app.web.solid.following import End, EndedError, Following, Line
from pod_app.web.solid.legacy_sockets import LegacySocket

Scope = Any
Send = Callable[[dict[str, Any]], Awaitable[None]]
Form = Callable[[bytes, int], dict[str, Any]]
"""What is sent for a rendered message and the number of its change (0: not to be told)."""

BELOW: Final = f"/{STREAMS}".encode()
HEARTBEAT_SECONDS: Final = 15.0
SEND_SECONDS: Final = 30.0
"""Longest that one message may take to leave: whoever reads slower than that has gone."""
MOST_HEARD: Final = 64 * 2**10
_PARTS: Final = 3


class Streams:
    """An ASGI application for everything below `/subscriptions/streams/`."""

    def __init__(self, services: Services, following: Following) -> None:
        self._services = services
        self._following = following
        self._threads = ThreadPoolExecutor(2, "channel")

    @staticmethod
    def takes(scope: Scope) -> bool:
        """Whether this connection is one of ours: a WebSocket, or a GET of a stream."""
        if scope["type"] == "websocket":
            return True
        return scope["method"] == "GET" and bytes(scope["raw_path"]).startswith(BELOW)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection until it ends."""
        if scope["type"] == "websocket":
            await self._web_socket(scope, receive, send)
        else:
            await self._http(scope, receive, send)

    def end(self) -> None:
        """Tell every connection politely that the server stops."""
        self._following.end()

    def close(self) -> None:
        """Let the threads end."""
        self._following.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    # -- opening ---------------------------------------------------------------------------------

    async def _open(self, scope: Scope, kinds: Sequence[str]) -> Line:
        """The connection's place among those who are told; raises what `Subscriptions.open` raises."""
        loop = asyncio.get_running_loop()
        channel = await loop.run_in_executor(self._threads, self._find, scope, kinds)
        line = Line(channel, self._services, loop)
        await loop.run_in_executor(self._threads, self._following.add, line)
        try:
            last = _header(scope["headers"], b"last-event-id")
            missed = await loop.run_in_executor(self._threads, self._missed, channel, last)
        except BaseException:
            self._following.remove(line)
            raise
        line.begin(*missed)
        return line

    def _find(self, scope: Scope, kinds: Sequence[str]) -> StoredChannel:
        target = bytes(scope["raw_path"]).decode("latin-1")
        parts = target.removeprefix(f"/{STREAMS}").split("/")
        if not target.startswith(f"/{STREAMS}") or len(parts) not in {_PARTS - 1, _PARTS}:
            raise _unknown()
        secret = parts[2] if len(parts) == _PARTS else None
        agent = None
        if secret is None:
            authorization = _header(scope["headers"], b"authorization")
            url = self._services.settings.base_url.rstrip("/") + target
            proofs = [value.decode("latin-1") for name, value in scope["headers"] if name == b"dpop"]
            origin = cors.origin_of(_header(scope["headers"], b"origin"))
            agent = self._services.credentials.agent(authorization, origin, Asked("GET", url, proofs))
        channel = self._services.subscriptions.open(parts[0], parts[1], secret=secret, agent=agent)
        if channel.kind not in kinds:
            raise _unknown()
        return channel

    def _missed(self, channel: StoredChannel, last: str | None) -> tuple[list[Message], int]:
        """What a returning reader has not been told, or how far the topic's state is from the one they named."""
        if last is not None and last.isdecimal() and channel.kind == EVENT_SOURCE:
            return self._services.subscriptions.missed(channel, int(last))
        return self._services.subscriptions.first(channel), 0

    # -- WebSockets ------------------------------------------------------------------------------

    async def _web_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if scope["path"] == f"/{legacy_sockets.PATH}" and self._services.settings.legacy_updates:
            await self._legacy(scope, receive, send)
            return
        try:
            line = await self._open(scope, (WEB_SOCKET,))
        except PodAppError as error:
            await _refuse_upgrade(scope, send, error)
            return
        try:
            offered = scope.get("subprotocols") or [None]
            await send({"type": "websocket.accept", "subprotocol": offered[0]})
            hearing = asyncio.ensure_future(_heard(receive))
            reason = await self._pump(line, hearing, send, _frame)
            hearing.cancel()
            # granian sends no close frame while somebody still receives.
            await asyncio.gather(hearing, return_exceptions=True)
            if reason is not None:
                code, words = reason.value
                await _within(send({"type": "websocket.close", "code": code, "reason": words}))
        finally:
            self._following.remove(line)

    async def _legacy(self, scope: Scope, receive: Receive, send: Send) -> None:
        hops = self._services.settings.trusted_proxies
        forwarded = _header(scope["headers"], b"x-forwarded-for") or ""
        remote = callers.behind_proxies(hops, forwarded, str((scope.get("client") or [""])[0]))
        await LegacySocket(self._services, self._following, self._threads, send, remote).run(receive)

    # -- streams over HTTP -----------------------------------------------------------------------

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = cors.origin_of(_header(scope["headers"], b"origin"))
        try:
            line = await self._open(scope, (STREAMING_HTTP, EVENT_SOURCE))
        except PodAppError as error:
            await _answer(send, error, origin, self._services.settings.base_url)
            return
        try:
            events = line.channel.kind == EVENT_SOURCE
            content_type = "text/event-stream" if events else line.channel.accept
            headers = _headers({"Content-Type": content_type, "X-Accel-Buffering": "no"}, origin)
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            # The first bytes bring the headers with them: a reader learns at once that the stream is open.
            await send({"type": "http.response.body", "body": b": open\n\n" if events else b"", "more_body": True})
            gone = asyncio.ensure_future(_disconnected(receive))
            await self._pump(line, gone, send, _event if events else _chunk)
            if not gone.done():
                gone.cancel()
                await _within(send({"type": "http.response.body", "body": b"", "more_body": False}))
        finally:
            self._following.remove(line)

    # -- sending ---------------------------------------------------------------------------------

    async def _pump(
        self,
        line: Line,
        gone: "asyncio.Future[End | None]",
        send: Send,
        form: Form,
    ) -> End | None:
        """Send what comes until the connection ends; why it does, or None when the other side has gone."""
        sending = asyncio.ensure_future(self._send_all(line, send, form))
        await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
        if sending.done():
            return sending.result()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        return gone.result()

    async def _send_all(self, line: Line, send: Send, form: Form) -> End | None:
        channel = line.channel
        iri = self._services.subscriptions.iri(channel)
        try:
            while True:
                message = await line.next(HEARTBEAT_SECONDS)
                body = b"" if message is None else notifications.render(message, channel.accept, iri)
                # Two messages may tell one change: only after the last of them may a reader come back behind it.
                number = 0 if message is None or line.tells_more_of(message) else message.seq
                told = None if message is None and form is not _event else form(body, number)
                if told is not None and not await _within(send(told)):
                    return End.SLOW
        except EndedError as ended:
            return ended.reason


def _frame(body: bytes, _number: int) -> dict[str, Any]:
    """One message per frame; pings are the server's own affair."""
    return {"type": "websocket.send", "text": body.decode()}


def _chunk(body: bytes, _number: int) -> dict[str, Any]:
    """One message per chunk; there is no heartbeat, which would be taken for one."""
    return _part(body)


def _event(body: bytes, number: int) -> dict[str, Any]:
    """An event with the number to come back with, or a comment as heartbeat."""
    if not body:
        return _part(b": \n\n")
    name = b"id: %d\n" % number if number else b""
    data = b"".join(b"data: " + line + b"\n" for line in body.rstrip(b"\n").split(b"\n"))
    return _part(name + data + b"\n")


def _part(body: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": True}


async def _within(sending: Awaitable[None]) -> bool:
    """Whether it left in time; whoever reads too slowly, or has gone, is not waited for."""
    try:
        await asyncio.wait_for(sending, SEND_SECONDS)
    except asyncio.CancelledError:
        raise
    except Exception:  # noqa: BLE001  # each server has its own errors for a reader who has gone
        return False
    return True


async def _heard(receive: Receive) -> End | None:
    """Listen until the other side closes; what it says is counted and left unread."""
    heard = 0
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return None
        heard += len(message.get("text") or message.get("bytes") or "") + 1
        if heard > MOST_HEARD:
            return End.TALKATIVE


async def _disconnected(receive: Receive) -> End | None:
    while (await receive())["type"] != "http.disconnect":
        pass
    return None


def _header(headers: Headers, name: bytes) -> str | None:
    return next((value.decode("latin-1") for key, value in headers if key == name), None)


def _headers(more: dict[str, str], origin: str | None) -> Headers:
    told = {**more, "Cache-Control": "no-store", "Vary": "Authorization, Origin", "X-Content-Type-Options": "nosniff"}
    if origin is not None:
        cors.open_to(origin, told)
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in told.items()]


def _problem(error: PodAppError) -> tuple[int, bytes]:
    status = problems.status_of(error)
    told = {"type": "about:blank", "title": error.title, "status": status, "detail": error.detail}
    return status, json.dumps({**told, "remedy": error.remedy}).encode()


async def _answer(send: Send, error: PodAppError, origin: str | None, base_url: str) -> None:
    status, body = _problem(error)
    told = {"Content-Type": problems.PROBLEM, "Content-Length": str(len(body))}
    if isinstance(error, Unauthenticated):
        told["WWW-Authenticate"] = problems.challenge(error, base_url)
    await send({"type": "http.response.start", "status": status, "headers": _headers(told, origin)})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _refuse_upgrade(scope: Scope, send: Send, error: PodAppError) -> None:
    """An ordinary answer where the server can give one before the upgrade; both of ours can."""
    if "websocket.http.response" not in (scope.get("extensions") or {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    status, body = _problem(error)
    headers = _headers({"Content-Type": problems.PROBLEM, "Content-Length": str(len(body))}, None)
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body, "more_body": False})


def _unknown() -> NotFound:
    return NotFound(N_("There is no such channel."), N_("Subscribe again."))
