"""What may be shown: published cells, who moved which cell since, and which numbers stand for a view meanwhile."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from pod_app.collective.library import View
from pod_app.collective.partials import PORTION
from pod_app.collective.running import Total
from pod_app.storage.database import ask, tell
from pod_app.storage.schema_views import view_moved, view_published, view_shown

_PUBLISHED: Final = "SELECT key, measures FROM view_published WHERE community = ? AND view = ?"
_MOVED: Final = """INSERT INTO view_moved (community, view, key, person) VALUES (?, ?, ?, ?)
ON CONFLICT (community, view, key, person) DO NOTHING"""
_STANDS: Final = """SELECT view, query, parameters, suppressed, at FROM view_shown WHERE community = ? AND view = ?"""
_STOOD: Final = """SELECT view, query, parameters, suppressed, at FROM view_shown
WHERE community = ? AND name = ? AND by_default = 1 ORDER BY at DESC, view LIMIT 1"""


@dataclass(frozen=True, slots=True)
class Shown:
    """Numbers that stand for a view: their identifier, the query they answer, cells kept back, and since when."""

    view: str
    query: str
    parameters: Mapping[str, str]
    suppressed: int
    at: int


def published(conn: Connection, community: str, view: str) -> list[Total]:
    """What was published, and may be shown."""
    return [Total.of_row(*row) for row in ask(conn, _PUBLISHED, (community, view))]


def note_moved(conn: Connection, community: str, view: str, moved: Iterable[tuple[str, str]]) -> None:
    """Remember who moved which cell since it was published: (key, person)."""
    tell(conn, _MOVED, [(community, view, key, person) for key, person in sorted(set(moved))])


def moved(conn: Connection, community: str, view: str) -> dict[str, int]:
    """By how many people each cell was moved since it was published."""
    here = (view_moved.c.community == community) & (view_moved.c.view == view)
    chosen = select(view_moved.c.key, func.count()).where(here).group_by(view_moved.c.key)
    return {row[0]: row[1] for row in conn.execute(chosen)}


def publish(conn: Connection, community: str, view: str, cells: Sequence[Total], gone: Sequence[str]) -> None:
    """Show these cells from now on, and no longer those that are gone."""
    keys = [cell.key for cell in cells] + list(gone)
    for start in range(0, len(keys), PORTION):
        for table in (view_published, view_moved):
            here = (table.c.community == community) & (table.c.view == view)
            conn.execute(delete(table).where(here, table.c.key.in_(keys[start : start + PORTION])))
    if cells:
        rows = [{"community": community, "view": view, "key": one.key, "measures": one.measures()} for one in cells]
        conn.execute(insert(view_published), rows)


def stand(conn: Connection, community: str, view: View, suppressed: int, at: int) -> None:
    """From now on these numbers stand for the view."""
    here = (view_shown.c.community == community) & (view_shown.c.view == view.id)
    conn.execute(delete(view_shown).where(here))
    conn.execute(
        insert(view_shown).values(
            community=community, view=view.id, name=view.file.name, by_default=int(view.by_default),
            query=view.file.text, parameters=json.dumps(dict(view.parameters)), suppressed=suppressed, at=at,
        )
    )  # fmt: skip


def standing(conn: Connection, community: str, view: View) -> Shown | None:
    """The numbers that stand for a view; those of its query or season before, where the new ones are not there yet."""
    found = ask(conn, _STANDS, (community, view.id))
    if not found and view.by_default:
        found = ask(conn, _STOOD, (community, view.file.name))
    return next((Shown(row[0], row[1], json.loads(row[2]), row[3], row[4]) for row in found), None)


def outdated(conn: Connection, community: str, current: Mapping[str, Sequence[str]]) -> set[str]:
    """Identifiers of numbers that stood for views whose successors stand now, or which are no more.

    `current` lists the identifiers of today's views by name, the default first.
    """
    chosen = select(view_shown.c.name, view_shown.c.view).where(view_shown.c.community == community)
    rows = [(row.name, row.view) for row in conn.execute(chosen)]
    succeeded = {name for name, view in rows if view in current.get(name, ())[:1]}
    return {view for name, view in rows if name not in current or (name in succeeded and view not in current[name])}
