"""Contributions, thanks, transmissions, needs, events, reciprocity and cards, as the forms of the data say."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyoxigraph as ox
import pytest

from pod_app.community.contributions import Contribution
from pod_app.community.events import Event
from pod_app.community.gardens import Description
from pod_app.community.needs import Wish
from pod_app.community.reciprocity import Gathering
from pod_app.community.thanks import Thanks
from pod_app.community.transmissions import Transmission
from pod_app.errors import Forbidden, Invalid
from pod_app.pods.things import Sharing
from pod_app.standards.wac import Agent

DAY = datetime(2026, 3, 1, 10, tzinfo=UTC)
GARDEN = "https://garden.example/jardin/profile/card#us"
EVERYONE = Sharing(audience="everyone")


@pytest.fixture
def people(installation):
    """Alice and Bob, and a garden that Alice looks after."""
    alice, bob = (installation.services.accounts.create(name, None)[1] for name in ("alice", "bob"))
    garden = installation.services.catalogue.create("jardin", "garden", owners=[alice.webid])
    return alice, bob, garden


def store_of(installation, address):
    found = installation.services.resources.read(Agent(webid=owner(installation, address)), address)
    return ox.Store(), installation.services.resources.quads(address, found.stored)


def owner(installation, address):
    with installation.services.resources.reading() as conn:
        return installation.services.resources.owners(conn, address.pod)[0]


def asks(installation, address, pattern):
    """Whether the stored document matches a SPARQL pattern about <#it>."""
    store, quads = store_of(installation, address)
    store.extend(quads)
    prefixes = (
        "PREFIX jdn: <https://w3id.org/jdn#> PREFIX vf: <https://w3id.org/valueflows/ont/vf#> "
        "PREFIX as: <https://www.w3.org/ns/activitystreams#> PREFIX prov: <http://www.w3.org/ns/prov#> "
        "PREFIX om2: <http://www.ontology-of-units-of-measure.org/resource/om-2/> "
        "PREFIX org: <http://www.w3.org/ns/org#> PREFIX vcard: <http://www.w3.org/2006/vcard/ns#> "
        "PREFIX sdo: <https://schema.org/> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> "
    )
    base = address.iri("https://garden.example/")
    return bool(store.query(f"{prefixes} ASK {{ {pattern} }}", base_iri=base))


def test_a_contribution_says_minutes_exactly_and_hours_for_people(installation, people):
    alice, bob, _ = people
    thing = Contribution(
        GARDEN, "care", DAY, note="Une écoute", action="deliverService", skill="listening", minutes=90,
        receiver=bob.webid,
    )  # fmt: skip
    address = installation.services.life.contributions.add(Agent(webid=alice.webid), alice, thing)
    assert asks(
        installation,
        address,
        f"<#it> a vf:EconomicEvent, as:Activity ; vf:action vf:deliverService ; vf:provider <{alice.webid}> ;"
        f' vf:inScopeOf <{GARDEN}> ; vf:resourceClassifiedAs jdn:kind-care ; vf:note "Une écoute"@fr ;'
        f' vf:hasPointInTime "2026-03-01T10:00:00Z"^^xsd:dateTime ; vf:receiver <{bob.webid}> ;'
        " vf:resourceConformsTo jdn:skill-listening ; jdn:minutes 90 ;"
        " vf:effortQuantity [ a om2:Measure ; om2:hasNumericalValue 1.50 ; om2:hasUnit om2:hour ]",
    )


def test_money_is_kept_in_whole_cents(installation, people):
    alice, *_ = people
    thing = Contribution(GARDEN, "money", DAY, action="transfer", cents=1250)
    address = installation.services.life.contributions.add(Agent(webid=alice.webid), alice, thing)
    pattern = "<#it> jdn:cents 1250 ; vf:resourceQuantity [ om2:hasNumericalValue 12.50 ; om2:hasUnit om2:euro ]"
    assert asks(installation, address, pattern)


@pytest.mark.parametrize(
    "thing",
    [
        Contribution(GARDEN, "care", DAY),
        Contribution(GARDEN, "gossip", DAY, note="x"),
        Contribution(GARDEN, "care", DAY, note="x", action="sell"),
        Contribution(GARDEN, "care", DAY, minutes=-1),
        Contribution(GARDEN, "care", DAY, cents=100, note="x"),
        Contribution(GARDEN, "care", DAY, skill="Not a slug"),
    ],
)
def test_a_contribution_that_says_nothing_or_nonsense_is_refused(installation, people, thing):
    alice, *_ = people
    with pytest.raises(Invalid):
        installation.services.life.contributions.add(Agent(webid=alice.webid), alice, thing)


def test_nobody_writes_in_the_pod_of_somebody_else(installation, people):
    alice, bob, _ = people
    with pytest.raises(Forbidden):
        installation.services.life.contributions.add(
            Agent(webid=bob.webid), alice, Contribution(GARDEN, "care", DAY, note="x")
        )


def test_thanks_go_to_somebody_else(installation, people):
    alice, bob, _ = people
    thanks = installation.services.life.thanks
    address = thanks.add(Agent(webid=alice.webid), alice, Thanks(bob.webid, "Merci Bob", DAY))
    pattern = f'<#it> a as:Like ; as:actor <{alice.webid}> ; as:object <{bob.webid}> ; as:content "Merci Bob"@fr'
    assert asks(installation, address, pattern)
    with pytest.raises(Invalid):
        thanks.add(Agent(webid=alice.webid), alice, Thanks(alice.webid, "Merci moi", DAY))


def test_a_cascade_runs_backwards_in_time(installation, people):
    """Contracts §5: the earlier transmission must be dated before."""
    alice, bob, _ = people
    writer = installation.services.life.transmissions
    first = writer.add(Agent(webid=alice.webid), alice, Transmission(bob.webid, "compost", DAY), EVERYONE)
    earlier = f"{first.iri('https://garden.example/')}#it"
    later = Transmission(alice.webid, "compost", DAY + timedelta(days=1), earlier=earlier)
    address = writer.add(Agent(webid=bob.webid), bob, later)
    assert asks(installation, address, f"<#it> a jdn:Transmission ; prov:wasInformedBy <{earlier}>")
    with pytest.raises(Invalid, match="not before"):
        writer.add(Agent(webid=bob.webid), bob, Transmission(alice.webid, "compost", DAY, earlier=earlier))


def test_a_transmission_neither_comes_from_the_future_nor_from_itself(installation, people):
    alice, bob, _ = people
    writer, me = installation.services.life.transmissions, Agent(webid=alice.webid)
    with pytest.raises(Invalid, match="still to come"):
        writer.add(me, alice, Transmission(bob.webid, "compost", DAY + timedelta(days=365)))
    first = writer.add(me, alice, Transmission(bob.webid, "compost", DAY), Sharing(name="first"))
    second = writer.add(
        me, alice, Transmission(bob.webid, "compost", DAY + timedelta(days=1), earlier=f"{iri(first)}#it")
    )
    loop = Transmission(bob.webid, "compost", DAY + timedelta(days=2), earlier=f"{iri(second)}#it")
    with pytest.raises(Invalid, match="come from itself"):
        writer.add(me, alice, loop, Sharing(name="first"))


def iri(address):
    return address.iri("https://garden.example/")


def test_ten_percent_of_2850_euros_are_285_euros(installation, people):
    """Flow 9 of the product, to the cent."""
    alice, _, garden = people
    thing = Gathering(285_000, 12, DAY, Decimal("0.10"), GARDEN, DAY + timedelta(days=3))
    address = installation.services.life.reciprocity.add(Agent(webid=alice.webid), garden, thing)
    assert thing.claim == 28_500
    assert asks(
        installation,
        address,
        "<#agreement> a vf:Agreement ; jdn:share 0.10 . <#stage> jdn:cents 285000 ; jdn:participants 12 ."
        " <#claim> a vf:Claim ; vf:triggeredBy <#stage> ; vf:agreedIn <#agreement> ; jdn:cents 28500 ."
        f" <#settlement> vf:settles <#claim> ; vf:receiver <{GARDEN}> ; jdn:cents 28500",
    )


def test_claims_are_rounded_half_up_to_the_cent():
    assert Gathering(5, 1, DAY, Decimal("0.10")).claim == 1
    assert Gathering(14, 1, DAY, Decimal("0.10")).claim == 1
    assert Gathering(6500, 12, DAY).claim == 0


@pytest.mark.parametrize("share", [Decimal(0), Decimal("1.01"), 0.1])
def test_a_share_is_a_decimal_between_nothing_and_all(installation, people, share):
    alice, _, garden = people
    with pytest.raises(Invalid):
        installation.services.life.reciprocity.add(Agent(webid=alice.webid), garden, Gathering(100, 1, DAY, share))


def test_events_needs_and_offers_take_their_place(installation, people):
    alice, _, garden = people
    me, life = Agent(webid=alice.webid), installation.services.life
    event = life.events.add(
        me, garden, Event("Dialogue", DAY, DAY + timedelta(hours=2), teaches="listening", participants=12)
    )
    assert asks(installation, event, "<#it> a as:Event ; jdn:participants 12 ; sdo:teaches jdn:skill-listening")
    need = life.needs.add(me, alice, Wish("compost", DAY))
    assert asks(installation, need, f"<#it> a jdn:LearningNeed, vf:Intent ; vf:receiver <{alice.webid}>")
    offer = life.offers.add(me, alice, Wish("compost", DAY))
    assert asks(installation, offer, f"<#it> a vf:Intent ; vf:provider <{alice.webid}>")


def test_a_garden_describes_itself_once(installation, people):
    alice, _, garden = people
    gardens = installation.services.life.gardens
    for place in ("Valmont", "Rivebelle"):
        gardens.describe(
            Agent(webid=alice.webid), garden, Description("local", "Semer ensemble", DAY, 12, place, [GARDEN])
        )
    card = garden.address("profile/card")
    assert asks(installation, card, "<#us> jdn:gardenType jdn:garden-local ; jdn:capacity 12 ; a org:Organization")
    assert asks(installation, card, '<#us> vcard:locality "Rivebelle"@fr ; org:purpose "Semer ensemble"@fr')
    assert not asks(installation, card, '<#us> vcard:locality "Valmont"@fr')


@pytest.mark.parametrize(
    ("audience", "bob_reads", "stranger_reads"), [("me", 0, 0), ("garden", 1, 0), ("everyone", 1, 1)]
)
def test_each_thing_has_its_own_audience(installation, people, audience, bob_reads, stranger_reads):
    alice, bob, garden = people
    installation.services.members.put(Agent(webid=alice.webid), garden.name, bob.webid)
    address = installation.services.life.contributions.add(
        Agent(webid=alice.webid), alice, Contribution(garden.webid, "care", DAY, note="x"),
        Sharing(audience=audience, garden=garden.webid),
    )  # fmt: skip
    decide = installation.services.resources.decide
    assert bool(decide(Agent(webid=bob.webid), address).user) == bool(bob_reads)
    assert bool(decide(Agent(), address).user) == bool(stranger_reads)
