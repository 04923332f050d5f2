"""A badge from its mould to its withdrawal, the same on SQLite and on PostgreSQL."""

import json

import pytest
from sqlalchemy import select

from pod_app.badges.verifier import verifying
from pod_app.standards.wac import ANONYMOUS, Agent
from pod_app.storage import schema

ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=ENGINES)
def garden(request, make_installation):
    """An installation with Alice, Bob, a garden of Alice's and an achievement."""
    options = {}
    if request.param == "postgresql":
        options["database_url"] = request.getfixturevalue("postgres_server").new_database()
    installation = make_installation(**options)
    alice, _bob = installation.person("alice", title="Alice"), installation.person("bob", title="Bob")
    installation.services.catalogue.create("potager", "garden", title="Le Potager", owners=[alice.webid])
    return installation


def test_a_badge_is_given_held_shown_checked_and_taken_back(garden):
    services = garden.services
    alice, bob, potager = (services.catalogue.get(name) for name in ("alice", "bob", "potager"))
    mould = services.achievements.create(
        Agent(webid=alice.webid), potager, name="Bienvenu·e", description="Accueille.", criteria="Avoir **accueilli**."
    )
    issued = services.issuing.issue(
        Agent(webid=alice.webid), potager, mould, bob.webid, evidence=["https://trace.example/1"]
    )
    assert services.run_pending() == 1
    assert services.run_pending() == 0

    [held] = services.backpack.held(Agent(webid=bob.webid), bob)
    assert services.backpack.held(ANONYMOUS, bob) == []
    with services.resources.reading() as conn:
        stored = services.resources.read_within(conn, Agent(webid=bob.webid), held.address).stored
    assert services.resources.data(stored) == issued.document

    address = held.address.iri(garden.base)
    assert garden.client.get(address).status_code == 401
    services.backpack.show_to(Agent(webid=bob.webid), held.address, "everyone")
    answer = garden.client.get(address, headers={"Accept": "application/vc"})
    assert answer.content == issued.document
    assert garden.client.get(issued.iri).content == issued.document
    turtle = garden.client.get(address, headers={"Accept": "text/turtle"}).text
    assert "ob:OpenBadgeCredential" in turtle
    assert "Le Potager" in garden.client.get(address, headers={"Accept": "text/html"}).text

    assert verify(garden, issued.document).verified is True
    spoilt = issued.document.replace(b"Accueille.", b"Accueilli.")
    assert verify(garden, spoilt)["proof"].outcome == "fail"

    services.issuing.revoke(Agent(webid=alice.webid), issued.iri, "Donné par erreur")
    report = verify(garden, issued.document)
    assert report.verified is False
    assert report["status"].outcome == "fail"
    assert "Donné par erreur" in garden.client.get(address, headers={"Accept": "text/html"}).text


def verify(garden, document):
    return verifying.verify(document, fetch=garden.services.own_documents, at=garden.clock())


def test_every_write_of_a_badge_leaves_its_change_in_the_outbox(garden):
    services = garden.services
    alice, bob, potager = (services.catalogue.get(name) for name in ("alice", "bob", "potager"))
    mould = services.achievements.create(
        Agent(webid=alice.webid), potager, name="Passeur·se", description="Transmet.", criteria="Raconter."
    )
    issued = services.issuing.issue(Agent(webid=alice.webid), potager, mould, bob.webid)
    path = json.loads(issued.document)["id"].removeprefix(potager.iri)
    outbox = schema.outbox
    with services.database.read() as conn:
        found = conn.execute(select(outbox.c.verb).where(outbox.c.pod == "potager", outbox.c.path == path)).all()
    assert [row.verb for row in found] == ["Create"]
