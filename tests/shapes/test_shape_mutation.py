"""No rule of a shape is there for show: without any one of them, some example gets another report."""

import pyoxigraph as ox
import pytest
from fixtures_shapes import SH_NS, SHAPES, compiled, examples, quads_of, quick

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
NO_RULES = frozenset({"path", "message", "severity", "alternativePath"})
TARGETS = frozenset({"targetClass", "targetNode", "targetObjectsOf", "targetSubjectsOf"})


def rules_of(quads):
    """Every statement that is a rule, or a target of a shape that has rules."""
    shacl = [(quad, quad.predicate.value.removeprefix(SH_NS)) for quad in quads if quad.predicate.value[:27] == SH_NS]
    ruled = {quad.subject for quad, name in shacl if name not in NO_RULES | TARGETS}
    for quad, name in shacl:
        if name not in NO_RULES and (name not in TARGETS or quad.subject in ruled):
            yield name, [one for one in quads if one != quad]


def members_of(quads):
    """Every member of the lists of values and of alternatives."""
    rest = {quad.subject: quad.object for quad in quads if quad.predicate.value == f"{RDF}rest"}
    for head in [quad for quad in quads if quad.predicate.value in {f"{SH_NS}in", f"{SH_NS}or"}]:
        cell = head.object
        while cell in rest:
            yield f"member of {head.predicate.value.removeprefix(SH_NS)}", without(quads, cell, rest[cell])
            cell = rest[cell]


def without(quads, cell, following):
    kept = [quad for quad in quads if quad.subject != cell]
    return [ox.Quad(one.subject, one.predicate, following if one.object == cell else one.object) for one in kept]


def told(quads, texts):
    shapes = compiled(quads)
    return [quick(shapes, text) for text in texts]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_rule_that_is_dropped_is_missed_by_an_example(shape):
    quads, texts = quads_of(shape), [example.text for example in examples(shape)]
    whole = told(quads, texts)
    mutants = [*rules_of(quads), *members_of(quads)]
    assert len(mutants) >= 9
    idle = []
    for name, mutant in mutants:
        if told(mutant, texts) == whole:
            lost = set(map(str, quads)) - set(map(str, mutant))
            idle.append((name, sorted(lost)))
    assert idle == []
