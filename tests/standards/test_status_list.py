"""Bit order, bombs and all the ways an index can be wrong (box 5.6)."""

import gzip
import json
import random
import secrets
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pod_app.errors import Invalid, TooLarge, Unreadable
from pod_app.standards import jsonld, multibase, status_list

SAMPLE = Path(__file__).resolve().parents[1] / "data/badges/samples/ob3-reference-validator/bit-string-list"
URL = "https://pods.example/garden/issued/status/1"
ISSUER = "did:web:pods.example:garden"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def packed(data):
    return "u" + multibase.encode_base64url(gzip.compress(data, mtime=0))


def listed(bits, **changes):
    made = status_list.credential(URL, ISSUER, bits, valid_from=NOW)
    made["credentialSubject"].update(changes)
    return made


def test_index_zero_is_the_left_most_bit():
    assert status_list.set_bit(status_list.empty(), 0)[0] == 0b1000_0000
    assert status_list.set_bit(status_list.empty(), 7)[0] == 0b0000_0001
    assert status_list.set_bit(status_list.empty(), 8)[:2] == b"\x00\x80"


def test_a_list_has_room_for_131072():
    assert len(status_list.empty()) * 8 == status_list.LENGTH == 131_072
    for length in (8, 131_071, 131_080 + 1):
        with pytest.raises(Invalid):
            status_list.empty(length)


def test_bits_are_set_cleared_and_found_again():
    seed = secrets.randbits(32)
    print("seed", seed)
    chosen = set(random.Random(seed).sample(range(status_list.LENGTH), 50))
    bits = status_list.empty()
    for index in chosen:
        bits = status_list.set_bit(bits, index)
    again = status_list.decode(status_list.encode(bits))
    assert {index for index in range(status_list.LENGTH) if status_list.get_bit(again, index)} == chosen
    for index in chosen:
        bits = status_list.set_bit(bits, index, value=False)
    assert bits == status_list.empty()


def test_equal_lists_give_equal_text():
    assert status_list.encode(status_list.empty()) == status_list.encode(status_list.empty())


def test_the_list_of_1edtech_says_that_23_is_revoked():
    found = json.loads((SAMPLE / "testlist").read_text(encoding="utf-8"))
    badge = json.loads((SAMPLE / "credential-status-revoked.json").read_text(encoding="utf-8"))
    index = status_list.index_of(badge["credentialStatus"], strict=False)
    assert index == 23
    assert [place for place in range(100) if status_list.is_set(found, place, purpose="revocation")] == [23]


def test_the_credential_of_a_list_passes_the_guard_and_is_served_from_its_id():
    made = status_list.credential(URL, ISSUER, status_list.empty(), valid_from=NOW, valid_until=NOW)
    jsonld.guard(made)
    assert made["id"] == URL
    assert made["validUntil"] == "2026-03-01T12:00:00Z"
    assert made["credentialSubject"]["type"] == "BitstringStatusList"


def test_an_entry_is_one_object_with_its_index_in_a_string():
    entry = status_list.entry(URL, 94567)
    assert entry == {
        "id": f"{URL}#94567",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "94567",
        "statusListCredential": URL,
    }
    assert status_list.index_of(entry) == 94567
    assert status_list.is_bitstring_entry(entry)
    assert not status_list.is_bitstring_entry({"type": "1EdTechRevocationList"})


@pytest.mark.parametrize("index", [-1, status_list.LENGTH, 10**8])
def test_an_index_outside_the_list_is_named(index):
    with pytest.raises(Invalid, match=str(index)):
        status_list.is_set(listed(status_list.empty()), index)
    with pytest.raises(Invalid):
        status_list.set_bit(status_list.empty(), index)


def test_a_number_in_place_of_a_string_is_named():
    with pytest.raises(Invalid, match="is the number 23"):
        status_list.index_of({"statusListIndex": 23})
    assert status_list.index_of({"statusListIndex": 23}, strict=False) == 23


@pytest.mark.parametrize("index", [None, "", "-1", "1.0", "x", " 1", "٣", "9" * 5000, 1.5, True, -1, ["1"], {}])
def test_what_is_no_index_is_named(index):
    for strict in (True, False):
        with pytest.raises(Invalid, match="not a whole number"):
            status_list.index_of({"statusListIndex": index}, strict=strict)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "does not begin with u"),
        ("", "does not begin with u"),
        ("H4sIAAAA", "does not begin with u"),
        ("zH4sIAAAA", "does not begin with u"),
        ("u", "breaks off"),
        ("u***", "not base64url"),
        ("uAAAA", "not gzipped"),
        (packed(bytes(16_384))[:-12], "breaks off"),
        (packed(bytes(16_383)), "at least 131072"),
        (packed(b""), "at least 131072"),
    ],
)
def test_every_damaged_list_is_told_apart(text, reason):
    with pytest.raises(Unreadable, match=reason):
        status_list.is_set(listed(status_list.empty(), encodedList=text), 0)


def test_a_gzip_bomb_stops_at_the_limit():
    bomb = packed(bytes(200 * 1024 * 1024))
    assert len(bomb) < 300_000
    with pytest.raises(TooLarge):
        status_list.decode(bomb)
    with pytest.raises(TooLarge):
        status_list.decode("u" + "A" * 5_000_000)


def test_a_list_for_another_purpose_is_refused():
    with pytest.raises(Invalid, match="suspension"):
        status_list.is_set(listed(status_list.empty(), statusPurpose="suspension"), 0, purpose="revocation")
    both = listed(status_list.empty(), statusPurpose=["suspension", "revocation"])
    assert not status_list.is_set(both, 0, purpose="revocation")


@pytest.mark.parametrize("document", [{}, {"credentialSubject": []}, {"credentialSubject": {"type": "Profile"}}])
def test_another_document_is_no_list(document):
    with pytest.raises(Invalid, match="not a status list"):
        status_list.is_set(document, 0)


def test_the_forerunner_of_2021_is_read_without_its_prefix():
    bits = status_list.set_bit(status_list.empty(), 5)
    old = listed(bits, type="StatusList2021", encodedList=status_list.encode(bits)[1:])
    assert status_list.is_set(old, 5)
    assert not status_list.is_set(old, 6)


def test_a_list_of_revoked_credentials_is_read():
    found = {
        "id": "https://pods.example/revocations",
        "issuer": ISSUER,
        "revokedCredentials": [
            "https://pods.example/1",
            {"id": "https://pods.example/2", "revoked": True, "revocationReason": "issued twice"},
            {"id": "https://pods.example/3", "revoked": False},
            7,
        ],
    }
    assert status_list.revocation(found, "https://pods.example/1") == ""
    assert status_list.revocation(found, "https://pods.example/2") == "issued twice"
    assert status_list.revocation(found, "https://pods.example/3") is None
    assert status_list.revocation(found, "https://pods.example/4") is None
    with pytest.raises(Invalid):
        status_list.revocation({"id": "x"}, "https://pods.example/1")
