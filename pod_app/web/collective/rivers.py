"""A cascade as people see it: rows from a source downstream, drawn as a river and written as an indented list.

Somebody has a name here only if `names` gives one; others are seeds, and those of one teacher who passed nothing on
share a row, so that nobody is singled out by a place in the picture.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from pod_app.collective.cascades import River

LEVELS: Final = 3
MOST_CHILDREN: Final = 12
WIDTH: Final = 400
_ROW: Final = 36
_STEP: Final = 30
Names = Callable[[str], Mapping[str, str] | None]


@dataclass(frozen=True, slots=True)
class Row:
    """One line: a person with a name, or `people` without; `below` counts people downstream, `place` opens them."""

    level: int
    parent: int
    who: Mapping[str, str] | None
    people: int
    below: int
    place: int | None = None
    rest: bool = False


class Trees:
    """The trees of a river that may be drawn: those of at least `least` people."""

    def __init__(self, river: River, least: int, names: Names) -> None:
        self._river = river
        self._children = river.children()
        self._below = [len(people) for people in river.people_below()]
        self._names = names
        sources = sorted(self._children.get(-1, ()), key=lambda place: (-self._below[place], place))
        self.sources = [place for place in sources if self._below[place] >= least]
        self.small = len(sources) - len(self.sources)
        self._drawn = set(self.sources)
        for place, node in enumerate(river.nodes):
            if node.parent in self._drawn:
                self._drawn.add(place)

    def __contains__(self, place: int) -> bool:
        """Whether the place stands in a tree that is drawn."""
        return place in self._drawn

    def name(self, place: int) -> Mapping[str, str] | None:
        """The name and address of who stands there, if they show them."""
        return self._names(self._river.nodes[place].person)

    def upstream(self, place: int) -> list[int]:
        """From the source down to the one above a place."""
        found = []
        parent = self._river.nodes[place].parent
        while parent >= 0:
            found.append(parent)
            parent = self._river.nodes[parent].parent
        return found[::-1]

    def rows(self, start: int, levels: int = LEVELS) -> list[Row]:
        """From a place so many levels downstream, in the order in which they are written."""
        found: list[Row] = []
        waiting: list[tuple[int, int, int]] = [(start, 0, -1)]
        while waiting:
            place, level, parent = waiting.pop()
            if place < 0:
                found.append(Row(level, parent, None, -place, 0, rest=True))
                continue
            children = self._children.get(place, [])
            hidden = level == levels and bool(children)
            found.append(Row(level, parent, self.name(place), 1, self._below[place] - 1, place if hidden else None))
            if level < levels:
                here = len(found) - 1
                branches, seeds = self._sorted(children)
                found += [Row(level + 1, here, None, seeds, 0)] if seeds else []
                shown, more = branches[:MOST_CHILDREN], len(branches) - MOST_CHILDREN
                waiting += [(-more, level + 1, here)] if more > 0 else []
                waiting += [(child, level + 1, here) for child in reversed(shown)]
        return found

    def flat(self) -> list[dict[str, object]]:
        """Every person of the trees that are drawn with the place of who they learned from, for programs."""
        places = {place: number for number, place in enumerate(sorted(self._drawn))}
        found: list[dict[str, object]] = []
        for place in places:
            who = self.name(place)
            parent = self._river.nodes[place].parent
            found.append({
                "name": who["name"] if who else None,
                "webid": who["webid"] if who else None,
                "from": places.get(parent),
            })  # fmt: skip
        return found

    def _sorted(self, children: list[int]) -> tuple[list[int], int]:
        """Those with a name or with people downstream, the largest first, and how many seeds there are beside them."""
        branches = [one for one in children if one in self._children or self.name(one) is not None]
        branches.sort(key=lambda place: (-self._below[place], place))
        return branches, len(children) - len(branches)


def drawn(rows: list[Row], title: str, words: Callable[[Row], str]) -> Markup:
    """The river as SVG: branches as wide as the people downstream, a full circle for a name, an open one for a seed."""
    height = _ROW * len(rows) + 8
    water, stones = [], []
    for number, row in enumerate(rows):
        x, y = _spot(number, row)
        if row.parent >= 0:
            above_x, above_y = _spot(row.parent, rows[row.parent])
            water.append(
                Markup(
                    '<path d="M{ax} {ay} V{by} Q{ax} {y} {bx} {y} H{x}" class="water" stroke-width="{w:.1f}"/>'
                ).format(
                    ax=above_x,
                    ay=above_y,
                    by=y - 14,
                    bx=above_x + 14,
                    y=y,
                    x=x,
                    w=2 + min(7.0, (row.below + row.people) ** 0.5),
                )
            )
        text = words(row)
        room = int((WIDTH - x - 16) / 7.6)
        stones.append(
            Markup('<circle cx="{x}" cy="{y}" r="7" class="{kind}"/><text x="{tx}" y="{ty}">{text}</text>').format(
                x=x,
                y=y,
                tx=x + 14,
                ty=y + 5,
                kind="named" if row.who else "seed",
                text=text if len(text) <= room else f"{text[: room - 1]}…",
            )
        )
    return Markup(
        '<svg class="chart river" viewBox="0 0 {w} {h}" role="img" aria-label="{title}">{water}{stones}</svg>'
    ).format(w=WIDTH, h=height, title=title, water=Markup("").join(water), stones=Markup("").join(stones))


def _spot(number: int, row: Row) -> tuple[int, int]:
    return 12 + _STEP * row.level, _ROW * number + 20
