"""Issuing, box by box of open-badges.md §5, and who may sign (contracts.md §1)."""

import copy
import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest
from fixtures_badges import endorsement

from pod_app.errors import Conflict, Forbidden, Invalid, NotFound
from pod_app.standards import status_list
from pod_app.standards.wac import ANONYMOUS, Agent
from pod_app.storage import schema

SCHEMAS = Path(__file__).parents[2] / "data" / "badges" / "schemas"


def acting(pod):
    return Agent(webid=pod.webid)


def places(value):
    """Every value in a JSON document."""
    yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield from places(one)


def test_an_issued_badge_has_its_contexts_in_order_and_lists_where_lists_belong_box_5_1(forge):
    badge = json.loads(forge.issue(evidence=["https://example.org/photo"]).document)
    assert badge["@context"] == [
        "https://www.w3.org/ns/credentials/v2",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    ]
    assert badge["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert isinstance(badge["issuer"], dict)
    assert badge["issuer"]["name"] == "Jardin des Écoutants"
    assert isinstance(badge["credentialSubject"], dict)
    assert isinstance(badge["evidence"], list)
    assert isinstance(badge["proof"], list)
    assert isinstance(badge["credentialStatus"], dict)


def test_nothing_in_an_issued_badge_is_null_or_empty_box_5_1(forge):
    for document in (forge.issue().document, forge.issue("dora@example.org", narrative="Merci.").document):
        assert all(value not in (None, [], {}, "") for value in places(json.loads(document)))


def test_an_issued_badge_passes_the_official_schema(forge):
    official = json.loads(next(SCHEMAS.glob("*achievementcredential*")).read_text("utf-8"))
    for issued in (forge.issue(), forge.issue("dora@example.org", evidence=["https://example.org/photo"])):
        errors = list(jsonschema.Draft201909Validator(official).iter_errors(json.loads(issued.document)))
        assert errors == []


def test_the_id_of_a_badge_is_the_address_that_it_is_served_from(forge):
    issued = forge.issue()
    assert json.loads(issued.document)["id"] == issued.iri
    assert issued.iri.startswith(f"{forge.garden.iri}issued/")
    assert forge.get(issued.iri, forge.amina).content == issued.document


def test_dates_are_whole_seconds_with_a_time_zone_box_5_1(forge):
    forge.installation.clock.forward(microseconds=123456)
    until = datetime(2027, 1, 1, 1, 30, 0, 999, tzinfo=UTC)
    badge = json.loads(forge.issue(valid_until=until).document)
    assert badge["validFrom"] == "2026-03-12T09:00:00Z"
    assert badge["validUntil"] == "2027-01-01T01:30:00Z"


def test_the_proof_is_a_list_of_one_with_the_multibase_key_of_the_issuers_did_box_5_5(forge):
    badge = json.loads(forge.issue().document)
    [proof] = badge["proof"]
    did, _, fragment = proof["verificationMethod"].partition("#")
    assert proof["type"] == "DataIntegrityProof"
    assert proof["cryptosuite"] == "eddsa-rdfc-2022"
    assert proof["proofPurpose"] == "assertionMethod"
    assert proof["created"] == "2026-03-12T09:00:00Z"
    assert proof["proofValue"].startswith("z")
    assert did == badge["issuer"]["id"] == "did:web:garden.example:ecoutants"
    document = forge.get(f"{forge.garden.iri}did.json", accept="application/did+json").json()
    [method] = document["verificationMethod"]
    assert method["publicKeyMultibase"] == fragment
    assert document["assertionMethod"] == [proof["verificationMethod"]]
    assert document["alsoKnownAs"] == [forge.garden.webid]


def test_an_issued_badge_passes_every_check_of_a_stranger(forge):
    report = forge.verify(forge.issue().document, recipient=forge.bob.webid)
    assert report.verified is True
    assert [check.name for check in report.checks if check.outcome not in {"pass", "not-run"}] == []


def test_one_changed_byte_fails_the_proof(forge):
    changed = forge.issue().document.replace(b"A transmis un savoir.", b"A transmis un savoir!")
    report = forge.verify(changed)
    assert report.verified is False
    assert report["proof"].outcome == "fail"


def test_the_status_entry_has_a_string_for_its_index_and_its_list_is_public_box_5_6(forge):
    entry = json.loads(forge.issue().document)["credentialStatus"]
    assert entry["type"] == "BitstringStatusListEntry"
    assert entry["statusPurpose"] == "revocation"
    assert isinstance(entry["statusListIndex"], str)
    assert entry["statusListIndex"].isdecimal()
    assert entry["id"] == f"{entry['statusListCredential']}#{entry['statusListIndex']}"
    found = forge.get(entry["statusListCredential"])
    assert found.status_code == 200
    assert found.headers["Content-Type"].startswith("application/vc")
    assert found.json()["id"] == entry["statusListCredential"]
    assert found.json()["issuer"] == forge.garden.did


def test_status_indices_are_unique_and_say_nothing_about_their_neighbours_box_5_6(forge):
    indices = [int(json.loads(forge.issue().document)["credentialStatus"]["statusListIndex"]) for _ in range(25)]
    assert len(set(indices)) == 25
    assert all(0 <= index < status_list.LENGTH for index in indices)
    assert indices not in (sorted(indices), sorted(indices, reverse=True))
    assert max(indices) - min(indices) > 10_000  # odds of a false alarm: one in 10^26


def test_the_owner_and_members_with_the_role_of_issuer_sign_a_plain_member_and_strangers_do_not(forge):
    forge.issue(by=forge.amina)
    for who in (acting(forge.carole), acting(forge.bob), ANONYMOUS, Agent(webid="https://elsewhere.example/#me")):
        with pytest.raises(Forbidden):
            forge.services.issuing.issue(who, forge.garden, forge.achievement, forge.bob.webid)
    forge.services.members.put(acting(forge.amina), "ecoutants", forge.carole.webid, ["member", "issuer"])
    assert forge.verify(forge.issue(by=forge.carole).document).verified is True
    forge.services.members.put(acting(forge.amina), "ecoutants", forge.carole.webid, ["member"])
    with pytest.raises(Forbidden):
        forge.issue(by=forge.carole)


def test_a_refused_signature_leaves_nothing_behind(forge):
    with forge.services.resources.reading() as conn:
        before = list(conn.execute(schema.resources.select().with_only_columns(schema.resources.c.path)))
    for attempt in (
        lambda: forge.issue(by=forge.carole),
        lambda: forge.issue("nobody"),
        lambda: forge.issue(achievement=f"{forge.garden.iri}achievements/other"),
        lambda: forge.issue(evidence=["javascript:alert(1)"]),
    ):
        with pytest.raises((Forbidden, Invalid, NotFound)):
            attempt()
    with forge.services.resources.reading() as conn:
        assert list(conn.execute(schema.resources.select().with_only_columns(schema.resources.c.path))) == before
        assert conn.execute(schema.status_entries.select()).first() is None
    assert forge.jobs() == []


def test_a_mail_address_is_kept_only_as_a_salted_hash_box_5_2(forge):
    issued = forge.issue("Dora@Example.org")
    assert b"dora@example.org" not in issued.document.lower()
    [identity] = json.loads(issued.document)["credentialSubject"]["identifier"]
    assert "id" not in json.loads(issued.document)["credentialSubject"]
    salted = hashlib.sha256(f"Dora@Example.org{identity['salt']}".encode()).hexdigest()
    assert identity["identityHash"] == f"sha256${salted}"
    assert identity["hashed"] is True
    assert identity["identityType"] == "emailAddress"
    again = json.loads(forge.issue("Dora@Example.org").document)["credentialSubject"]["identifier"][0]
    assert again["salt"] != identity["salt"]
    assert forge.verify(issued.document, recipient="dora@example.org")["recipient"].outcome == "fail"
    assert forge.verify(issued.document, recipient="Dora@Example.org")["recipient"].outcome == "pass"
    with forge.services.database.read() as conn:
        everything = " ".join(
            str(row) for table in schema.metadata.sorted_tables for row in conn.execute(table.select())
        )
    assert "dora@example.org" not in everything.lower()


@pytest.mark.parametrize(
    "recipient", ["", "bob", "@bob", "mailto:", "ftp://example.org/bob", "https://exa mple.org/#me"]
)
def test_a_recipient_that_is_neither_webid_nor_address_is_refused(forge, recipient):
    with pytest.raises(Invalid):
        forge.services.issuing.issue(acting(forge.amina), forge.garden, forge.achievement, recipient)


def test_evidence_stands_in_the_badge_as_links_box_5_4(forge):
    links = ["https://example.org/photo", "http://example.org/old-page"]
    badge = json.loads(forge.issue(evidence=links).document)
    assert badge["evidence"] == [{"id": link, "type": ["Evidence"]} for link in links]


def test_only_whoever_may_sign_and_its_holder_read_the_record_at_first(forge):
    issued = forge.issue()
    assert forge.get(issued.iri).status_code == 401
    assert forge.get(issued.iri, forge.carole).status_code == 403
    assert forge.get(issued.iri, forge.bob).content == issued.document


def test_a_signed_record_is_never_patched_and_only_its_owners_replace_it(forge):
    """contracts.md §1: a signed document is replaced whole or not at all."""
    issued = forge.issue()
    for pod in (forge.bob, forge.carole):
        for method in ("PUT", "DELETE"):
            headers = forge.installation.headers(pod) | {"Content-Type": "application/vc"}
            answer = forge.installation.client.request(method, issued.iri, headers=headers, content=b"{}")
            assert answer.status_code == 403, method
    headers = forge.installation.headers(forge.amina) | {"Content-Type": "text/n3"}
    patch = (
        "@prefix solid: <http://www.w3.org/ns/solid/terms#>. <> a solid:InsertDeletePatch; solid:inserts {<> <> <>}."
    )
    assert forge.installation.client.patch(issued.iri, headers=headers, content=patch).status_code in {405, 409}
    assert forge.stored(issued.iri) == issued.document


def test_revoking_fails_the_badge_and_spares_its_neighbours_box_5_6(forge):
    first, second = forge.issue(), forge.issue()
    forge.services.issuing.revoke(acting(forge.amina), first.iri, "Donné par erreur.")
    assert forge.verify(first.document)["status"].outcome == "fail"
    assert forge.verify(first.document).verified is False
    assert forge.verify(second.document).verified is True
    with pytest.raises(Conflict):
        forge.services.issuing.revoke(acting(forge.amina), first.iri, "Encore.")


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_badge_is_withdrawn_with_a_word_by_whoever_may_sign(forge, reason):
    issued = forge.issue()
    with pytest.raises(Invalid):
        forge.services.issuing.revoke(acting(forge.amina), issued.iri, reason)
    with pytest.raises(Forbidden):
        forge.services.issuing.revoke(acting(forge.carole), issued.iri, "Par malice.")
    with pytest.raises(Forbidden):
        forge.services.issuing.revoke(acting(forge.bob), issued.iri, "Par malice.")
    assert forge.verify(issued.document).verified is True


@pytest.mark.parametrize("path", ["issued/unknown", "issued/status/1", "badges/x", "profile/card"])
def test_only_records_of_badges_can_be_withdrawn(forge, path):
    forge.issue()
    with pytest.raises(NotFound):
        forge.services.issuing.revoke(acting(forge.amina), f"{forge.garden.iri}{path}", "?")


def test_a_badge_signed_with_the_key_before_keeps_verifying_after_a_rotation_box_5_5(forge):
    old = forge.issue()
    new_key = forge.services.issuing.rotate_key(acting(forge.amina), forge.garden)
    new = forge.issue()
    assert json.loads(new.document)["proof"][0]["verificationMethod"].endswith(f"#{new_key}")
    assert json.loads(old.document)["proof"][0]["verificationMethod"].endswith(f"#{new_key}") is False
    assert forge.verify(old.document).verified is True
    assert forge.verify(new.document).verified is True


def test_badges_of_a_stolen_key_fail_and_those_of_its_successor_hold_box_5_5(forge):
    old = forge.issue()
    forge.services.issuing.rotate_key(acting(forge.amina), forge.garden, revoke=True)
    report = forge.verify(old.document)
    assert report.verified is False
    assert report["key"].outcome == "fail"
    assert forge.verify(forge.issue().document).verified is True


def test_only_whoever_may_sign_rotates_keys(forge):
    with pytest.raises(Forbidden):
        forge.services.issuing.rotate_key(acting(forge.carole), forge.garden)


def test_an_expired_badge_fails_by_its_date_only(forge):
    issued = forge.issue(valid_until=forge.installation.clock.now + timedelta(days=10))
    assert forge.verify(issued.document).verified is True
    forge.installation.clock.forward(days=11)
    report = forge.verify(issued.document)
    assert [check.name for check in report.checks if check.outcome == "fail"] == ["valid-until"]


def test_what_two_canonicalisers_read_differently_is_not_signed(forge):
    """open-badges.md §3: one proof copied into several endorsements, as in the publisher's complete example."""
    document = json.loads(forge.stored(forge.achievement))
    document["endorsement"] = []
    for number in range(3):
        one = copy.deepcopy(endorsement())
        one["id"] = f"https://pods.example/bob/endorsements/{number}"
        document["endorsement"].append(one)
    headers = forge.installation.headers(forge.amina) | {"Content-Type": "application/ld+json"}
    put = forge.installation.client.put(forge.achievement, headers=headers, content=json.dumps(document))
    assert put.status_code in {200, 204}, put.text
    with pytest.raises(Conflict) as refusal:
        forge.issue()
    assert "two readings" in str(refusal.value)
    assert forge.jobs() == []
    document["endorsement"] = [endorsement()]
    forge.installation.client.put(forge.achievement, headers=headers, content=json.dumps(document))
    forge.issue()


def test_editing_an_achievement_never_alters_a_badge_already_issued_box_5_3(forge):
    issued = forge.issue()
    document = json.loads(forge.stored(forge.achievement)) | {"description": "Autre chose."}
    headers = forge.installation.headers(forge.amina) | {"Content-Type": "application/ld+json"}
    forge.installation.client.put(forge.achievement, headers=headers, content=json.dumps(document))
    assert forge.stored(issued.iri) == issued.document
    assert forge.verify(issued.document).verified is True
    assert json.loads(forge.issue().document)["credentialSubject"]["achievement"]["description"] == "Autre chose."
