"""What a new pod holds and who may see it: the table of contracts.md §1, address by address."""

import json

import pyoxigraph as ox
import pytest
from fixtures_pods import TURTLE, rules

from pod_app.standards import rdf

PERSONS = [
    "/",
    "profile/card",
    "did.json",
    "settings/prefs",
    "settings/publicTypeIndex",
    "settings/privateTypeIndex",
    "inbox/",
    "outbox/",
    "achievements/",
    "issued/",
    "issued/status/",
    "badges/",
    "endorsements/",
    "collections/",
    "contributions/",
    "thanks/",
    "transmissions/",
    "needs/",
    "offers/",
    "requests/",
    "consents/",
    "public/",
    "private/",
]
GROUPS = ["members/", "members/group", "events/", "agreements/", "proposals/"]
EVERYBODY_READS = {
    "profile/card",
    "did.json",
    "settings/publicTypeIndex",
    "achievements/",
    "issued/status/",
    "public/",
}
PIM, SOLID, LDP = "http://www.w3.org/ns/pim/space#", "http://www.w3.org/ns/solid/terms#", "http://www.w3.org/ns/ldp#"
FOAF = "http://xmlns.com/foaf/0.1/"


@pytest.fixture
def village(installation):
    """Alice; a garden and a community that she looks after; Bob, a member of both; Zoé, a stranger."""
    people = {name: installation.person(name) for name in ("alice", "bob", "zoe")}
    groups = {}
    for name, kind in (("verger", "garden"), ("reseau", "community")):
        groups[name] = installation.services.catalogue.create(name, kind, owners=[people["alice"].webid])
        owner = installation.services.credentials.agent(installation.headers(people["alice"])["Authorization"])
        installation.services.members.put(owner, name, people["bob"].webid)
    return installation, people, groups


def triples(installation, target, headers=None):
    answer = installation.send("GET", target, headers={"Accept": "text/turtle", **(headers or {})})
    assert answer.status_code == 200, (target, answer.text)
    found = rdf.parse(answer.content, rdf.TURTLE, f"{installation.base}{target[1:]}")
    return {(quad.subject.value, quad.predicate.value, quad.object.value) for quad in found}


def status(installation, target, headers=None, method="GET"):
    return installation.send(method, target, headers=headers or {}).status_code


def places(kind):
    return PERSONS if kind == "person" else [*PERSONS, *GROUPS]


@pytest.mark.parametrize(("name", "kind"), [("alice", "person"), ("verger", "garden"), ("reseau", "community")])
def test_every_address_of_the_contract_stands_with_the_access_it_promises(village, name, kind):
    installation, people, _ = village
    owner, bob, zoe = (installation.headers(people[one]) for one in ("alice", "bob", "zoe"))
    for place in places(kind):
        target = f"/{name}/{place.removeprefix('/')}"
        assert status(installation, target, owner) == 200, target
        public = place in EVERYBODY_READS
        member_reads = public or place in GROUPS
        assert status(installation, target) == (200 if public else 401), target
        assert status(installation, target, zoe) == (200 if public else 403), target
        assert status(installation, target, bob) == (200 if member_reads else 403), target


@pytest.mark.parametrize(("name", "kind"), [("alice", "person"), ("verger", "garden")])
def test_nobody_but_the_owner_writes_or_sees_the_rules_of_a_new_pod(village, name, kind):
    installation, people, _ = village
    for other in (None, "bob", "zoe"):
        headers = installation.headers(people[other]) if other else {}
        refused = 403 if other else 401
        for place in places(kind):
            target = f"/{name}/{place.removeprefix('/')}"
            assert status(installation, f"{target}.acl", headers) == refused, target
            put = installation.send("PUT", target, headers={**headers, "Content-Type": "text/turtle"}, content=b"")
            assert put.status_code == refused, target
            assert status(installation, target, headers, "DELETE") == refused, target


def test_a_named_agent_gets_what_the_owner_writes_and_no_more(village):
    installation, people, _ = village
    alice, zoe = installation.headers(people["alice"]), installation.headers(people["zoe"])
    written = rules(f"{people['alice'].iri}needs/", (people["zoe"].webid, "Read"))
    put = installation.send("PUT", "/alice/needs/.acl", headers={**alice, **TURTLE}, content=written)
    assert put.status_code == 201
    assert status(installation, "/alice/needs/", zoe) == 200
    assert status(installation, "/alice/needs/", installation.headers(people["bob"])) == 403
    assert status(installation, "/alice/offers/", zoe) == 403
    assert status(installation, "/alice/needs/", zoe, "DELETE") == 403


def test_u8_anybody_drops_a_message_into_the_inbox_and_only_its_owner_reads_it(village):
    installation, people, _ = village
    sent = installation.send("POST", "/alice/inbox/", headers={"Content-Type": "text/turtle"}, content=b"<> a <urn:x>.")
    assert sent.status_code == 201
    message = sent.headers["Location"].removeprefix(installation.base.rstrip("/"))
    assert status(installation, message) == 401
    assert status(installation, message, installation.headers(people["bob"])) == 403
    assert status(installation, message, installation.headers(people["alice"])) == 200
    assert status(installation, "/alice/inbox/") == 401


def test_u2_a_persons_webid_document_leads_to_everything_else(village):
    installation, people, _ = village
    found = triples(installation, "/alice/profile/card")
    me, pod = people["alice"].webid, people["alice"].iri
    document = me.partition("#")[0]
    wanted = {
        (document, rdf_type(), f"{FOAF}PersonalProfileDocument"),
        (document, f"{FOAF}primaryTopic", me),
        (document, f"{FOAF}maker", me),
        (me, rdf_type(), f"{FOAF}Agent"),
        (me, rdf_type(), f"{FOAF}Person"),
        (me, rdf_type(), "https://schema.org/Person"),
        (me, rdf_type(), "https://www.w3.org/ns/activitystreams#Person"),
        (me, f"{FOAF}name", "alice"),
        (me, "http://www.w3.org/2006/vcard/ns#fn", "alice"),
        (me, f"{PIM}storage", pod),
        (me, f"{PIM}preferencesFile", f"{pod}settings/prefs"),
        (me, f"{LDP}inbox", f"{pod}inbox/"),
        (me, f"{SOLID}publicTypeIndex", f"{pod}settings/publicTypeIndex"),
        (me, f"{SOLID}account", pod),
        (me, "http://www.w3.org/2002/07/owl#sameAs", people["alice"].did),
        (me, "https://www.w3.org/ns/activitystreams#outbox", f"{pod}outbox/"),
    }
    assert sorted(wanted - found) == []
    for once in (f"{PIM}preferencesFile", f"{LDP}inbox", f"{PIM}storage"):
        assert len([triple for triple in found if triple[1] == once]) == 1


@pytest.mark.parametrize("name", ["verger", "reseau"])
def test_u2_a_group_is_an_agent_named_us(village, name):
    installation, _, groups = village
    found = triples(installation, f"/{name}/profile/card")
    us = groups[name].webid
    assert us.endswith("#us")
    for kind in (f"{FOAF}Agent", f"{FOAF}Group", "http://www.w3.org/ns/org#Organization"):
        assert (us, rdf_type(), kind) in found
    assert (us, f"{PIM}storage", groups[name].iri) in found
    assert {kind for one, verb, kind in found if verb == "http://www.w3.org/ns/org#classification"} == {
        f"{installation.services.settings.vocabulary}{groups[name].kind}"
    }


def test_u5_u6_preferences_and_type_indexes_lead_to_the_containers_of_the_pod(village):
    installation, people, _ = village
    alice = installation.headers(people["alice"])
    pod, me = people["alice"].iri, people["alice"].webid
    prefs = triples(installation, "/alice/settings/prefs", alice)
    assert (f"{pod}settings/prefs", rdf_type(), f"{PIM}ConfigurationFile") in prefs
    assert (me, f"{SOLID}privateTypeIndex", f"{pod}settings/privateTypeIndex") in prefs
    public = triples(installation, "/alice/settings/publicTypeIndex")
    private = triples(installation, "/alice/settings/privateTypeIndex", alice)
    assert (f"{pod}settings/publicTypeIndex", rdf_type(), f"{SOLID}ListedDocument") in public
    assert (f"{pod}settings/privateTypeIndex", rdf_type(), f"{SOLID}UnlistedDocument") in private
    named = {thing for _, verb, thing in public | private if verb == f"{SOLID}instanceContainer"}
    assert {f"{pod}badges/", f"{pod}achievements/", f"{pod}contributions/"} <= named
    for iri in named:
        assert status(installation, iri.removeprefix(installation.base.rstrip("/")), alice) == 200
    assert not {thing for _, verb, thing in public if verb == f"{SOLID}instanceContainer"} & {f"{pod}badges/"}


def test_the_did_document_names_the_pods_keys_and_the_webid(village):
    installation, people, _ = village
    answer = installation.send("GET", "/alice/did.json", headers={"Accept": "application/did+json"})
    document = json.loads(answer.content)
    assert answer.headers["Content-Type"] == "application/did+json"
    assert document["id"] == people["alice"].did == "did:web:garden.example:alice"
    assert document["alsoKnownAs"] == [people["alice"].webid]
    assert len(document["verificationMethod"]) == len(document["assertionMethod"]) == 1


KEPT = [
    *[("PUT", one) for one in ("did.json", "did.json.acl", "did.json.meta", "issued/status/", "issued/status/.acl")],
    *[("DELETE", one) for one in ("did.json", "did.json.acl", "issued/status/", "issued/status/.acl")],
    ("PUT", "issued/status/1"),
    ("POST", "issued/status/"),
]


@pytest.mark.parametrize(("method", "target"), KEPT)
def test_what_signatures_depend_on_is_refused_to_its_owner_with_the_reason(village, method, target):
    installation, people, _ = village
    alice = {**installation.headers(people["alice"]), "Content-Type": "text/turtle", "Accept-Language": "en"}
    before = installation.send("GET", f"/alice/{target}", headers=alice)
    content = b"" if method == "DELETE" else b"<a:a> <b:b> <c:c>."
    answer = installation.send(method, f"/alice/{target}", headers=alice, content=content)
    assert answer.status_code == 409
    assert "kept by the program" in answer.json()["detail"]
    assert installation.send("GET", f"/alice/{target}", headers=alice).content == before.content
    assert not {"PUT", "DELETE"} & set(before.headers.get("Allow", "").split(", "))


def test_a_name_or_title_never_escapes_its_literal(installation):
    hostile = 'x" ; <urn:evil> <urn:evil> . <#me> <urn:p> "'
    pod = installation.person("mallory", title=hostile)
    found = triples(installation, "/mallory/profile/card")
    assert (pod.webid, f"{FOAF}name", hostile) in found
    assert not [triple for triple in found if "urn:evil" in triple[1]]


def rdf_type():
    return ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type").value
