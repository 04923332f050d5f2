"""Whose key is it: did:web documents and the five conditions on a verification method (S27)."""

import base64
import json
from datetime import UTC, datetime

import pytest

from pod_app.errors import Invalid, Unsupported
from pod_app.standards import did, jsonld, multibase

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
ISSUER = "did:web:pods.example:garden"
METHOD = did.key_id(ISSUER, KEY)
WEBID = "https://pods.example/garden/profile/card#us"
LATER = datetime(2026, 5, 1, tzinfo=UTC)


def document(**changes):
    return {**did.did_document(ISSUER, [did.DidKey(KEY)], [WEBID]), **changes}


def method(**changes):
    return {
        "id": METHOD,
        "type": "Multikey",
        "controller": ISSUER,
        "publicKeyMultibase": multibase.encode_key(KEY),
        **changes,
    }


@pytest.mark.parametrize(
    ("base_url", "expected", "address"),
    [
        ("https://pods.example/", "did:web:pods.example:lea", "https://pods.example/lea/did.json"),
        ("http://localhost:8000/", "did:web:localhost%3A8000:lea", "https://localhost:8000/lea/did.json"),
        ("https://pods.example/all/", "did:web:pods.example:all:lea", "https://pods.example/all/lea/did.json"),
    ],
)
def test_the_did_of_a_pod_leads_to_its_document(base_url, expected, address):
    assert did.did_web(base_url, "lea") == expected
    assert did.document_url(expected) == address
    assert did.document_url(f"{expected}#z6Mk") == address


def test_a_did_of_a_host_alone_is_under_well_known():
    assert did.document_url("did:web:pods.example") == "https://pods.example/.well-known/did.json"


def test_plain_http_is_for_the_named_hosts_only():
    name = "did:web:localhost%3A8000:lea"
    assert did.document_url(name, plain_http={"localhost:8000"}) == "http://localhost:8000/lea/did.json"
    assert did.document_url(name, plain_http={"localhost:8001"}).startswith("https:")


@pytest.mark.parametrize(
    "name",
    [
        "did:web:",
        "did:web::lea",
        "did:web:pods.example:",
        "did:web:pods.example::lea",
        "did:web:pods.example:..:lea",
        "did:web:pods.example:%2e%2e:lea",
        "did:web:pods.example:a%2Fb",
        "did:web:pods.example:a%5Cb",
        "did:web:pods.example:a%00b",
        "did:web:pods.example/lea",
        "did:web:user@pods.example:lea",
        "did:web:pods.example%40evil.example:lea",
        "did:web:pods.example%3Ahttp:lea",
        "did:web:pods.example%2Fevil:lea",
        "did:web:-pods.example:lea",
        "did:web:pods example:lea",
        "did:web:[::1]:lea",
    ],
)
def test_a_malformed_did_web_leads_nowhere(name):
    with pytest.raises(Invalid):
        did.document_url(name)


@pytest.mark.parametrize("name", ["did:key:z6Mk", "https://pods.example/", "", "did:example:1"])
def test_other_methods_have_no_address(name):
    with pytest.raises(Unsupported):
        did.document_url(name)


def test_the_document_has_the_published_form():
    assert document() == {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": ISSUER,
        "alsoKnownAs": [WEBID],
        "verificationMethod": [method()],
        "assertionMethod": [METHOD],
    }


def test_every_word_of_the_document_is_defined_by_its_contexts():
    made = did.did_document(ISSUER, [did.DidKey(KEY), did.DidKey(OTHER, revoked=LATER)], [WEBID])
    dropped = []
    jsonld.expand_noting(made, dropped.append)
    assert dropped == []


def test_a_stolen_key_is_not_listed_any_more():
    made = did.did_document(ISSUER, [did.DidKey(KEY, revoked=LATER), did.DidKey(OTHER)])
    assert [entry["id"] for entry in made["verificationMethod"]] == [did.key_id(ISSUER, OTHER)]
    assert made["assertionMethod"] == [did.key_id(ISSUER, OTHER)]
    with pytest.raises(Invalid):
        did.find_key(made, METHOD)
    assert did.find_key(made, did.key_id(ISSUER, OTHER)) == OTHER


def test_a_rotated_key_goes_on_verifying_beside_the_new_one():
    made = did.did_document(ISSUER, [did.DidKey(KEY), did.DidKey(OTHER)])
    assert did.find_key(made, METHOD, "assertionMethod", issuer=ISSUER) == KEY


FORMS = {
    "arrays": {},
    "single object": {"verificationMethod": method(), "assertionMethod": METHOD},
    "embedded": {"verificationMethod": [], "assertionMethod": [method()]},
    "embedded alone": {"verificationMethod": None, "assertionMethod": method()},
    "relative ids": {
        "verificationMethod": [method(id=METHOD.removeprefix(ISSUER))],
        "assertionMethod": [METHOD.removeprefix(ISSUER)],
    },
    "empty controller": {"verificationMethod": method(controller="")},
    "2020": {"verificationMethod": [method(type="Ed25519VerificationKey2020")]},
    "2018": {
        "verificationMethod": [
            method(
                type="Ed25519VerificationKey2018", publicKeyBase58=multibase.encode_base58(KEY), publicKeyMultibase=None
            )
        ]
    },
    "JWK": {
        "verificationMethod": [
            method(
                type="JsonWebKey2020",
                publicKeyJwk={"kty": "OKP", "crv": "Ed25519", "x": multibase.encode_base64url(KEY)},
            )
        ]
    },
}


@pytest.mark.parametrize("form", FORMS)
def test_every_honest_form_of_document_gives_the_key(form):
    assert did.find_key(document(**FORMS[form]), METHOD, "assertionMethod", issuer=ISSUER) == KEY


EVIL = "did:web:evil.example:garden"
REFUSED = {
    "not listed": (document(verificationMethod=[], assertionMethod=[METHOD]), "does not list"),
    "nothing listed": ({"id": ISSUER}, "does not list"),
    "wrong purpose": (document(assertionMethod=[], authentication=[METHOD]), "not under assertionMethod"),
    "other key under the purpose": (document(assertionMethod=[did.key_id(ISSUER, OTHER)]), "not under assertionMethod"),
    "wrong controller": (document(verificationMethod=[method(controller=EVIL)]), "controlled by"),
    "no controller": (document(verificationMethod=[method(controller=None)]), "controlled by"),
    "controller in an array": (document(verificationMethod=[method(controller=[ISSUER])]), "controlled by"),
    "revoked": (document(verificationMethod=[method(revoked="2026-01-01T00:00:00Z")]), "revoked"),
    "expired": (document(verificationMethod=[method(expires="2026-04-30T00:00:00Z")]), "expired"),
    "expired, no zone": (document(verificationMethod=[method(expires="2027-04-30T00:00:00")]), "expired"),
    "another document": (document(id=EVIL), "calls itself"),
    "no id": (document(id=None), "has no id"),
    "two descriptions": (
        document(verificationMethod=[method(), method(publicKeyMultibase=multibase.encode_key(OTHER))]),
        "two ways",
    ),
    "strings where objects are due": (document(verificationMethod=[METHOD]), "does not list"),
    "broken key": (document(verificationMethod=[method(publicKeyMultibase="z6Mk")]), "not an Ed25519"),
    "short key": (
        document(verificationMethod=[method(type="Ed25519VerificationKey2018", publicKeyBase58="2")]),
        "1 bytes",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_every_condition_on_the_key_is_checked_and_named(name):
    found, reason = REFUSED[name]
    with pytest.raises(Invalid, match=reason):
        did.find_key(found, METHOD, "assertionMethod", issuer=ISSUER, at=LATER)


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "RsaVerificationKey2018"},
        {"type": None},
        {"type": "JsonWebKey2020", "publicKeyJwk": {"kty": "RSA", "n": "AA", "e": "AQAB"}},
        {"type": "JsonWebKey2020", "publicKeyJwk": {"kty": "OKP", "crv": "X25519", "x": "AA"}},
        {"type": "JsonWebKey2020", "publicKeyJwk": {"kty": "OKP", "crv": "Ed25519", "x": "AA", "d": "AA"}},
        {"type": "JsonWebKey2020"},
    ],
)
def test_other_kinds_of_key_are_unsupported(changes):
    with pytest.raises(Unsupported):
        did.find_key(document(verificationMethod=[method(**changes)]), METHOD)


def test_also_known_as_makes_nobody_the_issuer():
    with pytest.raises(Invalid, match="calls itself"):
        did.find_key(document(id=EVIL, alsoKnownAs=[ISSUER]), METHOD, issuer=ISSUER)


def test_a_did_key_is_its_own_document_with_and_without_fragment():
    name = f"did:key:{multibase.encode_key(KEY)}"
    full = f"{name}#{multibase.encode_key(KEY)}"
    for spelling in (name, full):
        assert did.find_key(did.resolve_key_did(spelling), spelling, "assertionMethod", issuer=name) == KEY


def test_a_did_jwk_is_its_own_document():
    jwk = json.dumps({"kty": "OKP", "crv": "Ed25519", "x": multibase.encode_base64url(KEY)})
    name = "did:jwk:" + base64.urlsafe_b64encode(jwk.encode()).decode().rstrip("=")
    assert did.find_key(did.resolve_key_did(f"{name}#0"), f"{name}#0", issuer=name) == KEY


@pytest.mark.parametrize("name", ["did:jwk:", "did:jwk:!!", "did:jwk:AAAA", "did:key:", "did:key:z", "did:key:f00"])
def test_malformed_key_names_are_invalid(name):
    with pytest.raises(Invalid):
        did.resolve_key_did(name)


@pytest.mark.parametrize("name", ["did:web:pods.example", "x", "did:jwk:e30"])
def test_other_names_hold_no_key(name):
    with pytest.raises(Unsupported):
        did.resolve_key_did(name)
