"""Contexts from the package only, and the guard that refuses what processors drop silently."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path

import pytest

from pod_app.errors import Invalid, TooComplex, TooLarge
from pod_app.standards import context_files, jsonld

DATA = Path(__file__).resolve().parents[1] / "data" / "badges"
VECTOR = DATA / "vectors" / "1edtech-ob3-linked-data-proof"
CONTEXTS = Path(context_files.__file__).parent / "contexts"
OB = "https://purl.imsglobal.org/spec/ob/v3p0/"
HONEST = [
    *(DATA / "samples" / "ob3-spec-examples").glob("*.json"),
    *((DATA / "samples" / "ob3-reference-validator" / f"{name}.json") for name in ("simple", "simple_v1", "complete")),
]


def badge():
    return json.loads(
        (DATA / "vectors" / "1edtech-ob3-linked-data-proof" / "unsigned.json").read_text(encoding="utf-8")
    )


def achievement(document):
    return document["credentialSubject"]["achievement"]


def test_every_bundled_context_is_pinned_by_its_hash():
    for url, (name, digest) in jsonld.KNOWN.items():
        assert hashlib.sha256((CONTEXTS / name).read_bytes()).hexdigest() == digest
        assert jsonld.context(url)["@context"]
    newer = json.loads((CONTEXTS / "index.json").read_text(encoding="utf-8"))["newer"]
    for entry in newer.values():
        assert hashlib.sha256((CONTEXTS / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]


def test_every_file_in_the_folder_is_named_in_the_index_and_in_the_licences():
    licences = (CONTEXTS / "LICENSES.md").read_text(encoding="utf-8")
    index = (CONTEXTS / "index.json").read_text(encoding="utf-8")
    for path in CONTEXTS.glob("*.json*"):
        if path.name != "index.json":
            assert f"`{path.name}`" in licences
            assert f'"{path.name}"' in index


def test_the_credentials_context_has_the_hash_that_w3c_publishes():
    assert jsonld.KNOWN["https://www.w3.org/ns/credentials/v2"][1].startswith("59955ced")


def test_callers_cannot_change_a_context_for_each_other():
    jsonld.context(jsonld.OPEN_BADGES_3)["@context"].clear()
    assert jsonld.context(jsonld.OPEN_BADGES_3)["@context"]


def test_inlining_replaces_addresses_at_any_depth_and_leaves_the_original_alone():
    document = {"@context": [jsonld.VC_2], "a": [{"@context": jsonld.OPEN_BADGES_3, "b": 1}]}
    before = deepcopy(document)
    inlined = jsonld.inline(document)
    assert document == before
    assert inlined["@context"] == [jsonld.context(jsonld.VC_2)["@context"]]
    assert inlined["a"][0] == {"@context": jsonld.context(jsonld.OPEN_BADGES_3)["@context"], "b": 1}
    assert json.loads(jsonld.inline_text(document)) == inlined


def test_inlining_reaches_the_scoped_contexts_of_an_inline_one():
    document = {"@context": {"a": {"@id": "https://pods.example/a", "@context": jsonld.VC_2}}}
    assert jsonld.inline(document)["@context"]["a"]["@context"] == jsonld.context(jsonld.VC_2)["@context"]


@pytest.mark.parametrize("document", [{}, {"a": 1}, {"@context": None, "a": 1}, {"@context": []}])
def test_documents_without_addresses_are_inlined_as_they_are(document):
    assert jsonld.inline(document) == document
    assert json.loads(jsonld.inline_text(document)) == document


def test_activities_expand_with_the_bundled_activitystreams_context():
    note = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": "https://pods.example/lea/outbox/1",
        "type": "Note",
        "content": "Merci",
    }
    [expanded] = jsonld.expand(note)
    assert expanded["@type"] == ["https://www.w3.org/ns/activitystreams#Note"]


def test_expanding_from_several_threads_gives_one_result():
    document = badge()
    expected = jsonld.expand(document)
    with ThreadPoolExecutor(8) as pool:
        assert all(result == expected for result in pool.map(jsonld.expand, [document] * 64))


def test_relative_ids_stay_relative_so_that_nothing_is_made_up():
    [expanded] = jsonld.expand({"@id": "somewhere", "https://pods.example/p": [{"@value": "x"}]})
    assert expanded["@id"] == "somewhere"


@pytest.mark.parametrize(
    "document",
    [
        {"@context": 7},
        {"@context": [jsonld.VC_2, 7]},
        {"@context": {"a": 7}, "a": 1},
        {"@context": [jsonld.VC_2], "id": 7},
        {"@context": [jsonld.VC_2], "type": {"a": 1}},
        {"@context": [jsonld.VC_2], "@type": 1},
        {"@context": {"@vocab": 1}},
    ],
)
def test_malformed_json_ld_is_told_as_invalid(document):
    with pytest.raises(Invalid):
        jsonld.expand(document)


def test_deep_nesting_is_too_complex_and_not_a_crash():
    document = {}
    for _ in range(5000):
        document = {"a": [document]}
    for act in (jsonld.expand, jsonld.inline, jsonld.guard):
        with pytest.raises(TooComplex):
            act(document)


def test_a_large_document_is_refused_before_it_is_expanded():
    document = badge()
    achievement(document)["description"] = "x" * 70_000
    with pytest.raises(TooLarge):
        jsonld.guard(document)


@pytest.mark.parametrize("path", HONEST, ids=lambda path: path.stem)
def test_the_official_samples_pass_the_guard(path):
    jsonld.guard(json.loads(path.read_text(encoding="utf-8")))


def test_a_text_with_its_language_passes_the_guard():
    document = badge()
    document["name"] = {"@value": "Travail en équipe", "@language": "fr"}
    jsonld.guard(document)


def test_proofs_of_unknown_kinds_beside_the_document_do_not_matter():
    document = badge()
    document["proof"] = [{"type": "OtherProof", "whatever": 1}]
    jsonld.guard(document)


def test_a_status_list_needs_no_open_badges_context():
    jsonld.guard(
        {
            "@context": [jsonld.VC_2],
            "id": "https://pods.example/lea/issued/status/1",
            "type": ["VerifiableCredential", "BitstringStatusListCredential"],
            "issuer": "did:web:pods.example:lea",
            "credentialSubject": {"type": "BitstringStatusList", "statusPurpose": "revocation", "encodedList": "uH4sI"},
        }
    )


def _put(document, path, value):
    *steps, last = path
    for step in steps:
        document = document[step]
    document[last] = value


A = ("credentialSubject", "achievement")
REFUSED = {
    "undefined term": ((*A, "colour"), "blue", "credentialSubject.achievement.colour"),
    "undefined term at the top": (("score",), 10, "score"),
    "undefined term in an array": (
        (*A, "alignment"),
        [{"type": "Alignment", "kind": "x"}],
        "achievement.alignment[0].kind",
    ),
    "term of another type": ((*A, "encodedList"), "uH4", "credentialSubject.achievement.encodedList"),
    "term without its type": ((*A, "type"), [], "credentialSubject.achievement"),
    "relative id": ((*A, "id"), "achievements/1", "credentialSubject.achievement.id"),
    "empty id": ((*A, "id"), "", "credentialSubject.achievement.id"),
    "blank node id": ((*A, "id"), "_:b0", "credentialSubject.achievement.id"),
    "id with a space": ((*A, "id"), "https://example.com/a b", "credentialSubject.achievement.id"),
    "id with bad percent encoding": ((*A, "id"), "https://example.com/%zz", "credentialSubject.achievement.id"),
    "text for an id": (("issuer",), "Example Corp", "issuer"),
    "relative type": ((*A, "type"), ["Achievement", "Medal"], "credentialSubject.achievement.type[1]"),
    "type of an unlisted context": (
        ("credentialStatus",),
        {"id": "https://pods.example/r", "type": "1EdTechRevocationList"},
        "credentialStatus.type",
    ),
    "direction": ((*A, "name"), {"@value": "x", "@direction": "rtl"}, "credentialSubject.achievement.name.@direction"),
    "bad language": ((*A, "name"), {"@value": "x", "@language": "f r"}, "credentialSubject.achievement.name"),
    "typed value": ((*A, "name"), {"@value": "x", "@type": "foo"}, "credentialSubject.achievement.name.@type"),
    "@id beside id": ((*A, "@id"), "https://pods.example/x", "credentialSubject.achievement.@id"),
    "@type": ((*A, "@type"), "Achievement", "credentialSubject.achievement.@type"),
    "@graph": (("@graph",), [], "@graph"),
    "@included": (("@included",), [], "@included"),
    "@reverse": ((*A, "@reverse"), {}, "credentialSubject.achievement.@reverse"),
    "@nest": ((*A, "@nest"), {}, "credentialSubject.achievement.@nest"),
    "full name": (("https://www.w3.org/2018/credentials#issuer",), "https://e.example/", "https://www.w3.org/2018"),
    "prefixed name": (("schema:name",), "x", "schema:name"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_guard_refuses_and_names_the_place(name):
    path, value, where = REFUSED[name]
    document = badge()
    _put(document, path, value)
    with pytest.raises(Invalid) as refusal:
        jsonld.guard(document)
    assert where in refusal.value.detail
    assert refusal.value.remedy


def test_the_place_is_right_when_a_word_is_undefined_in_one_place_only():
    document = badge()
    document["credentialSubject"]["criteria"] = {"narrative": "in the wrong place"}
    with pytest.raises(Invalid, match=r"^credentialSubject\.criteria: "):
        jsonld.guard(document)


def test_a_word_of_an_unlisted_context_is_told_with_that_context():
    document = badge()
    document["credentialStatus"] = {"id": "https://pods.example/r", "type": "1EdTechRevocationList"}
    with pytest.raises(Invalid) as refusal:
        jsonld.guard(document)
    assert f"{OB}extensions.json" in refusal.value.remedy
    document["@context"].append(f"{OB}extensions.json")
    jsonld.guard(document)


def test_a_word_of_the_newer_edition_is_read_with_that_edition_only():
    document = badge()
    assert jsonld.edition_of(document) is jsonld.Edition.PUBLISHED
    document["endorsementJwt"] = ["eyJhbGciOiJSUzI1NiJ9.e30.AA"]
    assert jsonld.edition_of(document) is jsonld.Edition.NEWER
    jsonld.guard(document)
    with pytest.raises(Invalid, match=r"^endorsementJwt: "):
        jsonld.guard(document, jsonld.Edition.PUBLISHED)


def test_an_embedded_credential_may_repeat_the_contexts_and_nothing_else_may():
    document = badge()
    endorsement = {
        "@context": list(document["@context"]),
        "id": "https://pods.example/nour/issued/2",
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "issuer": {"id": "did:web:pods.example:nour", "type": ["Profile"], "name": "Nour"},
        "validFrom": "2026-01-01T00:00:00Z",
        "name": "Confirmation",
        "credentialSubject": {"id": document["id"], "type": ["EndorsementSubject"]},
    }
    document["endorsement"] = [endorsement]
    jsonld.guard(document)
    document["credentialSubject"]["@context"] = list(document["@context"])
    with pytest.raises(Invalid, match=r"credentialSubject\.@context"):
        jsonld.guard(document)


@pytest.mark.parametrize("value", [None, 7, "text", [], [{}]])
def test_what_is_no_object_is_no_badge(value):
    with pytest.raises(Invalid, match="one JSON object"):
        jsonld.guard(value)
