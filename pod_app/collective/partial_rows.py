"""Partial rows of one pod and what changes when they change: exact integers and bags of members, no floats.

A cell is a group of the view. Its measures are either numbers, which are added, or bags (`distinct`, `min`, `max`,
and the people behind the cell), where each pod holds some members and a total counts how many pods hold each.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pyoxigraph as ox

from pod_app.collective.plans import PEOPLE, Measure, Plan, key

XSD: Final = "http://www.w3.org/2001/XMLSchema#"
_INTEGERS: Final = frozenset(
    f"{XSD}{name}" for name in ("integer", "int", "long", "nonNegativeInteger", "positiveInteger")
)
BAGS: Final = frozenset({"distinct", "min", "max"})
_JSON: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode  # made once, for every answer
MOST: Final = 2**53
"""A single number above this is no measure of anybody's life; sums are exact Python integers."""


class WrongRowsError(ValueError):
    """A pod's answer is not what the view's columns say; the pod counts as refused."""


@dataclass(slots=True)
class Cell:
    """One group: numbers by column, and for bags how often each member is held."""

    numbers: Counter[str] = field(default_factory=Counter)
    bags: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, other: "Cell", sign: int = 1) -> None:
        """Add another cell, or take it away with the sign -1."""
        for name, number in other.numbers.items():
            self.numbers[name] += sign * number
        for name, members in other.bags.items():
            mine = self.bags.setdefault(name, Counter())
            for member, holders in members.items():
                mine[member] += sign * holders

    def without(self, prefix: str) -> "Cell":
        """The same without the bags whose names begin so."""
        return Cell(self.numbers, {name: bag for name, bag in self.bags.items() if not name.startswith(prefix)})

    def is_empty(self) -> bool:
        """Whether adding it would change nothing."""
        return not any(self.numbers.values()) and not any(any(bag.values()) for bag in self.bags.values())

    def to_json(self) -> dict[str, Any]:
        """The stored form of one pod's cell: bags are sorted lists, because a pod holds a member once."""
        return {
            "n": {k: v for k, v in self.numbers.items() if v},
            "b": {k: sorted(v) for k, v in self.bags.items() if v},
        }

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> "Cell":
        """Back from `to_json`."""
        return cls(Counter(stored["n"]), {name: Counter(members) for name, members in stored["b"].items()})


Cells = dict[str, Cell]


def compute(plan: Plan, solutions: Iterable[Any], person: str | None) -> Cells:
    """Aggregate the rows of one pod (SPARQL 1.1 §18.5.1); `person` is who stands behind it, None for groups.

    COUNT, MIN and MAX pass over a row without a value; for SUM and AVG it is an error, as in the specification
    (write `COALESCE(?x, 0)`). Raises `WrongRowsError` for a number that is none.
    """
    cells: Cells = {}
    counts_people = person is not None and not plan.has_headcount
    for solution in solutions:
        cell = cells.setdefault(key(solution[name] for name in plan.keys), Cell())
        cell.numbers["rows"] += 1
        for measure in plan.measures:
            _take(cell, measure, solution[measure.inner])
        if counts_people:
            cell.bags.setdefault(PEOPLE, Counter())[str(person)] = 1
    return cells


def dumps(cells: Cells) -> str:
    """JSON of one pod's cells; empty text for none."""
    return _JSON({name: cell.to_json() for name, cell in cells.items()}) if cells else ""


def loads(text: str | None) -> Cells:
    """Back from `dumps`; nothing for None."""
    return {name: Cell.of_json(stored) for name, stored in json.loads(text or "{}").items()}


def difference_of_texts(before: str, after: str) -> Cells:
    """`difference` of two stored answers: cells that are the same in both are not even read."""
    old, new = json.loads(before or "{}"), json.loads(after or "{}")
    names = [name for name in old.keys() | new.keys() if old.get(name) != new.get(name)]
    return difference(
        {name: Cell.of_json(old[name]) for name in names if name in old},
        {name: Cell.of_json(new[name]) for name in names if name in new},
    )


def difference(before: Cells, after: Cells) -> Cells:
    """What must be added to totals when a pod's cells change."""
    changed: Cells = {}
    for cells, sign in ((before, -1), (after, 1)):
        for name, cell in cells.items():
            changed.setdefault(name, Cell()).add(cell, sign)
    return {name: cell for name, cell in changed.items() if not cell.is_empty()}


def _take(cell: Cell, measure: Measure, value: Any) -> None:
    if measure.kind in {"sum", "avg"}:
        cell.numbers[measure.name] += number(value)
        if measure.kind == "avg":
            cell.numbers[f"{measure.name}/n"] += 1
    elif value is None:
        return
    elif measure.kind == "count":
        cell.numbers[measure.name] += 1
    else:
        _take_member(cell.bags.setdefault(measure.name, Counter()), measure.kind, str(value))


def _take_member(bag: Counter[str], kind: str, member: str) -> None:
    if kind != "distinct":
        member = (min if kind == "min" else max)([*bag, ranked(member)])
        bag.clear()
    bag[member] = 1


def ranked(member: str) -> str:
    """A term in N-Triples form so written that spellings sort as values do: what SQL's MIN and MAX then give is right.

    Integers come first and sort by value, all else by spelling (times end in Z). Raises `WrongRowsError`.
    """
    if member.startswith('"'):
        value, _, datatype = member[1:].rpartition('"')
        if datatype.strip("^<>") in _INTEGERS:
            return f"0{_whole(value) + MOST:017} {member}"
    return f"1{member}"


def unranked(member: str) -> str:
    """Back from `ranked`."""
    return member.partition(" ")[2] if member.startswith("0") else member[1:]


def extreme(kind: str, members: Iterable[str]) -> str:
    """The least or greatest of ranked members, as the term it is."""
    return unranked((min if kind == "min" else max)(members))


def number(value: Any) -> int:
    """The exact integer of a literal; raises `WrongRowsError`."""
    if not isinstance(value, ox.Literal) or value.datatype.value not in _INTEGERS:
        raise WrongRowsError(f"{value} is not an integer")
    return _whole(value.value)


def _whole(text: str) -> int:
    try:
        found = int(text)
    except ValueError as error:
        raise WrongRowsError(f"{text} is not an integer") from error
    if abs(found) > MOST:
        raise WrongRowsError(f"{text} is too large")
    return found
