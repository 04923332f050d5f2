"""Views over pods of other installations: three hosts, members on all three (contracts.md §3, trust.md S34)."""

from collections import Counter

import pytest
from fixtures_commons import DAY, VIEWS, Answers, Commons, one_more, unreachable
from three_hosts import World

from pod_app.collective import totalling
from pod_app.collective.members import Consent
from pod_app.community.contributions import Contribution
from pod_app.community.reciprocity import Gathering
from pod_app.pods.things import Sharing
from pod_app.standards.wac import Agent


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
