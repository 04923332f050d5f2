"""Representations and their negotiation (solid.md K)."""

import json

import pyoxigraph as ox
import pytest
from fixtures_pods import GRAPH, TEXT, Person

from pod_app.standards import rdf

BOX = "/alice/private/"
HERE = "https://garden.example/alice/private/"
ALL = [rdf.TURTLE, rdf.JSON_LD, rdf.N_TRIPLES, rdf.N_QUADS, rdf.TRIG, rdf.RDF_XML, rdf.N3]
STATEMENTS = rdf.parse(GRAPH, rdf.TURTLE, f"{HERE}n")


@pytest.mark.parametrize("taken", ALL)
@pytest.mark.parametrize("given", ALL)
def test_k1_k3_every_syntax_goes_in_and_comes_out_as_every_other(alice, taken, given):
    assert alice.put(f"{BOX}n", rdf.serialize(STATEMENTS, taken), taken).status_code == 201
    for headers in ({"Accept": given}, {"Accept": f"{given};q=0.9, */*;q=0.1"}):
        answer = alice.get(f"{BOX}n", **headers)
        assert answer.headers["Content-Type"].partition(";")[0] == given
        assert set(rdf.parse(answer.content, given, f"{HERE}n")) == set(STATEMENTS)


def test_k2_named_graphs_come_back_in_json_ld_and_turtle_shows_the_default_graph(alice):
    body = json.dumps([{"@id": "urn:g", "@graph": [{"@id": "urn:a", "urn:in": "g"}]}, {"@id": "urn:a", "urn:out": "d"}])
    alice.put(f"{BOX}n", body.encode(), rdf.JSON_LD)
    wanted = set(rdf.parse(body.encode(), rdf.JSON_LD, f"{HERE}n"))
    for form in (rdf.JSON_LD, rdf.TRIG, rdf.N_QUADS):
        assert set(rdf.parse(alice.get(f"{BOX}n", Accept=form).content, form, f"{HERE}n")) == wanted
    turtle = rdf.parse(alice.get(f"{BOX}n", Accept=rdf.TURTLE).content, rdf.TURTLE, f"{HERE}n")
    assert set(turtle) == {quad for quad in wanted if quad.graph_name == ox.DefaultGraph()}


@pytest.mark.parametrize("target", [f"{BOX}g", TEXT, BOX, "/alice/.acl", "/alice/.well-known/solid"])
@pytest.mark.parametrize("accept", ["image/x", "text/*;q=0, application/*;q=0, */*;q=0", "video/*, image/x;q=0.1"])
def test_k4_what_nobody_can_have_is_406_and_tells_what_can_be_had(alice, target, accept):
    answer = alice.get(target, Accept=accept)
    assert answer.status_code == 406
    assert ("text/plain" if target == TEXT else "text/turtle") in answer.json()["remedy"]


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        ("text/turtle;q=0, */*;q=0.1", rdf.JSON_LD),
        ("text/*;q=0.9, application/ld+json;q=0.1", rdf.TURTLE),
        ("text/*;q=0.1, text/turtle;q=0.2, application/ld+json;q=0.15", rdf.TURTLE),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', rdf.JSON_LD),
        ("text/turtle;charset=utf-8", rdf.TURTLE),
        (", ".join(f"application/x-{n}" for n in range(60)) + ", text/turtle;q=0.3", rdf.TURTLE),
    ],
)
def test_k4_weights_wildcards_and_parameters_count(alice, accept, given):
    answer = alice.get(f"{BOX}g", Accept=accept)
    assert answer.headers["Content-Type"].partition(";")[0] == given


@pytest.mark.parametrize("media_type", [rdf.TURTLE, rdf.JSON_LD, rdf.RDF_XML])
def test_k5_relative_iris_belong_to_the_address_where_the_document_ends_up(alice, media_type):
    relative = {
        rdf.TURTLE: b"<> <urn:p> <x>.",
        rdf.JSON_LD: b'{"@id": "", "urn:p": {"@id": "x"}}',
        rdf.RDF_XML: b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:u="urn:">'
        b'<rdf:Description rdf:about=""><u:p rdf:resource="x"/></rdf:Description></rdf:RDF>',
    }[media_type]
    alice.put(f"{BOX}p", relative, media_type)
    posted = alice("POST", BOX, relative, media_type).headers["Location"]
    for iri in (f"{HERE}p", posted):
        text = alice.get(iri.removeprefix("https://garden.example"), Accept=rdf.N_TRIPLES).text
        assert text.strip() == f"<{iri}> <urn:p> <{HERE}x> ."


def test_k6_vary_names_all_that_an_answer_depends_on(village):
    for person in village:
        for target in (f"{BOX}g", TEXT, BOX, "/alice/profile/card", f"{BOX}none", "/alice/.well-known/solid"):
            for method in ("GET", "HEAD", "OPTIONS", "DELETE"):
                vary = person(method, target, If_Match='"never"').headers["Vary"].split(", ")
                assert {"Accept", "Authorization", "Origin"} <= set(vary)


def test_k7_contexts_are_bundled_or_refused_and_never_fetched(alice):
    known = b'{"@context": "https://www.w3.org/ns/activitystreams", "type": "Note", "content": "x"}'
    assert alice.put(f"{BOX}n", known, rdf.JSON_LD).status_code == 201
    assert "activitystreams#Note" in alice.get(f"{BOX}n", Accept=rdf.N_TRIPLES).text
    unknown = b'{"@context": "https://elsewhere.example/c", "a": 1}'
    answer = alice.put(f"{BOX}m", unknown, rdf.JSON_LD)
    assert answer.status_code == 422
    assert "https://elsewhere.example/c" in answer.json()["detail"]


@pytest.mark.parametrize("parameters", ["", ";charset=utf-8", "; charset=UTF-8", ";charset=iso-8859-1"])
def test_k8_turtle_is_utf_8_whatever_its_type_says(alice, parameters):
    assert alice.put(f"{BOX}n", "<> <urn:p> 'é'.".encode(), f"text/turtle{parameters}").status_code == 201
    assert "é" in alice.get(f"{BOX}n", Accept=rdf.JSON_LD).content.decode()
    assert alice.put(f"{BOX}m", "<> <urn:p> 'é'.".encode("latin-1"), f"text/turtle{parameters}").status_code == 400


def test_k4_a_browser_gets_a_page_and_a_script_the_document(alice):
    visitor = Person(alice.installation)
    page = visitor.get("/alice/profile/card", Accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert page.headers["Content-Type"].startswith("text/html")
    assert visitor.get("/alice/profile/card", Accept="*/*").headers["Content-Type"].startswith("text/turtle")
