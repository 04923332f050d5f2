"""Verdicts of both engines through the one interface (house.md §3; solid.md, 422 and constrainedBy)."""

import pyoxigraph as ox
import pytest

from pod_app.errors import Unreadable, Wording
from pod_app.language import translator
from pod_app.standards import rdf, shacl
from pod_app.standards.shacl import SH, Report, Result, Shapes, Violated

BASE = "https://garden.example/alice/contributions/1"
SHAPE = """
@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ex: <https://example.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
ex:Act a sh:NodeShape ; sh:targetClass ex:Deed ;
  sh:property [ sh:path ex:note ; sh:minCount 1 ; sh:message "Il manque la note."@fr, "The note is missing."@en ],
    [ sh:path ex:minutes ; sh:datatype xsd:integer ; sh:maxCount 1 ],
    [ sh:path ex:skill ; sh:minCount 1 ; sh:severity sh:Warning ;
      sh:message "Nommer un savoir."@fr, "Name a skill."@en ],
    [ sh:path ( ex:measure ex:value ) ; sh:datatype xsd:decimal ; sh:severity sh:Info ] .
"""
PREFIX = "@prefix ex: <https://example.org/> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"


def triples(text):
    return rdf.parse((PREFIX + text).encode(), rdf.TURTLE, BASE)


@pytest.fixture(params=["shacl", "pyshacl"])
def shapes(request):
    return Shapes.load([SHAPE], request.param)


def test_a_document_that_keeps_the_shape_conforms_without_results(shapes):
    report = shapes.validate(triples('<#it> a ex:Deed ; ex:note "x" ; ex:skill ex:s ; ex:minutes 9 .'))
    assert report == Report()
    assert report.conforms


def test_a_violation_names_focus_path_rule_and_both_languages(shapes):
    report = shapes.validate(triples("<#it> a ex:Deed ; ex:skill ex:s ."))
    assert not report.conforms
    (result,) = report.results
    assert result.focus == f"<{BASE}#it>"
    assert result.path == "https://example.org/note"
    assert result.component == f"{SH}MinCountConstraintComponent"
    assert result.severity == "violation"
    assert result.sentence("fr") == "Il manque la note."
    assert result.sentence("en") == "The note is missing."
    assert result.sentence("de") in {"Il manque la note.", "The note is missing."}


def test_a_warning_hinders_nothing_and_is_a_hint(shapes):
    report = shapes.validate(triples('<#it> a ex:Deed ; ex:note "x" .'))
    assert report.conforms
    assert [hint.sentence("en") for hint in report.hints] == ["Name a skill."]


def test_a_rule_without_words_is_told_by_field_and_name(shapes):
    (result,) = shapes.validate(
        triples('<#it> a ex:Deed ; ex:note "x" ; ex:skill ex:s ; ex:minutes "01"^^xsd:int .')
    ).results
    assert result.value == '"01"^^<http://www.w3.org/2001/XMLSchema#int>'
    assert "minutes" in Result(result.focus, "violation", result.component, result.path).sentence("fr")


def test_violations_come_before_warnings_before_information(shapes):
    report = shapes.validate(triples('<#it> a ex:Deed ; ex:minutes "x" ; ex:measure [ ex:value "y" ] .'))
    assert [result.severity for result in report.results] == ["violation", "violation", "warning", "info"]
    assert report.results[-1].path is None


def test_both_engines_find_the_same():
    document = triples('<#it> a ex:Deed ; ex:minutes 1, 2, "x" ; ex:measure [ ex:value "y" ] .')
    quick, reference = (Shapes.load([SHAPE], engine).validate(document) for engine in ("shacl", "pyshacl"))

    def told(report):
        return [(one.focus, one.path, one.value, one.severity, one.component) for one in report.results]

    assert told(quick) == told(reference)


def test_the_report_is_the_one_that_shacl_defines(shapes):
    report = shapes.validate(triples("<#it> a ex:Deed ."))
    quads = report.to_quads()
    text = rdf.serialize(quads, rdf.TURTLE).decode()
    for part in ("ValidationReport", "conforms", "resultPath", "focusNode", "sourceConstraintComponent", "@fr", "@en"):
        assert part in text
    nodes = [quad.object for quad in quads if quad.predicate == ox.NamedNode(f"{SH}result")]
    assert len(nodes) == len(report.results) == 2


def test_a_document_about_something_else_does_not_concern_the_shapes(shapes):
    assert shapes.concern(triples("<#it> a ex:Deed ."))
    assert not shapes.concern(triples("<#it> a ex:Other ; ex:note 'a' ."))


@pytest.mark.parametrize(
    ("target", "document"),
    [
        ("sh:targetNode <https://example.org/n>", "ex:n ex:p 1 ."),
        ("sh:targetSubjectsOf ex:p", "<#it> ex:p 1 ."),
        ("sh:targetObjectsOf ex:p", "<#it> ex:p ex:o ."),
        ("a <http://www.w3.org/2000/01/rdf-schema#Class>", "<#it> a ex:S ."),
    ],
)
def test_every_kind_of_target_counts(target, document):
    text = f"@prefix sh: <{SH}> . @prefix ex: <https://example.org/> . ex:S a sh:NodeShape ; {target} ."
    loaded = Shapes.load([text])
    assert loaded.concern(triples(document))
    assert not loaded.concern(triples("ex:x ex:y ex:z ."))


def test_what_is_in_a_named_graph_is_not_judged(shapes):
    graph = ox.NamedNode("https://example.org/g")
    moved = [ox.Quad(one.subject, one.predicate, one.object, graph) for one in triples("<#it> a ex:Deed .")]
    assert shapes.validate(moved) == Report()
    assert not shapes.concern(moved)


def test_a_report_names_a_hundred_findings_at_most(shapes):
    many = "".join(f"<#{number}> a ex:Deed .\n" for number in range(300))
    report = shapes.validate(triples(many))
    assert not report.conforms
    assert len(report.results) == shacl.MOST_RESULTS


@pytest.mark.parametrize("engine", ["shacl", "pyshacl"])
def test_shapes_that_do_not_parse_are_refused(engine):
    with pytest.raises(Unreadable):
        Shapes.load(["<a> <b>"], engine)


def test_several_texts_are_compiled_together(shapes):
    other = f"""@prefix sh: <{SH}> .
        <urn:s> a sh:NodeShape ; sh:targetClass <urn:c> ; sh:property [ sh:path <urn:p> ; sh:minCount 1 ] ."""
    both = Shapes.load([SHAPE, other])
    assert not both.validate(triples("<#it> a <urn:c> .")).conforms
    assert not both.validate(triples("<#it> a ex:Deed .")).conforms


def test_an_error_reads_in_the_language_of_its_reader(shapes):
    report = shapes.validate(triples("<#it> a ex:Deed ."))
    error = Violated(
        "{path} is not kept: {problem}", report=report, constrained_by="urn:s", path="/x", problem=report.summary
    )
    assert isinstance(report.summary, Wording)
    assert "The note is missing." in error.detail
    assert "Il manque la note." in translator("fr").error(error)[1]
    assert "The note is missing." in translator("en").error(error)[1]
