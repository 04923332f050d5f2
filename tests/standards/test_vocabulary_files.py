"""The community's own words (vocabulary.md §3): labelled in both languages, anchored, and none used undeclared."""

import re
from pathlib import Path

import pytest

from pod_app.errors import Invalid
from pod_app.standards.shacl import Shapes
from pod_app.standards.vocabulary import WRITTEN_WITH, Vocabulary

ROOT = Path(__file__).resolve().parents[2]
SHAPE = (ROOT / "vocab" / "vocabulary-shape.ttl").read_text("utf-8")
ENGINES = ("shacl", "pyshacl")


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary.load()


@pytest.mark.parametrize("engine", ENGINES)
def test_every_term_is_labelled_in_both_languages_and_anchored(vocabulary, engine):
    report = Shapes.load([SHAPE], engine).validate(vocabulary.document("jdn"))
    assert [(result.focus, result.path) for result in report.results] == []


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "predicate",
    [
        "http://www.w3.org/2000/01/rdf-schema#label",
        "http://www.w3.org/2000/01/rdf-schema#comment",
        "http://www.w3.org/2000/01/rdf-schema#subPropertyOf",
        "http://www.w3.org/2004/02/skos/core#example",
    ],
)
def test_a_term_that_lacks_one_of_them_is_found(vocabulary, engine, predicate):
    quads = [
        quad
        for quad in vocabulary.document("jdn")
        if (str(quad.subject), quad.predicate.value) != (f"<{WRITTEN_WITH}minutes>", predicate)
    ]
    assert len(quads) < len(vocabulary.document("jdn"))
    assert not Shapes.load([SHAPE], engine).validate(quads).conforms


def test_every_word_of_ours_that_is_used_is_declared(vocabulary):
    declared = {quad.subject.value for quad in vocabulary.document("jdn") if hasattr(quad.subject, "value")}
    used = set()
    for path in [*ROOT.glob("shapes/*.ttl"), *ROOT.glob("queries/*.rq"), *ROOT.glob("pod_app/**/*.ttl")]:
        used |= set(re.findall(r"\bjdn:([\w-]+)", path.read_text("utf-8")))
    for path in ROOT.glob("pod_app/**/*.py"):
        found = re.findall(r"jdn\[\"([\w-]+)\"\]|\{vocabulary\}([a-z]\w+)\"", path.read_text("utf-8"))
        used |= {one or other for one, other in found}
    assert {name for name in used if f"{WRITTEN_WITH}{name}" not in declared} == set()


def test_there_are_about_forty_skills_and_every_scheme_has_its_concepts(vocabulary):
    assert 35 <= len(vocabulary.concepts("skills")) <= 50
    assert len(vocabulary.concepts("kinds")) == 9
    assert len(vocabulary.concepts("garden-types")) == 4
    assert len(vocabulary.concepts("purposes")) == 4


def test_another_namespace_is_written_into_every_term():
    moved = Vocabulary.load("https://words.example/#")
    assert moved.label("https://words.example/#kind-care", "fr") == Vocabulary.load().label(
        f"{WRITTEN_WITH}kind-care", "fr"
    )
    assert moved.label(f"{WRITTEN_WITH}kind-care", "fr") is None


@pytest.mark.parametrize("namespace", ["words", "https://words.example", "https://words.example/ a#"])
def test_a_namespace_that_is_none_is_refused(namespace):
    with pytest.raises(Invalid):
        Vocabulary.load(namespace)
