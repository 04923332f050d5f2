"""SPARQL Update as a patch over HTTP (solid.md J)."""

import pytest

from pod_app.standards import rdf

DOCUMENT = "/alice/private/g"
UPDATE = "application/sparql-update"
PREFIX = "PREFIX d: <http://purl.org/dc/terms/>\n"


def send(person, target, text):
    return person("PATCH", target, (PREFIX + text).encode(), UPDATE)


def turtle(text, target=DOCUMENT):
    body = f"@prefix d: <http://purl.org/dc/terms/>. {text}"
    return set(rdf.parse(body.encode(), rdf.TURTLE, f"https://garden.example{target}"))


def statements(person, target=DOCUMENT):
    return set(rdf.parse(person.get(target, Accept=rdf.N_TRIPLES).content, rdf.N_TRIPLES, "https://x/"))


BEFORE = turtle("<> d:title 'Compost'; d:creator <../profile/card#me>.")


def test_j1_insert_data_creates_a_document_two_levels_deep(village):
    alice, _, stranger = village
    target = "/alice/private/deep/er/doc"
    assert send(stranger, target, "INSERT DATA { <> d:title 'x' }").status_code == 401
    assert send(alice, target, "INSERT DATA { <> d:title 'x' }").status_code == 201
    assert statements(alice, target) == turtle("<> d:title 'x'.", target)
    assert "/alice/private/deep/er/doc" in alice.get("/alice/private/deep/er/").text


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("INSERT DATA { <> d:x 01, 'y'@fr ; a d:Z . }", BEFORE | turtle("<> d:x 01, 'y'@fr; a d:Z.")),
        ("DELETE DATA { <> d:title 'Compost' }", turtle("<> d:creator <../profile/card#me>.")),
        ("DELETE DATA { <> d:title 'Autre' }", BEFORE),
        ("delete where { <> d:title ?t }", turtle("<> d:creator <../profile/card#me>.")),
        ("DELETE { ?s d:title ?t } INSERT { ?s d:x ?t } WHERE { ?s d:title ?t }",
         turtle("<> d:x 'Compost'; d:creator <../profile/card#me>.")),
        ("INSERT { <#all> d:has ?o } WHERE { <> ?p ?o }",
         BEFORE | turtle("<#all> d:has 'Compost', <../profile/card#me>.")),
        ("INSERT { <> d:x 1 } WHERE { <> d:none ?o }", BEFORE),
        ("DELETE { $s d:title $t } WHERE { $s d:title $t } # done", turtle("<> d:creator <../profile/card#me>.")),
        ("DELETE DATA { <> d:title 'Compost' } ; INSERT DATA { <> d:title 'Humus' } ;",
         turtle("<> d:title 'Humus'; d:creator <../profile/card#me>.")),
        ("INSERT DATA { <> d:x 'LOAD } SERVICE ?v' }", BEFORE | turtle("<> d:x 'LOAD } SERVICE ?v'.")),
        ("BASE <https://garden.example/other> INSERT DATA { <> d:x <#y> }",
         BEFORE | turtle("<https://garden.example/other> d:x <https://garden.example/other#y>.")),
    ],
)  # fmt: skip
def test_j1_what_is_taken_follows_the_standard(alice, text, after):
    assert send(alice, DOCUMENT, text).status_code == 204
    assert statements(alice) == after


@pytest.mark.parametrize(
    "text",
    [
        "LOAD <http://127.0.0.1:1/>", "LoAd SILENT <http://127.0.0.1:1/>", "CLEAR ALL", "DROP DEFAULT",
        "CREATE GRAPH <urn:g>",
        "COPY DEFAULT TO <urn:g>", "WITH <urn:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "INSERT DATA { GRAPH <urn:g> { <> d:x 1 } }", "DELETE { ?s ?p ?o } USING <urn:g> WHERE { ?s ?p ?o }",
        "DELETE WHERE { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", "DELETE WHERE { ?s ?p ?o FILTER(true) }",
        "DELETE { ?s ?p ?o } WHERE { ?s ?p ?o OPTIONAL { ?s ?q ?r } }", "DELETE WHERE { ?s d:a/d:b ?o }",
        "DELETE WHERE { ?s ^d:a ?o }", "DELETE { _:b ?p ?o } WHERE { ?s ?p ?o }", "DELETE DATA { [] d:x 1 }",
        "INSERT DATA { <> d:x ?v }", "INSERT { <> d:x ?unbound } WHERE { <> d:title ?t }",
        "SELECT * WHERE { ?s ?p ?o }", "INSERT DATA { <> d:x 1 } CLEAR ALL",
    ],
)  # fmt: skip
def test_j1_everything_else_is_refused_with_a_word(alice, text):
    answer = send(alice, DOCUMENT, text)
    assert answer.status_code == 422
    assert len(answer.json()["detail"]) > 20
    assert statements(alice) == BEFORE


@pytest.mark.parametrize(
    "text",
    [
        "INSERT DATA {",
        "INSERT DATA { <> d:x }",
        "}",
        "INSERT DATA { <> none:x 1 }",
        "PREFIX x INSERT",
        "INSERT DATA { 'a' d:x 1 }",
    ],
)
def test_j1_what_does_not_parse_is_400(alice, text):
    assert send(alice, DOCUMENT, text).status_code == 400
    assert statements(alice) == BEFORE


@pytest.mark.parametrize(
    ("modes", "text", "status"),
    [
        ("Append", "INSERT DATA { <> d:x 1 }", 204),
        ("Append", "DELETE DATA { <> d:x 1 }", 403),
        ("Write", "DELETE DATA { <> d:x 1 }", 403),
        ("Read Append", "INSERT { <> d:x ?t } WHERE { <> d:title ?t }", 403),
        ("Read Append", "INSERT DATA { <> d:x 1 }; DELETE DATA { <> d:x 1 }", 403),
        ("Read Write", "INSERT { <> d:x ?t } WHERE { <> d:title ?t }", 204),
        ("Read Write", "DELETE WHERE { <> d:title ?t }", 204),
        ("Read", "INSERT DATA { <> d:x 1 }", 403),
        ("Read", "CLEAR ALL", 403),
    ],
)
def test_j2_an_update_that_only_inserts_needs_append_any_other_read_and_write(village, modes, text, status):
    alice, bob, _ = village
    alice.grant(DOCUMENT, (bob.webid, modes), default=False)
    assert send(bob, DOCUMENT, text).status_code == status
