"""The six rules that ship: pass and fail examples, two engines, both languages, SHACL Core alone."""

import re
from pathlib import Path

import pyoxigraph as ox
import pytest

from pod_app import assets
from pod_app.standards import rules, shacl

FOLDER = assets.folder("shapes") / "rules"
EXAMPLES = Path(__file__).resolve().parents[2] / "data" / "rules"
NAMES = sorted(path.stem for path in FOLDER.glob("*.ttl"))
CASES = sorted(EXAMPLES.glob("*/*.ttl"))
IRI = "https://garden.example/shapes/rules/x"


def text_of(name):
    return (FOLDER / f"{name}.ttl").read_text("utf-8").replace("jdn:skill-any", "jdn:skill-listening")


def facts(path):
    return rules.facts_of(list(ox.parse(path=path, format=ox.RdfFormat.TURTLE)))


def case(path):
    return f"{path.parent.name}-{path.stem}"


def test_the_six_rules_are_there_each_with_examples():
    assert set(NAMES) == {
        "facilitator", "first-dialogue", "garden-founder", "reciprocity-kept", "three-transmissions", "welcomer",
    }  # fmt: skip
    for name in NAMES:
        found = [path.stem for path in CASES if path.parent.name == name]
        assert sum(one.startswith("pass") for one in found) >= 1
        assert sum(one.startswith("fail") for one in found) >= 3
    assert {path.parent.name for path in CASES} == set(NAMES)


@pytest.mark.parametrize("path", CASES, ids=case)
def test_an_example_misses_what_its_first_line_says(path):
    expected = int(re.match(r"# missing: (\d)", path.read_text("utf-8"))[1])
    found = rules.judge(text_of(path.parent.name), IRI, facts(path))
    assert len(found) == expected
    assert path.stem.startswith("fail" if expected else "pass")
    assert all(len(one["fr"]) > 20 and len(one["en"]) > 20 and one["fr"] != one["en"] for one in found)


@pytest.mark.parametrize("path", CASES, ids=case)
def test_the_reference_engine_says_the_same(path):
    shapes = shacl.Shapes.load([text_of(path.parent.name)], "pyshacl", IRI)
    report = shapes.validate(list(ox.parse(facts(path), ox.RdfFormat.N_TRIPLES)))
    told = {one.sentence("fr") for one in report.results if one.severity == "violation"}
    assert told == {one["fr"] for one in rules.judge(text_of(path.parent.name), IRI, facts(path))}


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_has_a_name_and_a_sentence_in_both_languages(name):
    quads = list(ox.parse(text_of(name), ox.RdfFormat.TURTLE, base_iri=IRI))
    for term in ("label", "comment"):
        iri = ox.NamedNode(f"http://www.w3.org/2000/01/rdf-schema#{term}")
        assert {quad.object.language for quad in quads if quad.predicate == iri} == {"fr", "en"}
    assert rules.read(text_of(name), IRI)
