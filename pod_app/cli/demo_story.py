"""What happened in the fictional community of `pod_app demo`: pure, and the same for the same seed and day.

Lists of plain records: what a collective view should say can be counted over them.
"""

import math
import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from pod_app.cli import demo_people as words
from pod_app.pods.audience import Audience

MAIN: Final = "jardiniers"
BESIDE: Final = "bocages"
TITLES: Final = {MAIN: "Les Jardiniers du Nous", BESIDE: "La fabrique des bocages"}
GARDEN_KINDS: Final = ("local", "local", "local", "thematic", "internal", "great")


@dataclass(frozen=True, slots=True)
class Person:
    """`gardens` and `communities` are names of pods, the first garden the one where most happens."""

    slug: str
    name: str
    communities: tuple[str, ...]
    gardens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Garden:
    """A garden, the person who founded it and the communities it belongs to."""

    slug: str
    title: str
    kind: str
    purpose: str
    locality: str
    created: datetime
    capacity: int
    founder: str
    communities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of a garden."""

    id: str
    garden: str
    name: str
    start: datetime
    skill: str
    participants: int


@dataclass(frozen=True, slots=True)
class Gift:
    """A contribution."""

    id: str
    person: str
    garden: str
    kind: str
    note: str
    minutes: int | None
    at: datetime
    audience: Audience
    counted: bool


@dataclass(frozen=True, slots=True)
class Thank:
    """One person's thanks to another."""

    id: str
    person: str
    to: str
    garden: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Passing:
    """A transmission; `earlier` is the person and the id of the one it comes from."""

    id: str
    person: str
    to: str
    garden: str
    skill: str
    at: datetime
    earlier: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A need or an offer."""

    id: str
    person: str
    skill: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Award:
    """A badge, by the number of its mould."""

    person: str
    mould: int
    shown: bool


@dataclass(frozen=True, slots=True)
class Purse:
    """Money that an event gathered and what was given back of it."""

    id: str
    garden: str
    cents: int
    participants: int
    at: datetime
    share: Decimal | None
    settled: datetime | None
    public: bool


@dataclass(frozen=True, slots=True)
class Word:
    """A consent, and whether it was taken back since."""

    person: str
    community: str
    purpose: str
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class Story:
    """All of it."""

    communities: tuple[str, ...]
    persons: list[Person]
    gardens: list[Garden]
    events: list[Happening] = field(default_factory=list)
    contributions: list[Gift] = field(default_factory=list)
    thanks: list[Thank] = field(default_factory=list)
    transmissions: list[Passing] = field(default_factory=list)
    needs: list[Wanted] = field(default_factory=list)
    offers: list[Wanted] = field(default_factory=list)
    badges: list[Award] = field(default_factory=list)
    reciprocity: list[Purse] = field(default_factory=list)
    consents: list[Word] = field(default_factory=list)


def generate(seed: int, people: int = 400, gardens: int = 41, *, until: date, years: int = 3) -> Story:
    """Three years up to the beginning of the day `until`; same arguments, same story, identifiers included."""
    return _Telling(seed, until, years).tell(people, gardens)


class _Telling:
    """One story being told: the chance and the span of time."""

    def __init__(self, seed: int, until: date, years: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311  # fiction, not secrets
        self._end = datetime.combine(until, time(), UTC)
        self._start = self._end - timedelta(days=365 * years)

    def tell(self, people: int, gardens: int) -> Story:
        beside = people * 3 // 40
        communities = (MAIN, BESIDE) if beside > 1 else (MAIN,)
        names = [words.repeated(words.FIRST_NAMES, number) for number in range(people)]
        founded = [self._garden(number, names, MAIN) for number in range(gardens)]
        if beside > 1:
            extra = max(1, gardens * 3 // 41)
            founded += [self._garden(gardens + number, names[-beside:], BESIDE) for number in range(extra)]
        persons = [self._person(number, names, founded, beside) for number in range(people)]
        story = Story(communities, persons, founded)
        for garden in founded:
            story.events.extend(self._event(garden) for _ in range(3))
        for person in persons:
            self._life(story, person)
        story.transmissions.extend(self._cascades(persons))
        story.reciprocity.extend(self._money(founded[0]))
        return story

    def _garden(self, number: int, names: Sequence[str], community: str) -> Garden:
        return Garden(
            f"jardin-{number + 1}",
            words.repeated(words.GARDENS, number),
            self._chance.choice(GARDEN_KINDS),
            self._chance.choice(words.PURPOSES),
            words.PLACES[number % len(words.PLACES)],
            self._moment(self._start),
            self._chance.randint(8, 15),
            words.plain(self._chance.choice(names)),
            (community,),
        )

    def _person(self, number: int, names: Sequence[str], founded: Sequence[Garden], beside: int) -> Person:
        """The last of them live in the second community, a third of those in both."""
        in_second, in_both = number >= len(names) - beside and beside > 1, number >= len(names) - beside // 3
        communities = (MAIN, BESIDE) if in_second and in_both else (BESIDE,) if in_second else (MAIN,)
        slug = words.plain(names[number])
        near = [garden.slug for garden in founded if garden.communities[0] in communities]
        own = [garden.slug for garden in founded if garden.founder == slug]
        chosen = own + self._chance.sample(near, min(len(near), self._chance.choice((1, 1, 2))))
        return Person(slug, names[number], communities, tuple(dict.fromkeys(chosen)))

    def _life(self, story: Story, person: Person) -> None:
        others = [one.slug for one in story.persons if one is not person and set(one.gardens) & set(person.gardens)]
        others = others or [one.slug for one in story.persons if one is not person]
        story.contributions.extend(self._gift(person) for _ in range(self._chance.randint(6, 8)))
        for _ in range(self._chance.randint(2, 3)):
            story.thanks.append(
                Thank(
                    self._id(),
                    person.slug,
                    self._chance.choice(others),
                    self._chance.choice(person.gardens),
                    self._chance.choice(words.THANKS),
                    self._moment(self._start),
                )
            )
        story.needs.extend(self._wish(person) for _ in range(self._chance.randint(0, 2)))
        story.offers.extend(self._wish(person) for _ in range(self._chance.randint(0, 2)))
        for mould in self._chance.sample(range(len(words.MOULDS)), self._chance.randint(1, 2)):
            shown = person is story.persons[0] or self._chance.random() < 0.6  # noqa: PLR2004  # more than half
            story.badges.append(Award(person.slug, mould, shown))
        story.consents.extend(self._words(person))

    def _gift(self, person: Person) -> Gift:
        kind = self._chance.choice(tuple(words.NOTES))
        draw = self._chance.random()
        audience: Audience = "me" if draw < 0.5 else "garden" if draw < 0.8 else "everyone"  # noqa: PLR2004  # shares
        minutes = self._chance.choice((30, 45, 60, 90, 120, 180, 240)) if self._chance.random() < 0.7 else None  # noqa: PLR2004  # most
        return Gift(
            self._id(), person.slug, self._chance.choice(person.gardens), kind,
            self._chance.choice(words.NOTES[kind]), minutes, self._moment(self._start), audience,
            counted=self._chance.random() > 0.03,  # noqa: PLR2004  # a few
        )  # fmt: skip

    def _words(self, person: Person) -> list[Word]:
        said = []
        for community in person.communities:
            for purpose, share in (("count", 0.85), ("badges", 0.6), ("cascade", 0.5)):
                if self._chance.random() < share:
                    said.append(Word(person.slug, community, purpose, withdrawn=self._chance.random() < 0.03))  # noqa: PLR2004  # a few
        return said

    def _cascades(self, persons: Sequence[Person]) -> list[Passing]:
        """In the order of time: who received a skill may pass it on, naming where it came from."""
        passed: list[Passing] = []
        received: dict[tuple[str, str], Passing] = {}
        days = sorted(self._moment(self._start) for _ in range(len(persons) * 5 // 2))
        for number, day in enumerate(days):
            at = day + timedelta(seconds=number % 60)
            giver, to = self._chance.sample(persons, 2)
            skills = [skill for who, skill in received if who == giver.slug]
            skill = self._chance.choice(skills) if skills and self._chance.random() < 0.8 else None  # noqa: PLR2004  # mostly
            skill = skill or self._chance.choice(words.SKILLS)
            before = received.get((giver.slug, skill))
            earlier = (before.person, before.id) if before is not None and before.at < at else None
            one = Passing(self._id(), giver.slug, to.slug, giver.gardens[0], skill, at, earlier)
            passed.append(one)
            received.setdefault((to.slug, skill), one)
        return passed

    def _money(self, garden: Garden) -> list[Purse]:
        """The two cases of the community's own life: 65.00 €, and 285.00 € as a tenth of 2 850.00 €."""
        dialogue, course = (self._end - timedelta(days=days) for days in (120, 60))
        settled = course + timedelta(days=14)
        return [
            Purse(self._id(), garden.slug, 6_500, 12, dialogue, None, None, public=False),
            Purse(self._id(), garden.slug, 285_000, 18, course, Decimal("0.10"), settled, public=True),
        ]

    def _event(self, garden: Garden) -> Happening:
        return Happening(
            self._id(), garden.slug, self._chance.choice(words.EVENTS), self._moment(garden.created),
            self._chance.choice(words.SKILLS), self._chance.randint(5, 18),
        )  # fmt: skip

    def _wish(self, person: Person) -> Wanted:
        return Wanted(self._id(), person.slug, self._chance.choice(words.SKILLS), self._moment(self._start))

    def _moment(self, since: datetime) -> datetime:
        """A moment of the span; more of them in spring and early summer than in winter."""
        room = int((self._end - since).total_seconds()) - 7 * 3600
        while True:
            found = since + timedelta(minutes=self._chance.randint(0, max(room // 60, 1)))
            season = 0.6 - 0.4 * math.cos(2 * math.pi * (found.timetuple().tm_yday + 20) / 365)
            if self._chance.random() < season:
                return found

    def _id(self) -> str:
        return str(uuid.UUID(int=self._chance.getrandbits(128), version=4))
