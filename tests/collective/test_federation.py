"""Views over pods of other installations: three hosts, members on all three (contracts.md §3, trust.md S34)."""

import random
from collections import Counter
from datetime import UTC, datetime

import pyoxigraph as ox
import pytest
from three_hosts import World

from pod_app.collective import totalling
from pod_app.collective.answers import Coverage, answer, plain
from pod_app.collective.members import Consent, Elsewhere
from pod_app.community.contributions import Contribution
from pod_app.community.transmissions import Transmission
from pod_app.pods.access import PROGRAM
from pod_app.standards.addresses import Address
from pod_app.standards.wac import Agent

SEED = 20261126
DAY = datetime(2026, 2, 3, 10, tzinfo=UTC)
VIEWS = ("contributions-by-kind", "hours-by-garden", "transmissions-by-skill", "learning-cascade")


class Commons:
    """A community on the first host with members on all three, and what they gave."""

    def __init__(self, world):
        self.world, self.chance = world, random.Random(SEED)
        self.people = []
        home = world[0]
        self.founder = home.person("founder")
        self.me = Agent(webid=self.founder.webid)
        self.community = home.services.catalogue.create("commons", "community", owners=[self.founder.webid])
        for number, (host, _) in enumerate(world.hosts):
            for one in range(4):
                self.join(host, host.person(f"person-{number}-{one}"))

    def recipient(self, host):
        return self.community if host is self.world[0] else Elsewhere(self.community.webid)

    def join(self, host, pod):
        """A member who wrote some things and has not consented yet."""
        services, me = self.world[0].services, Agent(webid=pod.webid)
        services.resources.write(
            self.me, lambda writing: services.members.put_within(writing, "commons", pod.webid, ("member",))
        )
        self.people.append((host, pod))
        for _ in range(self.chance.randint(1, 4)):
            kind, minutes = self.chance.choice(["care", "welcome", "time"]), self.chance.choice([None, 30, 90])
            gift = Contribution(self.community.webid, kind, DAY, note="x", minutes=minutes)
            host.services.life.contributions.add(me, pod, gift)
        taught = Transmission(self.founder.webid, self.chance.choice(["listening", "compost"]), DAY)
        host.services.life.transmissions.add(me, pod, taught)

    def say(self, host, pod, *, given):
        word = Consent(self.recipient(host), "count", given)
        services = host.services
        services.resources.write(
            Agent(webid=pod.webid), lambda writing: services.consents.change_within(writing, pod, word)
        )

    def consent(self):
        for host, pod in self.people:
            self.say(host, pod, given=True)

    def settle(self):
        home = self.world[0].services
        home.views.catch_up()
        return home.federation.asking.ask()

    def union(self, people=None):
        store = ox.Store()
        for host, pod in self.people if people is None else people:
            resources = host.services.resources
            for container in ("contributions/", "transmissions/"):
                for child in resources.children(Address(pod.name, container)):
                    address = Address(pod.name, child.path)
                    data = resources.data(resources.read(PROGRAM, address).stored)
                    store.load(data, ox.RdfFormat.TURTLE, base_iri=address.iri(host.base))
        return store

    def rows(self, name):
        services = self.world[0].services
        view = services.views.choose(name)
        with services.database.read() as conn:
            found = totalling.totals(conn, "commons", view)
        made = answer(view.file, view.plan, found, Coverage(0, 0), DAY, "")
        return Counter(tuple(plain(value) for value in row) for row in made.rows)

    def expected(self, name, people=None):
        view = self.world[0].services.views.choose(name)
        found = self.union(people).query(view.file.text)
        return Counter(tuple(value_of(row[one]) for one in view.plan.columns) for row in found)

    def coverage(self, name="contributions-by-kind"):
        return self.world[0].services.views.read(name, "commons").coverage


def value_of(term):
    if term is None:
        return None
    return int(term.value) if term.value.isdecimal() else term.value


@pytest.fixture
def commons(make_installation):
    print("seed", SEED)
    return Commons(World(make_installation))


@pytest.mark.parametrize("name", VIEWS)
def test_totals_are_what_oxigraph_says_about_the_union_of_three_hosts(commons, name):
    commons.consent()
    assert commons.settle() == 8
    assert commons.rows(name) == commons.expected(name)
    assert commons.coverage(name).to_json() | {"oldest": None} == {
        "asked": 13, "answered": 13, "refused": 0, "late": 0, "suppressed": 0, "oldest": None,
    }  # fmt: skip


def test_nobody_is_counted_before_they_consent_nor_after_they_withdraw(commons):
    commons.settle()
    assert commons.rows("contributions-by-kind") == Counter()
    assert (commons.coverage().asked, commons.coverage().refused) == (9, 8)
    commons.consent()
    commons.settle()
    host, pod = commons.people[-1]
    commons.say(host, pod, given=False)
    commons.settle()
    left = commons.people[:-1]
    for name in VIEWS:
        assert commons.rows(name) == commons.expected(name, left)
    assert (commons.coverage().answered, commons.coverage().refused) == (12, 1)
