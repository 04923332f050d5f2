"""pySHACL as a judge: terms go over one by one, because rdflib's own parser would rewrite literals.

`"01"^^xsd:integer` must stay what its author wrote, or a shape would judge another document.
"""

from collections.abc import Callable, Sequence
from typing import Any

import pyoxigraph as ox
import pyshacl
from rdflib import BNode, Graph, Literal, URIRef


def judge_of(shapes: Sequence[ox.Quad]) -> Callable[[Sequence[ox.Quad]], list[ox.Quad]]:
    """Return a function from a document to the quads of its validation report."""
    shapes_graph = _graph(shapes)

    def judge(data: Sequence[ox.Quad]) -> list[ox.Quad]:
        _, report, _ = pyshacl.validate(_graph(data), shacl_graph=shapes_graph, inplace=True, advanced=False)
        return [_quad(triple) for triple in report]

    return judge


def _graph(quads: Sequence[ox.Quad]) -> Graph:
    graph = Graph(bind_namespaces="none")
    for quad in quads:
        graph.add((_to_rdflib(quad.subject), _to_rdflib(quad.predicate), _to_rdflib(quad.object)))
    return graph


def _to_rdflib(term: object) -> URIRef | BNode | Literal:
    if isinstance(term, ox.NamedNode):
        return URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return BNode(term.value)
    if not isinstance(term, ox.Literal):
        raise TypeError(term)
    if term.language:
        return Literal(term.value, lang=term.language)
    return Literal(term.value, datatype=URIRef(term.datatype.value), normalize=False)


def _quad(triple: tuple[Any, Any, Any]) -> ox.Quad:
    subject, predicate, value = (_from_rdflib(term) for term in triple)
    return ox.Quad(subject, predicate, value)


def _from_rdflib(term: Any) -> Any:
    if isinstance(term, URIRef):
        return ox.NamedNode(str(term))
    if isinstance(term, BNode):
        return ox.BlankNode(str(term))
    if term.language:
        return ox.Literal(str(term), language=term.language)
    return ox.Literal(str(term), datatype=None if term.datatype is None else ox.NamedNode(str(term.datatype)))
