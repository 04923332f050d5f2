"""Rules: judged in the sandbox on one's own pods, told to oneself alone, proposed, seldom given (contracts.md §1)."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from badge_workshop import acting as agent

from pod_app.badges.recognition.asking import Wish
from pod_app.badges.recognition.requests import Answer
from pod_app.badges.recognition.rules import Rule
from pod_app.community.contributions import Contribution
from pod_app.community.gardens import Description
from pod_app.community.reciprocity import Gathering
from pod_app.community.transmissions import Transmission
from pod_app.errors import Conflict, Forbidden, Invalid, NotFound, TooComplex, Unauthenticated, Unreadable, Unsupported
from pod_app.standards import rdf
from pod_app.standards.wac import Agent

SHAPE = """@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
<#r> a sh:NodeShape ; sh:targetClass foaf:Person ; %s ."""


@pytest.fixture
def rules(forge):
    return forge.services.recognition.rules


def give(forge, rule, sentence="Une phrase.", *, automatic=False, by=None):
    iri = f"{forge.installation.base}shapes/rules/{rule}" if "://" not in rule else rule
    forge.services.recognition.rules.put(
        agent(by or forge.amina), forge.garden, forge.achievement, Rule(sentence, iri, automatic)
    )


def missing(forge, own=None):
    own = own or forge.bob
    found = forge.services.recognition.rules.check(agent(own), own, forge.achievement).missing
    return [one["fr"] for one in found]


def put(forge, path, text, media_type=rdf.TURTLE):
    address = forge.garden.address(path)
    body = forge.services.resources.prepare(address, text.encode(), media_type)
    forge.services.resources.write(agent(forge.amina), lambda writing: writing.put(address, body))
    return address.iri(forge.installation.base)


def confirm(forge, *peers, gardens=()):
    """Somebody asks for the badge and peers confirm it."""
    parts = forge.services.recognition
    name = parts.asking.ask(agent(forge.bob), forge.bob, Wish(forge.achievement, "Oui."))
    for number, peer in enumerate(peers):
        if number:
            parts.asking.invite(agent(forge.bob), forge.bob, name)
        link = parts.asking.one(agent(forge.bob), forge.bob, name)[1][number]
        garden = gardens[number] if number < len(gardens) else None
        parts.answering.answer(link, Answer("yes"), peer, garden)
    return name


def test_what_is_missing_is_told_until_everything_is_there(forge):
    give(forge, "three-transmissions?skill=listening")
    assert len(missing(forge)) == 3
    now, life = forge.services.clock(), forge.services.life.transmissions
    gardens = [forge.garden.webid, forge.garden.webid, f"{forge.installation.base}autre/profile/card#us"]
    for number, garden in enumerate(gardens):
        when = now - timedelta(days=number)
        life.add(agent(forge.bob), forge.bob, Transmission(forge.carole.webid, "listening", when, garden))
    assert missing(forge) == ["Demande à une personne qui y était de confirmer."]
    confirm(forge, forge.carole)
    forge.deliver()
    assert missing(forge) == []
    give(forge, "three-transmissions?skill=compost")
    assert len(missing(forge)) == 2


def test_only_confirmations_that_hold_count(forge):
    give(forge, "welcomer")
    now, life = forge.services.clock(), forge.services.life.contributions
    for _ in range(3):
        life.add(agent(forge.bob), forge.bob, Contribution(forge.garden.webid, "welcome", now, "Un accueil."))
    confirm(forge, forge.carole)
    assert missing(forge) == []
    ((address, _),) = forge.services.recognition.endorsing.said_by(forge.carole)
    forge.services.recognition.endorsing.withdraw(agent(forge.carole), address, "Erreur.")
    assert len(missing(forge)) == 1
    forged = json.dumps({**json.loads(forge.stored(address.iri(forge.installation.base))), "name": "x"})
    headers = {**forge.installation.headers(forge.bob), "Content-Type": "application/vc"}
    forge.installation.send("PUT", f"/bob/endorsements/{address.name}", headers=headers, content=forged)
    assert len(missing(forge)) == 1


def test_peers_of_distinct_gardens_are_told_apart(forge):
    give(forge, "facilitator")
    now = forge.services.clock()
    forge.services.life.contributions.add(
        agent(forge.bob), forge.bob, Contribution(forge.garden.webid, "facilitation", now, "Une veillée.")
    )
    other = forge.services.catalogue.create("verger", "garden", title="Le verger", owners=[forge.amina.webid])
    confirm(forge, forge.carole, forge.amina, gardens=[forge.garden, forge.garden])
    assert len(missing(forge)) == 1
    dave = forge.installation.person("dave")
    forge.services.members.put(agent(forge.amina), "verger", dave.webid)
    parts = forge.services.recognition
    (one,) = parts.asking.of(agent(forge.bob), forge.bob)
    link = parts.asking.invite(agent(forge.bob), forge.bob, one.id)
    parts.answering.answer(link, Answer("yes"), dave, other)
    assert missing(forge) == []


def test_gardens_that_one_looks_after_are_ones_own_pods_and_no_others(forge):
    give(forge, "garden-founder")
    assert len(missing(forge, forge.amina)) == 1  # founder, and the garden does not say what it is for
    description = Description("local", "Écouter ensemble", forge.services.clock())
    forge.services.life.gardens.describe(agent(forge.amina), forge.garden, description)
    assert missing(forge, forge.amina) == []
    assert len(missing(forge, forge.carole)) == 2  # a member of the same garden


def test_reciprocity_kept(forge):
    give(forge, "reciprocity-kept")
    now = forge.services.clock()
    commons = f"{forge.installation.base}communs/profile/card#us"
    promise = Gathering(285_000, 12, now - timedelta(days=9), Decimal("0.10"), commons, now)
    add = forge.services.life.reciprocity.add
    assert len(missing(forge, forge.amina)) == 1
    add(agent(forge.amina), forge.garden, promise)
    assert missing(forge, forge.amina) == []
    add(agent(forge.amina), forge.garden, Gathering(6_500, 12, now, Decimal("0.10")))
    assert missing(forge, forge.amina) == ["Une part promise attend encore d’être rendue."]


# -- who decides ---------------------------------------------------------------------------------


def test_a_rule_is_set_by_those_who_sign_and_kept_beside_the_achievement(forge, rules):
    with pytest.raises(Forbidden):
        give(forge, "welcomer", by=forge.carole)
    before = forge.stored(forge.achievement)
    give(forge, "welcomer", "Accueillir trois fois.", automatic=True)
    with forge.services.resources.reading() as conn:
        rule = rules.of(conn, forge.achievement)
    assert (rule.sentence, rule.automatic) == ("Accueillir trois fois.", True)
    assert forge.stored(forge.achievement) == before
    assert "criteriaShape" in forge.get(f"{forge.achievement}.meta", accept="text/turtle").text
    forge.services.achievements.retire(agent(forge.amina), forge.garden, forge.achievement)
    with forge.services.resources.reading() as conn:
        assert rules.of(conn, forge.achievement) == rule
    rules.put(agent(forge.amina), forge.garden, forge.achievement, None)
    with pytest.raises(NotFound):
        missing(forge)


def test_nobody_else_looks_into_a_notebook(forge, rules):
    give(forge, "welcomer")
    for somebody in (agent(forge.amina), Agent()):
        with pytest.raises((Forbidden, Unauthenticated)):
            rules.check(somebody, forge.bob, forge.achievement)


def test_a_badge_is_never_given_by_itself_unless_its_issuer_said_so(forge, rules):
    give(forge, "first-dialogue")
    with pytest.raises(Forbidden):
        rules.award(agent(forge.bob), forge.bob, forge.achievement)
    give(forge, "first-dialogue", automatic=True)
    with pytest.raises(Invalid):
        rules.award(agent(forge.bob), forge.bob, forge.achievement)
    event = f"{forge.garden.iri}events/1#it"
    passed = Transmission(forge.carole.webid, "listening", forge.services.clock(), event=event)
    forge.services.life.transmissions.add(agent(forge.bob), forge.bob, passed)
    issued = rules.award(agent(forge.bob), forge.bob, forge.achievement)
    forge.deliver()
    assert json.loads(issued.document)["issuer"]["id"] == forge.garden.did
    assert forge.verify(issued.document).verified is True
    with pytest.raises(Conflict):
        rules.award(agent(forge.bob), forge.bob, forge.achievement)


def test_people_recognise_all_the_same_and_say_why(forge):
    give(forge, "welcomer")
    name = confirm(forge, forge.carole)
    parts = forge.services.recognition
    with pytest.raises(Invalid):
        parts.answering.award(agent(forge.amina), "bob", name)
    parts.answering.award(agent(forge.amina), "bob", name, "Je reconnais quand même : il accueille sans le noter.")
    one, _ = parts.asking.one(agent(forge.bob), forge.bob, name)
    assert one.reason.startswith("Je reconnais quand même")
    assert (one.decided_by, one.decided) == (forge.amina.webid, forge.services.clock())


# -- rules of others -----------------------------------------------------------------------------


def test_a_garden_may_bring_its_own_rule(forge):
    own = put(forge, "public/rule", SHAPE % 'sh:property [ sh:path foaf:name ; sh:minCount 1 ; sh:pattern "^X" ]')
    give(forge, own)
    assert len(missing(forge)) == 1
    put(forge, "public/rule", SHAPE % "sh:property [ sh:path foaf:name ; sh:minCount 1 ]")
    assert missing(forge) == []


@pytest.mark.parametrize(
    ("constraint", "error"),
    [
        ('sh:sparql [ sh:select "SELECT $this WHERE {}" ]', Invalid),
        ('sh:rule [ sh:construct "x" ]', Invalid),
        ("sh:js <x>", Invalid),
        ("<http://www.w3.org/2002/07/owl#imports> <https://elsewhere.example/x>", Invalid),
        ("sh:property [", Unreadable),
        ("sh:property [ sh:path ] ", Unreadable),
    ],
)
def test_a_rule_beyond_core_or_that_cannot_be_read_is_refused(forge, constraint, error):
    with pytest.raises(error):
        give(forge, put(forge, "public/rule", SHAPE % constraint))


def test_a_rule_is_public_turtle_of_the_pod_that_gives(forge):
    for iri in ("https://elsewhere.example/rule", f"{forge.bob.iri}public/rule"):
        with pytest.raises(Unsupported):
            give(forge, iri)
    with pytest.raises(Invalid):
        give(forge, put(forge, "private/rule", SHAPE % "sh:closed false"))
    with pytest.raises(Invalid):
        give(forge, put(forge, "public/text", "x", "text/plain"))
    for name in ("none", "three-transmissions", "three-transmissions?skill=x%20y", "three-transmissions?skill=%22"):
        with pytest.raises(Invalid):
            give(forge, name)
    with pytest.raises(Invalid):
        give(forge, "welcomer", " ")
    with pytest.raises(Invalid):
        give(forge, put(forge, "public/untargeted", "<#r> a <http://www.w3.org/ns/shacl#NodeShape> ."))


def test_s10_a_rule_that_takes_too_long_or_too_much_is_stopped_and_the_server_lives(forge, monkeypatch):
    """The shape of a stranger runs in a child: a deadline of nothing at all stops it, and the next rule is judged."""
    give(forge, "welcomer")
    monkeypatch.setattr("pod_app.badges.recognition.rules.SECONDS", 0.000_1)
    with pytest.raises(TooComplex):
        missing(forge)
    monkeypatch.setattr("pod_app.badges.recognition.rules.SECONDS", 5)
    assert len(missing(forge)) == 2


def test_s10_a_pattern_that_backtracks_without_end_hurts_nobody(forge):
    nick = f'<#me> <http://xmlns.com/foaf/0.1/nick> "{"a" * 60}!" .'
    headers = {**forge.installation.headers(forge.bob), "Content-Type": "text/turtle"}
    card = forge.get(f"{forge.bob.iri}profile/card", forge.bob, "text/turtle").text
    assert forge.installation.send("PUT", "/bob/profile/card", headers=headers, content=card + nick).status_code == 204
    rule = SHAPE % 'sh:property [ sh:path foaf:nick ; sh:pattern "^(([a-z])+.)+[A-Z]([a-z])+$" ]'
    give(forge, put(forge, "public/rule", rule))
    assert len(missing(forge)) == 1
