"""The outgoing tray: what is to be written into a pod on another server, kept until it has come through (ADR 0018).

A row commits with whatever caused it and holds the exact bytes. One document has one row for ever, so that work that is
done twice writes once; a change of access replaces the one that still waits. There is no last attempt.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Connection, Row, TextClause, and_, delete, func, insert, or_, select, text, update

from pod_app.errors import N_, Conflict, PodAppError
from pod_app.pods.audience import Sharing
from pod_app.pods.catalogue import Pod
from pod_app.pods.writing import Writing
from pod_app.storage.database import ask
from pod_app.storage.schema import microseconds, moment
from pod_app.storage.schema_elsewhere import tray as table

Kind = Literal["document", "access"]
FIRST_DELAY: Final = timedelta(seconds=5)
LONGEST_DELAY: Final = timedelta(hours=1)
LEASE: Final = timedelta(seconds=120)
COUNTING: Final = "counting"
"""Row of the rules that let communities count what the containers hold."""
MOST_SHOWN: Final = 200
_RULES: Final = "rules:"
_MOST_DOUBLINGS: Final = 12
_DUE: Final = "ended IS NULL AND next_at <= {now} AND (leased_until IS NULL OR leased_until <= {now})"
_COUNT_DUE: Final = "SELECT count(*) FROM tray WHERE " + _DUE.format(now="?")  # noqa: S608  # constants


@dataclass(frozen=True, slots=True)
class Item:
    """One row. `body` is None for rules, and once it has come through; `reason` says what went wrong last."""

    pod: str
    id: str
    kind: Kind
    path: str
    title: str
    media_type: str
    body: bytes | None
    sharing: Sharing
    created: datetime
    next_at: datetime
    attempts: int
    reason: PodAppError | None
    ended: datetime | None


def keep_document(
    conn: Connection, pod: Pod, now: datetime, path: str, body: bytes, media_type: str, *, title: str, sharing: Sharing
) -> bool:
    """Have a document written at `path` of a pod elsewhere; False when it was asked before, in the same words."""
    if conn.execute(select(table.c.id).where(_one(pod.name, path))).first() is not None:
        return False
    _insert(conn, pod, now, path, "document", path, title, media_type, body, sharing)
    return True


def keep_files(writing: Writing, pod: Pod, files: Mapping[str, tuple[bytes, str]], title: str) -> None:
    """Have several files (bytes and media type by path) written that only their owner sees."""
    for path, (data, media_type) in files.items():
        keep_document(writing.conn, pod, writing.now, path, data, media_type, title=title, sharing=Sharing())


def keep_access(conn: Connection, pod: Pod, now: datetime, path: str, *, title: str, sharing: Sharing) -> None:
    """Have the rules of a document written anew; the last word counts."""
    _replace(conn, pod, now, f"{_RULES}{path}", path, title, sharing)


def keep_counting(conn: Connection, pod: Pod, now: datetime) -> None:
    """Have the rules of containers, and of documents with rules of their own, say who may count."""
    _replace(conn, pod, now, COUNTING, "", "", Sharing())


def lease(conn: Connection, now: datetime, limit: int) -> list[Item]:
    """Take what is due, oldest first; nobody else sends it meanwhile."""
    moment_now = microseconds(now)
    chosen = select(table.c.pod, table.c.id).where(_due(moment_now)).order_by(table.c.created, table.c.id).limit(limit)
    found = [(row.pod, row.id) for row in conn.execute(chosen.with_for_update(skip_locked=True))]
    for pod, name in found:
        until = microseconds(now + LEASE)
        taken = update(table).where(_one(pod, name)).values(leased_until=until, attempts=table.c.attempts + 1)
        conn.execute(taken)
    return [one for pod, name in found if (one := get(conn, pod, name)) is not None]


def finish(conn: Connection, item: Item, now: datetime) -> None:
    """It has come through: its bytes are there, and what else waits for that server is tried at once."""
    at = microseconds(now)
    conn.execute(update(table).where(_ours(item)).values(ended=at, body=None, reason=None, leased_until=None))
    hurry(conn, item.pod, now)


def fail(conn: Connection, item: Item, now: datetime, error: PodAppError) -> None:
    """Try again later, each time twice as late, and say why."""
    pause = min(FIRST_DELAY * 2 ** min(item.attempts - 1, _MOST_DOUBLINGS), LONGEST_DELAY)
    values = {"reason": _told(error), "next_at": microseconds(now + pause), "leased_until": None}
    conn.execute(update(table).where(_ours(item)).values(**values))


def hurry(conn: Connection, pod: str, now: datetime) -> None:
    """Try everything of a pod at once."""
    waiting = and_(table.c.pod == pod, table.c.ended.is_(None))
    conn.execute(update(table).where(waiting).values(next_at=microseconds(now)))


def cancel(conn: Connection, pod: str, name: str, now: datetime) -> None:
    """Take back what has not been sent; raises `Conflict` for what is on its way or has come through."""
    free = or_(table.c.leased_until.is_(None), table.c.leased_until <= microseconds(now))
    gone = conn.execute(delete(table).where(_one(pod, name), table.c.ended.is_(None), free))
    if gone.rowcount == 0:
        raise Conflict(N_("This is on its way, or has arrived."), N_("Look again in a moment."))


def get(conn: Connection, pod: str, name: str) -> Item | None:
    """One row."""
    row = conn.execute(select(table).where(_one(pod, name))).first()
    return None if row is None else _item(row)


def waiting(conn: Connection, pod: str) -> list[Item]:
    """What has not come through, oldest first."""
    chosen = select(table).where(table.c.pod == pod, table.c.ended.is_(None)).order_by(table.c.created, table.c.id)
    return [_item(row) for row in conn.execute(chosen.limit(MOST_SHOWN))]


def waiting_count(conn: Connection, pod: str) -> int:
    """How much has not come through."""
    chosen = select(func.count()).select_from(table).where(table.c.pod == pod, table.c.ended.is_(None))
    return int(conn.scalar(chosen) or 0)


def arrived(conn: Connection, pod: str, limit: int) -> list[Item]:
    """What has come through, newest first."""
    chosen = select(table).where(table.c.pod == pod, table.c.ended.is_not(None)).order_by(table.c.ended.desc())
    return [_item(row) for row in conn.execute(chosen.limit(limit))]


def ruled(conn: Connection, pod: str) -> dict[str, Sharing]:
    """Documents there that have rules of their own, by path: whom their owner last let see them."""
    chosen = select(table).where(table.c.pod == pod, table.c.path != "", table.c.ended.is_not(None))
    found: dict[str, Sharing] = {}
    for item in map(_item, conn.execute(chosen.order_by(table.c.ended))):
        if item.kind == "access" or not item.sharing.is_plain:
            found[item.path] = item.sharing
    return found


def due_count(conn: Connection, now: datetime) -> int:
    """How much could be sent now."""
    at = microseconds(now)
    return int(ask(conn, _COUNT_DUE, (at, at))[0][0])


# -- steps ---------------------------------------------------------------------------------------


def _replace(conn: Connection, pod: Pod, now: datetime, name: str, path: str, title: str, sharing: Sharing) -> None:
    conn.execute(delete(table).where(_one(pod.name, name)))
    _insert(conn, pod, now, name, "access", path, title, "", None, sharing)


def _insert(
    conn: Connection, pod: Pod, now: datetime, name: str, kind: Kind, path: str, title: str, media_type: str,
    body: bytes | None, sharing: Sharing,
) -> None:  # fmt: skip
    conn.execute(
        insert(table).values(
            pod=pod.name, id=name, kind=kind, path=path, title=title, media_type=media_type, body=body,
            sharing=json.dumps(asdict(sharing)), created=microseconds(now), next_at=microseconds(now), attempts=0,
        )
    )  # fmt: skip


def _due(now: int) -> TextClause:
    return text(_DUE.format(now=":now")).bindparams(now=now)


def _one(pod: str, name: str) -> ColumnElement[bool]:
    return and_(table.c.pod == pod, table.c.id == name)


def _ours(item: Item) -> ColumnElement[bool]:
    """The row as it was leased: one that was replaced meanwhile still has to be sent."""
    return and_(
        _one(item.pod, item.id), table.c.attempts == item.attempts, table.c.created == microseconds(item.created)
    )


def _item(row: Row[Any]) -> Item:
    return Item(
        row.pod, row.id, row.kind, row.path, row.title, row.media_type, row.body, Sharing(**json.loads(row.sharing)),
        moment(row.created), moment(row.next_at), row.attempts, _error(row.reason),
        None if row.ended is None else moment(row.ended),
    )  # fmt: skip


def _told(error: PodAppError) -> str:
    """An error as it can be said again in any language."""
    values: Mapping[str, str] = {name: str(value) for name, value in error.values.items()}
    return json.dumps([error.detail_template, error.remedy_template, values], ensure_ascii=False)


def _error(told: str | None) -> PodAppError | None:
    if told is None:
        return None
    detail, remedy, values = json.loads(told)
    return PodAppError(detail, remedy, **values)


def paths(items: Sequence[Item]) -> set[str]:
    """Paths of documents among rows."""
    return {item.path for item in items if item.kind == "document"}
