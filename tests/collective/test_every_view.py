"""Oracle of every shipped view (house.md §4): pushed down = the same file on the union by two engines = a plain count.

One community with badges, thanks, transmissions, gardens, events and reciprocity, written through the program's doors,
beside plain records of what was written.
"""

import json
import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx
import live_server
import pyoxigraph as ox
import pytest
import rdflib
from installations import Clock, Installation

from pod_app.collective import plans, totalling
from pod_app.collective.answers import Coverage, answer, plain
from pod_app.collective.datasets import CONTAINERS
from pod_app.community.contributions import Contribution
from pod_app.community.events import Event
from pod_app.community.gardens import Description
from pod_app.community.reciprocity import Gathering
from pod_app.community.thanks import Thanks
from pod_app.community.transmissions import Transmission
from pod_app.errors import Forbidden, Unauthenticated
from pod_app.pods.things import Sharing
from pod_app.services import assemble
from pod_app.settings import load
from pod_app.standards import rdf
from pod_app.standards.addresses import Address
from pod_app.standards.normalise import normalised
from pod_app.standards.open_badges import alignment
from pod_app.standards.wac import ANONYMOUS, Agent

SEED = 20261127
JDN = "https://w3id.org/jdn#"
SEASON = "2026-03-01"
NOW = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)
ALIGNED = {"Compost": ["compost"], "Greffe": ["grafting", "listening"], "Accueil": []}
NAMES = [
    "badges-by-achievement", "badges-total", "contributions-by-kind", "gardens-over-time", "hours-by-garden",
    "learning-cascade", "reciprocity-by-quarter", "reciprocity-public", "skills-held", "thanks-by-month",
    "transmissions-by-skill",
]  # fmt: skip


@dataclass(frozen=True)
class Badge:
    """A badge as the one who gave it remembers it."""

    number: int
    holder: str
    name: str
    day: str


class Commons:
    """Fourteen people of whom twelve consent, three gardens, one community."""

    def __init__(self, installation):
        self.installation, self.services, self.base = installation, installation.services, installation.base
        self.chance = random.Random(SEED)
        self.given, self.thanked, self.passed, self.badges = [], [], [], []
        self.gathered, self.born = [], []
        self.people = [installation.person(f"person-{number}") for number in range(14)]
        self.community = self.services.catalogue.create(
            "commons", "community", title="Commons", owners=[self.people[0].webid]
        )
        self.counted = [pod.name for pod in self.people[:12]]
        for pod in self.people[:12]:
            self.services.consents.give(Agent(webid=pod.webid), pod, self.community, "count")
        self.gardens = [self.garden(number) for number in range(3)]
        for pod in self.people:
            self.live(pod)
        self.forge()
        self.services.views.catch_up()

    def day(self):
        return NOW - timedelta(days=self.chance.randint(0, 400), hours=self.chance.randint(0, 5))

    def garden(self, number):
        created = self.day()
        me = Agent(webid=self.people[0].webid)
        pod = self.services.catalogue.create(f"garden-{number}", "garden", title="Garden", owners=[me.webid])
        kind = self.chance.choice(["local", "thematic"])
        about = Description(kind, "Pour apprendre.", created, communities=[self.community.webid])
        self.services.life.gardens.describe(me, pod, about)
        self.born.append((str(created.year), kind))
        self.services.life.events.add(me, pod, Event("Dialogue", created, created + timedelta(hours=2), participants=9))
        if number < 2:
            self.services.consents.give(me, pod, self.community, "count")
            self.gather(me, pod)
        return pod

    def gather(self, me, pod):
        for public in (True, True, False, False):
            at = self.day()
            cents, people = self.chance.randint(1_000, 300_000), self.chance.randint(2, 12)
            one = Gathering(cents, people, at, Decimal("0.10"), self.community.webid, at + timedelta(hours=1))
            self.services.life.reciprocity.add(me, pod, one, Sharing("everyone") if public else None)
            self.gathered.append((pod, one, public))

    def live(self, pod):
        me, life = Agent(webid=pod.webid), self.services.life
        others = [one for one in self.people if one.name != pod.name]
        for _ in range(self.chance.randint(2, 5)):
            garden = self.chance.choice(self.gardens).webid
            one = Contribution(garden, self.chance.choice(["time", "care"]), self.day(), "Un geste.")
            if self.chance.random() < 0.7:
                one = Contribution(garden, one.kind, one.at, one.note, minutes=self.chance.randint(5, 200))
            life.contributions.add(me, pod, one)
            self.given.append((pod.name, one))
        for _ in range(self.chance.randint(1, 3)):
            thanks = Thanks(self.chance.choice(others).webid, "Merci !", self.day())
            life.thanks.add(me, pod, thanks)
            self.thanked.append((pod.name, thanks))
        for _ in range(2):
            taught = Transmission(
                self.chance.choice(others).webid, self.chance.choice(["listening", "compost"]), self.day()
            )
            address = life.transmissions.add(me, pod, taught)
            self.passed.append((pod.name, taught, f"{address.iri(self.base)}#it"))

    def forge(self):
        """Badges of three kinds on three days, one of which lies before the season."""
        services, me = self.services, Agent(webid=self.people[0].webid)
        moulds = {
            name: services.achievements.create(
                me, self.gardens[0], name=name, description="Un savoir.", criteria="Le montrer.",
                alignments=[alignment(name=one, url=f"{JDN}skill-{one}") for one in skills],
            )
            for name, skills in ALIGNED.items()
        }  # fmt: skip
        for days in (60, 20, 0):
            services_now = NOW - timedelta(days=days)
            self.installation.clock.now = services_now
            for name in ALIGNED if days != 60 else ["Compost"]:
                for pod in self.people if name != "Accueil" else self.people[:4]:
                    if self.chance.random() < 0.7:
                        services.issuing.issue(me, self.gardens[0], moulds[name], pod.webid)
                        self.badges.append(Badge(len(self.badges), pod.name, name, services_now.date().isoformat()))
        self.installation.clock.now = NOW
        while services.run_pending():
            pass

    # -- the same, by plain counting --------------------------------------------------------------

    def mine(self, records):
        return [record for record in records if record[0] in self.counted]

    def plain(self, name):
        return getattr(self, f"plain_{name.replace('-', '_')}")()

    def plain_contributions_by_kind(self):
        cells = defaultdict(lambda: [0, 0])
        for _, one in self.mine(self.given):
            cells[one.at.strftime("%Y-%m"), f"{JDN}kind-{one.kind}"][0] += 1
            cells[one.at.strftime("%Y-%m"), f"{JDN}kind-{one.kind}"][1] += one.minutes or 0
        return {(*key, *numbers) for key, numbers in cells.items()}

    def plain_hours_by_garden(self):
        told = [one for _, one in self.mine(self.given) if one.minutes is not None]
        return {
            (garden.webid, sum(one.minutes for one in told if one.garden == garden.webid),
             sum(one.garden == garden.webid for one in told))
            for garden in self.gardens
        }  # fmt: skip

    def plain_thanks_by_month(self):
        return set(Counter(one.at.strftime("%Y-%m") for _, one in self.mine(self.thanked)).items())

    def plain_transmissions_by_skill(self):
        passed = [one for name, one, _ in self.passed if name in self.counted]
        counts = Counter(one.skill for one in passed)
        return {
            (f"{JDN}skill-{skill}", n, len({o.to for o in passed if o.skill == skill})) for skill, n in counts.items()
        }

    def plain_learning_cascade(self):
        visible = {iri: one for name, one, iri in self.passed if name in self.counted}

        def length(one):
            return 1 + (length(visible[one.earlier]) if one.earlier in visible else 0)

        found = set()
        for skill in {one.skill for one in visible.values()}:
            mine = [one for one in visible.values() if one.skill == skill]
            found.add((f"{JDN}skill-{skill}", len({one.to for one in mine}), max(map(length, mine)), len(mine)))
        return found

    def plain_gardens_over_time(self):
        return {(year, f"{JDN}garden-{kind}", n) for (year, kind), n in Counter(self.born).items()}

    def quarter(self, at):
        return f"{at.year}-T{(at.month + 2) // 3}"

    def plain_reciprocity_by_quarter(self):
        cells = defaultdict(lambda: [0, 0])
        for _, one, _ in self.gathered:
            cells[self.quarter(one.at)][0] += one.cents
            cells[self.quarter(one.at)][1] += 1
        return {(key, *numbers) for key, numbers in cells.items()}

    def plain_reciprocity_public(self):
        cells = defaultdict(lambda: [0, 0])
        for pod, one, public in self.gathered:
            if public:
                cells[pod.webid, self.quarter(one.settled)][0] += one.claim
                cells[pod.webid, self.quarter(one.settled)][1] += one.cents
        return {(*key, *numbers) for key, numbers in cells.items()}

    def held(self):
        return [one for one in self.badges if one.holder in self.counted]

    def plain_badges_by_achievement(self):
        names = {one.name for one in self.held()}
        return {
            (name, sum(one.name == name for one in self.held()),
             len({one.holder for one in self.held() if one.name == name}))
            for name in names
        }  # fmt: skip

    def plain_skills_held(self):
        found = set()
        for skill in {skill for skills in ALIGNED.values() for skill in skills}:
            mine = [one for one in self.held() if skill in ALIGNED[one.name]]
            since = min(one.day for one in mine)
            found.add((f"{JDN}skill-{skill}", len(mine), len({one.holder for one in mine}), since))
        return found

    def plain_badges_total(self):
        held = self.held()
        skills = {skill for one in held for skill in ALIGNED[one.name]}
        before = {skill for one in held for skill in ALIGNED[one.name] if one.day < SEASON}
        holders, moulds = {one.holder for one in held}, {one.name for one in held}
        return {(len(held), len(holders), len(moulds), len(skills), len(before))}

    # -- the same, by engines on the union ---------------------------------------------------------

    def union(self, audience):
        """Every document that may be read, parsed by nobody of ours but what keeps badges right (vocabulary.md)."""
        store, graph = ox.Store(), rdflib.Graph()
        agent = ANONYMOUS if audience == "public" else Agent(webid=self.community.webid)
        for pod in [*self.people, *self.gardens, self.community]:
            for address in self.addresses(pod):
                try:
                    stored = self.services.resources.read(agent, address).stored
                except (Forbidden, Unauthenticated):
                    continue
                self.add(store, graph, address, stored)
        return store, graph

    def addresses(self, pod):
        yield pod.address("profile/card")
        for container in CONTAINERS[pod.kind]:
            for child in self.services.resources.children(pod.address(container)):
                yield Address(pod.name, child.path)

    def add(self, store, graph, address, stored):
        iri = address.iri(self.base)
        if stored.media_type == rdf.VC:
            quads = [one for one in normalised(self.services.resources.quads(address, stored))
                     if one.graph_name == ox.DefaultGraph()]  # fmt: skip
            data = ox.serialize([one.triple for one in quads], format=ox.RdfFormat.TURTLE)
        else:
            data = self.services.resources.data(stored)
        store.load(data, ox.RdfFormat.TURTLE, base_iri=iri)
        graph.parse(data=data, format="turtle", publicID=iri)


def shown_value(term):
    if term is None:
        return None
    datatype = str(getattr(getattr(term, "datatype", None), "value", getattr(term, "datatype", None)))
    text = str(term) if isinstance(term, rdflib.term.Node) else term.value
    return int(text) if datatype.endswith("#integer") else value_of(text)


@pytest.fixture(scope="module")
def commons(tmp_path_factory):
    print("seed", SEED)
    settings, _ = load({"data": tmp_path_factory.mktemp("commons"), "base_url": "https://garden.example/"}, environ={})
    clock = Clock(NOW)
    installation = Installation(assemble(settings, clock), clock, httpx.Client())
    yield Commons(installation)
    installation.close()


def everything(commons, name):
    """Every row before suppression, as text and numbers."""
    view = commons.services.views.choose(name)
    with commons.services.database.read() as conn:
        cells = totalling.totals(conn, commons.community.name, view)
    made = answer(view.file, view.plan, cells, Coverage(0, 0), NOW, "")
    return {tuple(value_of(plain(value)) for value in row) for row in made.rows}, {one.key: one for one in cells}


def value_of(value):
    return value[:10] if isinstance(value, str) and value[10:11] == "T" else value


def test_no_view_is_forgotten_here(commons):
    assert sorted(commons.services.views.files) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_view_says_what_two_engines_and_a_plain_count_say(commons, name):
    view = commons.services.views.choose(name)
    pushed, _ = everything(commons, name)
    store, graph = commons.union(view.file.audience)
    bound = view.file.bindings(view.parameters)
    text = plans.with_values(view.file.text, bound)
    by_oxigraph = {tuple(shown_value(row[one]) for one in view.plan.columns) for row in store.query(text)}
    by_rdflib = {tuple(map(shown_value, row)) for row in graph.query(text)}
    assert pushed
    assert pushed == by_oxigraph
    assert pushed == by_rdflib
    assert pushed == commons.plain(name)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_shown_is_every_cell_with_enough_people(commons, name):
    commons.services.views.publish("commons")
    view = commons.services.views.choose(name)
    _, cells = everything(commons, name)
    enough = [one for one in cells.values() if one.people >= view.file.threshold]
    told = commons.services.views.read(name, "commons")
    expected = answer(view.file, view.plan, enough, Coverage(0, 0), NOW, "").rows
    assert told.rows == expected
    assert told.coverage.suppressed == len(cells) - len(enough)


def test_processes_compute_the_same_totals_from_scratch(commons, monkeypatch):
    before = {name: everything(commons, name)[1] for name in NAMES}
    monkeypatch.setattr("pod_app.collective.following.WORTH_PROCESSES", 1)
    monkeypatch.setattr("pod_app.collective.following.BATCH", 5)
    assert commons.services.views.rebuild() == 18
    assert {name: everything(commons, name)[1] for name in NAMES} == before


def test_the_command_says_what_is_published(commons, tmp_path):
    commons.services.views.publish("commons")
    # A copy: the command lives on today's date, in another season than the fixture's.
    live_server.copy(commons.services.settings.data, tmp_path / "copy")
    told = live_server.run(tmp_path / "copy", "ask", "transmissions-by-skill", "--format", "json")
    assert told.returncode == 0, told.stderr
    published = commons.services.views.read("transmissions-by-skill", "commons").to_json()
    assert json.loads(told.stdout)["rows"] == published["rows"]
