"""S27: each altered credential or foreign key is refused, and for the reason that is named beside it (trust.md)."""

import json
import sys
from pathlib import Path

import pytest

from pod_app.badges.verifier.verifying import CHECKS
from pod_app.standards import baking

sys.path.insert(0, str(Path(__file__).parent))
import test_s27_forged_lists as lists
import test_s27_forged_tokens as of_tokens
from fixtures_badges import ALICE, GARDEN, MALLORY, badge, changed, check, endorsement
from fixtures_forgeries import (
    ACHIEVEMENT,
    SIGNED,
    flipped,
    listing,
    mallory_in_the_name_of_the_garden,
    method,
    refused,
    tampered,
)

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

FORGED = TAMPERED | FOREIGN_KEYS | MEANINGS


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_credential_fails_for_the_reason_named(name):
    refused(FORGED[name])


def test_the_honest_original_passes_so_that_each_refusal_means_something():
    assert check(SIGNED, recipient=ALICE).verified is True
    assert check(GARDEN.sign(badge(endorsements=[endorsement()]))).verified is True


def test_there_are_at_least_sixty_forgeries_and_each_check_is_the_reason_of_one():
    every = FORGED | lists.FORGED | of_tokens.TOKENS
    assert len(every) >= 60
    assert {reason for _, reason, _ in every.values()} == set(CHECKS) - {"refresh"}


def test_a_reordered_list_is_no_forgery_because_sets_have_no_order():
    document = badge()
    document["credentialSubject"]["achievement"]["tag"] = ["a", "b"]
    signed = GARDEN.sign(document)
    assert check(changed(signed, (*ACHIEVEMENT, "tag"), ["b", "a"])).verified is True
