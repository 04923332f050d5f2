"""A community whose members have their pods on three hosts, and ways to spoil what a host answers."""

import random
from collections import Counter
from datetime import UTC, datetime

import httpx
import pyoxigraph as ox
import pytest
from three_hosts import World

from pod_app.collective import partials, totalling
from pod_app.collective.answers import Coverage, answer, plain
from pod_app.collective.members import Consent, Elsewhere
from pod_app.community.contributions import Contribution
from pod_app.community.transmissions import Transmission
from pod_app.pods.access import PROGRAM
from pod_app.standards.addresses import Address
from pod_app.standards.wac import Agent
from pod_app.storage.schema import moment

SEED = 20261126
DAY = datetime(2026, 2, 3, 10, tzinfo=UTC)
VIEWS = ("contributions-by-kind", "hours-by-garden", "transmissions-by-skill", "learning-cascade")


class Commons:
    """A community on the first host with members on all three, and what they gave."""

    def __init__(self, world, size=4):
        self.world, self.chance = world, random.Random(SEED)
        self.people = []
        home = world[0]
        self.founder = home.person("founder")
        self.me = Agent(webid=self.founder.webid)
        self.community = home.services.catalogue.create("commons", "community", owners=[self.founder.webid])
        for number, (host, _) in enumerate(world.hosts):
            for one in range(size):
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

    def said_at(self, pod):
        """When a pod elsewhere last said something."""
        with self.world[0].services.database.read() as conn:
            return moment(partials.asked_at(conn, "commons")[pod.webid])

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


@pytest.fixture
def small(make_installation):
    """Two members on each host."""
    return Commons(World(make_installation), 2)


class Bytes(httpx.SyncByteStream):
    """A body as it comes from the network: `content=` of httpx would be read already."""

    def __init__(self, content):
        self.content = content

    def __iter__(self):
        return iter([self.content])


def response_of(status, content, headers=None):
    return httpx.Response(status, headers=headers, stream=Bytes(content))


class Answers(httpx.BaseTransport):
    """The way from the first host to another one; `spoil` may change what comes back."""

    def __init__(self, commons, number, spoil=None):
        mounts, self.host = commons.world.hosts[0][1], commons.world[number].base
        self.before, self.spoil, self.statuses = mounts[self.host], spoil, []
        mounts[self.host] = self

    def handle_request(self, request):
        response = self.before.handle_request(request)
        content = response.read()
        self.statuses.append(response.status_code)
        if self.spoil is not None and response.status_code == 200:
            return self.spoil(content)
        return response_of(response.status_code, content, response.headers)


def unreachable(_):
    raise httpx.ConnectTimeout("slow")


def one_more(commons, number=2):
    """Something changes on the second host, so that it has something to say."""
    host, pod = commons.people[number]
    gift = Contribution(commons.community.webid, "care", DAY, note="x", minutes=15)
    host.services.life.contributions.add(Agent(webid=pod.webid), pod, gift)
