"""The records that a story of `pod_app demo` is made of: what a collective view should say can be counted over them."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from pod_app.pods.audience import Audience

MAIN: Final = "jardiniers"
BESIDE: Final = "bocages"
TITLES: Final = {MAIN: "Les Jardiniers du Nous", BESIDE: "La fabrique des bocages"}


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
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Award:
    """A badge that `community` gives, by the number of its mould."""

    person: str
    community: str
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
