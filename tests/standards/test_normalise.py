"""Triples of signed badges with true datatypes, beside the untouched bytes."""

import json
from pathlib import Path

import pyoxigraph as ox
import pytest

from pod_app.errors import Invalid, TooComplex
from pod_app.standards import data_integrity, normalise

SAMPLES = Path(__file__).resolve().parents[1] / "data" / "badges" / "samples"
XSD = "http://www.w3.org/2001/XMLSchema#"


def sample(name):
    return json.loads((SAMPLES / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "name",
    [
        "ob3-reference-validator/complete.json",
        "ob3-reference-validator/simple_v1.json",
        "ob3-spec-examples/fullOpenBadge.json",
    ],
)
def test_no_misspelt_datatype_and_no_plain_http_schema_org_is_left(name):
    text = "\n".join(str(quad) for quad in normalise.triples_of(sample(name)))
    assert "https://www.w3.org/2001/XMLSchema#" not in text
    assert "<xsd:" not in text
    assert "http://schema.org/" not in text


def test_a_date_of_a_badge_can_be_compared_in_a_query():
    store = ox.Store()
    store.extend(normalise.triples_of(sample("ob3-reference-validator/credential-status-revoked.json")))
    awarded = "<https://purl.imsglobal.org/spec/vc/ob/vocab.html#awardedDate>"
    ask = f'ASK {{{{ ?badge {awarded} ?date FILTER(?date {{}} "2030-01-01T00:00:00Z"^^<{XSD}dateTime>) }}}}'
    assert bool(store.query(ask.format("<")))
    assert not bool(store.query(ask.format(">")))


def test_names_of_open_badges_2_meet_those_of_3():
    old = {
        "@context": "https://w3id.org/openbadges/v2",
        "id": "https://pods.example/badges/1",
        "type": "BadgeClass",
        "name": "Greffe",
    }
    assert "<https://schema.org/name>" in {str(quad.predicate) for quad in normalise.triples_of(old)}


def test_only_datatypes_and_schema_org_change():
    document = sample("ob3-reference-validator/simple.json")
    document.pop("proof")
    before = json.dumps(document)
    normal = ox.Dataset(normalise.triples_of(document))
    normal.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    repaired = sorted(f"{quad} ." for quad in normal)
    signed = data_integrity.canonical(document).replace("https://www.w3.org/2001/XMLSchema#", XSD)
    expected = sorted(line for line in signed.replace("<xsd:", f"<{XSD}").split("\n") if line)
    assert len(repaired) == len(expected)
    assert repaired == expected
    assert json.dumps(document) == before


def test_languages_and_blank_nodes_are_kept():
    blank, french = ox.BlankNode("x"), ox.Literal("Greffe", language="fr")
    quad = ox.Quad(blank, ox.NamedNode("http://schema.org/name"), french, ox.NamedNode("https://pods.example/g"))
    [found] = normalise.normalised([quad])
    assert (found.subject, found.object, found.graph_name) == (blank, french, quad.graph_name)
    assert found.predicate.value == "https://schema.org/name"


def test_unknown_contexts_and_poison_are_refused_here_too():
    with pytest.raises(Invalid):
        normalise.triples_of({"@context": "https://evil.example/c", "a": 1})
    nodes = [{"@id": f"_:b{n}", "https://e.example/p": [{"@id": f"_:b{m}"} for m in range(9)]} for n in range(9)]
    with pytest.raises(TooComplex):
        normalise.triples_of({"@graph": nodes})
