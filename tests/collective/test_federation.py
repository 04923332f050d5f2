"""Views over pods of other installations: three hosts, members on all three (contracts.md §3, trust.md S34)."""

import gzip
import json
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
from pod_app.community.reciprocity import Gathering
from pod_app.community.transmissions import Transmission
from pod_app.pods.access import PROGRAM
from pod_app.pods.things import Sharing
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


def test_an_unchanged_installation_computes_nothing_and_says_so(commons):
    commons.consent()
    commons.settle()
    there = commons.world[1]
    asked = Answers(commons, 1)
    commons.settle()
    assert set(asked.statuses) == {304}
    person = commons.people[5]
    assert person[0] is there
    commons.world[0].clock.forward(hours=1)
    gift = Contribution(commons.community.webid, "care", DAY, note="x", minutes=15)
    there.services.life.contributions.add(Agent(webid=person[1].webid), person[1], gift)
    asked.statuses.clear()
    commons.settle()
    assert set(asked.statuses) == {200}
    assert commons.rows("contributions-by-kind") == commons.expected("contributions-by-kind")
    assert commons.said_at(person[1]) == commons.world[0].clock()


def test_from_scratch_is_what_was_kept_change_by_change(commons):
    commons.consent()
    commons.settle()
    before = {name: commons.rows(name) for name in VIEWS}
    commons.world[0].services.views.rebuild()
    commons.settle()
    assert {name: commons.rows(name) for name in VIEWS} == before
    assert commons.coverage().answered == 13


def test_who_leaves_the_community_is_no_longer_asked_nor_counted(commons):
    commons.consent()
    commons.settle()
    _, pod = commons.people[-1]
    services = commons.world[0].services
    services.members.remove(commons.me, "commons", pod.webid)
    assert commons.settle() == 7
    assert commons.rows("contributions-by-kind") == commons.expected("contributions-by-kind", commons.people[:-1])
    assert (commons.coverage().asked, commons.coverage().refused) == (12, 0)


def test_laboratories_without_tls_on_ports_of_localhost_ask_each_other(make_installation):
    """did:web says https; an installation that may use plain http looks for the key where the community is."""
    hosts = tuple(f"http://localhost:{port}/" for port in (18101, 18102, 18103))
    laboratory = Commons(World(make_installation, hosts, egress_allow_http=True), 1)
    laboratory.consent()
    assert laboratory.settle() == 2
    assert laboratory.coverage().answered == 4
    assert laboratory.rows(VIEWS[0]) == laboratory.expected(VIEWS[0])


@pytest.mark.postgres
def test_members_elsewhere_are_counted_on_postgresql_too(make_installation, postgres_server):
    world = World(make_installation, first={"database_url": postgres_server.new_database()})
    commons = Commons(world, 1)
    commons.consent()
    commons.settle()
    assert {name: commons.rows(name) for name in VIEWS} == {name: commons.expected(name) for name in VIEWS}
    one_more(commons, 1)
    Answers(commons, 1, unreachable)
    commons.settle()
    assert (commons.coverage().answered, commons.coverage().late) == (3, 1)


def test_a_withdrawal_elsewhere_is_followed_within_a_minute(small):
    small.consent()
    small.settle()
    assert small.world[0].services.federation.asking.ask_due() == 4
    host, pod = small.people[-1]
    small.say(host, pod, given=False)
    small.world[0].clock.forward(seconds=31)
    assert small.world[0].services.federation.asking.ask_due() == 4
    for name in VIEWS:
        assert small.rows(name) == small.expected(name, small.people[:-1])


def test_others_are_asked_once_in_a_period_whoever_asks(commons):
    asking, clock = commons.world[0].services.federation.asking, commons.world[0].clock
    assert asking.ask_due() == 8
    assert asking.ask_due() == 0
    clock.forward(seconds=29)
    assert asking.ask_due() == 0
    clock.forward(seconds=2)
    assert asking.ask_due() == 8


def test_what_is_not_to_be_counted_stays_out_elsewhere_too(commons):
    commons.consent()
    host, pod = commons.people[-1]
    gift = Contribution(commons.community.webid, "care", DAY, note="x", minutes=15)
    host.services.life.contributions.add(Agent(webid=pod.webid), pod, gift, Sharing(counted=False))
    address = host.services.life.contributions.add(Agent(webid=pod.webid), pod, gift)
    commons.settle()
    with_one_more = commons.rows("contributions-by-kind")
    host.services.resources.write(Agent(webid=pod.webid), lambda writing: writing.delete(address))
    commons.settle()
    total = sum(n for _, _, n, _ in commons.rows("contributions-by-kind"))
    assert sum(n for _, _, n, _ in with_one_more) == total + 1


def test_several_pods_of_one_owner_elsewhere_are_one_person(commons):
    host = commons.world[2]
    owner = host.person("zoe")
    second = host.services.catalogue.create("zoe-again", "person", owners=[owner.webid])
    commons.join(host, owner)
    services = commons.world[0].services
    services.resources.write(
        commons.me, lambda writing: services.members.put_within(writing, "commons", second.webid, ("member",))
    )
    gift = Contribution(commons.community.webid, "hosting", DAY, note="x")
    for pod in (owner, second):
        host.services.life.contributions.add(Agent(webid=owner.webid), pod, gift)
        word = Consent(commons.recipient(host), "count", given=True)
        host.services.resources.write(
            Agent(webid=owner.webid), lambda writing, pod=pod, word=word: host.services.consents.change_within(
                writing, pod, word
            ),
        )  # fmt: skip
    commons.settle()
    view = services.views.choose("contributions-by-kind")
    with services.database.read() as conn:
        [cell] = [one for one in totalling.totals(conn, "commons", view) if "kind-hosting" in one.key]
    assert (cell.numbers["contributions"], cell.people) == (2, 1)


def test_a_garden_elsewhere_is_counted_by_its_headcount(commons):
    """65.00 € from 12 people, in a garden of another host (product.md, Réciprocité)."""
    host = commons.world[1]
    owner = Agent(webid=commons.people[4][1].webid)
    garden = host.services.catalogue.create("verger", "garden", owners=[owner.webid])
    host.services.life.reciprocity.add(owner, garden, Gathering(6_500, 12, DAY))
    services = commons.world[0].services
    services.resources.write(
        commons.me, lambda writing: services.members.put_within(writing, "commons", garden.webid, ("member",))
    )
    commons.settle()
    assert commons.rows("reciprocity-by-quarter") == Counter()
    host.services.consents.give(owner, garden, commons.recipient(host), "count")
    commons.settle()
    services.views.publish("commons")
    assert services.views.read("reciprocity-by-quarter", "commons").rows == (('"2026-T1"', 6_500, 1),)


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


def body(change):
    """Every line of an answer, changed."""

    def spoil(content):
        lines = change([json.loads(line) for line in content.splitlines()])
        return response_of(200, "\n".join(map(json.dumps, lines)).encode())

    return spoil


def cells(change):
    """Every cell of an answer, changed."""

    def lines(told):
        for line in told:
            for cell in line.get("cells", {}).values():
                change(cell)
            if "edges" in line:
                line["edges"] = "<urn:a> <urn:b> <urn:c> ."
        return told

    return body(lines)


def one_key(key):
    def lines(told):
        for line in told:
            line["cells"] = {key: {"n": {"rows": 1}, "b": {}}}
            line.pop("edges", None)
        return told

    return body(lambda told: [*lines(told[:-1]), told[-1]])


def raw(content, status=200, **headers):
    return lambda _: response_of(status, content, headers)


def unreachable(_):
    raise httpx.ConnectTimeout("slow")


def crowded(line):
    keys = (json.dumps([f'"{number}"', "<urn:a>"]) for number in range(5_001))
    return {"pod": line["pod"], "state": "answered", "cells": {key: {"n": {"rows": 1}, "b": {}} for key in keys}}


BOMB = gzip.compress(bytes(64 * 2**20))
LATE = {
    "dead": unreachable,
    "overloaded": raw(b"", 503),
    "broken": raw(b"<h1>oops</h1>", 500),
    "asks for patience": raw(b"", 429),
    "a bomb": raw(BOMB, **{"Content-Encoding": "gzip"}),
    "too many bytes": raw(bytes(17 * 2**20)),
    "a cut compressed body": raw(BOMB[:100], **{"Content-Encoding": "gzip"}),
    "an encoding nobody asked for": raw(b"x", **{"Content-Encoding": "br"}),
}
REFUSED = {
    "does not know us": raw(b"{}", 403),
    "does not believe us": raw(b"{}", 401),
    "has no such route": raw(b"", 404),
    "sends us elsewhere": raw(b"", 302, Location="https://evil.example/"),
    "a page": raw(b"<html></html>"),
    "nothing": raw(b""),
    "no lines": raw(b'{"coverage": {}}'),
    "deep nesting": raw(b"[" * 100_000),
    "a number without end": raw(b'{"pod": ' + b"1" * 10_000 + b"}\n" + b'{"coverage": {}}'),
    "cut before the coverage": body(lambda lines: lines[:-1]),
    "no objects": body(lambda lines: [1, *lines[1:]]),
    "a pod that was not asked for": body(lambda lines: [{**lines[0], "pod": "https://bouleau.example/x"}, *lines[1:]]),
    "a pod of somebody else": body(
        lambda lines: [{**lines[0], "pod": "https://cedre.example/person-2-0/profile/card#me"}, *lines[1:]]
    ),
    "a pod here": body(lambda lines: [{**lines[0], "pod": "person-0-0"}, *lines[1:]]),
    "a pod twice": body(lambda lines: [lines[0], lines[0], *lines[2:]]),
    "too many lines": body(lambda lines: [lines[0]] * 1_000 + lines),
    "other columns": cells(lambda cell: cell["n"].update(secret=1)),
    "a float": cells(lambda cell: cell["n"].update(rows=1.5)),
    "a text for a number": cells(lambda cell: cell["n"].update(rows="1")),
    "true for a number": cells(lambda cell: cell["n"].update(rows=True)),
    "a negative number": cells(lambda cell: cell["n"].update(dict.fromkeys(cell["n"], -1))),
    "a huge number": cells(lambda cell: cell["n"].update(dict.fromkeys(cell["n"], 2**53 + 1))),
    "no rows": cells(lambda cell: cell["n"].pop("rows")),
    "people of its own": cells(lambda cell: cell["b"].update(people=[f"urn:{number}" for number in range(99)])),
    "a bag that is none": cells(lambda cell: cell.update(b=[])),
    "a cell that is none": cells(lambda cell: cell.clear()),
    "a key with other columns": one_key('["a"]'),
    "a key that is no JSON": one_key("x"),
    "a key with something behind it": one_key('["\\"a\\" . <urn:x> <urn:y> <urn:z>", "<urn:a>"]'),
    "a key with a blank node": one_key('["_:a", "<urn:a>"]'),
    "a key in another spelling": one_key('["\\"2026-02\\"",   "<urn:a>"]'),
    "too many cells": body(lambda lines: [*map(crowded, lines[:-1]), lines[-1]]),
}


def one_more(commons, number=2):
    """Something changes on the second host, so that it has something to say."""
    host, pod = commons.people[number]
    gift = Contribution(commons.community.webid, "care", DAY, note="x", minutes=15)
    host.services.life.contributions.add(Agent(webid=pod.webid), pod, gift)


def test_who_does_not_answer_is_late_and_what_was_said_last_counts_for_a_week(small):
    """All of them on one installation after the other: each time it recovers."""
    small.consent()
    small.settle()
    for how, spoil in LATE.items():
        before, since = {name: small.rows(name) for name in VIEWS}, small.world[0].clock()
        small.world[0].clock.forward(hours=2)
        one_more(small)
        hostile = Answers(small, 1, spoil)
        small.settle()
        for name in VIEWS:
            told = small.coverage(name)
            assert (told.asked, told.answered, told.refused, told.late) == (7, 5, 0, 2), how
            assert small.said_at(small.people[2][1]) == since, how
            assert small.rows(name) == before[name], how
        small.world[0].clock.forward(days=7)
        small.settle()
        assert small.rows(VIEWS[0]) == small.expected(VIEWS[0], small.people[:2] + small.people[4:]), how
        assert small.coverage().late == 2, how
        hostile.spoil = None
        small.settle()
        assert {name: small.rows(name) for name in VIEWS} == {name: small.expected(name) for name in VIEWS}, how
        assert small.coverage().answered == 7, how


def test_who_refuses_or_lies_is_no_longer_counted_and_nothing_else_is_lost(small):
    """trust.md S8: the view answers with the others, and says so."""
    small.consent()
    for how, spoil in REFUSED.items():
        small.settle()
        assert small.coverage().answered == 7, how
        one_more(small)
        hostile = Answers(small, 1, spoil)
        small.settle()
        for name in VIEWS:
            assert small.rows(name) == small.expected(name, small.people[:2] + small.people[4:]), (how, name)
            told = small.coverage(name)
            assert (told.asked, told.answered, told.refused, told.late) == (7, 5, 2, 0), (how, name)
        hostile.spoil = None
    page = small.world[0].client.get("/collective/commons/contributions-by-kind.json")
    assert page.json()["coverage"]["refused"] == 2


def test_a_first_answer_cannot_be_not_modified(small):
    small.consent()
    Answers(small, 1, raw(b"", 304))
    small.settle()
    assert small.coverage().refused == 2


def test_one_wrong_line_loses_one_pod(small):
    small.consent()
    Answers(small, 1, body(lambda lines: [{**lines[0], "cells": {"x": 1}, "edges": 1}, *lines[1:]]))
    small.settle()
    for name in VIEWS:
        assert small.rows(name) == small.expected(name, small.people[:2] + small.people[3:])
        assert (small.coverage(name).answered, small.coverage(name).refused) == (6, 1)


def test_pages_say_in_words_who_did_not_answer(small):
    small.consent()
    small.settle()
    one_more(small)
    Answers(small, 1, unreachable)
    small.settle()
    client = small.world[0].client
    english = client.get("/collective/commons/contributions-by-kind", headers={"Accept-Language": "en"}).text
    assert "2 did not answer in time" in english
    french = client.get("/collective/commons/contributions-by-kind", headers={"Accept-Language": "fr"}).text
    assert "2 n’ont pas répondu à temps" in french
    told = client.get("/collective/commons/contributions-by-kind.json").json()["coverage"]
    assert (told["late"], told["answered"]) == (2, 5)
