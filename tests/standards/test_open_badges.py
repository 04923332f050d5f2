"""Building achievements and credentials, and judging their shape (open-badges.md §5.1 to §5.4)."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import jsonschema
import pytest
from fixtures_badges import changed

from pod_app.errors import Invalid
from pod_app.standards import open_badges as ob

DATA = Path(__file__).resolve().parents[1] / "data/badges"
SCHEMA = json.loads((DATA / "schemas/ob_v3p0_achievementcredential_schema.json").read_text())
AT = datetime(2026, 5, 4, 3, 2, 1, 999, tzinfo=timezone(timedelta(hours=2)))
DID = "did:web:pods.example:garden"


def an_achievement(**more):
    return ob.achievement(
        id="https://pods.example/garden/achievements/compost",
        name="Compost",
        description="Turns waste into soil.",
        narrative="Three heaps, three seasons.",
        **more,
    )


def a_full_achievement():
    return an_achievement(
        criteria_url="https://pods.example/garden/achievements/compost#criteria",
        achievement_type="ext:Savoir",
        image="https://pods.example/compost.png",
        caption="A heap",
        alignments=[ob.alignment(name="composting", url="http://data.europa.eu/esco/skill/x", kind="ext:ESCOSkill")],
        tags=["soil", "worms"],
        language="fr",
        creator=ob.profile(id=DID, name="The garden", url="https://pods.example/garden/"),
        related_to=[ob.related("https://pods.example/garden/achievements/compost-en", language="en", version="1")],
        version="2",
    )


def a_credential(**more):
    return ob.credential(
        **{
            "id": "https://pods.example/garden/issued/1",
            "issuer": ob.profile(id=DID, name="The garden"),
            "subject": "https://pods.example/alice/profile/card#me",
            "achievement": an_achievement(),
            "valid_from": AT,
        }
        | more,
    )


def a_full_credential():
    return a_credential(
        achievement=a_full_achievement(),
        valid_until=AT + timedelta(days=365),
        awarded=AT,
        status_entry={
            "id": "https://pods.example/garden/issued/status/1#7",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": "7",
            "statusListCredential": "https://pods.example/garden/issued/status/1",
        },
        evidence=[ob.evidence(url="https://pods.example/alice/photo", name="A photo", narrative="The heap.")],
        narrative="Alice showed us.",
        name="Compost, for Alice",
        description="A badge",
        image="https://pods.example/compost.png",
        refresh="https://pods.example/garden/issued/1",
    )


@pytest.mark.parametrize("build", [a_credential, a_full_credential])
def test_what_we_build_passes_the_official_schema_and_our_own_strict_reading(build):
    document = build()
    jsonschema.validate(document, SCHEMA, format_checker=jsonschema.FormatChecker())
    assert ob.shape_problems(document) == []


def test_a_credential_reads_from_top_to_bottom():
    document = a_full_credential()
    assert list(document) == [
        "@context", "id", "type", "name", "description", "image", "issuer", "validFrom", "validUntil", "awardedDate",
        "credentialSubject", "evidence", "credentialStatus", "refreshService",
    ]  # fmt: skip
    assert document["@context"][:2] == [
        "https://www.w3.org/ns/credentials/v2",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    ]
    assert document["validFrom"] == "2026-05-04T01:02:01Z"
    assert document["type"] == ["VerifiableCredential", "OpenBadgeCredential"]


def test_there_is_no_null_and_no_empty_list_anywhere():
    def walk(value):
        assert value is not None
        assert value not in ([], {}, "")
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            walk(inner)

    walk(a_credential())
    walk(a_full_credential())


def test_the_refresh_type_brings_its_context_and_nothing_else_does():
    assert len(a_credential()["@context"]) == 2
    assert a_full_credential()["@context"][2].endswith("/extensions.json")


def test_a_hashed_address_is_that_of_the_specification():
    assert ob.identity_hash("a@example.com", "Kosher") == (
        "sha256$b5809d8a92f8858436d7e6b87c12ebc0ae1eac4baecc2c0b913aee2c922ef399"
    )
    document = a_credential(subject=ob.hashed_identity("a@example.com", "Kosher"))
    assert "id" not in document["credentialSubject"]
    jsonschema.validate(document, SCHEMA)


def test_an_identity_is_recognised_in_its_forms():
    identity = ob.hashed_identity("a@example.com", "Kosher")
    assert ob.is_identity(identity, "a@example.com")
    assert ob.is_identity(identity, "A@Example.com")
    assert ob.is_identity(
        identity | {"identityHash": identity["identityHash"].upper().replace("SHA", "sha")}, "a@example.com"
    )
    assert not ob.is_identity(identity, "b@example.com")
    assert not ob.is_identity(identity | {"salt": "Salt"}, "a@example.com")
    assert ob.is_identity({"hashed": False, "identityHash": "a@example.com"}, "A@example.com")
    assert ob.is_identity({"hashed": True, "identityHash": "md5$9cdfb439c7876e703e307864c9167a15"}, "lol")
    assert not ob.is_identity({"hashed": True, "identityHash": "sha1$x"}, "a@example.com")
    assert not ob.is_identity({"hashed": True, "identityHash": 7}, "a@example.com")


def test_control_characters_are_taken_out_of_every_text():
    document = a_credential(name="Com\x00po\x7fst\u0085", narrative="two\nlines\tand a tab")
    assert document["name"] == "Compost"
    assert document["credentialSubject"]["narrative"] == "two\nlines\tand a tab"


def test_an_endorsement_is_built_whole_and_kept_untouched_inside():
    endorsement = ob.endorsement(
        id="https://pods.example/bob/endorsements/1",
        issuer=ob.profile(id="did:web:pods.example:bob", name="Bob"),
        of="https://pods.example/garden/issued/1",
        name="I saw it",
        valid_from=AT,
        comment="Good soil.",
    )
    assert ob.shape_problems(endorsement) == []
    signed_by_another = endorsement | {"name": "with a \x07 bell"}
    document = a_credential(endorsements=[signed_by_another])
    assert document["endorsement"] == [signed_by_another]
    jsonschema.validate(document, SCHEMA)


@pytest.mark.parametrize(
    "build",
    [
        lambda: an_achievement(language="français"),
        lambda: an_achievement(achievement_type="Medal"),
        lambda: an_achievement(image="no address"),
        lambda: ob.achievement(id="https://x.example/1", name="a", description="b"),
        lambda: ob.achievement(id="relative", name="a", description="b", narrative="c"),
        lambda: a_credential(subject="alice"),
        lambda: a_credential(valid_from=datetime(2026, 1, 1)),  # noqa: DTZ001
        lambda: a_credential(valid_until=AT - timedelta(days=1)),
        lambda: a_credential(issuer={"id": DID, "type": ["Profile"], "name": None}),
    ],
)
def test_what_would_not_be_a_badge_is_refused_while_building(build):
    with pytest.raises(Invalid):
        build()


def broken(path, value):
    return changed(a_full_credential(), path, value)


SUBJECT = ("credentialSubject",)
ACHIEVEMENT = ("credentialSubject", "achievement")


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (("id",), ..., "id"),
        (("id",), "not an iri", "id"),
        (("id",), None, "id"),
        (("type",), ["VerifiableCredential"], "type"),
        (("type",), ["OpenBadgeCredential"], "type"),
        (("@context",), ..., "@context"),
        (("@context",), [], "@context"),
        (("issuer",), ..., "issuer"),
        (("issuer",), ["a", "b"], "issuer"),
        (("issuer", "id"), ..., "issuer.id"),
        (("issuer", "type"), ["Person"], "issuer.type"),
        (("validFrom",), ..., "validFrom"),
        (("validFrom",), "2026-05-04", "validFrom"),
        (("validFrom",), "2026-05-04T00:00:00", "validFrom"),
        (("validFrom",), "2026-13-04T00:00:00Z", "validFrom"),
        (("validUntil",), "2020-01-01T00:00:00Z", "validUntil"),
        (("awardedDate",), 3, "awardedDate"),
        (SUBJECT, ..., "credentialSubject"),
        (SUBJECT, [{}, {}], "credentialSubject"),
        ((*SUBJECT, "id"), ..., "credentialSubject"),
        ((*SUBJECT, "type"), ["Person"], "credentialSubject.type"),
        ((*SUBJECT, "creditsEarned"), "three", "credentialSubject.creditsEarned"),
        ((*SUBJECT, "identifier"), [{"type": "IdentityObject"}], "credentialSubject.identifier[0].hashed"),
        ((*SUBJECT, "result"), [{"type": ["Result"], "resultDescription": "urn:x:1"}], "credentialSubject.result[0]"),
        ((*SUBJECT, "result"), [{"type": ["Result"], "status": "Perhaps"}], "credentialSubject.result[0].status"),
        (ACHIEVEMENT, ..., "credentialSubject.achievement"),
        (ACHIEVEMENT, "https://pods.example/a", "credentialSubject.achievement"),
        ((*ACHIEVEMENT, "id"), ..., "credentialSubject.achievement.id"),
        ((*ACHIEVEMENT, "name"), {"fr": "Compost"}, "credentialSubject.achievement.name"),
        ((*ACHIEVEMENT, "criteria"), ..., "credentialSubject.achievement.criteria"),
        ((*ACHIEVEMENT, "description"), ..., "credentialSubject.achievement.description"),
        ((*ACHIEVEMENT, "achievementType"), "Medal", "credentialSubject.achievement.achievementType"),
        ((*ACHIEVEMENT, "alignment", 0, "targetUrl"), ..., "credentialSubject.achievement.alignment[0].targetUrl"),
        ((*ACHIEVEMENT, "tag"), ["a", 7], "credentialSubject.achievement.tag[1]"),
        ((*ACHIEVEMENT, "image"), {"id": "https://x.example/1"}, "credentialSubject.achievement.image.type"),
        (("evidence", 0, "type"), ["Photo"], "evidence[0].type"),
        (("credentialStatus", "type"), ..., "credentialStatus.type"),
        (("credentialStatus", "statusListIndex"), "seven", "credentialStatus.statusListIndex"),
        (("proof",), [{"created": "now", "type": "DataIntegrityProof"}], "proof[0].created"),
    ],
)
def test_each_departure_is_named_with_its_place(path, value, where):
    errors = [problem.path for problem in ob.shape_problems(broken(path, value)) if problem.severity == "error"]
    assert where in errors


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("proof",), {"type": "DataIntegrityProof"}),
        (("evidence",), {"type": "Evidence"}),
        (("issuer",), "did:web:pods.example:garden"),
        (("image",), "https://pods.example/compost.png"),
        (SUBJECT, [{"type": ["AchievementSubject"], "id": "did:x:y", "achievement": an_achievement()}]),
        (("credentialStatus",), [{"id": "https://x.example/1", "type": "BitstringStatusListEntry"}]),
        (("credentialStatus", "statusListIndex"), 7),
        (("type", 1), "AchievementCredential"),
        (("evidence",), []),
        ((*ACHIEVEMENT, "criteria"), {}),
        (("issuer", "dateOfBirth"), "1970-01-01"),
    ],
)
def test_the_compact_form_is_at_most_a_warning(path, value):
    assert [problem for problem in ob.shape_problems(broken(path, value)) if problem.severity == "error"] == []


def test_a_badge_on_the_older_data_model_is_read_by_its_own_names():
    document = json.loads((DATA / "samples/ob3-reference-validator/simple_v1.json").read_text())
    assert ob.shape_problems(document) == []
    document["issuanceDate"] = "2010"
    assert [problem.path for problem in ob.shape_problems(document)] == ["issuanceDate"]


@pytest.mark.parametrize("document", [None, 3, "x", [], {}, {"type": 7, "issuer": 4, "credentialSubject": []}])
def test_any_json_at_all_gets_an_answer(document):
    assert ob.shape_problems(document)


def test_endless_nesting_gets_an_answer():
    parent = {"id": "did:x:y", "type": ["Profile"]}
    for _ in range(200):
        parent = {"id": "did:x:y", "type": ["Profile"], "parentOrg": parent}
    assert any("deep" in problem.sentence.text for problem in ob.shape_problems(a_credential() | {"issuer": parent}))
