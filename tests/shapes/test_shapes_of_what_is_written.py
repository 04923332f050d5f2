"""What the program writes keeps its own shapes, and so does every badge that an import accepts."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyoxigraph as ox
import pytest
from fixtures_shapes import ROOT, compiled, quads_of, quick, reference

from pod_app.badges.forge.achievements import profile
from pod_app.badges.verifier import verifying
from pod_app.community.contributions import ACTIONS, KINDS, Contribution
from pod_app.community.events import Event
from pod_app.community.gardens import KINDS as GARDEN_KINDS
from pod_app.community.gardens import Description
from pod_app.community.needs import Wish
from pod_app.community.reciprocity import Gathering
from pod_app.community.thanks import Thanks
from pod_app.community.transmissions import Transmission
from pod_app.errors import PodAppError, Unreachable
from pod_app.pods import layout
from pod_app.pods.access import PROGRAM
from pod_app.pods.members import ROLES
from pod_app.pods.shapes import OF_BADGES
from pod_app.standards import normalise, open_badges, shacl
from pod_app.standards.wac import Agent

DAY = datetime(2026, 3, 1, 10, tzinfo=UTC)
LATER = DAY + timedelta(days=1)
SAMPLES = ROOT / "tests" / "data" / "badges" / "samples"
BADGE_SHAPES = shacl.Shapes(quads_of("badge"), lambda _: [])
PURPOSE = "http://www.w3.org/ns/org#purpose"
CAPTION = "https://schema.org/caption"


def judged(shape, quads):
    """Both engines' findings as (severity, path); they agree to the last."""
    if shape in OF_BADGES:
        quads = list(normalise.normalised(quads))
    default = {ox.Triple(*quad.triple) for quad in quads if isinstance(quad.graph_name, ox.DefaultGraph)}
    text = ox.serialize(default, format=ox.RdfFormat.N_TRIPLES).decode()
    ours = quick(compiled(quads_of(shape)), text)
    assert reference(shape, text) == ours
    return {(severity, path) for severity, path, _ in ours}


def written(services, pod):
    """Every document of a pod that a shape governs: shape, address, statements."""
    with services.resources.reading() as conn:
        for place in layout.places(pod.kind):
            address = pod.address(place.path)
            found = services.resources.members(conn, address) if address.is_container else ()
            for one in [pod.address(stored.path) for stored in found] if address.is_container else [address]:
                if place.shape:
                    stored = services.resources.read_within(conn, PROGRAM, one).stored
                    yield place.shape, one, services.resources.quads(one, stored)


def findings(services, *pods):
    found = {}
    for pod in pods:
        for shape, address, quads in written(services, pod):
            found.setdefault(shape, {})[address.target] = judged(shape, quads)
    return found


@pytest.fixture
def village(installation):
    alice, bob = installation.person("alice"), installation.person("bob")
    catalogue = installation.services.catalogue
    garden = catalogue.create("jardin", "garden", title="Le jardin", owners=[alice.webid])
    community = catalogue.create("canopee", "community", title="La canopée", owners=[alice.webid])
    return installation.services, alice, bob, garden, community


def test_a_new_installation_keeps_its_shapes_and_is_asked_for_a_purpose_alone(village):
    services, *pods = village
    found = findings(services, *pods)
    assert set(found) == {"profile", "garden", "membership"}
    assert set(found["garden"]) == {"/jardin/profile/card", "/canopee/profile/card"}
    assert all(one == {("Warning", PURPOSE)} for one in found.pop("garden").values())
    assert all(not one for documents in found.values() for one in documents.values())


def test_everything_that_people_write_keeps_its_shape(village):
    services, alice, bob, garden, community = village
    life, me = services.life, Agent(webid=alice.webid)
    for kind in KINDS:
        cents = {"cents": 1250, "action": "transfer"} if kind == "money" else {"minutes": 90, "note": "Une écoute"}
        life.contributions.add(me, alice, Contribution(garden.webid, kind, DAY, receiver=bob.webid, **cents))
    for action in ACTIONS:
        life.contributions.add(me, alice, Contribution(garden.webid, "time", DAY, action=action, skill="listening"))
    life.thanks.add(me, alice, Thanks(bob.webid, "Merci", DAY, garden.webid))
    event = life.events.add(me, garden, Event("Dialogue", DAY, LATER, "Rennes", "listening", 12))
    here = f"{event.iri(alice.base_url)}#it"
    first = life.transmissions.add(me, alice, Transmission(bob.webid, "compost", DAY, garden.webid, here))
    earlier = f"{first.iri(alice.base_url)}#it"
    life.transmissions.add(me, alice, Transmission(bob.webid, "compost", LATER, earlier=earlier))
    life.needs.add(me, alice, Wish("compost", DAY, "Composter"))
    life.offers.add(me, alice, Wish("listening", DAY))
    life.reciprocity.add(me, garden, Gathering(6500, 12, DAY))
    life.reciprocity.add(me, garden, Gathering(285_000, 12, DAY, Decimal("0.10"), community.webid, LATER))
    for kind in GARDEN_KINDS:
        life.gardens.describe(me, garden, Description(kind, "x" * 280, DAY, 15, "Rennes", [community.webid]))
    life.gardens.describe(me, community, Description("great", "Tenir ensemble", DAY))
    services.members.put(me, garden.name, bob.webid, ROLES)
    services.consents.give(me, alice, community, "count")
    services.consents.withdraw(me, alice, community, "count")
    found = findings(services, alice, bob, garden, community)
    assert set(found) == {
        "profile", "garden", "membership", "contribution", "thanks", "transmission", "need", "offer", "event",
        "reciprocity", "consent",
    }  # fmt: skip
    assert {address: one for documents in found.values() for address, one in documents.items() if one} == {}


def test_achievements_badges_and_endorsements_that_are_issued_keep_their_shape(village):
    services, alice, bob, garden, _ = village
    me, create = Agent(webid=alice.webid), services.achievements.create
    said = {"name": "Greffe", "description": "Sait greffer.", "criteria": "Trois greffes."}
    plain = create(me, garden, **said)
    create(me, garden, **said, slug="image", image="https://garden.example/jardin/public/greffe.png")
    services.issuing.issue(me, garden, plain, bob.webid)
    services.run_pending()
    hashed = services.issuing.issue(me, garden, plain, "carole@example.org")
    found = findings(services, alice, bob, garden)
    assert found["achievement"] == {
        "/jardin/achievements/greffe": set(),
        "/jardin/achievements/image": {("Warning", CAPTION)},
    }
    assert list(found["badge"].values()) == [set()]
    assert judged("badge", normalise.triples_of(json.loads(hashed.document))) == set()
    word = open_badges.endorsement(
        id=f"{bob.iri}endorsements/1", issuer=profile(bob), of=plain, name="Confirmation", valid_from=DAY,
        comment="J'y étais.",
    )  # fmt: skip
    assert judged("endorsement", normalise.triples_of(word)) == set()


def imported(path):
    """The document of a sample that an import accepts when nobody answers, or None."""

    def nobody(url, accept):  # the form of a fetch
        raise Unreachable(url)

    try:
        report = verifying.verify(path.read_bytes(), fetch=nobody, at=DAY)
        failed = any(check.outcome == "fail" and check.name != "recipient" for check in report.checks)
        return None if failed or not report.text.lstrip().startswith("{") else json.loads(report.text)
    except PodAppError:
        return None


def test_no_official_sample_of_open_badges_3_that_an_import_accepts_is_refused():
    accepted = [path for path in sorted(SAMPLES.glob("ob3-*/**/*.*")) if imported(path) is not None]
    assert len(accepted) >= 15
    for path in accepted:
        triples = normalise.triples_of(imported(path))
        assert not {one for one in judged("badge", triples) if one[0] == "Violation"}, path.name
        assert BADGE_SHAPES.concern(triples), path.name


def test_a_badge_of_version_2_has_its_place_and_loses_nothing(village):
    services, alice, *_ = village
    me, data = Agent(webid=alice.webid), (SAMPLES / "ob2-reference-validator" / "basic-assertion.json").read_bytes()
    stored = services.resources.read(me, services.importing.keep(me, alice, data).address).stored
    assert stored.media_type == "application/json"
    assert services.resources.data(stored) == data


@pytest.mark.parametrize("name", ["basic-assertion-invalid-type.json", "assets/endorsement-1.json"])
def test_what_is_no_badge_of_version_2_has_no_place_among_badges(village, name):
    services, alice, *_ = village
    with pytest.raises(PodAppError):
        services.importing.keep(
            Agent(webid=alice.webid), alice, (SAMPLES / "ob2-reference-validator" / name).read_bytes()
        )
    assert services.resources.children(alice.address("badges/")) == []
