"""Rows of notification channels and their topics; who may have one is decided in `pods/subscriptions.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, insert, select, update
from sqlalchemy import delete as deletion
from sqlalchemy.sql import func

from pod_app.storage.database import ask
from pod_app.storage.schema import channel_topics, channels, meta, microseconds, moment

_WATERMARK: Final = "webhooks_seq"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredChannel:
    """One channel; `holder` is whom it counts for, `seen` the last change that need not be told."""

    pod: str
    id: str
    kind: str
    holder: str
    webid: str | None
    client: str | None
    issuer: str | None
    origin: str | None
    created: datetime
    starts: datetime | None
    ends: datetime
    rate: timedelta | None
    accept: str
    state: str | None
    send_to: str | None
    seen: int
    paths: tuple[str, ...]
    sent_at: datetime | None = None
    failures: int = 0


def add(conn: Connection, channel: StoredChannel) -> None:
    """Store a new channel with its topics."""
    row = {
        "pod": channel.pod, "id": channel.id, "kind": channel.kind, "holder": channel.holder, "webid": channel.webid,
        "client": channel.client, "issuer": channel.issuer, "origin": channel.origin,
        "created": microseconds(channel.created), "starts": _stored(channel.starts), "ends": microseconds(channel.ends),
        "rate": None if channel.rate is None else channel.rate // timedelta(microseconds=1), "accept": channel.accept,
        "state": channel.state, "send_to": channel.send_to, "seen": channel.seen,
    }  # fmt: skip
    conn.execute(insert(channels), row)
    topics = [{"pod": channel.pod, "path": path, "channel": channel.id} for path in channel.paths]
    conn.execute(insert(channel_topics), topics)


def get(conn: Connection, pod: str, channel: str) -> StoredChannel | None:
    """The channel of this name, whether or not its time is over."""
    row = conn.execute(select(channels).where(_named(pod, channel))).first()
    if row is None:
        return None
    topics = select(channel_topics.c.path).where(channel_topics.c.pod == pod, channel_topics.c.channel == channel)
    return _channel(row, tuple(conn.scalars(topics.order_by(channel_topics.c.path))))


def remove(conn: Connection, pod: str, channel: str) -> bool:
    """End a channel; whether it stood."""
    return conn.execute(deletion(channels).where(_named(pod, channel))).rowcount == 1


def remove_ended(conn: Connection, now: datetime) -> int:
    """Forget the channels whose time is over, and say how many there were."""
    return conn.execute(deletion(channels).where(channels.c.ends <= microseconds(now))).rowcount


def held_by(conn: Connection, holder: str, now: datetime) -> int:
    """How many channels count for a holder."""
    mine = and_(channels.c.holder == holder, channels.c.ends > microseconds(now))
    return int(conn.scalar(select(func.count()).select_from(channels).where(mine)) or 0)


# -- webhooks ------------------------------------------------------------------------------------


def first_unseen(conn: Connection, kind: str) -> int | None:
    """After which change the follower of channels of this kind must begin; None when there are none."""
    oldest = ask(conn, "SELECT min(seen) FROM channels WHERE kind = ? AND pending = 0", (kind,))[0][0]
    return None if oldest is None else max(int(oldest), watermark(conn))


def watermark(conn: Connection) -> int:
    """Up to which change webhooks were told that there is news."""
    found = ask(conn, "SELECT value FROM meta WHERE key = ?", (_WATERMARK,))
    return int(found[0][0]) if found else 0


def set_watermark(conn: Connection, seq: int) -> None:
    """Note how far the follower has read."""
    if conn.execute(update(meta).where(meta.c.key == _WATERMARK).values(value=str(seq))).rowcount == 0:
        conn.execute(insert(meta).values(key=_WATERMARK, value=str(seq)))


def idle_on(conn: Connection, kind: str, pod: str, paths: Sequence[str]) -> list[str]:
    """Ids of the channels of one kind on any of these topics that have no delivery under way."""
    found = (
        select(channels.c.id)
        .join(channel_topics, and_(channel_topics.c.pod == channels.c.pod, channel_topics.c.channel == channels.c.id))
        .where(channel_topics.c.pod == pod, channel_topics.c.path.in_(paths), channels.c.kind == kind)
        .where(channels.c.pending == 0)
        .distinct()
    )
    return list(conn.scalars(found))


def note(conn: Connection, pod: str, channel: str, values: Mapping[str, Any]) -> bool:
    """Change what is known about deliveries (`seen`, `sent_at`, `failures`, `pending`); whether it stood."""
    stored = {name: microseconds(value) if isinstance(value, datetime) else value for name, value in values.items()}
    return conn.execute(update(channels).where(_named(pod, channel)).values(stored)).rowcount == 1


def _named(pod: str, channel: str) -> Any:
    return and_(channels.c.pod == pod, channels.c.id == channel)


def _stored(given: datetime | None) -> int | None:
    return None if given is None else microseconds(given)


def _read(stored: int | None) -> datetime | None:
    return None if stored is None else moment(stored)


def _channel(row: Row[Any], paths: tuple[str, ...]) -> StoredChannel:
    return StoredChannel(
        pod=row.pod, id=row.id, kind=row.kind, holder=row.holder, webid=row.webid, client=row.client,
        issuer=row.issuer, origin=row.origin, created=moment(row.created), starts=_read(row.starts),
        ends=moment(row.ends), rate=None if row.rate is None else timedelta(microseconds=row.rate), accept=row.accept,
        state=row.state, send_to=row.send_to, seen=row.seen, paths=paths, sent_at=_read(row.sent_at),
        failures=row.failures,
    )  # fmt: skip
