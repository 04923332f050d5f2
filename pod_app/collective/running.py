"""Running totals in SQL: they move by the difference, and what a move costs does not depend on their size.

Numbers are added. Of a bag, each member's holders are counted, so that leaving works; how many members there are is
a number as well, and the least or greatest is an end of the table's own order.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from pod_app.collective.partial_rows import Cell, Cells, extreme, unranked
from pod_app.collective.partials import PORTION
from pod_app.collective.plans import PEOPLE, Plan
from pod_app.storage.database import ask, tell

_TOTALS: Final = "SELECT key, measures FROM view_totals WHERE community = ? AND view = ?"
_SOME: Final = _TOTALS + " AND key IN ({})"
_SET: Final = """INSERT INTO view_totals (community, view, key, measures) VALUES (?, ?, ?, ?)
ON CONFLICT (community, view, key) DO UPDATE SET measures = excluded.measures"""
_UNSET: Final = "DELETE FROM view_totals WHERE community = ? AND view = ? AND key = ?"
_HOLD: Final = """INSERT INTO view_members (community, view, key, measure, member, holders) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (community, view, key, measure, member) DO UPDATE SET holders = view_members.holders + excluded.holders
RETURNING holders"""
_DROP: Final = """DELETE FROM view_members
WHERE community = ? AND view = ? AND key = ? AND measure = ? AND member = ?"""
_END: Final = """SELECT {}(member) FROM view_members
WHERE community = ? AND view = ? AND key = ? AND measure = ?"""


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


def totals(conn: Connection, community: str, view: str) -> list[Total]:
    """Every cell as it is now; cells without a row count nobody's answers."""
    found = [Total.of_row(*row) for row in ask(conn, _TOTALS, (community, view))]
    return [total for total in found if total.numbers.get("rows")]


def move(conn: Connection, community: str, view: str, plan: Plan, changed: Cells) -> None:
    """Add differences to the running totals of a view."""
    keys = sorted(changed)
    for start in range(0, len(keys), PORTION):
        portion = keys[start : start + PORTION]
        rows = ask(conn, _SOME.format(", ".join("?" * len(portion))), (community, view, *portion))
        before = {row[0]: Total.of_row(*row) for row in rows}
        after = [
            _moved(conn, (community, view), plan, before.get(key, Total(key, {}, {}, 0)), changed[key])
            for key in portion
        ]
        tell(conn, _SET, [(community, view, total.key, total.measures()) for total in after if total.numbers])
        tell(conn, _UNSET, [(community, view, total.key) for total in after if not total.numbers])


def _moved(conn: Connection, place: tuple[str, str], plan: Plan, before: Total, changed: Cell) -> Total:
    numbers = Counter(before.numbers)
    numbers.update(changed.numbers)
    for measure, members in changed.bags.items():
        numbers[measure] += _hold(conn, (*place, before.key, measure), members)
    terms = dict(before.terms)
    for one in plan.measures:
        if one.kind in {"min", "max"} and one.name in changed.bags:
            _find_end(conn, (*place, before.key, one.name), one.kind, terms)
    left = {name: number for name, number in numbers.items() if number}
    return Total(before.key, left, terms, left.get(PEOPLE, 0))


def _hold(conn: Connection, bag: tuple[str, ...], members: Mapping[str, int]) -> int:
    """Move the holders of a bag's members; returns by how much the number of members grew."""
    grown = 0
    gone = []
    for member, difference in members.items():
        if difference:
            holders = ask(conn, _HOLD, (*bag, member, difference))[0][0]
            grown += (holders > 0) - (holders - difference > 0)
            if holders <= 0:
                gone.append((*bag, member))
    tell(conn, _DROP, gone)
    return grown


def _find_end(conn: Connection, bag: tuple[str, ...], kind: str, terms: dict[str, str]) -> None:
    found: Any = ask(conn, _END.format(kind.upper()), bag)[0][0]
    if found is None:
        terms.pop(bag[-1], None)
    else:
        terms[bag[-1]] = unranked(found)


def summed(plan: Plan, cells: Iterable[Cells]) -> list[Total]:
    """The totals of answers that are not kept."""
    found = []
    for key, cell in merged(cells).items():
        numbers = cell.numbers + Counter({name: len(bag) for name, bag in cell.bags.items()})
        ends = [one for one in plan.measures if one.kind in {"min", "max"} and cell.bags.get(one.name)]
        terms = {one.name: extreme(one.kind, cell.bags[one.name]) for one in ends}
        found.append(Total(key, numbers, terms, numbers[PEOPLE]))
    return found


def merged(cells: Iterable[Cells]) -> Cells:
    """The sum of several pods' cells."""
    total: Cells = {}
    for one in cells:
        for key, cell in one.items():
            total.setdefault(key, Cell()).add(cell)
    return total
