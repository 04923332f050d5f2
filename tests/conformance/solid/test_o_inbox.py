"""The inbox of a pod as a receiver of Linked Data Notifications (solid.md O)."""

import json

import pytest
from fixtures_pods import links, people, rules
from three_hosts import World

from pod_app.standards import rdf
from pod_app.standards.namespaces import LDP, PROV, SCHEMA

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


# -- the law of inboxes: who sends is proved, or noted as unproved -------------------------------


def note(owner, location):
    """What the inbox notes about something that was left there: (status, sender)."""
    target = location.removeprefix(owner.installation.base.rstrip("/"))
    answer = owner.get(f"{target}.meta", Accept=rdf.N_TRIPLES)
    assert answer.status_code == 200, answer.text
    said = {quad.predicate: quad.object.value for quad in rdf.parse(answer.content, rdf.N_TRIPLES, location)}
    assert set(said) <= {SCHEMA["creativeWorkStatus"], PROV["wasAttributedTo"]}
    return said[SCHEMA["creativeWorkStatus"]], said.get(PROV["wasAttributedTo"])


def send(person, body=NOTE, **headers):
    return person("POST", INBOX, json.dumps(body).encode(), "application/ld+json", **headers)


def count(owner, inbox=INBOX):
    answer = owner.get(inbox, Accept=rdf.N_TRIPLES)
    return sum(quad.predicate == LDP["contains"] for quad in rdf.parse(answer.content, rdf.N_TRIPLES, owner.webid))


def test_o1_who_sent_something_is_noted_or_that_nobody_proved_it(village):
    alice, bob, stranger = village
    assert note(alice, send(stranger).headers["Location"]) == ("unverified", None)
    assert note(alice, send(bob).headers["Location"]) == ("verified", bob.webid)


def test_o1_a_note_is_kept_by_the_program_and_goes_with_what_it_is_about(village):
    alice, _, stranger = village
    target = send(stranger).headers["Location"].removeprefix("https://garden.example")
    forged = f"<> <{SCHEMA['creativeWorkStatus'].value}> 'verified'.".encode()
    assert alice.put(f"{target}.meta", forged).status_code == 409
    patch = (
        f"@prefix s: <http://www.w3.org/ns/solid/terms#>. _:p a s:InsertDeletePatch; s:inserts {{ {forged.decode()} }}."
    )
    assert alice("PATCH", f"{target}.meta", patch.encode(), "text/n3").status_code == 409
    assert alice("DELETE", f"{target}.meta").status_code == 409
    assert "PUT" not in alice.get(f"{target}.meta").headers["Allow"]
    assert alice("DELETE", target).status_code == 204
    assert alice.get(f"{target}.meta").status_code == 404


def test_o1_a_token_that_fails_is_401_and_nothing_is_kept(village):
    alice, _, stranger = village
    for wrong in ("Bearer nobody.nothing", "DPoP a.b.c", "Basic YTpi"):
        assert send(stranger, Authorization=wrong).status_code == 401
    assert count(alice) == 0


def test_o1_one_address_leaves_so_many_unproved_ones_an_hour_and_proved_ones_still_arrive(make_installation):
    """S40: a flood from one place does not fill an inbox, and is told so in words."""
    installation = make_installation(unproved_per_hour=3)
    alice, bob, stranger = people(installation, "alice", "bob")
    for _ in range(3):
        assert send(stranger).status_code == 201
    refused = send(stranger)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) <= 3600
    assert "3 notifications" in refused.json()["detail"]
    assert send(bob).status_code == 201
    assert count(alice) == 4
    installation.clock.forward(hours=1)
    assert send(stranger).status_code == 201


class Neighbours:
    """Dora on one host, who signs what she leaves in the inbox of Alice on another."""

    def __init__(self, make_installation):
        self.world = World(make_installation)
        self.dora = self.world[0].person("dora")
        (self.alice, _) = people(self.world[1], "alice")
        self.url = f"{self.world[1].base}alice/inbox/"

    def signed(self, body, signed_body=None):
        signer = self.world[0].services.federation.signed_requests
        return signer.sign("dora", "POST", self.url, signed_body or body, "application/ld+json")

    def post(self, body, headers):
        return self.world[1].client.post(self.url, content=body, headers=headers)


@pytest.fixture
def neighbours(make_installation):
    return Neighbours(make_installation)


def told(actor):
    return json.dumps({**NOTE, "actor": actor}).encode()


def test_o1_a_signature_of_the_actor_proves_who_sent_it_once(neighbours):
    for actor in (neighbours.dora.webid, {"id": neighbours.dora.webid, "name": "Dora"}):
        headers = neighbours.signed(told(actor))
        made = neighbours.post(told(actor), headers)
        assert made.status_code == 201, made.text
        assert note(neighbours.alice, made.headers["Location"]) == ("verified", neighbours.dora.webid)
        assert neighbours.post(told(actor), headers).status_code == 401


def test_o1_a_signature_opens_an_inbox_that_its_sender_alone_may_use(neighbours):
    owner = (neighbours.alice.webid, "Read Write Control")
    closed = rules(neighbours.url, owner, (neighbours.dora.webid, "Append"), default=False)
    assert neighbours.alice.put(f"{INBOX}.acl", closed).status_code == 204
    body = told(neighbours.dora.webid)
    assert neighbours.post(body, {"Content-Type": "application/ld+json"}).status_code == 401
    assert neighbours.post(body, neighbours.signed(body)).status_code == 201


def test_o1_a_signature_that_fails_is_401_and_nothing_is_kept(neighbours):
    body = told(neighbours.dora.webid)
    another = told("https://amandier.example/somebody/profile/card#me")
    plain = {"Content-Type": "application/ld+json"}
    cases = [
        (body, neighbours.signed(body, another)),  # another body
        (another, neighbours.signed(another)),  # speaks for another
        (json.dumps(NOTE).encode(), neighbours.signed(json.dumps(NOTE).encode())),  # says of nobody
        (told("not an address"), neighbours.signed(told("not an address"))),
        (b"<> a <#x>.", neighbours.signed(b"<> a <#x>.")),
        (body, plain | {"Signature": 'keyId="x",signature="AAAA"'}),
        (body, plain | {"Signature-Input": "sig1=()"}),
    ]
    for sent, headers in cases:
        assert neighbours.post(sent, headers).status_code == 401, headers
    assert count(neighbours.alice) == 0


def test_o1_a_signed_notification_is_not_read_without_end(neighbours):
    large = told(neighbours.dora.webid) + b" " * 2**18
    assert neighbours.post(large, neighbours.signed(large)).status_code == 413
