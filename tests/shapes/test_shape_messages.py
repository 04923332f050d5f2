"""Every rule speaks to people, in French and in English, and says how much it matters."""

import pyoxigraph as ox
import pytest
from fixtures_shapes import SH_NS, SHAPES, quads_of

RDFS_LABEL = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
SAYING_NOTHING = frozenset({"path", "message", "severity", "property"})
TARGETS = frozenset({"targetClass", "targetNode", "targetObjectsOf", "targetSubjectsOf"})
LOGICAL = frozenset({"or", "and", "xone", "not"})


class Statements:
    """A shape file by subject."""

    def __init__(self, shape):
        self.quads = quads_of(shape)

    def values(self, subject, name):
        predicate = name if isinstance(name, ox.NamedNode) else ox.NamedNode(SH_NS + name)
        return [quad.object for quad in self.quads if (quad.subject, quad.predicate) == (subject, predicate)]

    def names(self, subject):
        found = [quad.predicate.value for quad in self.quads if quad.subject == subject]
        return {name.removeprefix(SH_NS) for name in found if name.startswith(SH_NS)}

    def targeted(self):
        return {quad.subject for quad in self.quads if quad.predicate.value.removeprefix(SH_NS) in TARGETS}

    def reporting(self):
        """Shapes whose rules appear in a report by themselves: not those inside sh:or and its like."""
        open_, seen = list(self.targeted()), []
        while open_:
            seen.append(open_.pop())
            open_ += self.values(seen[-1], "property")
        return [one for one in seen if self.names(one) - SAYING_NOTHING - TARGETS]


@pytest.fixture(params=SHAPES)
def shape(request):
    return Statements(request.param)


def test_every_shape_has_a_label_in_both_languages(shape):
    for subject in shape.targeted():
        assert sorted(label.language for label in shape.values(subject, RDFS_LABEL)) == ["en", "fr"]


def test_every_rule_has_a_message_in_both_languages_and_a_severity(shape):
    assert shape.reporting()
    for subject in shape.reporting():
        messages = {text.language: text.value for text in shape.values(subject, "message")}
        assert set(messages) == {"en", "fr"}, shape.names(subject)
        assert len(shape.values(subject, "message")) == 2
        assert all(text.endswith(".") and len(text) > 10 for text in messages.values())
        (severity,) = shape.values(subject, "severity")
        assert severity.value.removeprefix(SH_NS) in {"Violation", "Warning"}


def test_only_the_core_of_shacl_is_used(shape):
    assert not {"sparql", "js", "rule", "target", "select", "expression"} & {
        quad.predicate.value.removeprefix(SH_NS) for quad in shape.quads
    }


def test_names_of_fields_are_not_what_people_read(shape):
    for subject in shape.reporting():
        for text in shape.values(subject, "message"):
            assert "sh:" not in text.value
            assert "IRI" not in text.value
