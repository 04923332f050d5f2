"""Partial rows and running totals in SQL: one changed pod moves the totals by the difference, whatever their size."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select

from pod_app.collective.partial_rows import Cells, extreme
from pod_app.collective.plans import PEOPLE, Plan
from pod_app.storage.schema import pods, view_members, view_moved, view_partials, view_published, view_totals

_PORTION: Final = 300
_DERIVED: Final = (view_partials, view_totals, view_members, view_moved, view_published)


@dataclass(frozen=True, slots=True)
class Total:
    """One cell of a view: numbers by column, terms of MIN and MAX, and how many people stand behind it."""

    key: str
    numbers: Mapping[str, int]
    terms: Mapping[str, str]
    people: int

    @classmethod
    def of_row(cls, key: str, measures: str) -> "Total":
        """Back from the stored form."""
        stored = json.loads(measures)
        return cls(key, stored["n"], stored["x"], stored["p"])

    def measures(self) -> str:
        """The stored form."""
        return json.dumps({"n": self.numbers, "x": self.terms, "p": self.people}, ensure_ascii=False, sort_keys=True)


def stored(conn: Connection, community: str, pods: Sequence[str]) -> dict[tuple[str, str], str]:
    """Rows that were kept, by (view, pod)."""
    chosen = select(view_partials.c.view, view_partials.c.pod, view_partials.c.rows).where(
        view_partials.c.community == community, view_partials.c.pod.in_(pods)
    )
    return {(row.view, row.pod): row.rows for row in conn.execute(chosen)}


def kept(conn: Connection, community: str, pods: Sequence[str]) -> dict[tuple[str, str], Any]:
    """Rows that were kept, with their `state`, `rows` and `at`, by (view, pod)."""
    found: dict[tuple[str, str], Any] = {}
    for start in range(0, len(pods), _PORTION):
        chosen = view_partials.c.pod.in_(pods[start : start + _PORTION])
        for row in conn.execute(select(view_partials).where(view_partials.c.community == community, chosen)):
            found[row.view, row.pod] = row
    return found


def elsewhere(conn: Connection, community: str) -> set[str]:
    """WebIDs of the pods elsewhere that something is kept about: a pod here goes by its name."""
    webids = view_partials.c.pod.like("http%://%")
    return set(
        conn.scalars(select(view_partials.c.pod).where(view_partials.c.community == community, webids).distinct())
    )


def communities_here(conn: Connection) -> list[str]:
    """Names of the communities of this installation."""
    here = (pods.c.kind == "community") & pods.c.deleted.is_(None)
    return list(conn.scalars(select(pods.c.pod).where(here).order_by(pods.c.pod)))


def communities_of(conn: Connection, pod: str) -> set[str]:
    """Communities that keep something about a pod."""
    return set(conn.scalars(select(view_partials.c.community).where(view_partials.c.pod == pod).distinct()))


def replace(conn: Connection, community: str, pod: str, kept: Iterable[Mapping[str, Any]]) -> None:
    """Keep these rows (view, state, rows, at) of a pod, and no others."""
    conn.execute(delete(view_partials).where(view_partials.c.community == community, view_partials.c.pod == pod))
    values = [{"community": community, "pod": pod, **one} for one in kept]
    if values:
        conn.execute(insert(view_partials), values)


def texts(conn: Connection, community: str, view: str) -> list[str]:
    """What every pod keeps for a view."""
    here = (view_partials.c.community == community) & (view_partials.c.view == view)
    return list(conn.scalars(select(view_partials.c.rows).where(here)))


def forget(conn: Connection, community: str, views: Iterable[str] | None = None) -> None:
    """Drop everything kept for a community, or for views whose query is another one now."""
    for table in _DERIVED:
        where = table.c.community == community
        conn.execute(delete(table).where(where if views is None else where & table.c.view.in_(list(views))))


def communities(conn: Connection) -> list[str]:
    """Communities that something is kept for."""
    return list(conn.scalars(select(view_partials.c.community).distinct()))


def clear(conn: Connection) -> None:
    """Drop everything that is computed from the pods, for all communities; what was published stays."""
    for table in (view_partials, view_totals, view_members):
        conn.execute(delete(table))


def known_views(conn: Connection, community: str) -> set[str]:
    """Identifiers of the views that something is kept for."""
    return set(conn.scalars(select(view_partials.c.view).where(view_partials.c.community == community).distinct()))


def move(conn: Connection, community: str, view: str, plan: Plan, changed: Cells) -> None:
    """Add differences to the running totals of a view."""
    keys = list(changed)
    for start in range(0, len(keys), _PORTION):
        portion = {key: changed[key] for key in keys[start : start + _PORTION]}
        _move(conn, community, view, plan, portion)


def totals(conn: Connection, community: str, view: str) -> list[Total]:
    """The running totals, for those who may see them all: thresholds come after."""
    return _totals(conn, view_totals, community, view)


def published(conn: Connection, community: str, view: str) -> list[Total]:
    """What was published, and may be shown."""
    return _totals(conn, view_published, community, view)


def coverage(conn: Connection, community: str, view: str) -> tuple[dict[str, int], int | None]:
    """How many pods are in each state, and when the oldest of them was computed (microseconds)."""
    here = (view_partials.c.community == community) & (view_partials.c.view == view)
    found = conn.execute(
        select(view_partials.c.state, func.count(), func.min(view_partials.c.at))
        .where(here)
        .group_by(view_partials.c.state)
    ).all()
    return {row[0]: row[1] for row in found}, min((row[2] for row in found), default=None)


def note_moved(conn: Connection, community: str, view: str, moved: Iterable[tuple[str, str]]) -> None:
    """Remember who moved which cell since it was published: (key, person)."""
    wanted = set(moved)
    known = set()
    keys = sorted({key for key, _ in wanted})
    for start in range(0, len(keys), _PORTION):
        here = _here(view_moved, community, view, keys[start : start + _PORTION])
        known |= {(row.key, row.person) for row in conn.execute(select(view_moved).where(here))}
    _insert(
        conn, view_moved,
        [{"community": community, "view": view, "key": k, "person": p} for k, p in sorted(wanted - known)],
    )  # fmt: skip


def moved(conn: Connection, community: str, view: str) -> dict[str, int]:
    """By how many people each cell was moved since it was published."""
    here = (view_moved.c.community == community) & (view_moved.c.view == view)
    chosen = select(view_moved.c.key, func.count()).where(here).group_by(view_moved.c.key)
    return {row[0]: row[1] for row in conn.execute(chosen)}


def publish(conn: Connection, community: str, view: str, cells: Sequence[Total], gone: Sequence[str]) -> None:
    """Show these cells from now on, and no longer those that are gone."""
    keys = [cell.key for cell in cells] + list(gone)
    for start in range(0, len(keys), _PORTION):
        portion = keys[start : start + _PORTION]
        conn.execute(delete(view_published).where(_here(view_published, community, view, portion)))
        conn.execute(delete(view_moved).where(_here(view_moved, community, view, portion)))
    _insert(conn, view_published, [{"community": community, "view": view, **_cell(cell)} for cell in cells])


# -- steps ---------------------------------------------------------------------------------------


def _move(conn: Connection, community: str, view: str, plan: Plan, changed: Cells) -> None:
    keys = list(changed)
    rows = conn.execute(select(view_totals).where(_here(view_totals, community, view, keys)))
    before = {row.key: Total.of_row(row.key, row.measures) for row in rows}
    bags = _move_members(conn, community, view, changed)
    after = [
        _moved_total(plan, before.get(key, Total(key, {}, {}, 0)), changed[key].numbers, bags[key]) for key in keys
    ]
    conn.execute(delete(view_totals).where(_here(view_totals, community, view, keys)))
    _insert(
        conn, view_totals,
        [{"community": community, "view": view, **_cell(total)} for total in after if total.numbers.get("rows")],
    )  # fmt: skip


def _moved_total(plan: Plan, before: Total, numbers: Mapping[str, int], bags: Mapping[str, Counter[str]]) -> Total:
    added = Counter(before.numbers)
    added.update(numbers)
    terms = {}
    for measure in plan.measures:
        if measure.kind == "distinct":
            added[measure.name] = len(bags.get(measure.name, ()))
        elif measure.kind in {"min", "max"} and bags.get(measure.name):
            terms[measure.name] = extreme(measure.kind, bags[measure.name])
    has_headcount = any(measure.name == PEOPLE for measure in plan.measures)
    people = added.get(PEOPLE, 0) if has_headcount else len(bags.get(PEOPLE, ()))
    return Total(before.key, {name: number for name, number in added.items() if number}, terms, people)


def _move_members(conn: Connection, community: str, view: str, changed: Cells) -> dict[str, dict[str, Counter[str]]]:
    """Move the holders of members; returns the bags of these cells as they are now."""
    keys = list(changed)
    here = _here(view_members, community, view, keys)
    bags: dict[str, dict[str, Counter[str]]] = {key: {} for key in keys}
    for row in conn.execute(select(view_members).where(here)):
        bags[row.key].setdefault(row.measure, Counter())[row.member] = row.holders
    gone, kept = [], []
    for key, cell in changed.items():
        for measure, members in cell.bags.items():
            bag = bags[key].setdefault(measure, Counter())
            for member, difference in members.items():
                if difference:
                    bag[member] += difference
                    place = {"community": community, "view": view, "key": key, "measure": measure, "member": member}
                    gone.append(place)
                    if bag[member]:
                        kept.append({**place, "holders": bag[member]})
                    else:
                        del bag[member]
    _delete_members(conn, gone)
    _insert(conn, view_members, kept)
    return bags


def _delete_members(conn: Connection, gone: Sequence[Mapping[str, str]]) -> None:
    by_bag: dict[tuple[str, str], list[str]] = {}
    for row in gone:
        by_bag.setdefault((row["key"], row["measure"]), []).append(row["member"])
    for (key, measure), members in by_bag.items():
        for start in range(0, len(members), _PORTION):
            here = _here(view_members, gone[0]["community"], gone[0]["view"], [key])
            chosen = view_members.c.member.in_(members[start : start + _PORTION])
            conn.execute(delete(view_members).where(here, view_members.c.measure == measure, chosen))


def _here(table: Any, community: str, view: str, keys: Sequence[str]) -> Any:
    return (table.c.community == community) & (table.c.view == view) & table.c.key.in_(keys)


def _insert(conn: Connection, table: Any, values: Sequence[Mapping[str, Any]]) -> None:
    if values:
        conn.execute(insert(table), values)


def _cell(total: Total) -> dict[str, str]:
    return {"key": total.key, "measures": total.measures()}


def _totals(conn: Connection, table: Any, community: str, view: str) -> list[Total]:
    chosen = select(table.c.key, table.c.measures).where(table.c.community == community, table.c.view == view)
    return [Total.of_row(row.key, row.measures) for row in conn.execute(chosen)]
