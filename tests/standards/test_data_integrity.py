"""Signing with two engines, checking with one and a second opinion (box 5.5)."""

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pod_app.errors import Conflict, Invalid, TooComplex, TooLarge, Unsupported
from pod_app.standards import data_integrity, did, jsonld, multibase

DATA = Path(__file__).resolve().parents[1] / "data" / "badges"
VECTOR = DATA / "vectors" / "1edtech-ob3-linked-data-proof"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
ISSUER = "did:web:pods.example:garden"
METHOD = did.key_id(ISSUER, PUBLIC)
NOON = datetime(2026, 3, 1, 12, 0, 0, 987654, tzinfo=UTC)
SAMPLES = DATA / "samples" / "ob3-reference-validator"


def unsigned():
    return json.loads(
        (DATA / "vectors" / "1edtech-ob3-linked-data-proof" / "unsigned.json").read_text(encoding="utf-8")
    )


def sign(document, created=NOON):
    return data_integrity.sign(document, sign=KEY.sign, verification_method=METHOD, created=created)


def test_the_proof_is_an_array_of_one_with_whole_seconds():
    document = unsigned()
    before = deepcopy(document)
    signed = sign(document)
    [proof] = signed["proof"]
    assert document == before
    assert proof["created"] == "2026-03-01T12:00:00Z"
    assert proof["verificationMethod"] == METHOD
    assert data_integrity.check(signed, proof, PUBLIC)


def test_the_moment_is_written_in_utc():
    paris = timezone(timedelta(hours=1))
    [proof] = sign(unsigned(), datetime(2026, 3, 1, 13, tzinfo=paris))["proof"]
    assert proof["created"] == "2026-03-01T12:00:00Z"


def test_a_second_signature_joins_the_first_in_a_set():
    signed = sign(sign(unsigned()), NOON + timedelta(days=1))
    first, second = signed["proof"]
    assert first["created"] < second["created"]
    assert data_integrity.check(signed, first, PUBLIC)
    assert data_integrity.check(signed, second, PUBLIC)


def test_the_order_of_keys_and_the_white_space_do_not_matter():
    signed = sign(unsigned())
    turned = json.loads(json.dumps(dict(reversed(signed.items())), indent=3))
    assert data_integrity.check(turned, turned["proof"][0], PUBLIC)


def test_another_key_does_not_verify():
    signed = sign(unsigned())
    other = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))).public_key().public_bytes_raw()
    assert not data_integrity.check(signed, signed["proof"][0], other)


@pytest.mark.parametrize("name", ["created", "verificationMethod", "proofPurpose", "expires"])
def test_every_option_of_the_proof_is_signed(name):
    signed = sign(unsigned())
    other = {"created": "2026-03-01T12:00:01Z", "proofPurpose": "authentication", "expires": "2030-01-01T00:00:00Z"}
    proof = {**signed["proof"][0], name: other.get(name, "did:web:pods.example:somebody#key")}
    assert not data_integrity.check(signed, proof, PUBLIC)


def test_a_word_in_the_proof_that_no_context_defines_is_refused():
    signed = sign(unsigned())
    with pytest.raises(Invalid, match=r"proof\.trustLevel"):
        data_integrity.check(signed, {**signed["proof"][0], "trustLevel": "high"}, PUBLIC)


def test_a_proof_whose_contexts_define_none_of_its_words_is_refused():
    signed = sign(unsigned())
    signed["@context"] = [
        "https://www.w3.org/2018/credentials/v1",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json",
    ]
    with pytest.raises(Invalid, match=r"proof\."):
        data_integrity.check(signed, signed["proof"][0], PUBLIC)


@pytest.mark.parametrize("kind", ["ecdsa-sd-2023", "bbs-2023", "eddsa-rdf-2022", None, 7])
def test_other_suites_are_named_and_not_guessed(kind):
    signed = sign(unsigned())
    with pytest.raises(Unsupported, match=str(kind)):
        data_integrity.check(signed, {**signed["proof"][0], "cryptosuite": kind}, PUBLIC)


@pytest.mark.parametrize(
    "value", [None, 7, "", "z", "zzz", "uAAAA", "z0OIl", "M" * 88, "z" + "2" * 200, "z" + "1" * 600]
)
def test_a_malformed_proof_value_is_invalid(value):
    signed = sign(unsigned())
    with pytest.raises(Invalid):
        data_integrity.check(signed, {**signed["proof"][0], "proofValue": value}, PUBLIC)


def test_a_key_of_another_length_is_invalid():
    signed = sign(unsigned())
    with pytest.raises(Invalid, match="31"):
        data_integrity.check(signed, signed["proof"][0], PUBLIC[:31])


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda badge: badge.update(description=None), "description"),
        (lambda badge: badge.update(evidence=[]), "evidence"),
        (lambda badge: badge.update(name="Team\x07work"), "name"),
        (lambda badge: badge.update(name="Team\x7fwork"), "name"),
        (lambda badge: badge.update(name="Team\ud800work"), "name"),
        (
            lambda badge: badge["credentialSubject"]["achievement"].update(tag=["a", None]),
            "credentialSubject.achievement.tag[1]",
        ),
        (lambda badge: badge.update(colour="blue"), "colour"),
        (lambda badge: badge["@context"].reverse(), "@context"),
    ],
)
def test_what_other_programs_read_differently_is_not_signed(change, where):
    document = unsigned()
    change(document)
    with pytest.raises(Invalid) as refusal:
        sign(document)
    assert where in refusal.value.detail


def test_line_breaks_tabs_quotes_and_all_scripts_are_signed():
    document = unsigned()
    document["name"] = 'Équipe "verte"\n\t\\ 数 \u2028 🌱'
    signed = sign(document)
    assert data_integrity.check(signed, signed["proof"][0], PUBLIC)


def test_words_of_the_newer_edition_are_never_signed():
    with pytest.raises(Invalid, match="endorsementJwt"):
        sign({**unsigned(), "endorsementJwt": ["eyJhbGciOiJSUzI1NiJ9.e30.AA"]})


def test_a_badge_signed_with_the_newer_edition_verifies_and_says_so():
    document = {**unsigned(), "endorsementJwt": ["eyJhbGciOiJSUzI1NiJ9.e30.AA"]}
    options = {**sign(unsigned())["proof"][0]}
    config = data_integrity.proof_config(document, options)
    parts = (data_integrity.canonical(config), data_integrity.canonical(document, jsonld.Edition.NEWER))
    proof = {**options, "proofValue": multibase.encode(KEY.sign(data_integrity._hash_pair(*parts)))}
    verdict = data_integrity.examine(document, proof, PUBLIC)
    assert verdict.holds
    assert "2026" in verdict.note


def test_a_word_of_the_newer_edition_slipped_into_a_signed_badge_is_found():
    signed = sign(unsigned())
    signed["endorsementJwt"] = ["eyJhbGciOiJSUzI1NiJ9.e30.AA"]
    jsonld.guard(signed)
    assert not data_integrity.check(signed, signed["proof"][0], PUBLIC)


def test_two_equal_parts_that_the_engines_label_differently_are_not_signed():
    document = json.loads((SAMPLES / "complete.json").read_text(encoding="utf-8"))
    with pytest.raises(Conflict):
        sign({name: value for name, value in document.items() if name != "proof"})


def test_the_official_complete_badge_holds_by_the_second_opinion():
    document = json.loads((SAMPLES / "complete.json").read_text(encoding="utf-8"))
    [proof] = data_integrity.proofs(document)
    key = multibase.decode_key(proof["verificationMethod"].partition("#")[2])
    verdict = data_integrity.examine(document, proof, key)
    assert verdict.holds
    assert "second canonicaliser" in verdict.note


@pytest.mark.parametrize(
    "name",
    ["simple", "simple_v1", "simple-eddsa-2022", "simple-context-alias", "simple-did-web-method", "endorsement-valid"],
)
def test_the_official_samples_hold_in_the_ordinary_way(name):
    document = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    [proof] = data_integrity.proofs(document)
    key = multibase.decode_key(proof["verificationMethod"].rpartition("#")[2].rpartition(":")[2])
    assert data_integrity.examine(document, proof, key) == data_integrity.Verdict(holds=True)


def test_the_canonical_form_is_limited_in_size_and_depth():
    document = unsigned()
    document["name"] = "x" * 70_000
    with pytest.raises(TooLarge):
        data_integrity.canonical(document)
    deep = {}
    for _ in range(200):
        deep = {"criteria": deep}
    with pytest.raises(TooComplex):
        data_integrity.canonical({**unsigned(), "evidence": deep})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}])
def test_values_that_json_cannot_carry_are_invalid(value):
    with pytest.raises(Invalid):
        data_integrity.canonical({**unsigned(), "name": value})


def test_a_document_without_contexts_has_no_proof():
    with pytest.raises(Invalid, match="@context"):
        data_integrity.check({"name": "x"}, sign(unsigned())["proof"][0], PUBLIC)


def test_the_jcs_suite_lets_a_proof_fix_only_the_leading_contexts():
    folder = DATA / "vectors" / "w3c-di-eddsa" / "eddsa-jcs-2022"
    signed = json.loads((folder / "signedJCS.json").read_text(encoding="utf-8"))
    proof = signed["proof"]
    key = multibase.decode_key(proof["verificationMethod"].partition("#")[2])
    added = {**signed, "@context": [*signed["@context"], "https://pods.example/later"]}
    assert data_integrity.check(added, proof, key)
    with pytest.raises(Invalid, match=r"proof\.@context"):
        data_integrity.check({**signed, "@context": list(reversed(signed["@context"]))}, proof, key)
