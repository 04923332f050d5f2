"""Consent: one transaction for the record, the rules and the row (contracts.md §2)."""

from datetime import UTC, datetime

import pytest

from pod_app.collective.members import Consent
from pod_app.community.contributions import Contribution
from pod_app.community.events import Event
from pod_app.community.gardens import Description
from pod_app.community.reciprocity import Gathering
from pod_app.errors import Forbidden, Invalid
from pod_app.pods.things import Sharing
from pod_app.standards.wac import Agent, Mode

DAY = datetime(2026, 3, 1, 10, tzinfo=UTC)
ALL = ("contributions/", "thanks/", "transmissions/", "badges/", "needs/", "offers/")


@pytest.fixture
def people(installation):
    """Alice, Bob and a community that Bob looks after."""
    alice, bob = (installation.services.accounts.create(name, None)[1] for name in ("alice", "bob"))
    community = installation.services.catalogue.create("jardiniers", "community", owners=[bob.webid])
    return alice, bob, community


def reads(installation, webid, address):
    return installation.services.resources.decide(Agent(webid=webid), address).allows(Mode.READ)


def contribute(installation, alice, community, **sharing):
    return installation.services.life.contributions.add(
        Agent(webid=alice.webid), alice, Contribution(community.webid, "care", DAY, note="x"), Sharing(**sharing)
    )


def test_counting_opens_six_containers_and_withdrawing_closes_them(installation, people):
    alice, _, community = people
    consents, me = installation.services.consents, Agent(webid=alice.webid)
    before = [contribute(installation, alice, community, audience=audience) for audience in ("me", "everyone")]
    consents.give(me, alice, community, "count")
    after = contribute(installation, alice, community)
    for address in (*map(alice.address, ALL), *before, after):
        assert reads(installation, community.webid, address), address
    assert not reads(installation, community.webid, alice.address("private/"))
    assert not reads(installation, community.webid, alice.address("consents/"))
    consents.withdraw(me, alice, community, "count")
    for address in (*map(alice.address, ALL), before[0], after):
        assert not reads(installation, community.webid, address), address
    assert reads(installation, alice.webid, after)
    assert installation.services.resources.decide(Agent(), before[1]).allows(Mode.READ)


def test_what_is_not_to_be_counted_stays_out_before_and_after_the_consent(installation, people):
    alice, _, community = people
    consents, me = installation.services.consents, Agent(webid=alice.webid)
    before = contribute(installation, alice, community, counted=False)
    consents.give(me, alice, community, "count")
    after = contribute(installation, alice, community, counted=False)
    assert not reads(installation, community.webid, before)
    assert not reads(installation, community.webid, after)


def test_what_is_not_to_be_counted_is_not_counted_where_everybody_may_read_it(installation, people):
    alice, _, community = people
    services = installation.services
    services.consents.give(Agent(webid=alice.webid), alice, community, "count")
    datasets = services.views.sources.datasets
    agents = [Agent(), Agent(webid=community.webid)]

    def seen():
        with services.resources.reading() as conn:
            stores = datasets.of(conn, "alice", "person", agents)
        return [{quad.subject.value.partition("#")[0] for quad in stores[agent]} for agent in agents]

    counted = contribute(installation, alice, community, audience="everyone").iri(installation.base)
    left_out = contribute(installation, alice, community, audience="everyone", counted=False)
    assert services.resources.decide(Agent(), left_out).allows(Mode.READ)
    for found in seen():
        assert counted in found
        assert left_out.iri(installation.base) not in found


def test_consent_makes_nothing_public_and_opens_nothing_to_others(installation, people):
    alice, bob, community = people
    address = contribute(installation, alice, community)
    installation.services.consents.give(Agent(webid=alice.webid), alice, community, "count")
    for one in (*map(alice.address, ALL), address):
        assert not reads(installation, bob.webid, one)
        assert not installation.services.resources.decide(Agent(), one).public


def test_only_the_owner_consents(installation, people):
    alice, bob, community = people
    for agent in (Agent(webid=bob.webid), Agent(webid=community.webid)):
        with pytest.raises(Forbidden):
            installation.services.consents.give(agent, alice, community, "count")
    with installation.services.resources.reading() as conn:
        assert installation.services.consents.state(conn, "alice") == {}


def test_state_is_found_by_pod_and_by_community(installation, people):
    alice, _, community = people
    consents, me = installation.services.consents, Agent(webid=alice.webid)
    for purpose in ("count", "cascade", "count"):
        consents.give(me, alice, community, purpose)
    with installation.services.resources.reading() as conn:
        assert consents.state(conn, "alice") == {"jardiniers": {"count", "cascade"}}
        assert consents.consenting(conn, "jardiniers", "count") == ["alice"]
        assert consents.communities_of(conn, "alice", "cascade") == ["jardiniers"]
        assert consents.consenting(conn, "jardiniers", "map") == []
    assert len(installation.services.resources.children(alice.address("consents/"))) == 2


def test_withdrawing_the_name_keeps_the_count(installation, people):
    alice, _, community = people
    consents, me = installation.services.consents, Agent(webid=alice.webid)
    for purpose in ("count", "cascade"):
        consents.give(me, alice, community, purpose)
    consents.withdraw(me, alice, community, "cascade")
    with installation.services.resources.reading() as conn:
        assert consents.state(conn, "alice") == {"jardiniers": {"count"}}
    assert reads(installation, community.webid, alice.address("contributions/"))


def test_a_failing_consent_leaves_nothing_behind(installation, people):
    """One transaction: an unreadable rule at the last container undoes the record and the row."""
    alice, bob, community = people
    consents = installation.services.consents
    with pytest.raises(Invalid):
        consents.give(Agent(webid=alice.webid), alice, bob, "count")
    with pytest.raises(Invalid):
        consents.give(Agent(webid=alice.webid), alice, community, "selling")

    def broken(writing):
        consents.change_within(writing, alice, Consent(community, "count", given=True))
        raise Invalid("no", "no")

    with pytest.raises(Invalid):
        installation.services.resources.write(Agent(webid=alice.webid), broken)
    with installation.services.resources.reading() as conn:
        assert consents.consenting(conn, "jardiniers", "count") == []
    assert installation.services.resources.children(alice.address("consents/")) == []
    assert not reads(installation, community.webid, alice.address("contributions/"))


def test_a_container_keeps_the_readers_it_had_through_the_pods_root(installation, people):
    """Consent writes an ACL of its own on a container: whoever read there before still does."""
    alice, bob, community = people
    me = Agent(webid=alice.webid)
    root = alice.address("")
    resources = installation.services.resources
    text = (
        "@prefix acl: <http://www.w3.org/ns/auth/acl#> ."
        f"<#own> a acl:Authorization ; acl:accessTo <./> ; acl:default <./> ; acl:agent <{alice.webid}> ;"
        " acl:mode acl:Read, acl:Write, acl:Control ."
        f"<#bob> a acl:Authorization ; acl:default <./> ; acl:agent <{bob.webid}> ; acl:mode acl:Read ."
    )
    body = resources.prepare(root.acl, text.encode(), "text/turtle")
    resources.write(me, lambda writing: writing.put(root.acl, body))
    installation.services.consents.give(me, alice, community, "count")
    assert reads(installation, bob.webid, alice.address("thanks/"))
    installation.services.consents.withdraw(me, alice, community, "count")
    assert reads(installation, bob.webid, alice.address("thanks/"))
    assert not reads(installation, community.webid, alice.address("thanks/"))


@pytest.fixture
def garden(installation, people):
    """A garden of Alice with one dialogue's money, and Dora among its members."""
    alice, _, community = people
    services, me = installation.services, Agent(webid=alice.webid)
    garden = services.catalogue.create("verger", "garden", owners=[alice.webid])
    dora = installation.person("dora")
    services.resources.write(
        me, lambda writing: services.members.put_within(writing, "verger", dora.webid, ("member",))
    )
    gathered = services.life.reciprocity.add(me, garden, Gathering(6_500, 12, DAY))
    return garden, gathered, dora, community, me


def test_a_garden_opens_its_events_and_agreements_and_nothing_else(installation, garden):
    garden, gathered, dora, community, me = garden
    consents, life = installation.services.consents, installation.services.life
    assert not reads(installation, community.webid, gathered)
    consents.give(me, garden, community, "count")
    after = life.reciprocity.add(me, garden, Gathering(285_000, 18, DAY), Sharing(audience="everyone"))
    event = life.events.add(me, garden, Event("Dialogue", DAY, DAY, participants=12), Sharing(audience="me"))
    opened = [garden.address("events/"), garden.address("agreements/"), gathered, after, event]
    for address in opened:
        assert reads(installation, community.webid, address), address
    for path in ("members/", "members/group", "contributions/", "consents/", "private/"):
        assert not reads(installation, community.webid, garden.address(path)), path
    assert reads(installation, dora.webid, gathered)
    consents.withdraw(me, garden, community, "count")
    for address in opened:
        assert reads(installation, community.webid, address) == (address == after), address
    assert reads(installation, dora.webid, gathered)


def test_a_garden_keeps_one_agreement_out_of_the_count(installation, garden):
    garden, _, dora, community, me = garden
    consents, reciprocity = installation.services.consents, installation.services.life.reciprocity
    kept_out = Sharing(audience=None, counted=False)
    before = reciprocity.add(me, garden, Gathering(1_000, 5, DAY), kept_out)
    consents.give(me, garden, community, "count")
    after = reciprocity.add(me, garden, Gathering(1_000, 5, DAY), kept_out)
    for address in (before, after):
        assert not reads(installation, community.webid, address)
        assert reads(installation, dora.webid, address)


def test_what_a_garden_gathered_is_counted_without_anybodys_gift(installation, garden):
    """The community's own case: 65.00 € from 12 people (product.md, Réciprocité)."""
    garden, _, _, community, me = garden
    services = installation.services
    card = Description("local", "Greffer ensemble.", DAY, communities=[community.webid])
    services.life.gardens.describe(me, garden, card)
    services.views.catch_up()
    assert services.views.read("reciprocity-by-quarter", "jardiniers").rows == ()
    services.consents.give(me, garden, community, "count")
    services.views.catch_up()
    services.views.publish("jardiniers")
    assert services.views.read("reciprocity-by-quarter", "jardiniers").rows == (('"2026-T1"', 6_500, 1),)
    services.consents.withdraw(me, garden, community, "count")
    services.views.catch_up()
    services.views.publish("jardiniers")
    assert services.views.read("reciprocity-by-quarter", "jardiniers").rows == ()
