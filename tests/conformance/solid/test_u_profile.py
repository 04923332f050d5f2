"""What a new pod says about its person (solid.md U)."""

import pytest
from fixtures_pods import Person, people

from pod_app.standards import rdf
from pod_app.standards.namespaces import FOAF, LDP, PIM, RDF, SCHEMA, SOLID

POD = "https://garden.example/alice/"
CARD = "/alice/profile/card"
ME = f"{POD}profile/card#me"


def statements(person, target, accept=rdf.TURTLE):
    answer = person.get(target, Accept=accept)
    assert answer.status_code == 200
    found = rdf.parse(answer.content, accept, f"https://garden.example{target}")
    return {(str(q.subject).strip("<>"), q.predicate.value, getattr(q.object, "value", "")) for q in found}


@pytest.mark.parametrize("accept", [rdf.TURTLE, rdf.JSON_LD])
def test_u1_u2_the_profile_is_public_and_says_who_and_where(stranger, accept):
    found = statements(stranger, CARD, accept)
    assert {
        (f"{POD}profile/card", RDF["type"].value, FOAF["PersonalProfileDocument"].value),
        (f"{POD}profile/card", FOAF["primaryTopic"].value, ME),
        (f"{POD}profile/card", FOAF["maker"].value, ME),
        (ME, RDF["type"].value, FOAF["Agent"].value),
        (ME, RDF["type"].value, FOAF["Person"].value),
        (ME, RDF["type"].value, SCHEMA["Person"].value),
        (ME, SOLID["oidcIssuer"].value, "https://garden.example/"),
        (ME, PIM["storage"].value, POD),
        (ME, PIM["preferencesFile"].value, f"{POD}settings/prefs"),
        (ME, LDP["inbox"].value, f"{POD}inbox/"),
        (ME, SOLID["publicTypeIndex"].value, f"{POD}settings/publicTypeIndex"),
        (ME, SOLID["account"].value, POD),
        (ME, FOAF["name"].value, "alice"),
    } <= found
    for once in (PIM["preferencesFile"], LDP["inbox"]):
        assert len([one for one in found if one[1] == once.value]) == 1


ISSUER = b"<http://www.w3.org/ns/solid/terms#oidcIssuer>"


@pytest.mark.parametrize("change", [b"\n<#me> " + ISSUER + b" <https://evil.example/> .", None])
def test_u3_who_vouches_for_a_webid_is_not_changed_by_writing_the_profile(village, change):
    alice, bob, _ = village
    before = alice.get(CARD).content
    body = (
        before + change
        if change
        else before.replace(b"solid:oidcIssuer", b"rdfs:seeAlso").replace(
            b"@prefix as:", b"@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n@prefix as:"
        )
    )
    alice.grant("/alice/profile/", ("public", "Read"), (bob.webid, "Read Write"))
    for person in (alice, bob):
        answer = person.put(CARD, body)
        assert answer.status_code == 409
        assert "oidcIssuer" in answer.json()["detail"]
    assert alice.get(CARD).content == before
    assert alice.put(CARD, before + b"\n<#me> <http://xmlns.com/foaf/0.1/nick> 'Lili' .").status_code == 204


def test_u3_an_installation_may_leave_that_to_its_people(make_installation):
    installation = make_installation(protect_issuer=False)
    alice = Person(installation, installation.person("alice"))
    body = alice.get(CARD).content + b"\n<#me> " + ISSUER + b" <https://login.example/> ."
    assert alice.put(CARD, body).status_code == 204


@pytest.mark.parametrize("path", [CARD, f"{CARD}.meta"])
def test_u3_no_patch_names_another_issuer(village, path):
    alice, bob, _ = village
    alice.grant("/alice/profile/", ("public", "Read"), (bob.webid, "Read Write"))
    triple = f"<{ME}> <http://www.w3.org/ns/solid/terms#oidcIssuer> "
    changes = [("inserts", f"{triple} <https://evil.example/>")]
    changes += [("deletes", f"{triple} <https://garden.example/>")] if path == CARD else []
    for person in (alice, bob):
        for verb, statement in changes:
            n3 = (
                "@prefix solid: <http://www.w3.org/ns/solid/terms#>. "
                f"_:p a solid:InsertDeletePatch; solid:{verb} {{ {statement} }}."
            )
            update = f"{verb[:-1].upper()} DATA {{ {statement} }}"
            for body, media_type in ((n3, "text/n3"), (update, "application/sparql-update")):
                assert person("PATCH", path, body.encode(), media_type).status_code == 409


@pytest.mark.parametrize("protect", [True, False])
def test_u3_a_card_cannot_be_deleted_and_so_neither_lock_out_nor_let_in_anybody(make_installation, protect):
    """Deleted and written anew it could name another issuer, or none: it says who may act as its WebID."""
    installation = make_installation(protect_issuer=protect)
    alice, bob, _ = people(installation, "alice", "bob")
    alice.grant("/alice/profile/", ("public", "Read"), (bob.webid, "Read Write"))
    for person in (alice, bob):
        refused = person("DELETE", CARD)
        assert refused.status_code == 405
        assert "who this pod belongs to" in refused.json()["detail"]
        assert "DELETE" not in refused.headers["Allow"]
    for method in ("GET", "OPTIONS"):
        assert "DELETE" not in alice(method, CARD).headers["Allow"]
    assert alice("DELETE", "/alice/profile/").status_code == 409
    assert (ME, SOLID["oidcIssuer"].value, "https://garden.example/") in statements(alice, CARD)


@pytest.mark.parametrize("kind", ["garden", "community"])
def test_u2_the_card_of_a_fresh_garden_names_our_issuer_too(installation, kind):
    founder = installation.person("founder")
    made = installation.services.catalogue.create("les-semis", kind, owners=[founder.webid])
    found = statements(people(installation)[0], "/les-semis/profile/card")
    assert (made.webid, SOLID["oidcIssuer"].value, "https://garden.example/") in found


TOPIC = b"<> <http://xmlns.com/foaf/0.1/primaryTopic> <#me> ."


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (TOPIC, rdf.TURTLE),
        (TOPIC + b"<#me> <http://xmlns.com/foaf/0.1/name> ' '.", rdf.TURTLE),
        (b'{"@context": "https://elsewhere.example/c", "a": 1}', rdf.JSON_LD),
    ],
)
def test_u3_a_profile_that_makes_no_sense_is_422(make_installation, body, media_type):
    installation = make_installation(protect_issuer=False)
    alice = Person(installation, installation.person("alice"))
    assert alice.put(CARD, body, media_type).status_code == 422


def test_u5_preferences_are_the_owners_own(village):
    alice, bob, stranger = village
    found = statements(alice, "/alice/settings/prefs")
    assert (f"{POD}settings/prefs", RDF["type"].value, PIM["ConfigurationFile"].value) in found
    assert (ME, SOLID["privateTypeIndex"].value, f"{POD}settings/privateTypeIndex") in found
    assert bob.get("/alice/settings/prefs").status_code == 403
    assert stranger.get("/alice/settings/prefs").status_code == 401


def test_u6_one_type_index_is_for_everybody_and_one_for_the_owner(village):
    alice, bob, stranger = village
    for name, kind, readers in (
        ("publicTypeIndex", "ListedDocument", village),
        ("privateTypeIndex", "UnlistedDocument", [alice]),
    ):
        for reader in readers:
            found = statements(reader, f"/alice/settings/{name}")
            assert {
                (f"{POD}settings/{name}", RDF["type"].value, SOLID[one].value) for one in ("TypeIndex", kind)
            } <= found
        registrations = {s for s, p, o in found if (p, o) == (RDF["type"].value, SOLID["TypeRegistration"].value)}
        assert registrations
        for one in registrations:
            said = {p for s, p, _ in found if s == one}
            assert SOLID["forClass"].value in said
            assert said & {SOLID["instance"].value, SOLID["instanceContainer"].value}
    assert bob.get("/alice/settings/privateTypeIndex").status_code == 403
    assert stranger.put("/alice/settings/publicTypeIndex", b"").status_code == 401


@pytest.mark.parametrize(
    ("place", "public"),
    [
        ("", set()), ("profile/", {"read"}), ("inbox/", {"append"}), ("public/", {"read"}), ("private/", set()),
        ("settings/", set()),
    ],
)  # fmt: skip
def test_u8_each_place_of_a_new_pod_has_its_audience(alice, place, public):
    told = alice.get(f"/alice/{place}").headers["WAC-Allow"]
    assert set(told.split('public="')[1].strip('"').split()) == public
    assert 'user="read write append control"' in told
