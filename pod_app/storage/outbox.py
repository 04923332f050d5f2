"""Work and news that commit together with what caused them: a row here is the truth, every wake-up only a hint.

Two kinds of rows. *Changes* (`CHANGE`) are news: indexes and views follow them with `since`, in the
order of `seq`, and nobody leases them. All other kinds are jobs, leased by a worker for some seconds;
a worker that dies lets its lease run out and the job is taken again: at least once, so that what a job
does must be idempotent.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, TextClause, and_, select, text, update
from sqlalchemy.sql import func

from pod_app.storage.database import ask, fetch
from pod_app.storage.schema import microseconds, moment, outbox

CHANGE: Final = "change"
ATTEMPTS: Final = 8
FIRST_DELAY: Final = timedelta(seconds=5)
LONGEST_DELAY: Final = timedelta(hours=6)
_ORDERED: Final = 7_206_003  # number of PostgreSQL's advisory lock, beside those of storage/database.py
_APPENDED: Final = "pod, kind, path, version, verb, agent, payload, at, next_at, done_at, idempotency_key"
_FREE: Final = """done_at IS NULL AND failed IS NULL AND next_at <= {now}
AND (leased_until IS NULL OR leased_until <= {now})"""
_DUE: Final = "SELECT count(*) FROM outbox WHERE " + _FREE.format(now="?")  # noqa: S608  # constants
"""By hand, as whatever is asked ten times a second while anybody writes: SQLAlchemy takes a millisecond to write it."""
_WAITING: Final = and_(outbox.c.done_at.is_(None), outbox.c.failed.is_(None))


@dataclass(frozen=True, slots=True)
class Job:
    """One row; `attempts` counts its leases, this one included, and proves that the lease is still ours."""

    seq: int
    pod: str
    kind: str
    path: str
    version: int
    verb: str
    agent: str | None
    payload: Mapping[str, Any]
    at: datetime
    attempts: int
    failed: str | None


def append(
    conn: Connection,
    *,
    pod: str,
    kind: str,
    at: datetime,
    path: str = "",
    version: int = 0,
    verb: str = "",
    agent: str | None = None,
    payload: Mapping[str, Any] | None = None,
    next_at: datetime | None = None,
    idempotency_key: str | None = None,
) -> int | None:
    """Add a row to the transaction and return its number; None when a row with this idempotency key was there before.

    A job is due at `next_at`, by default at once. Numbers appear in their order: whoever has seen one
    will never see a smaller one appear later.
    """
    mark = "?"
    if conn.dialect.name == "postgresql":
        # Held until the commit, so that the order of the numbers is the order in which rows become visible.
        conn.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_ORDERED,))
        mark = "%s"
    if idempotency_key is not None and _known(conn, idempotency_key):
        return None
    now = microseconds(at)
    row = (
        pod, kind, path, version, verb, agent, json.dumps(payload, ensure_ascii=False) if payload else "{}", now,
        microseconds(next_at) if next_at else now, now if kind == CHANGE else None, idempotency_key,
    )  # fmt: skip
    marks = ", ".join([mark] * len(row))
    return int(fetch(conn, f"INSERT INTO outbox ({_APPENDED}) VALUES ({marks}) RETURNING seq", row)[0][0])  # noqa: S608  # marks


def lease(
    conn: Connection, *, worker: str, now: datetime, limit: int, seconds: float, kinds: Sequence[str]
) -> list[Job]:
    """Take up to `limit` due jobs for so many seconds, oldest first; nobody else gets them meanwhile.

    A job whose lease ran out for the last time is set aside as failed: it seems to kill its workers.
    """
    moment_now = microseconds(now)
    mine = and_(_free(moment_now), outbox.c.kind.in_(kinds))
    conn.execute(
        update(outbox)
        .where(mine, outbox.c.attempts >= ATTEMPTS)
        .values(failed="The worker ended before the job did, every time.", leased_until=None, leased_by=None)
    )
    chosen = select(outbox.c.seq).where(mine).order_by(outbox.c.seq).limit(limit).with_for_update(skip_locked=True)
    numbers = list(conn.scalars(chosen))
    if not numbers:
        return []
    taken = outbox.c.seq.in_(numbers)
    until = microseconds(now + timedelta(seconds=seconds))
    conn.execute(
        update(outbox).where(taken).values(leased_until=until, leased_by=worker, attempts=outbox.c.attempts + 1)
    )
    return [_job(row) for row in conn.execute(select(outbox).where(taken).order_by(outbox.c.seq))]


def finish(conn: Connection, job: Job, *, now: datetime) -> bool:
    """Mark a leased job as done; False when the lease had run out and somebody else took it."""
    values = {"done_at": microseconds(now), "leased_until": None, "leased_by": None}
    return conn.execute(update(outbox).where(_still_ours(job)).values(values)).rowcount == 1


def fail(conn: Connection, job: Job, *, now: datetime, reason: str) -> bool:
    """Let a leased job be tried again, each time twice as late; after `ATTEMPTS` it is set aside with its reason."""
    values: dict[str, Any] = {"leased_until": None, "leased_by": None}
    if job.attempts >= ATTEMPTS:
        values["failed"] = reason
    else:
        values["next_at"] = microseconds(now + min(FIRST_DELAY * 2 ** (job.attempts - 1), LONGEST_DELAY))
    return conn.execute(update(outbox).where(_still_ours(job)).values(values)).rowcount == 1


def retry(conn: Connection, seq: int, *, now: datetime) -> bool:
    """Give a job that was set aside all its attempts again; False when there is no such job."""
    values = {"failed": None, "attempts": 0, "next_at": microseconds(now)}
    given_up = and_(outbox.c.seq == seq, outbox.c.failed.is_not(None))
    return conn.execute(update(outbox).where(given_up).values(values)).rowcount == 1


def failed_jobs(conn: Connection, limit: int = 100) -> list[Job]:
    """Jobs that were set aside, newest first."""
    rows = conn.execute(select(outbox).where(outbox.c.failed.is_not(None)).order_by(outbox.c.seq.desc()).limit(limit))
    return [_job(row) for row in rows]


def failed_count(conn: Connection) -> int:
    """How many jobs were set aside."""
    return int(conn.scalar(select(func.count()).select_from(outbox).where(outbox.c.failed.is_not(None))) or 0)


def due_count(conn: Connection, now: datetime, kinds: Sequence[str] | None = None) -> int:
    """How many jobs could be leased now."""
    at = microseconds(now)
    some = "" if kinds is None else f" AND kind IN ({', '.join('?' * len(kinds))})"
    return int(ask(conn, _DUE + some, (at, at, *(kinds or ())))[0][0])


def oldest_due(conn: Connection, now: datetime) -> datetime | None:
    """Since when the job that waits longest has been due, or None."""
    found = conn.scalar(select(func.min(outbox.c.next_at)).where(_free(microseconds(now))))
    return None if found is None else moment(found)


def latest_seq(conn: Connection) -> int:
    """Return the highest number that can be seen; 0 when there is none."""
    return int(ask(conn, "SELECT max(seq) FROM outbox")[0][0] or 0)


def since(conn: Connection, seq: int, limit: int = 1000, kind: str = CHANGE, *, pod: str | None = None) -> list[Job]:
    """Rows of one kind after number `seq`, in order, done or not: what a follower has not seen yet.

    With `pod` only those of one pod; the limit counts them alone.
    """
    wanted = and_(outbox.c.seq > seq, outbox.c.kind == kind)
    if pod is not None:
        wanted = and_(wanted, outbox.c.pod == pod)
    return [_job(row) for row in conn.execute(select(outbox).where(wanted).order_by(outbox.c.seq).limit(limit))]


def _known(conn: Connection, idempotency_key: str) -> bool:
    same = select(outbox.c.seq).where(outbox.c.idempotency_key == idempotency_key)
    return conn.execute(same).first() is not None


def _free(now: int) -> TextClause:
    return text(_FREE.format(now=":now")).bindparams(now=now)


def _still_ours(job: Job) -> ColumnElement[bool]:
    return and_(
        outbox.c.seq == job.seq, outbox.c.attempts == job.attempts, outbox.c.leased_until.is_not(None), _WAITING
    )


def _job(row: Row[Any]) -> Job:
    return Job(
        row.seq, row.pod, row.kind, row.path, row.version, row.verb, row.agent, json.loads(row.payload), moment(row.at),
        row.attempts, row.failed,
    )  # fmt: skip
