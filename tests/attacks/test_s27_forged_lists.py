"""S27: badges out of their time, taken back, about somebody else, or with a bad endorsement inside (trust.md)."""

import sys
from datetime import timedelta
from pathlib import Path

import pytest

from pod_app.standards import open_badges as ob
from pod_app.standards import status_list

sys.path.insert(0, str(Path(__file__).parents[1]))
import fixtures_badges as world
from fixtures_badges import AT, BOB, GARDEN, INDEX, LIST, MALLORY, badge, changed, endorsement
from fixtures_forgeries import SIGNED, refused, signed_list

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

FORGED = TIMES_AND_LISTS | ENDORSED


@pytest.mark.parametrize("name", FORGED)
def test_a_badge_out_of_its_time_or_taken_back_fails_for_the_reason_named(name):
    refused(FORGED[name])
