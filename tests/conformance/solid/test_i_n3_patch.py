"""N3 Patch over HTTP (solid.md I, with P8 and P10 to P12 for PATCH)."""

import json

import pytest
from fixtures_patches import BEFORE, DOCUMENT, HEAD, IRI, N3, patch, send, statements, turtle
from fixtures_pods import TEXT

from pod_app.standards import rdf

UNIT = "<http://www.w3.org/2001/XMLSchema#integer>"


def test_i1_a_patch_changes_a_document_and_creates_one_as_turtle(alice):
    assert send(alice, DOCUMENT, patch("<> d:subject 'humus'")).status_code == 204
    assert statements(alice) == BEFORE | turtle("<> d:subject 'humus'.")
    created = send(alice, "/alice/private/new", patch("<> d:title 'Neuf'."))
    assert (created.status_code, created.headers["Location"]) == (201, "https://garden.example/alice/private/new")
    read = alice.get("/alice/private/new")
    assert read.headers["Content-Type"].startswith("text/turtle")
    assert N3 in read.headers["Accept-Patch"]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<#a> a solid:Patch; solid:inserts { <> d:x 1 }.",
        "<#a> a solid:InsertDeletePatch. <#b> a solid:InsertDeletePatch.",
        "<#a> solid:inserts { <> d:x 1 }.",
        "<#a> a solid:InsertDeletePatch; solid:insert { <> d:x 1 }.",
        "<#a> a solid:InsertDeletePatch; solid:patches <other>; solid:inserts { <> d:x 1 }.",
    ],
)
def test_i2_anything_but_one_typed_patch_is_refused(alice, body):
    assert send(alice, DOCUMENT, HEAD + body).status_code == 422
    assert statements(alice) == BEFORE


@pytest.mark.parametrize(
    "body",
    [
        "<#p> a solid:InsertDeletePatch, solid:Patch",
        f"_:p a solid:InsertDeletePatch; solid:patches <{IRI}>; d:description 'adds one'",
    ],
)
def test_i2_a_patch_is_an_iri_or_a_blank_node_and_may_carry_remarks(alice, body):
    assert send(alice, DOCUMENT, f"{HEAD}{body}; solid:inserts {{ <> d:x 1 }} .").status_code == 204


@pytest.mark.parametrize(
    "parts",
    [
        "solid:inserts { <> d:x 1 }, { <> d:y 2 }",
        "solid:inserts { <> d:x 1 }; solid:inserts { <> d:y 2 }",
        "solid:where { <> d:x ?a }, { <> d:y ?a }",
        "solid:inserts []",
        "solid:inserts <#other>",
        "solid:inserts 'text'",
        "solid:inserts { <> d:x { <> d:y 1 } }",
        "solid:inserts { <> d:x {} }",
        "solid:inserts {}; d:note { <> d:x 1 }",
        "d:x ?a; solid:where { <> d:x ?a }",
    ],
)
def test_i3_each_part_is_one_plain_formula(alice, parts):
    assert send(alice, DOCUMENT, f"{HEAD}_:p a solid:InsertDeletePatch; {parts} .").status_code == 422
    assert statements(alice) == BEFORE


@pytest.mark.parametrize(
    ("inserts", "deletes"), [("<> d:x ?y", ""), ("", "<> d:title ?y"), ("?y d:x 1", "<> d:title ?t")]
)
def test_i4_variables_are_bound_by_the_conditions(alice, inserts, deletes):
    assert send(alice, DOCUMENT, patch(inserts, deletes, "<> d:title ?t")).status_code == 422


@pytest.mark.parametrize("deletes", ["_:a d:title 'Compost'", "<> d:title []", "<> d:x (1 2)"])
def test_i5_nothing_without_an_address_is_deleted(alice, deletes):
    assert send(alice, DOCUMENT, patch(deletes=deletes)).status_code == 422


def test_i6_a_label_means_one_thing_in_one_part(alice):
    assert send(alice, DOCUMENT, patch("<> d:x _:a", where="<> d:title _:a")).status_code == 422
    assert send(alice, DOCUMENT, patch("<> d:x _:change")).status_code == 422
    assert send(alice, DOCUMENT, patch("<> d:x _:b. _:b d:y _:b", where="<> d:title _:a")).status_code == 204


def test_i7_conditions_with_one_solution_bind_its_variables(alice):
    assert send(alice, DOCUMENT, patch("<> d:alternative ?t", "<> d:title ?t", "<> d:title ?t")).status_code == 204
    assert statements(alice) == turtle("<> d:alternative 'Compost'; d:creator <../profile/card#me>.")


def test_i7_a_where_without_a_solution_is_a_conflict(alice):
    for where in ("<> d:title 'Autre'", "<> d:title ?t; d:subject ?s", "?s d:title ?t. ?t d:title ?s"):
        assert send(alice, DOCUMENT, patch("<> d:x 1", where=where)).status_code == 409
        assert send(alice, "/alice/private/none", patch("<> d:x 1", where=where)).status_code == 409
    assert statements(alice) == BEFORE


def test_i7_a_where_with_two_solutions_is_a_conflict(alice):
    assert send(alice, DOCUMENT, patch("<> d:x ?o", where="<> ?p ?o")).status_code == 409
    assert statements(alice) == BEFORE


def test_i7_blank_nodes_in_the_conditions_say_only_that_something_is_there(alice):
    body = "@prefix d: <http://purl.org/dc/terms/>. <#a> d:part [ d:n 1 ], [ d:n 2 ]. <#b> d:part [ d:n 3 ]."
    alice.put(DOCUMENT, body.encode())
    assert send(alice, DOCUMENT, patch("?s d:found 1", where="?s d:part [ d:n 3 ]")).status_code == 204
    assert (
        send(
            alice, DOCUMENT, patch("?s d:has 2", where="?s d:part _:x. _:x d:n 1. ?s d:part _:y. _:y d:n 2")
        ).status_code
        == 204
    )
    assert turtle("<#b> d:found 1. <#a> d:has 2.") <= statements(alice)
    assert send(alice, DOCUMENT, patch(deletes="?x d:n 3", where="<#b> d:part ?x. ?x d:n 3")).status_code == 204


def test_i8_what_is_deleted_must_be_there_and_nothing_happens_by_halves(alice):
    for deletes in ("<> d:title 'Autre'", "<> d:title 'Compost', 'Autre'", "<> d:title 'Compost'@fr"):
        assert send(alice, DOCUMENT, patch("<> d:x 1", deletes)).status_code == 409
    assert send(alice, "/alice/private/none", patch("<> d:x 1", "<> d:y 1")).status_code == 409
    assert statements(alice) == BEFORE


def test_i8_deletions_come_before_insertions(alice):
    assert send(alice, DOCUMENT, patch("<> d:title 'Compost', 'Humus'", "<> d:title 'Compost'")).status_code == 204
    assert statements(alice) == BEFORE | turtle("<> d:title 'Humus'.")


def test_i9_a_blank_node_that_is_inserted_is_a_new_one(alice):
    alice.put(DOCUMENT, b"<#a> <urn:p> _:b0 . _:b0 <urn:n> 1 .")
    for _ in range(2):
        assert send(alice, DOCUMENT, patch("<#a> <urn:p> _:b0. _:b0 <urn:n> 2, 3")).status_code == 204
    found = statements(alice)
    nodes = {quad.object for quad in found if quad.predicate.value == "urn:p"}
    assert len(nodes) == 3
    assert len(found) == 8


@pytest.mark.parametrize(
    ("modes", "inserts", "deletes", "where", "status"),
    [
        ("Append", "<> d:x 1", "", "", 204),
        ("Write", "<> d:x 1", "", "", 204),
        ("Read", "<> d:x 1", "", "", 403),
        ("Append", "<> d:x ?t", "", "<> d:title ?t", 403),
        ("Read Append", "<> d:x ?t", "", "<> d:title ?t", 204),
        ("Read Append", "", "<> d:title 'Compost'", "", 403),
        ("Write", "", "<> d:title 'Compost'", "", 403),
        ("Read Write", "", "<> d:title 'Compost'", "", 204),
        ("Read", "", "", "<> d:title ?t", 204),
        ("Append", "", "", "<> d:title ?t", 403),
        ("Read", "", "", "<> d:title 'Autre'", 409),
        ("Append", "", "", "", 204),
        ("Read", "", "", "", 403),
        ("Control", "<> d:x 1", "", "", 403),
    ],
)
def test_i10_p8_what_a_patch_holds_says_which_modes_it_needs(village, modes, inserts, deletes, where, status):
    alice, bob, stranger = village
    alice.grant(DOCUMENT, (bob.webid, modes), default=False)
    assert send(bob, DOCUMENT, patch(inserts, deletes, where)).status_code == status
    assert send(stranger, DOCUMENT, patch(inserts, deletes, where)).status_code == 401


def test_i10_p12_who_may_change_nothing_does_not_hear_what_is_wrong(village):
    alice, bob, stranger = village
    for modes, status in ((None, 403), ("Read", 403), ("Append", None)):
        if modes:
            alice.grant(DOCUMENT, (bob.webid, modes), default=False)
        for body, media_type, otherwise in (
            (HEAD, N3, 422),
            ("<a", N3, 400),
            ("x", "text/x-diff", 415),
            ("x", None, 400),
        ):
            assert send(bob, DOCUMENT, body, media_type).status_code == (status or otherwise)
            assert send(stranger, DOCUMENT, body, media_type).status_code == 401


def test_p10_creating_needs_append_where_it_appears(village):
    alice, bob, _ = village
    alice.put("/alice/private/a/")
    alice.grant("/alice/private/a/", (bob.webid, "Append"))
    assert send(bob, "/alice/private/a/b/c", patch("<> d:x 1")).status_code == 201
    alice.put("/alice/private/r/")
    alice.grant("/alice/private/r/", (bob.webid, "Read"))
    assert send(bob, "/alice/private/r/c", patch("<> d:x 1")).status_code == 403
    assert "/alice/private/a/b/" in alice.get("/alice/private/a/").text


def test_p11_a_missing_document_is_no_secret_for_readers_only(village):
    alice, bob, _ = village
    alice.put("/alice/private/a/")
    alice.grant("/alice/private/a/", (bob.webid, "Append"))
    assert send(bob, "/alice/private/a/none", patch()).status_code == 403
    assert send(alice, "/alice/private/a/none", patch()).status_code == 404


@pytest.mark.parametrize(
    "body", ["<a", "@prefix", f"{HEAD}_:p a solid:InsertDeletePatch; solid:inserts {{ <> d:x ", "<a> <b> 1 ..", b"\xff"]
)
def test_i11_what_does_not_parse_is_400(alice, body):
    assert send(alice, DOCUMENT, body).status_code == 400


def test_i11_other_languages_are_415_and_told_which_are_taken(alice):
    for target in (DOCUMENT, TEXT, "/alice/private/none", "/alice/private/"):
        answer = send(alice, target, "x", "application/json-patch+json")
        assert answer.status_code == 415
        assert answer.headers["Accept-Patch"] == "text/n3, application/sparql-update"


def test_i11_what_is_no_rdf_is_not_changed_in_parts(alice):
    assert send(alice, TEXT, patch("<> d:x 1")).status_code == 415
    assert alice.get(TEXT).content == b"0123456789"


def test_i12_an_empty_patch_changes_nothing(alice):
    services = alice.installation.services
    before = alice.get(DOCUMENT)
    version = services.catalogue.get("alice") and _pod_version(services)
    for body in (
        patch(),
        f"{HEAD}_:p a solid:InsertDeletePatch; solid:inserts {{}}; solid:deletes {{}}.",
        patch("<> d:title 'Compost'"),
    ):
        answer = send(alice, DOCUMENT, body)
        assert answer.status_code == 204
        assert answer.headers["ETag"].strip('"').startswith(before.headers["ETag"].strip('"').partition("-")[0])
    assert alice.get(DOCUMENT).headers["ETag"] == before.headers["ETag"]
    assert alice.get(DOCUMENT).content == before.content
    assert _pod_version(services) == version


def _pod_version(services):
    with services.resources.reading() as conn:
        return conn.exec_driver_sql(
            "SELECT (SELECT version FROM pods WHERE pod = 'alice'), (SELECT max(seq) FROM outbox)"
        ).one()


def test_i13_a_created_document_is_turtle_whatever_was_sent(alice):
    for number, media_type in enumerate((N3, f"{N3}; charset=utf-8", "Text/N3")):
        answer = send(alice, f"/alice/private/n{number}", patch("<> d:x 1"), media_type)
        assert answer.status_code == 201
        stored = alice.get(f"/alice/private/n{number}", Accept="text/turtle")
        assert turtle("<> d:x 1.", f"/alice/private/n{number}") == set(
            rdf.parse(stored.content, rdf.TURTLE, "https://x/")
        )


@pytest.mark.parametrize(
    "body",
    [
        f"{HEAD}_:insert a solid:InsertDeletePatch; solid:inserts {{ <> a <X> . }} .",
        f"{HEAD}<#patch> a solid:InsertDeletePatch; solid:inserts {{ <> a <X> }} .",
        f"{HEAD}[] a solid:InsertDeletePatch; solid:inserts {{ <g> a <X>. }} .",
        f"{HEAD}<> solid:patches <>; a solid:InsertDeletePatch; solid:inserts {{ <{IRI}> a <X>. }} . # done",
    ],
)
def test_i14_the_spellings_of_known_clients_are_read(alice, body):
    assert send(alice, DOCUMENT, body).status_code == 204
    assert statements(alice) == BEFORE | turtle("<> a <X>.")


def test_i15_a_literal_is_what_is_written(alice):
    alice.put(DOCUMENT, b"<#n> <urn:v> 01, 1.50, '1', 'un'@fr .")
    for deletes in ("1", "1.5", "'un'", "'un'@en", f"'1'^^{UNIT}"):
        assert send(alice, DOCUMENT, patch(deletes=f"<#n> <urn:v> {deletes}")).status_code == 409
    assert send(alice, DOCUMENT, patch("<#n> <urn:w> 007", "<#n> <urn:v> 01")).status_code == 204
    assert statements(alice) == turtle("<#n> <urn:v> 1.50, '1', 'un'@fr; <urn:w> 007.")


@pytest.mark.parametrize("media_type", [rdf.JSON_LD, rdf.N_TRIPLES, rdf.TRIG, rdf.RDF_XML, rdf.N_QUADS])
def test_a_document_keeps_the_syntax_it_came_in(alice, media_type):
    body = rdf.serialize(sorted(BEFORE, key=str), media_type)
    assert alice.put("/alice/private/s", body, media_type).status_code == 201
    assert send(alice, "/alice/private/s", patch("<#n> d:x 01")).status_code == 204
    answer = alice.get("/alice/private/s", Accept=media_type)
    assert answer.headers["Content-Type"].partition(";")[0] == media_type
    assert set(rdf.parse(answer.content, media_type, "https://x/")) == BEFORE | turtle(
        "<#n> d:x 01.", "/alice/private/s"
    )


def test_the_other_graphs_of_a_json_ld_document_stay_as_they_are(alice):
    body = json.dumps(
        [{"@id": "urn:g", "@graph": [{"@id": "urn:a", "urn:p": "kept"}]}, {"@id": "urn:a", "urn:p": "old"}]
    )
    alice.put("/alice/private/j", body.encode(), rdf.JSON_LD)
    assert send(alice, "/alice/private/j", patch(deletes="<urn:a> <urn:p> 'kept'")).status_code == 409
    assert send(alice, "/alice/private/j", patch("<urn:a> <urn:p> 'new'", "<urn:a> <urn:p> 'old'")).status_code == 204
    told = alice.get("/alice/private/j", Accept=rdf.JSON_LD).text
    assert ("kept" in told, "old" in told, "new" in told) == (True, False, True)


def test_the_prefixes_of_a_turtle_document_stay(alice):
    alice.put(DOCUMENT, b"@prefix garden: <https://garden.example/ns#>. <#a> garden:p 1.")
    send(alice, DOCUMENT, patch("<#a> <https://garden.example/ns#q> 2"))
    assert "garden:q 2" in alice.get(DOCUMENT).text
