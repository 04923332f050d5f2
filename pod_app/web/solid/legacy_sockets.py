"""The socket of the Solid servers before 2022, `solid-0.1`, for old clients (solid.md N12; setting `legacy_updates`).

A client finds it in `Updates-Via`, says `sub IRI` for each resource and hears `ack IRI`, then `pub IRI` whenever that
has changed. It has no authentication: only what everybody may read can be followed; of anything else it hears
`err IRI forbidden`, whether or not something stands there.
"""

import asyncio
from concurrent.futures import Executor
from datetime import timedelta
from typing import Any, Final

from pod_app.errors import N_, NotFound, PodAppError, TooMany, Unavailable
from pod_app.services import Services
from pod_app.standards import addresses, rdf
from pod_app.standards.addresses import Address
from pod_app.standards.notifications import WEB_SOCKET
from pod_app.standards.wac import ANONYMOUS, Mode
from pod_app.storage.channels import StoredChannel
from pod_app.web.serving.inflow import Receive
from pod_app.web.solid.following import EndedError, Following, Line

PATH: Final = "subscriptions/legacy"
PROTOCOL: Final = "solid-0.1"
LONGEST: Final = 4_000
"""Characters of what a client may say at once."""
_HEARTBEAT: Final = 60.0


def address(base_url: str) -> str:
    """Where the socket is, for `Updates-Via`."""
    return f"ws{base_url.removeprefix('http')}{PATH}"


class LegacySocket:
    """One connection and what it follows; everything here runs on the event loop."""

    def __init__(self, services: Services, following: Following, threads: Executor, send: Any, remote: str) -> None:
        self._services = services
        self._following = following
        self._threads = threads
        self._send = send
        self._holder = f"legacy:{remote}"
        self._told: dict[str, asyncio.Task[None]] = {}

    async def run(self, receive: Receive) -> None:
        """Answer until the other side closes, or says something too long."""
        await self._send({"type": "websocket.accept", "subprotocol": PROTOCOL})
        await self._say(f"protocol {PROTOCOL}")
        try:
            while (message := await receive())["type"] != "websocket.disconnect":
                text = message.get("text") or ""
                if len(text) > LONGEST:
                    await self._send({"type": "websocket.close", "code": 1009, "reason": "say less at once"})
                    return
                await self._hear(text.strip())
        finally:
            for task in self._told.values():
                task.cancel()
            await asyncio.gather(*self._told.values(), return_exceptions=True)

    async def _hear(self, text: str) -> None:
        word, _, iri = text.partition(" ")
        if word in {"sub", "subscribe"} and iri:
            await self._subscribe(iri.strip())
        elif word in {"unsub", "unsubscribe"} and (task := self._told.pop(iri.strip(), None)):
            task.cancel()
        elif word == "ping":
            await self._say("pong")
        else:
            await self._say("err say «sub» and the address of a resource")

    async def _subscribe(self, iri: str) -> None:
        if iri in self._told:
            await self._say(f"ack {iri}")
            return
        loop = asyncio.get_running_loop()
        try:
            line = await loop.run_in_executor(self._threads, self._line, iri, loop)
        except (TooMany, Unavailable):
            await self._say(f"err {iri} too many")
        except PodAppError:
            await self._say(f"err {iri} forbidden")
        else:
            telling = asyncio.ensure_future(self._tell(iri, line))
            # Not a `finally` of the task: one that is cancelled before it began runs nothing of itself.
            telling.add_done_callback(lambda _: self._following.remove(line))
            self._told[iri] = telling
            await self._say(f"ack {iri}")

    def _line(self, iri: str, loop: asyncio.AbstractEventLoop) -> Line:
        """A place among those who are told of the changes of one resource that everybody may read."""
        topic = addresses.of_iri(iri, self._services.settings.base_url)
        if topic is None or topic.reserved or topic.well_known:
            raise NotFound(N_("There is nothing at {path}."), path=iri[:200])
        self._services.resources.decide(ANONYMOUS, topic).require(Mode.READ)
        line = Line(self._channel(topic), self._services, loop)
        self._following.add(line)
        return line

    def _channel(self, topic: Address) -> StoredChannel:
        """What the followers of the outbox know a subscriber by; it is kept nowhere."""
        now, days = self._services.clock(), self._services.settings.channel_days
        return StoredChannel(
            pod=topic.pod, id="", kind=WEB_SOCKET, holder=self._holder, webid=None, client=None, issuer=None,
            origin=None, created=now, starts=None, ends=now + timedelta(days=days), rate=None, accept=rdf.JSON_LD,
            state=None, send_to=None, seen=0, paths=(topic.path,),
        )  # fmt: skip

    async def _tell(self, iri: str, line: Line) -> None:
        try:
            while True:
                if await line.next(_HEARTBEAT) is not None:
                    await self._say(f"pub {iri}")
        except EndedError as ended:
            self._told.pop(iri, None)
            await self._say(f"err {iri} {ended.reason.value[1]}")

    async def _say(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})
