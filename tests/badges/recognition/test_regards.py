"""Tiles say whose look stands behind a badge: the same word as its own page, for a page full of them at once."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import event

from pod_app.badges.recognition import regards
from pod_app.badges.recognition.endorsing import Word
from pod_app.standards import addresses, rdf
from pod_app.standards.wac import Agent


def acting(pod):
    return Agent(webid=pod.webid)


class Village:
    """Badges of every kind in Bob's bag, and people who say a word about them."""

    def __init__(self, installation):
        self.installation, self.services = installation, installation.services
        make = self.services.catalogue.create
        self.amina, self.bob, self.carole = (installation.person(name) for name in ("amina", "bob", "carole"))
        self.garden = make("ecoutants", "garden", title="Les Écoutants", owners=[self.amina.webid])
        self.commons = make("communs", "community", title="Les Communs", owners=[self.carole.webid])
        self.achievement = self.services.achievements.create(
            acting(self.amina), self.garden, name="Greffe", description="d", criteria="c"
        )

    def give(self, by, pod=None, to=None):
        issued = self.services.issuing.issue(acting(by), pod or by, self.achievement, (to or self.bob).webid)
        while self.services.run_pending():
            pass
        address = addresses.of_iri(f"{self.bob.iri}badges/{issued.iri.rpartition('/')[2]}", self.installation.base)
        if to is None:
            self.services.backpack.show_to(acting(self.bob), address, "everyone")
        return issued

    def confirm(self, iri, by, pod=None, until=None):
        endorsing = self.services.recognition.endorsing
        return endorsing.endorse(acting(by), pod or by, endorsing.subject(acting(by), iri), Word("Oui.", until=until))

    def year(self):
        return self.services.clock() + timedelta(days=365)

    def bag(self):
        return [one.document for one in self.services.backpack.held(acting(self.bob), self.bob)]

    def seen(self, documents=None):
        """Regard and giver by the badge's id, as tiles have them."""
        documents = self.bag() if documents is None else documents
        found = self.services.recognition.regards.of(documents, "bob")
        return {one["id"]: seen for one, seen in zip(documents, found, strict=True)}

    def on_pages(self):
        """The regard of each badge, as its own page has it."""
        confirmations = self.services.recognition.confirmations
        return {
            one["id"]: confirmations.regard(
                one, [*confirmations.of_badge(one, "bob"), *confirmations.of_its_kind(one)]
            )
            for one in self.bag()
        }  # fmt: skip


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def village(request, make_installation):
    url = request.getfixturevalue("postgres_server").new_database() if request.param == "postgresql" else ""
    return Village(make_installation(**({"database_url": url} if url else {})))


def looks(village):
    found = {iri: one.regard for iri, one in village.seen().items()}
    assert found == village.on_pages()
    return found


def test_every_look_is_told_as_on_the_badges_own_page(village):
    own, of_peer, of_garden = (
        village.give(*by).iri for by in ((village.bob,), (village.carole,), (village.amina, village.garden))
    )
    assert looks(village) == {own: "self", of_peer: "peers", of_garden: "garden"}
    words = {by.name: village.confirm(own, by) for by in (village.carole, village.amina)}
    assert looks(village)[own] == "peers"
    for by in (village.carole, village.amina):
        village.services.recognition.endorsing.withdraw(acting(by), words[by.name], "Erreur.")
    assert looks(village)[own] == "self"
    village.confirm(of_peer, village.amina, village.garden)
    assert looks(village)[of_peer] == "garden"
    village.confirm(village.achievement, village.carole, village.commons, village.year())
    assert looks(village) == {own: "self", of_peer: "garden", of_garden: "community"}
    village.installation.clock.forward(days=366)
    assert looks(village) == {own: "self", of_peer: "garden", of_garden: "garden"}
    village.confirm(village.garden.did, village.carole, village.commons, village.year())
    assert looks(village)[of_garden] == "community"
    givers = {iri: one.issuer.name for iri, one in village.seen().items()}
    assert givers == {own: "bob", of_peer: "carole", of_garden: "ecoutants"}


def test_words_inside_a_badge_count_and_those_of_its_own_people_do_not(village):
    claim = village.give(village.bob)
    village.confirm(claim.iri, village.carole)
    said = [
        one.document for one in village.services.recognition.confirmations.of_badge(json.loads(claim.document), "bob")
    ]
    issue = village.services.issuing.issue_within
    issued = village.services.resources.write(
        acting(village.carole),
        lambda writing: issue(
            writing, village.carole, village.achievement, village.bob.webid, evidence=[claim.iri], endorsements=said
        ),
    )
    while village.services.run_pending():
        pass
    assert looks(village)[issued.iri] == "peers"
    strangers = json.loads(issued.document) | {"issuer": {"id": "did:web:elsewhere.example:x", "name": "Là-bas"}}
    (seen,) = village.seen([strangers]).values()
    assert (seen.regard, seen.issuer) == ("outside", None)


@pytest.mark.parametrize(
    "odd",
    [
        {}, {"issuer": 7, "credentialSubject": [{"id": "x"}]}, {"issuer": "did:web:", "id": ["x"]},
        {"issuer": {"id": {}}, "credentialSubject": {"id": 3, "achievement": {"id": None}}, "endorsement": [{"x": 1}]},
        {"issuer": "did:web:garden.example:bob", "credentialSubject": {"id": "https://garden.example/%zz"}},
    ],
)  # fmt: skip
def test_whatever_somebody_calls_a_badge_has_a_look(installation, odd):
    installation.person("bob")
    (seen,) = installation.services.recognition.regards.of([odd], "bob")
    assert seen.regard in {"outside", "peers"}


def test_a_word_without_a_good_signature_counts_for_nothing(installation):
    village = Village(installation)
    claim = village.give(village.bob)
    record = village.confirm(claim.iri, village.carole)
    resources, address = village.services.resources, village.bob.address(f"endorsements/{record.name}")
    data = resources.data(resources.read(acting(village.bob), address).stored)
    body = resources.prepare(address, data.replace(b'"Oui."', b'"Non."'), rdf.VC)
    resources.write(acting(village.bob), lambda writing: writing.put(address, body))
    assert looks(village) == {claim.iri: "self"}


def test_the_number_of_statements_does_not_grow_with_the_number_of_badges(installation):
    village = Village(installation)
    counted = []

    def asked(number):
        told = []
        engine = village.services.database._engine

        def watch(connection, _record, _proxy):
            connection.set_trace_callback(told.append)

        event.listen(engine, "checkout", watch)
        village.seen(village.bag()[:number])
        event.remove(engine, "checkout", watch)
        with village.services.database.read() as conn:
            conn.connection.driver_connection.set_trace_callback(None)
        return len([one for one in told if one.lstrip().upper().startswith("SELECT")])

    for _ in range(6):
        village.give(village.amina, village.garden)
    counted = [asked(number) for number in (1, 6)]
    assert counted[0] == counted[1] <= 3


def test_what_would_take_too_many_judgements_shows_no_look(installation, monkeypatch):
    village = Village(installation)
    claims = [village.give(village.bob).iri for _ in range(3)]
    for iri in claims:
        village.confirm(iri, village.carole)
    monkeypatch.setattr(regards, "MOST_JUDGED", 2)
    assert sorted(str(one.regard) for one in village.seen().values()) == ["None", "peers", "peers"]
