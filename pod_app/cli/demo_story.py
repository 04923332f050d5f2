"""What happened in the fictional community of `pod_app demo`: pure, and the same for the same seed and day."""

import math
import random
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from pod_app.cli import demo_cascades, demo_people, demo_words
from pod_app.cli.demo_records import (
    BESIDE,
    MAIN,
    Award,
    Garden,
    Gift,
    Happening,
    Passing,
    Person,
    Purse,
    Story,
    Thank,
    Wanted,
    Word,
)  # fmt: skip
from pod_app.pods.audience import Audience

GARDEN_KINDS: Final = ("local", "local", "local", "thematic", "internal", "great")
SHARES: Final = (("count", 0.85), ("badges", 0.6), ("cascade", 0.5))
"""Which part of the people consent to each purpose."""
SECOND_THOUGHTS: Final = 0.03
"""Part of the consents that are taken back, and of the contributions that are not to be counted."""
HOLDERS_OF_THE_RARE: Final = 3
RECENT: Final = timedelta(days=730)
"""What the second community tells began no longer ago."""


def generate(seed: int, people: int = 400, gardens: int = 41, *, until: date, years: int = 3) -> Story:
    """So many years up to the beginning of the day `until`; same arguments, same story, identifiers included."""
    return _Telling(seed, until, years).tell(people, gardens)


class _Telling:
    """One story being told: the chance and the span of time."""

    def __init__(self, seed: int, until: date, years: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311  # fiction, not secrets
        self._end = datetime.combine(until, time(), UTC)
        self._start = self._end - timedelta(days=365 * years)
        self._years = years

    def tell(self, people: int, gardens: int) -> Story:
        beside = people * 3 // 40 if people * 3 // 40 > 1 else 0
        founded, persons = self._places_and_people(people, gardens, beside)
        communities = (MAIN, BESIDE) if beside else (MAIN,)
        story = Story(communities, persons, founded)
        for garden in founded:
            story.events.extend(self._event(garden) for _ in range(3))
        for person in persons:
            self._life(story, person)
        skills = demo_cascades.skills(self._chance, len(persons))
        for community in communities:
            here = [one for one in persons if one.communities[-1] == community]
            story.transmissions.extend(self._cascades(here, skills[: demo_cascades.how_many(len(here))]))
            story.badges.extend(self._rare(community, here))
            money = self._money if community == MAIN else self._money_beside
            story.reciprocity.extend(money([one.slug for one in founded if one.communities[0] == community]))
        return story

    # -- who and where ---------------------------------------------------------------------------

    def _places_and_people(self, people: int, gardens: int, beside: int) -> tuple[list[Garden], list[Person]]:
        names = demo_people.cast(self._chance, people)
        extra = max(1, gardens * 3 // 41) if beside else 0
        titles = demo_people.gardens(self._chance, gardens + extra)
        first, last = names[: people - beside], names[people - beside :]
        founded = [
            self._garden(number, title, first if number < gardens else last) for number, title in enumerate(titles)
        ]
        founded = [
            replace(one, communities=(MAIN if number < gardens else BESIDE,)) for number, one in enumerate(founded)
        ]
        persons = [self._person(number, names, founded, beside) for number in range(people)]
        return [self._with_room(garden, persons) for garden in founded], persons

    def _garden(self, number: int, title: str, people: Sequence[str]) -> Garden:
        """The first one is the first lead's; nearly all of them begin in the first third of the time."""
        third = (self._end - self._start) / 3
        created = self._start + third * self._chance.random() ** 2
        return Garden(
            demo_people.plain(title),
            title,
            self._chance.choice(GARDEN_KINDS),
            self._chance.choice(demo_words.PURPOSES),
            demo_people.COMMUNES[number % len(demo_people.COMMUNES)],
            created.replace(microsecond=0),
            0,
            _slug(people[0] if number == 0 else self._chance.choice(people)),
            (),
        )

    def _person(self, number: int, names: Sequence[str], founded: Sequence[Garden], beside: int) -> Person:
        """The last of them live in the second community, a third of those in both.

        Everybody has a first garden in turn, so that none is empty, and some a second one by chance; those in both
        communities meet in the oldest garden, where there are enough of them to be counted.
        """
        in_second, in_both = number >= len(names) - beside, number >= len(names) - beside // 3
        communities = (MAIN, BESIDE) if in_second and in_both else (BESIDE,) if in_second else (MAIN,)
        slug = _slug(names[number])
        near = [garden.slug for garden in founded if garden.communities[0] == communities[-1]]
        own = [garden.slug for garden in founded if garden.founder == slug]
        chosen = [*own, near[number % len(near)]]
        if len(communities) > 1:
            chosen.append(founded[0].slug)
        elif self._chance.random() < 0.4:  # noqa: PLR2004  # some
            chosen.append(self._chance.choice([one.slug for one in founded if one.communities[0] == communities[0]]))
        return Person(slug, names[number], communities, tuple(dict.fromkeys(chosen)))

    def _with_room(self, garden: Garden, persons: Sequence[Person]) -> Garden:
        members = sum(garden.slug in person.gardens for person in persons)
        return replace(garden, capacity=max(members, 8) + self._chance.choice((0, 0, 2, 4)))

    # -- what they do ----------------------------------------------------------------------------

    def _life(self, story: Story, person: Person) -> None:
        if person.name == demo_people.LEADS[2]:  # has just arrived
            story.needs.extend(self._wish(person, demo_words.NEEDS) for _ in range(2))
            return
        others = [one.slug for one in story.persons if one is not person and set(one.gardens) & set(person.gardens)]
        others = others or [one.slug for one in story.persons if one is not person]
        began = {garden.slug: garden.created for garden in story.gardens}
        story.contributions.extend(self._gift(person, began) for _ in range(self._chance.randint(6, 8)))
        story.thanks.extend(self._thank(person, others, began) for _ in range(self._chance.randint(2, 3)))
        story.needs.extend(self._wish(person, demo_words.NEEDS) for _ in range(self._chance.randint(0, 2)))
        story.offers.extend(self._wish(person, demo_words.OFFERS) for _ in range(self._chance.randint(0, 2)))
        story.badges.extend(self._awards(person))
        story.consents.extend(self._words(person))

    def _gift(self, person: Person, began: dict[str, datetime]) -> Gift:
        garden = self._chance.choice(person.gardens)
        at = self._meeting(person, began[garden])
        kind = self._chance.choice(_kinds(person, at.month))
        draw = self._chance.random()
        audience: Audience = "me" if draw < 0.5 else "garden" if draw < 0.8 else "everyone"  # noqa: PLR2004  # shares
        minutes = self._chance.choice((30, 45, 60, 90, 120, 180, 240)) if self._chance.random() < 0.7 else None  # noqa: PLR2004  # most
        return Gift(
            self._id(), person.slug, garden, kind, self._chance.choice(demo_words.NOTES[kind]), minutes, at, audience,
            counted=self._chance.random() > SECOND_THOUGHTS,
        )  # fmt: skip

    def _thank(self, person: Person, others: Sequence[str], began: dict[str, datetime]) -> Thank:
        garden = self._chance.choice(person.gardens)
        return Thank(
            self._id(), person.slug, self._chance.choice(others), garden, self._chance.choice(demo_words.THANKS),
            self._meeting(person, began[garden]),
        )  # fmt: skip

    def _awards(self, person: Person) -> list[Award]:
        """One or two different ones; the leads' are shown, as are more than half of the others'."""
        moulds = demo_words.MOULDS_BESIDE if BESIDE in person.communities else range(len(demo_words.MOULDS))
        chosen = [0] if person.name == demo_people.LEADS[1] else []
        for _ in range(self._chance.randint(1, 2)):
            weights = [0 if one in chosen else demo_words.MOULDS[one].weight for one in moulds]
            chosen += self._chance.choices(moulds, weights)
        return [
            Award(
                person.slug, person.communities[0], one,
                person.name in demo_people.LEADS or self._chance.random() < 0.6,  # noqa: PLR2004  # more than half
            )
            for one in chosen
        ]  # fmt: skip

    def _rare(self, community: str, persons: Sequence[Person]) -> list[Award]:
        here = [one for one in persons if one.communities == (community,) and one.name not in demo_people.LEADS]
        holders = self._chance.sample(here, min(HOLDERS_OF_THE_RARE, len(here)))
        return [Award(one.slug, community, len(demo_words.MOULDS), shown=False) for one in holders]

    def _words(self, person: Person) -> list[Word]:
        return [
            Word(person.slug, community, purpose, withdrawn=self._chance.random() < SECOND_THOUGHTS)
            for community in person.communities
            for purpose, share in SHARES
            if self._chance.random() < share
        ]

    def _cascades(self, persons: Sequence[Person], skills: Sequence[str]) -> list[Passing]:
        days = sorted(self._moment(self._start) for _ in range(len(persons) * 5 // 2))
        moments = [day + timedelta(seconds=number % 60) for number, day in enumerate(days)]
        active = [one for one in persons if one.name != demo_people.LEADS[2]]
        return demo_cascades.cascades(self._chance, active, skills, moments, self._id)

    def _money(self, gardens: Sequence[str]) -> list[Purse]:
        """The two cases of the community's own life, and smaller ones in the quarters before.

        65.00 € from 12 people over two dialogues, alone in their quarter; 285.00 € given back as a tenth of
        2 850.00 €. The oldest purse has so few people that it stays below the threshold.
        """
        dialogues, course = self._quarter(2), self._quarter(1) + timedelta(days=40)
        cases = [
            self._purse(gardens[0], 4_000, 7, dialogues + timedelta(days=20)),
            self._purse(gardens[0], 2_500, 5, dialogues + timedelta(days=50)),
            replace(
                self._purse(gardens[0], 285_000, 18, course),
                share=Decimal("0.10"), settled=course + timedelta(days=14), public=True,
            ),
        ]  # fmt: skip
        for back in range(3, 4 * self._years):
            for _ in range(self._chance.randint(1, 2)):
                people, at = (
                    self._chance.randint(6, 24),
                    self._quarter(back) + timedelta(days=self._chance.randint(2, 80)),
                )
                cases.append(self._purse(self._chance.choice(gardens), 500 * people, people, at))
        oldest = max(self._quarter(4 * self._years), self._start) + timedelta(hours=12)
        return [*cases, self._purse(self._chance.choice(gardens), 1_500, 3, oldest)]

    def _money_beside(self, gardens: Sequence[str]) -> list[Purse]:
        """A purse every other quarter, a tenth of one given back for all to see, and an old one of three people."""
        cases = [
            self._purse(gardens[0], 500 * people, people, self._quarter(back) + timedelta(days=20))
            for back in range(1, 4 * self._years, 2)
            for people in (self._chance.randint(8, 20),)
        ]
        course = cases[0]
        shared = replace(course, share=Decimal("0.10"), settled=course.at + timedelta(days=14), public=True)
        return [shared, *cases[1:], self._purse(gardens[-1], 900, 3, self._quarter(4 * self._years - 2))]

    def _purse(self, garden: str, cents: int, participants: int, at: datetime) -> Purse:
        return Purse(self._id(), garden, cents, participants, at, None, None, public=False)

    def _quarter(self, back: int) -> datetime:
        """The beginning of the quarter so many quarters before that of the last day."""
        quarters = self._end.year * 4 + (self._end.month - 1) // 3 - back
        return datetime(quarters // 4, quarters % 4 * 3 + 1, 1, 18, tzinfo=UTC)

    def _event(self, garden: Garden) -> Happening:
        skill = self._chance.choice(tuple(demo_words.SKILLS))
        name = self._chance.choice(demo_words.EVENTS).format(skill=demo_words.SKILLS[skill])
        return Happening(
            self._id(), garden.slug, name, self._moment(garden.created), skill, self._chance.randint(5, 18)
        )

    def _wish(self, person: Person, sentences: Sequence[str]) -> Wanted:
        skill = self._chance.choice(tuple(demo_words.SKILLS))
        note = self._chance.choice(sentences).format(skill=demo_words.SKILLS[skill])
        return Wanted(self._id(), person.slug, skill, note, self._moment(self._start))

    def _moment(self, since: datetime) -> datetime:
        """A moment of the span; more of them in spring and early summer than in winter."""
        room = int((self._end - since).total_seconds()) - 7 * 3600
        while True:
            found = since + timedelta(minutes=self._chance.randint(0, max(room // 60, 1)))
            season = 0.6 - 0.4 * math.cos(2 * math.pi * (found.timetuple().tm_yday + 20) / 365)
            if self._chance.random() < season:
                return found

    def _meeting(self, person: Person, since: datetime) -> datetime:
        """A moment when somebody does something: in the second community there are few, which most of them share."""
        if BESIDE not in person.communities:
            return self._moment(since)
        while True:
            found = self._moment(max(since, self._end - RECENT))
            if found.month in demo_words.MONTHS_BESIDE:
                return found

    def _id(self) -> str:
        return str(uuid.UUID(int=self._chance.getrandbits(128), version=4))


def _kinds(person: Person, month: int) -> list[str]:
    """What somebody may give in a month."""
    own = demo_words.KINDS_BESIDE if BESIDE in person.communities else demo_words.SEASONS
    return [kind for kind in own if month in demo_words.SEASONS[kind]]


def _slug(name: str) -> str:
    """The leads are known by their first names alone."""
    return demo_people.plain(name.split(maxsplit=1)[0] if name in demo_people.LEADS else name)
