"""The inbox of a pod as a receiver of Linked Data Notifications (solid.md O)."""

import json

import pytest
from fixtures_pods import links

from pod_app.standards import rdf
from pod_app.standards.namespaces import LDP

INBOX = "/alice/inbox/"
HERE = "https://garden.example/alice/inbox/"
NOTE = {"@context": "https://www.w3.org/ns/activitystreams", "type": "Announce", "summary": "Une bouture à prendre"}


@pytest.mark.parametrize("target", ["/alice/profile/card", "/alice/"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_o1_the_inbox_is_told_by_link_and_in_the_profile(alice, target, method):
    assert links(alice(method, target), f"{LDP.iri}inbox") == [HERE]
    card = alice.get("/alice/profile/card", Accept=rdf.N_TRIPLES).text
    assert f"<{LDP.iri}inbox> <{HERE}>" in card


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/ld+json", json.dumps(NOTE).encode()),
        ('application/ld+json; profile="https://www.w3.org/ns/activitystreams"', json.dumps(NOTE).encode()),
        ("text/turtle", b"<> a <https://www.w3.org/ns/activitystreams#Announce>."),
    ],
)
def test_o1_anybody_may_leave_something_and_its_owner_finds_it(village, media_type, body):
    alice, bob, stranger = village
    for sender in (bob, stranger):
        made = sender("POST", INBOX, body, media_type)
        assert made.status_code in {201, 202}
        location = made.headers["Location"]
        assert location.startswith(HERE)
        listed = json.loads(alice.get(INBOX, Accept="application/ld+json").content)
        (container,) = [node for node in listed if node["@id"] == HERE]
        assert {"@id": location} in container[f"{LDP.iri}contains"]
        found = alice.get(location.removeprefix("https://garden.example"), Accept="application/ld+json")
        assert found.status_code == 200
        assert b"Announce" in found.content
        for reader in (bob, stranger):
            assert reader.get(INBOX).status_code in {401, 403}
            assert reader.get(location.removeprefix("https://garden.example")).status_code in {401, 403}


@pytest.mark.parametrize(("body", "media_type"), [(b"{", "application/ld+json"), (b"x", None), (b"<a", "text/turtle")])
def test_o1_what_cannot_be_read_is_refused_and_leaves_nothing(village, body, media_type):
    alice, _, stranger = village
    assert 400 <= stranger("POST", INBOX, body, media_type).status_code < 500
    assert f"{LDP.iri}contains" not in alice.get(INBOX, Accept=rdf.N_TRIPLES).text


def test_o2_a_new_pod_has_an_inbox_for_everybody_to_append_and_for_its_owner_to_read(village):
    alice, bob, stranger = village
    allowed = alice("HEAD", INBOX).headers["WAC-Allow"]
    assert allowed == 'user="read write append control",public="append"'
    for person in (bob, stranger):
        assert person.get(INBOX).status_code in {401, 403}
        assert person.put(f"{INBOX}x", b"").status_code in {401, 403}
        assert person("DELETE", INBOX).status_code in {401, 403}
        assert person.get(f"{INBOX}.acl").status_code in {401, 403}
