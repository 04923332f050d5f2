"""Webhooks: channels whose subscribers are called (solid.md N9; threats S3, S40).

`follow` reads the outbox and gives each channel that has news one job; the job reads what is new and sends it, so
that a dead receiver costs one row, however much is written. After five failures in a row the channel is closed.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from pod_app.errors import N_, Forbidden, Unreachable
from pod_app.pods.subscriptions import StoredChannel, Subscriptions, ask, touched
from pod_app.settings import Settings
from pod_app.standards import notifications
from pod_app.standards.notifications import WEBHOOK, Message
from pod_app.storage import channels, outbox
from pod_app.storage.database import Database
from pod_app.storage.outbox import Job
from pod_app.storage.web_client import WebClient

LOG: Final = logging.getLogger("pod_app.webhooks")
MOST_FAILURES: Final = 5
SECONDS: Final = 5.0
BATCH: Final = 1000
_GONE: Final = 410
Proof = Callable[[str, str], Mapping[str, str]]
"""Headers that prove to a receiver (method, URL) who sends."""


class Webhooks:
    """Calls the webhooks of one installation."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        subscriptions: Subscriptions,
        web_client: WebClient,
        proof: Proof,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._database = database
        self._subscriptions = subscriptions
        self._web_client = web_client
        self._proof = proof
        self._clock = clock

    def follow(self, limit: int = BATCH) -> int:
        """Give a job to every idle channel that the next changes concern; says how many changes were read.

        Nothing is written while nobody has a webhook. Another process that reads on at the same time wins.
        """
        with self._database.read() as conn:
            start = channels.first_unseen(conn, WEBHOOK)
            changes = [] if start is None else outbox.since(conn, start, limit)
            seen = channels.watermark(conn)
        if not changes:
            return 0

        now = self._clock()

        def within(conn: Connection) -> None:
            if channels.watermark(conn) != seen:
                return
            for change in changes:
                for channel in channels.idle_on(conn, WEBHOOK, change.pod, touched(change)):
                    ask(conn, change.pod, channel, now)
            channels.set_watermark(conn, changes[-1].seq)

        self._database.write(within)
        return len(changes)

    def deliver(self, payload: Mapping[str, Any]) -> None:
        """Send a channel its news, oldest first; raises `Unreachable` to be tried again later."""
        now = self._clock()
        with self._database.read() as conn:
            channel = channels.get(conn, str(payload["pod"]), str(payload["channel"]))
        if channel is None:
            return
        self._subscriptions.acquaint(channel)
        with self._database.read() as conn:
            changes = outbox.since(conn, channel.seen, BATCH, pod=channel.pod)
            messages = self._news(conn, channel, changes)
        if messages is None or channel.ends <= now or len(messages) > self._settings.channel_queue:
            self._subscriptions.close(channel)
            return
        due = _due(channel)
        if messages and due is not None and due > now:
            self._database.write(lambda conn: ask(conn, channel.pod, channel.id, now, due))
            return
        for message in messages:
            if not self._send(channel, message):
                return
        self._database.write(lambda conn: self._rest(conn, channel, changes))

    def _news(self, conn: Connection, channel: StoredChannel, changes: Sequence[Job]) -> list[Message] | None:
        """What waits to be sent; None when a topic may not be read any more."""
        try:
            found = [*self._subscriptions.current(conn, channel), *self._subscriptions.messages(conn, channel, changes)]
        except Forbidden:
            return None
        return notifications.coalesced(found, by_topic=channel.rate is not None)

    def _send(self, channel: StoredChannel, message: Message) -> bool:
        """Call the receiver once; False when the channel has been closed."""
        assert channel.send_to is not None  # noqa: S101  # that of every webhook
        body = notifications.render(message, channel.accept, self._subscriptions.iri(channel))
        try:
            headers = {"content-type": channel.accept, **self._proof("POST", channel.send_to)}
            answer = self._web_client.send(
                "POST", channel.send_to, body, max_bytes=2**16, headers=headers, seconds=SECONDS
            )
        except Unreachable as error:
            return self._failed(channel, error)
        if answer.status == _GONE:
            self._subscriptions.close(channel)
            return False
        if not answer.ok:
            return self._failed(channel, _refused(channel, answer.status))
        values = {"seen": max(message.seq, channel.seen), "sent_at": self._clock(), "failures": 0}
        self._database.write(lambda conn: channels.note(conn, channel.pod, channel.id, values))
        return True

    def _failed(self, channel: StoredChannel, error: Unreachable) -> bool:
        if channel.failures + 1 >= MOST_FAILURES:
            LOG.warning("the channel %s is closed: its receiver failed %s times", channel.id, MOST_FAILURES)
            self._subscriptions.close(channel)
            return False
        values = {"failures": channel.failures + 1}
        self._database.write(lambda conn: channels.note(conn, channel.pod, channel.id, values))
        raise error

    def _rest(self, conn: Connection, channel: StoredChannel, changes: Sequence[Job]) -> None:
        """Note what has been read; what came meanwhile gets the next job, because `follow` left this channel out."""
        seen = changes[-1].seq if changes else channel.seen
        if not channels.note(conn, channel.pod, channel.id, {"seen": seen, "pending": 0, "state": None}):
            return
        later = outbox.since(conn, seen, BATCH, pod=channel.pod)
        if any(path in channel.paths for change in later for path in touched(change)) or len(later) == BATCH:
            ask(conn, channel.pod, channel.id, self._clock())


def _due(channel: StoredChannel) -> datetime | None:
    """When a channel with a rate may be called again."""
    if channel.rate is None or channel.sent_at is None:
        return None
    return channel.sent_at + max(channel.rate, timedelta(0))


def _refused(channel: StoredChannel, status: int) -> Unreachable:
    return Unreachable(N_("{url} answered {status}."), N_("Check the receiver."), url=channel.send_to, status=status)
