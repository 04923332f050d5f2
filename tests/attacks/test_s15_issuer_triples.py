"""S15, U3: whoever may add to a profile adds nobody who could act as its person."""

import pytest
from fixtures_pods import people

CARD = "/alice/profile/card"
ISSUER = "<http://www.w3.org/ns/solid/terms#oidcIssuer>"
EVIL = f"<#me> {ISSUER} <https://evil.example/>"
N3 = "@prefix solid: <http://www.w3.org/ns/solid/terms#>. _:p a solid:InsertDeletePatch; solid:inserts {{ {0} }}."

IN_OTHER_WORDS = (
    "@prefix t: <http://www.w3.org/ns/solid/terms#>. [] a t:InsertDeletePatch; t:inserts "
    "{ <card#me> <http://www.w3.org/ns/solid/terms#oidc\\u0049ssuer> <https://evil.example/> }."
)


@pytest.fixture
def village(installation):
    alice, bob, stranger = people(installation, "alice", "bob")
    alice.grant("/alice/profile/", ("public", "Read"), (bob.webid, "Append"))
    return alice, bob, stranger


WAYS = {
    "N3 Patch": ("PATCH", CARD, N3.format(EVIL), "text/n3", {409}),
    "N3 Patch in other words": ("PATCH", CARD, IN_OTHER_WORDS, "text/n3", {409}),
    "SPARQL Update": ("PATCH", CARD, f"INSERT DATA {{ {EVIL} }}", "application/sparql-update", {409}),
    "PUT": ("PUT", CARD, f"{EVIL} .", "text/turtle", {403}),
    "the description": ("PATCH", f"{CARD}.meta", N3.format(EVIL.replace("#me", "card#me")), "text/n3", {409}),
    "the twin": ("PATCH", f"{CARD}/", N3.format(EVIL), "text/n3", {403, 409}),
    "the escaped address": ("PATCH", "/alice/profile/c%61rd", N3.format(EVIL), "text/n3", {409}),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_s15_an_agent_who_may_append_does_not_become_the_person(village, way):
    alice, bob, stranger = village
    method, target, body, media_type, statuses = WAYS[way]
    before = alice.get(CARD).content
    for person in (bob, alice) if method == "PATCH" else (bob,):
        assert person(method, target, body.encode(), media_type).status_code in statuses
        assert alice.get(CARD).content == before
        assert stranger.get(f"{CARD}.meta").text.find("evil.example") == -1


def test_s15_a_slug_does_not_replace_the_card(village):
    alice, bob, _ = village
    before = alice.get(CARD).content
    answer = bob("POST", "/alice/profile/", f"{EVIL} .".encode(), "text/turtle", Slug="card")
    assert answer.status_code == 201
    assert answer.headers["Location"] != f"https://garden.example{CARD}"
    assert alice.get(CARD).content == before


@pytest.mark.parametrize(
    "change", ["solid:deletes {{ <#me> <{0}> <{1}> }}", "solid:inserts {{ <#me> <{0}> <https://evil.example/> }}"]
)
@pytest.mark.parametrize(
    ("term", "value"),
    [
        ("http://www.w3.org/ns/solid/terms#oidcIssuer", "https://garden.example/"),
        ("http://www.w3.org/ns/pim/space#storage", "https://garden.example/alice/"),
        ("http://www.w3.org/ns/ldp#inbox", "https://garden.example/alice/inbox/"),
    ],
)
def test_s15_u3_not_even_the_owner_patches_what_others_lean_on(village, change, term, value):
    alice = village[0]
    before = alice.get(CARD).content
    head = "@prefix solid: <http://www.w3.org/ns/solid/terms#>. _:p a solid:InsertDeletePatch; "
    body = f"{head}{change.format(term, value)}."
    assert alice("PATCH", CARD, body.encode(), "text/n3").status_code == 409
    assert alice.get(CARD).content == before


def test_s15_the_rest_of_the_card_is_changed_as_ever(village):
    alice = village[0]
    body = N3.format("<#me> <http://xmlns.com/foaf/0.1/nick> 'Ali'")
    assert alice("PATCH", CARD, body.encode(), "text/n3").status_code == 204
    assert "Ali" in alice.get(CARD).text
