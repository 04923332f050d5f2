"""Who passed which skill on to whom: somebody who received it or always knew it, mostly inside one garden."""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from pod_app.cli import demo_words
from pod_app.cli.demo_records import Passing, Person

FRESH: Final = 30
"""So many of the newest learners are keen to pass on what they have just received."""
KEEN: Final = 0.6
SAME_GARDEN: Final = 0.8


def skills(chance: random.Random, people: int) -> list[str]:
    """What is passed on among so many: few skills, so that enough people stand behind each."""
    return chance.sample(tuple(demo_words.SKILLS), min(len(demo_words.SKILLS), how_many(people)))


def how_many(people: int) -> int:
    """So many skills are passed on among so many people."""
    return max(6, people // 8)


def cascades(
    chance: random.Random,
    persons: Sequence[Person],
    passed_on: Sequence[str],
    moments: Sequence[datetime],
    new_id: Callable[[], str],
) -> list[Passing]:
    """One transmission for each of the moments, which are in the order of time.

    A transmission of something that was received names the earlier one; what its giver always knew
    begins a cascade. Nobody receives what they know.
    """
    telling = _Cascades(chance, persons, passed_on)
    return [one for at in moments if (one := telling.passing(at, new_id())) is not None]


class _Cascades:
    def __init__(self, chance: random.Random, persons: Sequence[Person], passed_on: Sequence[str]) -> None:
        self._chance = chance
        self._people = {person.slug: person for person in persons}
        self._near: dict[str, list[str]] = defaultdict(list)
        for person in persons:
            for garden in person.gardens:
                self._near[garden].append(person.slug)
        self._known = {slug: set(chance.sample(passed_on, 2)) for slug in self._people}
        self._received: dict[tuple[str, str], Passing] = {}
        self._fresh: list[Passing] = []

    def passing(self, at: datetime, name: str) -> Passing | None:
        """Somebody passes something on; None when all who are near know it already."""
        giver, skill = self._giver()
        garden = self._chance.choice(self._people[giver].gardens)
        everybody = self._near[garden] if self._chance.random() < SAME_GARDEN else tuple(self._people)
        learners = [one for one in everybody if skill not in self._known[one]]
        if not learners:
            return None
        before = self._received.get((giver, skill))
        earlier = (before.person, before.id) if before is not None and before.at < at else None
        one = Passing(name, giver, self._chance.choice(learners), garden, skill, at, earlier)
        self._known[one.to].add(skill)
        self._received[one.to, skill] = one
        self._fresh = [*self._fresh[-FRESH + 1 :], one]
        return one

    def _giver(self) -> tuple[str, str]:
        if self._fresh and self._chance.random() < KEEN:
            newest = self._chance.choice(self._fresh)
            return newest.to, newest.skill
        giver = self._chance.choice(tuple(self._people))
        return giver, self._chance.choice(sorted(self._known[giver]))
