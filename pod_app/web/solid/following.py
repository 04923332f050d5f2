"""Open sockets and streams of one process, and the thread that brings them news from the outbox (solid.md N13).

The thread reads the changes that were committed after the first connection, by whatever process, and hands each
connection what concerns it; nobody who writes ever waits for anybody who reads. A slow connection's messages are
coalesced, and when too many still wait it is ended: its reader comes back and is told the state.
"""

import asyncio
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from typing import Final

from pod_app.errors import N_, Forbidden, TooMany, Unavailable
from pod_app.pods.subscriptions import StoredChannel, touched
from pod_app.services import Services
from pod_app.standards import notifications
from pod_app.standards.notifications import Message
from pod_app.storage import outbox
from pod_app.storage.outbox import Job

LOG: Final = logging.getLogger("pod_app.streams")
SWEEP_SECONDS: Final = 0.5
BATCH: Final = 1000


class End(Enum):
    """Why a connection ends: the close code of its WebSocket, and words for it."""

    OVER = (1000, "the time of the channel is over")
    STOPPING = (1001, "the server stops")
    LOST = (1008, "the topic may not be read any more")
    TALKATIVE = (1008, "nothing is expected from you")
    SLOW = (1013, "too many messages wait for you")


class EndedError(Exception):
    """Nothing more is sent through this connection."""

    def __init__(self, reason: End) -> None:
        super().__init__(reason.value[1])
        self.reason = reason


class Line:
    """What waits for one connection; used on the event loop, except `offer` and `end`, which any thread may call."""

    def __init__(self, channel: StoredChannel, services: Services, loop: asyncio.AbstractEventLoop) -> None:
        self.channel = channel
        self._services = services
        self._loop = loop
        self._limit = services.settings.channel_queue
        self._waiting: list[Message] = []
        self._news = asyncio.Event()
        self._ended: End | None = None
        self.told = 0
        self._sent: float | None = None

    def offer(self, messages: Sequence[Message]) -> None:
        """Let these messages wait to be sent."""
        self._call(lambda: self._take(messages))

    def end(self, reason: End) -> None:
        """Let the connection end; what waits is not sent any more."""
        self._call(lambda: self._stop(reason))

    def begin(self, messages: Sequence[Message], upto: int) -> None:
        """Put first what was missed, up to a change that must not be told again."""
        self.told = max(self.told, upto)
        waiting, self._waiting = self._waiting, []
        self._take([*messages], first=True)
        self._take(waiting)

    async def next(self, seconds: float) -> Message | None:
        """The next message as soon as it may be sent; None when nothing came meanwhile. Raises `EndedError`."""
        until = time.monotonic() + seconds
        while True:
            if self._ended is None and self._services.clock() >= self.channel.ends:
                self._ended = End.OVER
            if self._ended is not None:
                raise EndedError(self._ended)
            now, due = time.monotonic(), self._due()
            if self._waiting and due <= now:
                self._sent = now
                return self._waiting.pop(0)
            if now >= until:
                return None
            self._news.clear()
            left = (self.channel.ends - self._services.clock()).total_seconds()
            await self._wait(min(until - now, left, due - now if self._waiting else seconds))

    def tells_more_of(self, message: Message) -> bool:
        """Whether the next message tells the same change."""
        return bool(self._waiting) and self._waiting[0].seq == message.seq

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._news.wait(), max(seconds, 0.001))
        except TimeoutError:
            return

    def _due(self) -> float:
        if self.channel.rate is None or self._sent is None:
            return 0.0
        return self._sent + self.channel.rate.total_seconds()

    def _take(self, messages: Sequence[Message], *, first: bool = False) -> None:
        fresh = [message for message in messages if first or message.seq > self.told]
        found = notifications.coalesced([*self._waiting, *fresh], by_topic=self.channel.rate is not None)
        if len(found) > self._limit:
            self._stop(End.SLOW)
        else:
            self._waiting = found
            self._news.set()

    def _stop(self, reason: End) -> None:
        self._ended = self._ended or reason
        self._waiting = []
        self._news.set()

    def _call(self, work: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(work)
        except RuntimeError:  # the loop is closed, and with it every connection
            LOG.debug("a connection has gone with its loop")


class Following:
    """Every open connection of this process, by topic, and the thread that follows the outbox for them."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._by_topic: dict[tuple[str, str], set[Line]] = {}
        self._lines: set[Line] = set()
        self._holders: Counter[str] = Counter()
        self._position: int | None = None
        self._guard = threading.Lock()
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        services.database.on_commit(self._hint)

    def add(self, line: Line) -> None:
        """Bring news to a connection from now on; raises `TooMany` and `Unavailable` (trust.md S40)."""
        settings, channel = self._services.settings, line.channel
        with self._guard:
            if self._stopping or len(self._lines) >= settings.open_streams:
                raise Unavailable(
                    N_("{most} sockets and streams are open here already."), N_("Try again later."),
                    most=settings.open_streams,
                )  # fmt: skip
            if self._holders[channel.holder] >= settings.sockets_per_agent:
                raise TooMany(
                    N_("You have {most} open sockets and streams already."), N_("Close one."),
                    most=settings.sockets_per_agent,
                )  # fmt: skip
            with self._services.database.read() as conn:
                latest = outbox.latest_seq(conn)
            line.told = latest  # what is older may still be on its way to those who came before
            if self._position is None:
                self._position = latest
            self._lines.add(line)
            self._holders[channel.holder] += 1
            for path in channel.paths:
                self._by_topic.setdefault((channel.pod, path), set()).add(line)
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="notifications", daemon=True)
                self._thread.start()
        self._wake.set()

    def remove(self, line: Line) -> None:
        """Forget a connection."""
        with self._guard:
            if line not in self._lines:
                return
            self._lines.discard(line)
            self._holders[line.channel.holder] -= 1
            for path in line.channel.paths:
                topic = (line.channel.pod, path)
                self._by_topic[topic].discard(line)
                if not self._by_topic[topic]:
                    del self._by_topic[topic]

    def end(self) -> None:
        """Let every connection end, and take no new ones."""
        with self._guard:
            self._stopping = True
            lines = list(self._lines)
        for line in lines:
            line.end(End.STOPPING)
        self._wake.set()

    def close(self) -> None:
        """Let the thread end."""
        self.end()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def _hint(self) -> None:
        if self._lines:
            self._wake.set()

    def _loop(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                more = self._step()
            except Exception:
                LOG.exception("following changes failed; trying again")
                more = False
            if not more:
                self._wake.wait(SWEEP_SECONDS if self._lines else None)

    def _step(self) -> bool:
        """Hand out the next changes; whether there may be more of them at once."""
        with self._guard:
            if not self._lines:
                self._position = None
            position = self._position
        if position is None:
            return False
        with self._services.database.read() as conn:
            changes = outbox.since(conn, position, BATCH)
            concerned: dict[Line, list[Job]] = {}
            for change in changes:
                for line in self._concerned(change):
                    concerned.setdefault(line, []).append(change)
            lost = []
            for line, news in concerned.items():
                try:
                    line.offer(self._services.subscriptions.messages(conn, line.channel, news))
                except Forbidden:
                    lost.append(line)
        for line in lost:
            self._services.subscriptions.close(line.channel)
            line.end(End.LOST)
        if changes:
            with self._guard:
                self._position = changes[-1].seq if self._position is not None else None
        return len(changes) == BATCH

    def _concerned(self, change: Job) -> Iterator[Line]:
        with self._guard:
            found = {line for path in touched(change) for line in self._by_topic.get((change.pod, path), ())}
        yield from found
