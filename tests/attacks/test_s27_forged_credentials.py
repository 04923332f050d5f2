"""S27: each forged or spoilt credential is refused, and for the reason that is named beside it (trust.md)."""

import hmac
import json
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from pod_app.badges.verifying import CHECKS
from pod_app.standards import baking, status_list
from pod_app.standards import open_badges as ob

sys.path.insert(0, str(Path(__file__).parents[1]))
import fixtures_badges as world
from fixtures_badges import (
    ALICE,
    AT,
    BOB,
    GARDEN,
    INDEX,
    LIST,
    MALLORY,
    badge,
    changed,
    check,
    claims,
    endorsement,
    token,
)

SIGNED = GARDEN.sign(badge())
ACHIEVEMENT = ("credentialSubject", "achievement")


def listing(**changes):
    """The garden's own document, altered."""
    return {"more": {GARDEN.url: GARDEN.document() | changes}}


def method(**changes):
    found = GARDEN.document()["verificationMethod"][0] | changes
    return {name: value for name, value in found.items() if value is not None}


def tampered(*path, value):
    return changed(SIGNED, path, value), "proof", {}


def unsigned(**changes):
    return {name: value for name, value in (badge() | changes).items() if value is not ...}


def flipped(text):
    return text[:-1] + ("2" if text[-1] != "2" else "3")


def signed_list(**changes):
    """The garden's status list, altered after it was signed."""
    return {"more": {LIST: world.status_document() | changes}}


def mallory_in_the_name_of_the_garden(key_id):
    return MALLORY.sign(badge(), method=key_id)


TAMPERED = {
    "name": tampered("name", value="Gold"),
    "subject": tampered("credentialSubject", "id", value="https://pods.example/mallory/profile/card#me"),
    "achievement name": tampered(*ACHIEVEMENT, "name", value="Master of compost"),
    "achievement description": tampered(*ACHIEVEMENT, "description", value="Everything."),
    "achievement id": tampered(*ACHIEVEMENT, "id", value="https://pods.example/garden/achievements/gold"),
    "criteria": tampered(*ACHIEVEMENT, "criteria", "narrative", value="None."),
    "alignment": tampered(*ACHIEVEMENT, "alignment", 0, "targetUrl", value="http://data.europa.eu/esco/skill/y"),
    "tag": tampered(*ACHIEVEMENT, "tag", value=["soil", "gold"]),
    "evidence": tampered("evidence", 0, "id", value="https://pods.example/mallory/photo"),
    "evidence gone": tampered("evidence", value=...),
    "validFrom": tampered("validFrom", value="2020-01-01T00:00:00Z"),
    "validUntil": tampered("validUntil", value="2999-01-01T00:00:00Z"),
    "validUntil gone": tampered("validUntil", value=...),
    "awardedDate": tampered("awardedDate", value="2001-01-01T00:00:00Z"),
    "credential id": tampered("id", value="https://pods.example/garden/issued/2"),
    "issuer name": tampered("issuer", "name", value="The ministry"),
    "issuer url": tampered("issuer", "url", value="https://mallory.example/"),
    "status index": tampered("credentialStatus", "statusListIndex", value="1"),
    "status gone": tampered("credentialStatus", value=...),
    "narrative added": tampered("credentialSubject", "narrative", value="She is the best."),
    "endorsement added": tampered("endorsement", value=[endorsement()]),
    "image added": tampered("image", value={"id": "https://mallory.example/gold.png", "type": "Image"}),
    "proof created": tampered("proof", 0, "created", value="2020-01-01T00:00:00Z"),
    "proof value": tampered("proof", 0, "proofValue", value=flipped(SIGNED["proof"][0]["proofValue"])),
    "proof value cut": tampered("proof", 0, "proofValue", value=SIGNED["proof"][0]["proofValue"][:-4]),
    "proof value gone": tampered("proof", 0, "proofValue", value=...),
    "proof of another badge": tampered("proof", value=GARDEN.sign(badge(name="Another"))["proof"]),
    "another suite": tampered("proof", 0, "cryptosuite", value="eddsa-jcs-2022"),
    "purpose after signing": tampered("proof", 0, "proofPurpose", value="authentication"),
    "no proof": tampered("proof", value=...),
    "an empty proof": tampered("proof", value=[]),
}

FOREIGN_KEYS = {
    "signed with another key under the listed name": (
        mallory_in_the_name_of_the_garden(GARDEN.method),
        "proof",
        {},
    ),
    "key in the fragment, not listed": (
        mallory_in_the_name_of_the_garden(MALLORY.method.replace(MALLORY.did, GARDEN.did)),
        "key",
        {},
    ),
    "key of another did:web": (mallory_in_the_name_of_the_garden(MALLORY.method), "key", {}),
    "key of a did:key": (
        mallory_in_the_name_of_the_garden("did:key:{0}#{0}".format(MALLORY.method.rpartition("#")[2])),
        "key",
        {},
    ),
    "key at an address": (mallory_in_the_name_of_the_garden("https://mallory.example/key#1"), "key", {}),
    "key on the issuer's host": (
        mallory_in_the_name_of_the_garden(GARDEN.url + "#" + MALLORY.method.rpartition("#")[2]),
        "key",
        {},
    ),
    "issuer renamed after signing": (
        changed(MALLORY.sign(badge(issuer=MALLORY.profile)), ("issuer", "id"), GARDEN.did),
        "key",
        {},
    ),
    "document of another issuer": (SIGNED, "issuer-document", {"more": {GARDEN.url: MALLORY.document()}}),
    "document without id": (SIGNED, "issuer-document", listing(id=None)),
    "key not for assertions": (SIGNED, "key", listing(assertionMethod=[])),
    "key for authentication only": (SIGNED, "key", listing(assertionMethod=[], authentication=[GARDEN.method])),
    "key not described": (SIGNED, "key", listing(verificationMethod=[])),
    "key controlled by another": (SIGNED, "key", listing(verificationMethod=[method(controller=MALLORY.did)])),
    "key without controller": (SIGNED, "key", listing(verificationMethod=[method(controller=None)])),
    "key revoked": (SIGNED, "key", listing(verificationMethod=[method(revoked="2026-05-20T00:00:00Z")])),
    "key expired": (SIGNED, "key", listing(verificationMethod=[method(expires="2026-05-20T00:00:00Z")])),
    "key exchanged": (
        SIGNED,
        "proof",
        listing(verificationMethod=[method(publicKeyMultibase=MALLORY.method.rpartition("#")[2])]),
    ),
    "key described in two ways": (
        SIGNED,
        "key",
        listing(verificationMethod=[method(), method(publicKeyMultibase=MALLORY.method.rpartition("#")[2])]),
    ),
    "key named without scheme": (changed(SIGNED, ("proof", 0, "verificationMethod"), "z6Mk"), "key", {}),
    "issuer without address": (changed(SIGNED, ("issuer", "id"), "the garden"), "issuer-document", {}),
    "signed for another purpose": (GARDEN.sign_with(badge(), proofPurpose="authentication"), "proof", {}),
    "proof itself expired": (GARDEN.sign_with(badge(), expires="2026-05-20T00:00:00Z"), "proof", {}),
    "many proofs": (SIGNED | {"proof": SIGNED["proof"] * 9}, "key", {}),
}

MEANINGS = {
    "a word that no context knows": (SIGNED | {"rank": "Gold"}, "safe-mode", {}),
    "a word inside the achievement": (changed(SIGNED, (*ACHIEVEMENT, "level"), "Gold"), "safe-mode", {}),
    "a type that no context knows": (
        changed(SIGNED, (*ACHIEVEMENT, "type"), ["Achievement", "Diplôme"]),
        "safe-mode",
        {},
    ),
    "words of its own": (
        SIGNED | {"@context": [*SIGNED["@context"], {"rank": "https://schema.org/name"}]},
        "contexts",
        {},
    ),
    "a new meaning for issuer": (
        SIGNED | {"@context": [*SIGNED["@context"], {"issuer": "https://schema.org/name"}]},
        "contexts",
        {},
    ),
    "a context from elsewhere": (
        SIGNED | {"@context": [*SIGNED["@context"], "https://mallory.example/context.json"]},
        "contexts",
        {},
    ),
    "contexts in the wrong order": (SIGNED | {"@context": SIGNED["@context"][::-1]}, "contexts", {}),
    "a context too few": (SIGNED | {"@context": SIGNED["@context"][:1]}, "contexts", {}),
    "a context twice": (SIGNED | {"@context": [*SIGNED["@context"], SIGNED["@context"][1]]}, "contexts", {}),
    "a context inside": (
        changed(SIGNED, (*ACHIEVEMENT, "@context"), {"@vocab": "https://x.example/"}),
        "safe-mode",
        {},
    ),
    "a keyword": (SIGNED | {"@included": [{"id": "https://x.example/1"}]}, "safe-mode", {}),
    "a relative subject": (changed(SIGNED, ("credentialSubject", "id"), "alice"), "shape", {}),
    "a name in two languages": (
        changed(SIGNED, (*ACHIEVEMENT, "name"), [{"@value": "a"}, {"@value": "b"}]),
        "shape",
        {},
    ),
    "two subjects": (
        changed(SIGNED, ("credentialSubject",), [SIGNED["credentialSubject"], SIGNED["credentialSubject"]]),
        "shape",
        {},
    ),
    "null": (SIGNED | {"description": None}, "shape", {}),
    "another kind of credential": (SIGNED | {"type": ["VerifiableCredential"]}, "shape", {}),
    "a name twice in the JSON": (
        json.dumps(SIGNED).replace('"id": ', '"id": "https://x.example/", "id": ', 1),
        "readable",
        {},
    ),
    "no end": (json.dumps(SIGNED)[:-1], "readable", {}),
    "not a number": (json.dumps(SIGNED | {"x": float("nan")}), "readable", {}),
    "nested without end": ('{"a":' * 5_000 + "1" + "}" * 5_000, "readable", {}),
    "larger than allowed": (SIGNED | {"description": "x" * 70_000}, "readable", {}),
    "two badges in one image": (
        baking.bake(b'<svg xmlns="http://www.w3.org/2000/svg"/>', json.dumps(SIGNED)).replace(
            b"</svg>",
            b'<o:credential xmlns:o="https://purl.imsglobal.org/ob/v3p0">{}</o:credential></svg>',
        ),
        "readable",
        {},
    ),
}

TIMES_AND_LISTS = {
    "not yet valid": (SIGNED, "valid-from", {"at": AT - timedelta(days=31)}),
    "expired": (SIGNED, "valid-until", {"at": AT + timedelta(days=301)}),
    "expired this second": (SIGNED, "valid-until", {"at": AT + timedelta(days=300)}),
    "withdrawn": (SIGNED, "status", {"more": {LIST: world.status_document(INDEX)}}),
    "withdrawn, by a list that ended": (
        SIGNED,
        "status",
        {"more": {LIST: world.status_document(INDEX, valid_until=AT - timedelta(minutes=1))}},
    ),
    "list signed by another": (
        SIGNED,
        "status",
        {"more": {LIST: world.status_document(signer=MALLORY, issuer=GARDEN.did)}},
    ),
    "list of another": (SIGNED, "status", {"more": {LIST: world.status_document(signer=MALLORY)}}),
    "list altered": (
        SIGNED,
        "status",
        signed_list(credentialSubject=world.status_document(7)["credentialSubject"]),
    ),
    "list unsigned": (SIGNED, "status", signed_list(proof=[])),
    "list about something else": (
        SIGNED,
        "status",
        {"more": {LIST: world.status_document(purpose="suspension")}},
    ),
    "index beyond the list": (
        GARDEN.sign(badge(status_entry=status_list.entry(LIST, 131_072))),
        "status",
        {},
    ),
    "suspended": (
        GARDEN.sign(badge(status_entry=status_list.entry(LIST, INDEX, purpose="suspension"))),
        "status",
        {"more": {LIST: world.status_document(INDEX, purpose="suspension")}},
    ),
    "about somebody else": (SIGNED, "recipient", {"recipient": "https://pods.example/mallory/profile/card#me"}),
    "about another address": (
        GARDEN.sign(badge(subject=ob.hashed_identity("alice@pods.example", "salt"))),
        "recipient",
        {"recipient": "mallory@pods.example"},
    ),
    "about an address with another salt": (
        changed(
            GARDEN.sign(badge(subject=ob.hashed_identity("alice@pods.example", "salt"))),
            ("credentialSubject", "identifier", 0, "salt"),
            "pepper",
        ),
        "recipient",
        {"recipient": "alice@pods.example"},
    ),
}


def endorsed(found):
    return GARDEN.sign(badge(endorsements=[found])), "endorsements", {}


ENDORSED = {
    "endorsement altered": endorsed(changed(endorsement(), ("credentialSubject", "endorsementComment"), "The best.")),
    "endorsement by nobody": endorsed({name: value for name, value in endorsement().items() if name != "proof"}),
    "endorsement in another's name": endorsed(
        MALLORY.sign({name: value for name, value in endorsement().items() if name != "proof"}, method=BOB.method),
    ),
    "endorsement with a foreign key": endorsed(
        MALLORY.sign({name: value for name, value in endorsement().items() if name != "proof"}),
    ),
    "endorsement of something else": endorsed(endorsement(of="https://pods.example/mallory/issued/1")),
    "endorsement expired": endorsed(endorsement(valid_until=AT - timedelta(days=1))),
    "endorsement not yet valid": endorsed(endorsement(valid_from=AT + timedelta(days=1))),
    "endorsement withdrawn": (
        GARDEN.sign(
            badge(
                endorsements=[
                    endorsement(status_entry=status_list.entry("https://pods.example/bob/issued/status/1", 3))
                ],
            ),
        ),
        "endorsements",
        {
            "more": {
                "https://pods.example/bob/issued/status/1": world.status_document(
                    3,
                    signer=BOB,
                    url="https://pods.example/bob/issued/status/1",
                ),
            },
        },
    ),
}

RSA_LISTED = {"more": {GARDEN.url: world.with_keys(("rsa", world.RSA_JWK))}}
HEADER = {"alg": "RS256", "kid": f"{GARDEN.did}#rsa"}
MALLORYS_RSA = world.rsa.generate_private_key(65537, 2048)


def mallorys_signature(data):
    return MALLORYS_RSA.sign(data, world.padding.PKCS1v15(), world.hashes.SHA256())


def mallorys_jwk():
    return world.RSA_JWK | {"n": world.number(MALLORYS_RSA.public_key().public_numbers().n)}


def shared_secret(data):
    return hmac.digest(json.dumps(world.RSA_JWK).encode(), data, "sha256")


TOKENS = {
    "token without signature": (
        token(claims(badge()), header=HEADER | {"alg": "none"}, signer=lambda _: b""),
        "key",
        RSA_LISTED,
    ),
    "token with a shared secret": (
        token(claims(badge()), header=HEADER | {"alg": "HS256"}, signer=shared_secret),
        "key",
        RSA_LISTED,
    ),
    "token with an unknown demand": (token(claims(badge()), header=HEADER | {"crit": ["exp"]}), "key", RSA_LISTED),
    "token without key": (token(claims(badge()), header={"alg": "RS256"}), "key", RSA_LISTED),
    "token with its own key": (
        token(claims(badge()), header={"alg": "RS256", "jwk": mallorys_jwk()}, signer=mallorys_signature),
        "key",
        RSA_LISTED,
    ),
    "token with a private key": (
        token(claims(badge()), header={"alg": "RS256", "jwk": world.RSA_JWK | {"d": "AQAB"}}),
        "key",
        RSA_LISTED,
    ),
    "token with a key elsewhere": (
        token(claims(badge()), header=HEADER | {"kid": "https://mallory.example/key"}, signer=mallorys_signature),
        "key",
        RSA_LISTED,
    ),
    "token by another key": (token(claims(badge()), signer=mallorys_signature), "proof", RSA_LISTED),
    "token under another algorithm": (token(claims(badge()), header=HEADER | {"alg": "ES256"}), "proof", RSA_LISTED),
    "token of another issuer": (token(claims(badge(), iss=MALLORY.did)), "proof", RSA_LISTED),
    "token without issuer": (token(claims(badge(), iss=None)), "proof", RSA_LISTED),
    "token about another person": (token(claims(badge(), sub="https://pods.example/mallory")), "proof", RSA_LISTED),
    "token with another id": (token(claims(badge(), jti="https://pods.example/garden/issued/2")), "proof", RSA_LISTED),
    "token with another beginning": (token(claims(badge(), nbf=1)), "proof", RSA_LISTED),
    "token with a longer life": (token(claims(badge(), exp=4_000_000_000)), "proof", RSA_LISTED),
    "token expired": (token(claims(badge(valid_until=AT))), "valid-until", RSA_LISTED),
    "token not yet valid": (token(claims(badge(valid_from=AT + timedelta(1)))), "valid-from", RSA_LISTED),
    "token altered": (
        token(claims(badge())).split(".")[0]
        + "."
        + ".".join(token(claims(badge(name="Gold"))).split(".")[1:2])
        + "."
        + token(claims(badge())).split(".")[2],
        "proof",
        RSA_LISTED,
    ),
    "token whose key was withdrawn": (
        token(claims(badge())),
        "key",
        {
            "more": {
                GARDEN.url: changed(
                    world.with_keys(("rsa", world.RSA_JWK)),
                    ("verificationMethod", 1, "revoked"),
                    "2026-01-01T00:00:00Z",
                )
            }
        },
    ),
    "token whose key is not for assertions": (
        token(claims(badge())),
        "key",
        {"more": {GARDEN.url: world.with_keys(("rsa", world.RSA_JWK)) | {"assertionMethod": []}}},
    ),
}

FORGED = TAMPERED | FOREIGN_KEYS | MEANINGS | TIMES_AND_LISTS | ENDORSED | TOKENS


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_credential_fails_for_the_reason_named(name):
    document, reason, circumstances = FORGED[name]
    report = check(document, **circumstances)
    assert report[reason].outcome == "fail", report.to_json()
    assert report.verified is False
    assert report[reason].detail


def test_the_honest_original_passes_so_that_each_refusal_means_something():
    assert check(SIGNED, recipient=ALICE).verified is True
    assert check(token(claims(badge())), **RSA_LISTED).verified is True
    assert check(GARDEN.sign(badge(endorsements=[endorsement()]))).verified is True


def test_there_are_at_least_sixty_forgeries_and_each_check_is_the_reason_of_one():
    assert len(FORGED) >= 60
    assert {reason for _, reason, _ in FORGED.values()} == set(CHECKS) - {"refresh"}


def test_a_reordered_list_is_no_forgery_because_sets_have_no_order():
    document = badge()
    document["credentialSubject"]["achievement"]["tag"] = ["a", "b"]
    signed = GARDEN.sign(document)
    assert check(changed(signed, (*ACHIEVEMENT, "tag"), ["b", "a"])).verified is True
