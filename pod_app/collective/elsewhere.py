"""What was read of pods on other servers, for the communities that their owners let count (ADR 0018).

Rows keep the triples of each document and whether the public may read it, because a season or a query may change
while documents do not. From here on such a pod is a source like those here; `state` says how good the copy is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, delete, insert, or_, select, update

from pod_app.pods.audience import COUNT, is_elsewhere
from pod_app.storage import outbox, schema
from pod_app.storage.schema import microseconds
from pod_app.storage.schema_elsewhere import documents_elsewhere, readings_elsewhere

PATH: Final = "elsewhere"
"""Path of the changes that such a pod makes: nothing stands there."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a pod last answered a community; `at` is when it did (microseconds), None for never."""

    state: str
    at: int | None
    failures: int


@dataclass(frozen=True, slots=True)
class Document:
    """One document as it was read: N-Triples, and the tag under which its server knows it."""

    url: str
    etag: str
    public: bool
    triples: bytes


def due_pairs(conn: Connection, now: datetime) -> list[tuple[str, str]]:
    """Every pod elsewhere that is to be read again, with the community here that may count it."""
    pods, consents, readings = schema.pods, schema.consents, readings_elsewhere
    same = and_(readings.c.pod == consents.c.pod, readings.c.community == consents.c.community)
    chosen = (
        select(consents.c.pod, consents.c.community)
        .join(pods, pods.c.pod == consents.c.pod)
        .outerjoin(readings, same)
        .where(consents.c.purpose == COUNT, pods.c.webid.is_not(None), pods.c.deleted.is_(None))
        .where(or_(readings.c.next_at.is_(None), readings.c.next_at <= microseconds(now)))
        .order_by(consents.c.pod, consents.c.community)
    )
    return [(row.pod, row.community) for row in conn.execute(chosen) if not is_elsewhere(row.community)]


def counted_webids(conn: Connection, community: str) -> set[str]:
    """WebIDs of people whose pods elsewhere are read from here for a community."""
    pods, consents = schema.pods, schema.consents
    chosen = (
        select(pods.c.webid)
        .join(consents, consents.c.pod == pods.c.pod)
        .where(consents.c.community == community, consents.c.purpose == COUNT, pods.c.webid.is_not(None))
    )
    return set(conn.scalars(chosen))


def reading(conn: Connection, pod: str, community: str) -> Reading | None:
    """How the pod last answered; None when it was never asked."""
    row = conn.execute(select(readings_elsewhere).where(*_pair(readings_elsewhere, pod, community))).first()
    return None if row is None else Reading(row.state, row.at, row.failures)


def claim(conn: Connection, pod: str, community: str, now: datetime, until: datetime, state: str) -> bool:
    """Take the next reading of a pod, unless it is not due or another process took it."""
    mine = _pair(readings_elsewhere, pod, community)
    row: Row[tuple[int]] | None = conn.execute(select(readings_elsewhere.c.next_at).where(*mine)).first()
    if row is None:
        values = {"pod": pod, "community": community, "state": state, "next_at": microseconds(until)}
        conn.execute(insert(readings_elsewhere).values(**values))
        return True
    if row.next_at > microseconds(now):
        return False
    conn.execute(update(readings_elsewhere).where(*mine).values(next_at=microseconds(until)))
    return True


def note(conn: Connection, pod: str, community: str, found: Reading, next_at: datetime) -> None:
    """Keep how the pod answered."""
    values = {"state": found.state, "at": found.at, "failures": found.failures, "next_at": microseconds(next_at)}
    conn.execute(update(readings_elsewhere).where(*_pair(readings_elsewhere, pod, community)).values(**values))


def documents(conn: Connection, pod: str, community: str) -> dict[str, Document]:
    """What is kept, by address."""
    rows = conn.execute(select(documents_elsewhere).where(*_pair(documents_elsewhere, pod, community)))
    return {row.url: Document(row.url, row.etag, row.public, row.triples) for row in rows}


def keep(conn: Connection, pod: str, community: str, found: Mapping[str, Document]) -> bool:
    """Keep exactly these documents; whether anything that can be counted has changed."""
    before = documents(conn, pod, community)
    changed = [one for url, one in found.items() if one != before.get(url)]
    gone = before.keys() - found.keys()
    for url in {one.url for one in changed} | gone:
        mine = _pair(documents_elsewhere, pod, community)
        conn.execute(delete(documents_elsewhere).where(*mine, documents_elsewhere.c.url == url))
    for one in changed:
        row = {"url": one.url, "etag": one.etag, "public": one.public, "triples": one.triples}
        conn.execute(insert(documents_elsewhere).values(pod=pod, community=community, **row))
    return bool(gone) or any(_said(one) != _said(before.get(one.url)) for one in changed)


def forget(conn: Connection, pod: str, community: str) -> None:
    """Drop everything that was read for a community: its owner lets it count no more."""
    for table in (documents_elsewhere, readings_elsewhere):
        conn.execute(delete(table).where(*_pair(table, pod, community)))


def announce(conn: Connection, pod: str, now: datetime) -> None:
    """Let the views look at the pod again."""
    outbox.append(conn, pod=pod, kind=outbox.CHANGE, path=PATH, verb="Update", at=now)


def _pair(table: Table, pod: str, community: str) -> tuple[ColumnElement[bool], ...]:
    return (table.c.pod == pod, table.c.community == community)


def _said(document: Document | None) -> tuple[bool, bytes] | None:
    return None if document is None else (document.public, document.triples)
