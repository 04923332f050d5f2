"""Verification of honest badges, and of those about which something cannot be found out (open-badges.md §5.8)."""

import json
import struct
import sys
import zlib
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pod_app.badges.verifier.verifying import CHECKS, Fetched, documents, verify
from pod_app.errors import Unreachable
from pod_app.standards import baking, did
from pod_app.standards import open_badges as ob

sys.path.insert(0, str(Path(__file__).parents[2]))
import fixtures_badges as world
from fixtures_badges import ALICE, AT, BOB, GARDEN, LIST, MALLORY, badge, check, endorsement

PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
    + (head := struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    + b"\0\0\0\0IEND\xaeB`\x82"
)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'


def outcomes(report):
    return {name: report[name].outcome for name in CHECKS}


def test_an_honest_badge_passes_every_check():
    report = check(GARDEN.sign(badge()), recipient=ALICE)
    assert report.verified is True
    assert outcomes(report) == dict.fromkeys(CHECKS, "pass") | {"refresh": "not-run", "endorsements": "not-run"}
    assert report.credential["id"] == "https://pods.example/garden/issued/1"


def test_every_report_has_the_same_checks_in_the_same_order():
    for body in (b"", b"{}", b"[]", b"null", b"\xff", json.dumps(badge()).encode(), PNG, SVG):
        report = check(body)
        assert tuple(one.name for one in report.checks) == CHECKS
        assert report.verified is False


@pytest.mark.parametrize("image", [PNG, SVG], ids=["png", "svg"])
def test_a_badge_is_found_in_its_picture(image):
    text = json.dumps(GARDEN.sign(badge()))
    report = check(baking.bake(image, text))
    assert report.verified is True
    assert report.text == text


def test_the_report_is_written_as_the_contract_says():
    written = check(badge()).to_json()
    assert list(written) == ["verified", "checks"]
    assert [one["name"] for one in written["checks"]] == list(CHECKS)
    proof = written["checks"][CHECKS.index("proof")]
    assert proof == {
        "name": "proof",
        "outcome": "fail",
        "detail": "The badge is not signed.",
        "remedy": "Ask the issuer for the signed badge.",
    }


def test_sentences_can_be_told_in_another_language():
    report = check(badge())
    french = {"The badge is not signed.": "Le badge n'est pas signé."}
    told = report.to_json(lambda text: french.get(text, text))["checks"][CHECKS.index("proof")]
    assert told["detail"] == "Le badge n'est pas signé."


def test_whatever_does_not_pass_says_why():
    for report in (check(badge()), check(GARDEN.sign(badge()), more={GARDEN.url: None}), check(b"{}"), check(b"x")):
        for one in report.checks:
            assert one.outcome == "pass" or one.detail


@pytest.mark.parametrize("gone", [GARDEN.url, LIST])
def test_what_cannot_be_reached_leaves_the_answer_open(gone):
    report = check(GARDEN.sign(badge()), more={gone: None})
    assert report.verified is None
    assert report["status" if gone == LIST else "issuer-document"].outcome == "unknown"


def test_a_page_instead_of_a_document_leaves_the_answer_open():
    signed = json.dumps(GARDEN.sign(badge())).encode()
    fetch = documents({GARDEN.url: b"<html>", LIST: b"{}"})
    report = verify(signed, fetch=fetch, at=AT)
    assert report.verified is None
    assert "is not a JSON document" in report["issuer-document"].detail[0].text


def test_a_status_list_older_than_a_day_is_unknown_and_never_valid():
    signed = json.dumps(GARDEN.sign(badge())).encode()
    world_ = {url: json.dumps(found).encode() for url, found in world.network().items()}

    def aged(age):
        def fetch(url, accept):
            found = documents(world_)(url, accept)
            return Fetched(found.url, found.media_type, found.body, AT - age if url == LIST else None)

        return verify(signed, fetch=fetch, at=AT)

    assert aged(timedelta(hours=23)).verified is True
    assert aged(timedelta(hours=25)).verified is None
    assert aged(timedelta(hours=25))["status"].outcome == "unknown"


def test_an_outdated_status_list_is_unknown():
    ended = world.status_document(valid_until=AT - timedelta(minutes=1))
    report = check(GARDEN.sign(badge()), more={LIST: ended})
    assert report["status"].outcome == "unknown"
    assert report.verified is None


def test_a_status_list_that_calls_itself_otherwise_is_unknown():
    other = world.status_document(url="https://pods.example/garden/issued/status/2")
    assert check(GARDEN.sign(badge()), more={LIST: other})["status"].outcome == "unknown"


def test_a_badge_without_status_needs_no_list():
    report = check(GARDEN.sign(badge(status_entry=None)), more={LIST: None})
    assert report.verified is True


def test_an_unknown_kind_of_status_is_unknown():
    entry = {"id": "https://pods.example/x", "type": "1EdTechRevocationList"}
    signed = GARDEN.sign(world.changed(badge(refresh="https://pods.example/r"), ("credentialStatus",), entry))
    assert check(signed)["status"].outcome == "unknown"
    listed = {"id": entry["id"], "issuer": GARDEN.did, "revokedCredentials": []}
    assert check(signed, more={entry["id"]: listed}).verified is True
    listed["revokedCredentials"] = [{"id": badge()["id"], "revoked": True, "revocationReason": "Mistaken identity."}]
    report = check(signed, more={entry["id"]: listed})
    assert [sentence.text for sentence in report["status"].detail][1] == "Reason: Mistaken identity."
    listed["issuer"] = MALLORY.did
    assert check(signed, more={entry["id"]: listed})["status"].outcome == "fail"


@pytest.mark.parametrize(
    "recipient", [ALICE, f" {ALICE} ", "alice@pods.example", "mailto:alice@pods.example", "ALICE@pods.example"]
)
def test_the_recipient_is_recognised_by_webid_or_address(recipient):
    document = badge()
    document["credentialSubject"]["identifier"] = [ob.hashed_identity("alice@pods.example", "salt")]
    report = check(GARDEN.sign(document), recipient=recipient)
    assert report["recipient"].outcome == "pass"
    assert report.verified is True


def test_a_badge_for_a_hashed_address_only_is_verified():
    signed = GARDEN.sign(badge(subject=ob.hashed_identity("alice@pods.example", "salt")))
    assert check(signed, recipient="alice@pods.example").verified is True
    assert check(signed, recipient=ALICE)["recipient"].outcome == "fail"


def test_an_endorsement_inside_is_verified_on_its_own():
    signed = GARDEN.sign(badge(endorsements=[endorsement()]))
    report = check(signed)
    assert report["endorsements"].outcome == "pass"
    assert report.verified is True


def test_an_endorser_who_cannot_be_reached_leaves_the_answer_open():
    signed = GARDEN.sign(badge(endorsements=[endorsement()]))
    report = check(signed, more={BOB.url: None})
    assert report["endorsements"].outcome == "unknown"
    assert report.verified is None


def test_an_endorsement_alone_is_verified_like_a_badge():
    assert check(endorsement()).verified is True


def test_one_good_proof_of_several_is_enough():
    signed = GARDEN.sign(badge())
    bad = {"type": "SomeProof", "created": "2026-01-01T00:00:00Z"}
    witness = MALLORY.sign(badge())["proof"]
    for proofs in ([bad, *signed["proof"]], [*signed["proof"], *witness], [*witness, *signed["proof"]]):
        assert check(signed | {"proof": proofs}).verified is True


def test_a_single_proof_object_is_read_like_a_list():
    signed = GARDEN.sign(badge())
    report = check(signed | {"proof": signed["proof"][0]})
    assert report.verified is True
    assert "compact" in report["shape"].detail[0].text


def test_a_did_key_needs_no_network():
    name = did.key_id("did:key:x", GARDEN.public).rpartition("#")[2]
    issuer = f"did:key:{name}"
    document = badge(issuer=ob.profile(id=issuer, name="A traveller"), status_entry=None)
    signed = GARDEN.sign(document, method=f"{issuer}#{name}")
    assert check(signed, more={GARDEN.url: None}).verified is True


def test_an_https_issuer_is_asked_at_its_own_address():
    issuer = "https://school.example/issuers/1"
    method = did.key_id(issuer, GARDEN.public)
    document = badge(issuer=ob.profile(id=issuer, name="A school"), status_entry=None)
    signed = GARDEN.sign(document, method=method)
    listing = {
        "id": issuer,
        "verificationMethod": [
            {
                "id": method,
                "type": "Multikey",
                "controller": issuer,
                "publicKeyMultibase": method.rpartition("#")[2],
            },
        ],
        "assertionMethod": [method],
    }
    assert check(signed, more={issuer: listing}).verified is True
    assert check(signed).verified is None
    assert check(signed, more={issuer: {"id": issuer, "name": "A school"}})["key"].outcome == "fail"


def test_the_number_of_fetches_is_bounded_and_none_is_repeated():
    asked = []

    def fetch(url, accept):
        asked.append(url)
        raise Unreachable("gone")

    endorsements = [endorsement(id=f"https://pods.example/bob/endorsements/{n}") for n in range(12)]
    signed = GARDEN.sign(badge(endorsements=endorsements))
    world_ = {url: json.dumps(found).encode() for url, found in world.network().items()}
    report = verify(json.dumps(signed).encode(), fetch=documents({GARDEN.url: world_[GARDEN.url]}, fetch), at=AT)
    assert report.verified is None
    assert len(asked) == len(set(asked)) == 2


def test_a_did_may_name_the_document_given_by_hand():
    given = {GARDEN.did: json.dumps(GARDEN.document()).encode(), LIST: json.dumps(world.status_document()).encode()}
    assert verify(json.dumps(GARDEN.sign(badge())).encode(), fetch=documents(given), at=AT).verified is True


@pytest.mark.parametrize(
    ("algorithm", "kid", "signer", "jwk"),
    [
        ("RS256", "rsa", world.sign_rsa, world.RSA_JWK),
        ("ES256", "p256", world.sign_p256, world.P256_JWK),
        ("EdDSA", GARDEN.method.rpartition("#")[2], GARDEN.key.sign, None),
    ],
)
def test_a_token_by_a_listed_key_is_verified(algorithm, kid, signer, jwk):
    text = world.token(world.claims(badge()), header={"alg": algorithm, "kid": f"{GARDEN.did}#{kid}"}, signer=signer)
    listing = world.with_keys((kid, jwk)) if jwk else GARDEN.document()
    report = check(text, more={GARDEN.url: listing})
    assert report.verified is True, report.to_json()
    assert report["safe-mode"].outcome == "not-run"
    assert check(baking.bake(SVG, text), more={GARDEN.url: listing}).verified is True


def test_a_token_with_its_key_in_the_header_counts_when_the_issuer_lists_the_key():
    text = world.token(world.claims(badge()), header={"alg": "RS256", "jwk": world.RSA_JWK})
    assert check(text, more={GARDEN.url: world.with_keys(("rsa", world.RSA_JWK))}).verified is True
    assert check(text)["key"].outcome == "fail"


def test_a_token_of_the_older_data_model_is_read_from_its_claim():
    document = badge(status_entry=None)
    older = {name: value for name, value in document.items() if name not in {"validFrom", "validUntil", "issuer", "id"}}
    older["@context"] = ["https://www.w3.org/2018/credentials/v1", document["@context"][1]]
    older["issuer"] = document["issuer"]
    around = world.claims(document)
    payload = {name: around[name] for name in ("iss", "jti", "nbf", "exp", "sub")} | {"vc": older}
    report = check(world.token(payload), more={GARDEN.url: world.with_keys(("rsa", world.RSA_JWK))})
    assert report.verified is True, report.to_json()


def test_a_key_elsewhere_at_the_issuers_host_is_unknown_and_not_false():
    issuer = "https://school.example/issuers/1"
    document = badge(issuer=ob.profile(id=issuer, name="A school"), status_entry=None)
    text = world.token(world.claims(document), header={"alg": "RS256", "kid": "https://school.example/keys/1"})
    report = check(text, more={issuer: {"id": issuer}})
    assert report["key"].outcome == "unknown"
    assert report.verified is None


def test_nothing_is_looked_up_for_a_badge_whose_signature_does_not_hold():
    asked = []

    def fetch(url, accept):
        asked.append(url)
        return Fetched(url, "application/json", json.dumps(world.network()[url]).encode())

    signed = world.changed(GARDEN.sign(badge()), ("name",), "Gold")
    report = verify(json.dumps(signed).encode(), fetch=fetch, at=AT)
    assert report.verified is False
    assert report["status"].outcome == "not-run"
    assert asked == [GARDEN.url]


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes_get_a_report_and_never_an_exception(body):
    assert check(body).verified is not True


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
PLACES = [
    (name,) for name in ("@context", "id", "type", "issuer", "validFrom", "validUntil", "credentialSubject", "proof")
] + [
    ("credentialStatus",),
    ("credentialStatus", "statusListIndex"),
    ("evidence",),
    ("proof", 0),
    ("proof", 0, "verificationMethod"),
    ("proof", 0, "proofValue"),
    ("proof", 0, "created"),
    ("issuer", "id"),
    ("credentialSubject", "achievement"),
    ("credentialSubject", "identifier"),
    ("endorsement",),
]
SIGNED = GARDEN.sign(badge())


@settings(deadline=None)
@given(st.sampled_from(PLACES), json_values)
def test_random_values_in_any_place_get_a_report_and_never_a_yes(path, value):
    document = world.changed(SIGNED, path, value)
    if document != SIGNED and value != []:
        assert check(document, recipient=ALICE).verified is not True


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(["did", "list", "bob"]), json_values)
def test_random_documents_from_the_network_get_a_report_and_never_a_yes(which, value):
    url = {"did": GARDEN.url, "list": LIST, "bob": BOB.url}[which]
    report = check(GARDEN.sign(badge(endorsements=[endorsement()])), more={url: value if value is not None else 1})
    assert report.verified is not True


def test_more_than_64_kb_is_told_as_too_large():
    report = check(badge() | {"description": "x" * 70_000})
    assert report["readable"].outcome == "fail"
    assert "64 kB" in report["readable"].detail[0].text
