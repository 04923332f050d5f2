"""The fictional community of `pod_app demo`, written through the program's own doors."""

from collections import defaultdict
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from importlib.resources import files
from typing import Any, Final, TypeVar

from pod_app.badges.bag.importing import Importing
from pod_app.cli import demo_recognition, demo_words
from pod_app.cli.demo_records import TITLES, Award, Garden, Person, Purse, Story
from pod_app.collective.members import Consent
from pod_app.community.contributions import Contribution
from pod_app.community.events import Event
from pod_app.community.gardens import Description
from pod_app.community.needs import Wish
from pod_app.community.reciprocity import Gathering
from pod_app.community.thanks import Thanks
from pod_app.community.transmissions import Transmission
from pod_app.errors import PodAppError
from pod_app.pods.access import PROGRAM
from pod_app.pods.audience import COUNT, Sharing
from pod_app.pods.catalogue import Pod
from pod_app.pods.writing import Writing
from pod_app.services import Services
from pod_app.standards.open_badges import alignment
from pod_app.standards.wac import Agent

PASSWORD: Final = "jardin-demo"  # noqa: S105  # printed for everybody, in the demo only
PERSONAS: Final = (("founder", 0), ("passer", 1), ("newcomer", 2))
"""Who can sign in, by their place in the story: what they are, for «Entrer comme…»."""
TOGETHER: Final = 20
"""So many pods, or badges, are written in one transaction."""
SAMPLES: Final = ("simple-json.png", "simple-did-web-method.json", "simple-did-key-method.json")
"""Official sample badges that one of the people has in their bag, as if earned elsewhere (samples/README.md)."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Progress:
    """Which step has moved on, by one of `total`."""

    step: str
    total: int


def steps(story: Story) -> int:
    """How many times `build` reports progress."""
    return 2 * len(story.persons) + len(story.gardens) + len(story.badges)


def build(services: Services, story: Story) -> Generator[Progress, None, dict[str, PodAppError]]:
    """Write a story into an empty installation, everything as the person who did it.

    Returns why sample badges could not be brought in, by their names.
    """
    writer = _Builder(services, story)
    parts: tuple[tuple[str, Callable[[], Iterator[None]]], ...] = (
        ("people", writer.people),
        ("gardens", writer.gardens),
        ("lives", writer.lives),
        ("badges", writer.badges),
    )
    total = steps(story)
    for step, part in parts:
        for _ in part():
            yield Progress(step, total)
    writer.withdrawals()
    writer.elsewhere()
    writer.recognitions()
    return writer.refused


def build_whole(services: Services, story: Story, moved: Callable[[], object] = lambda: None) -> dict[str, PodAppError]:
    """`build`, then the collective's numbers, each pod read once; `moved` is told of each step.

    Only then is the folder a demo: one whose building was interrupted is none.
    """
    steps_taken = build(services, story)
    while True:
        try:
            next(steps_taken)
        except StopIteration as done:
            refused: dict[str, PodAppError] = done.value
            break
        moved()
    services.views.rebuild()
    for community in services.catalogue.communities():
        services.views.publish(community.name)
    services.personas.declare({role: story.persons[number].slug for role, number in PERSONAS})
    return refused


class _Builder:
    """A story being written: the pods by name, and what each person did."""

    def __init__(self, services: Services, story: Story) -> None:
        self._services = services
        self._story = story
        self.refused: dict[str, PodAppError] = {}
        self._pods: dict[str, Pod] = {}
        self._index: dict[int, dict[str, list[Any]]] = {}

    def people(self) -> Iterator[None]:
        """Pods; the personas have an account with a password."""
        leads = {number: role for role, number in PERSONAS}
        for number in leads:
            person = self._story.persons[number]
            self._pods[person.slug] = self._services.accounts.create(person.slug, PASSWORD, title=person.name)[1]
            yield
        for some in _portions(self._story.persons[len(leads) :]):
            self._pods |= self._services.resources.write(PROGRAM, partial(self._persons, persons=some))
            yield from (None for _ in some)

    def gardens(self) -> Iterator[None]:
        """Communities, gardens with their cards, members, events and money."""
        for name in self._story.communities:
            mine = [person for person in self._story.persons if name in person.communities]
            founder = self._pods[mine[0].slug]
            self._pods[name] = self._services.catalogue.create(
                name, "community", title=TITLES[name], owners=[founder.webid]
            )
            self._join(founder, name, mine)
        for garden in self._story.gardens:
            self._garden(garden)
            yield

    def lives(self) -> Iterator[None]:
        """Consents first, then all that a person wrote, in one transaction each."""
        for person in self._story.persons:
            self._services.resources.write(self._as(person.slug), partial(self._life, slug=person.slug))
            yield

    def badges(self) -> Iterator[None]:
        """Signed by the communities, brought to their holders, and shown by those who want to."""
        issued: list[tuple[Award, str]] = []
        for community in self._story.communities:
            moulds = self._moulds(community)
            for some in _portions([award for award in self._story.badges if award.community == community]):
                made = self._services.resources.write(
                    self._founder(community), partial(self._issue, moulds=moulds, awards=some)
                )
                issued += zip(some, made, strict=True)
                yield from (None for _ in some)
        while self._services.run_pending():
            pass
        for award, name in issued:
            if award.shown:
                address = self._pods[award.person].address(f"badges/{name}")
                self._services.backpack.show_to(self._as(award.person), address, "everyone")

    def withdrawals(self) -> None:
        """Some think again."""
        for word in self._story.consents:
            if word.withdrawn:
                self._services.consents.withdraw(
                    self._as(word.person), self._pods[word.person], self._pods[word.community], word.purpose
                )

    def elsewhere(self) -> None:
        """Bring samples into the bag of the one who passes things on; no network is asked about their issuers."""
        services, slug = self._services, self._story.persons[1].slug
        importing = Importing(services.resources, services.backpack, services.own_documents, services.clock)
        for name in SAMPLES:
            file = files(__package__).joinpath("samples", name).read_bytes()
            try:
                importing.keep(self._as(slug), self._pods[slug], file)
            except PodAppError as error:
                self.refused[name] = error

    def recognitions(self) -> None:
        """Two rules, one badge that a peer confirmed, and a request that waits for the founder."""
        name, people = self._story.communities[0], self._story.persons
        founder = next(one.slug for one in people if name in one.communities)
        peer = self._pods[people[3].slug] if len(people) > 3 else None  # noqa: PLR2004  # beside the three personas
        demo_recognition.recognise(
            self._services,
            self._pods[name],
            self._pods[founder],
            self._pods[people[1].slug],
            peer,
            demo_words.RARE.name,
        )

    # -- steps -----------------------------------------------------------------------------------

    def _founder(self, community: str) -> Agent:
        return self._as(next(one.slug for one in self._story.persons if community in one.communities))

    def _moulds(self, community: str) -> list[str]:
        return [
            self._services.achievements.create(
                self._founder(community),
                self._pods[community],
                name=one.name,
                description=one.description,
                criteria=one.criteria,
                tags=[one.tag],
                alignments=[
                    alignment(name=demo_words.SKILLS[skill], url=f"{self._services.settings.vocabulary}skill-{skill}")
                    for skill in one.skills
                ],
            )
            for one in (*demo_words.MOULDS, demo_words.RARE)
        ]

    def _issue(self, writing: Writing, moulds: list[str], awards: list[Award]) -> list[str]:
        """Names of the new badges."""
        return [
            self._services.issuing.issue_within(
                writing, self._pods[award.community], moulds[award.mould], self._pods[award.person].webid
            ).iri.rpartition("/")[2]
            for award in awards
        ]

    def _persons(self, writing: Writing, persons: list[Person]) -> dict[str, Pod]:
        create = self._services.catalogue.create_within
        return {one.slug: create(writing, one.slug, "person", one.name, (), "fr") for one in persons}

    def _as(self, slug: str) -> Agent:
        return Agent(webid=self._pods[slug].webid)

    def _join(self, founder: Pod, name: str, persons: list[Person]) -> None:
        def within(writing: Writing) -> None:
            for person in persons:
                webid = self._pods[person.slug].webid
                if webid != founder.webid:
                    self._services.members.put_within(writing, name, webid, ("member",))

        self._services.resources.write(Agent(webid=founder.webid), within)

    def _garden(self, garden: Garden) -> None:
        founder, life = self._pods[garden.founder], self._services.life
        pod = self._services.catalogue.create(garden.slug, "garden", title=garden.title, owners=[founder.webid])
        self._pods[garden.slug] = pod
        self._join(founder, garden.slug, [one for one in self._story.persons if garden.slug in one.gardens])
        belongs = [self._pods[name].webid for name in garden.communities]
        description = Description(
            garden.kind, garden.purpose, garden.created, garden.capacity, garden.locality, belongs
        )

        def within(writing: Writing) -> None:
            life.gardens.describe_within(writing, pod, description)
            for name in garden.communities:
                self._services.consents.change_within(writing, pod, Consent(self._pods[name], COUNT, given=True))
            for one in self._mine(self._story.events, garden.slug):
                event = Event(
                    one.name, one.start, one.start + timedelta(hours=2), garden.locality, one.skill, one.participants
                )
                life.events.add_within(writing, pod, event, Sharing(audience=None, name=one.id))
            for purse in self._mine(self._story.reciprocity, garden.slug):
                self._purse(writing, garden, purse)

        self._services.resources.write(Agent(webid=founder.webid), within)

    def _purse(self, writing: Writing, garden: Garden, one: Purse) -> None:
        community = self._pods[garden.communities[0]].webid if one.share is not None else None
        thing = Gathering(one.cents, one.participants, one.at, one.share, community, one.settled)
        sharing = Sharing(audience="everyone" if one.public else None, name=one.id)
        self._services.life.reciprocity.add_within(writing, self._pods[garden.slug], thing, sharing)

    def _life(self, writing: Writing, slug: str) -> None:
        life, story, pod, pods = self._services.life, self._story, self._pods[slug], self._pods
        for word in self._mine(story.consents, slug):
            self._services.consents.change_within(writing, pod, Consent(pods[word.community], word.purpose, given=True))
        for gift in self._mine(story.contributions, slug):
            garden = pods[gift.garden].webid
            life.contributions.add_within(
                writing, pod, Contribution(garden, gift.kind, gift.at, note=gift.note, minutes=gift.minutes),
                Sharing(gift.audience, garden, gift.counted, gift.id),
            )  # fmt: skip
        for thank in self._mine(story.thanks, slug):
            thanks = Thanks(pods[thank.to].webid, thank.text, thank.at, pods[thank.garden].webid)
            life.thanks.add_within(writing, pod, thanks, Sharing(name=thank.id))
        for one in self._mine(story.transmissions, slug):
            earlier = f"{pods[one.earlier[0]].iri}transmissions/{one.earlier[1]}#it" if one.earlier else None
            passing = Transmission(
                pods[one.to].webid, one.skill, one.at, garden=pods[one.garden].webid, earlier=earlier
            )
            life.transmissions.add_within(writing, pod, passing, Sharing(name=one.id))
        for wishes, writer in ((story.needs, life.needs), (story.offers, life.offers)):
            for wish in self._mine(wishes, slug):
                writer.add_within(writing, pod, Wish(wish.skill, wish.at, wish.note), Sharing(name=wish.id))

    def _mine(self, things: list[T], slug: str) -> list[T]:
        """The things of one pod, found once for all of them."""
        kind = id(things)
        if kind not in self._index:
            self._index[kind] = _by_pod(things)
        return self._index[kind].get(slug, [])


def _portions(things: list[T]) -> Iterator[list[T]]:
    """A few at a time."""
    return (things[start : start + TOGETHER] for start in range(0, len(things), TOGETHER))


def _by_pod(things: list[T]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = defaultdict(list)
    for thing in things:
        found[getattr(thing, "person", None) or thing.garden].append(thing)  # type: ignore[attr-defined]  # one of the two
    return found
