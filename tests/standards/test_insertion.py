"""The patch that this program sends to pods elsewhere, read as this program reads patches (N3 Patch)."""

import pyoxigraph as ox
import pytest

from pod_app.standards import n3_patch, rdf

HERE = "https://pods.example/alice/notes"


@pytest.mark.parametrize("syntax", [rdf.TURTLE, rdf.N_TRIPLES])
def test_an_insertion_adds_its_triples_and_nothing_else(syntax):
    triple = ox.Triple(ox.NamedNode(f"{HERE}#it"), ox.NamedNode("http://schema.org/name"), ox.Literal('Un "é" } .'))
    body = n3_patch.insertion(rdf.serialize([ox.Quad(*triple)], syntax).decode())
    (operation,) = n3_patch.parse(body, HERE).operations
    assert [tuple(one) for one in operation.inserts] == [tuple(triple)]
    assert not operation.deletes
    assert not operation.where
