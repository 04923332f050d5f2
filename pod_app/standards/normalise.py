"""The Open Badges contexts misspell the XML Schema namespace, so a date of a badge is no date to SPARQL.

Run on the real files: `awardedDate` gets the datatype `xsd:dateTime` taken as an IRI, other terms
`https://www.w3.org/2001/XMLSchema#…`, and names are `https://schema.org/…` here but
`http://schema.org/…` in Open Badges 2: filters and joins then answer wrongly without a word, each
engine in its own way. The triples given here are derived, for queries; the signed bytes never
change and the canonical form for proofs is made from them, not from these.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, parse

from pod_app.errors import N_, Invalid
from pod_app.standards import complexity
from pod_app.standards.expansion import inline_text, require_shallow, require_small

_XSD: Final = "http://www.w3.org/2001/XMLSchema#"
_WRONG_XSD: Final = ("https://www.w3.org/2001/XMLSchema#", "xsd:")
_SCHEMA: Final = "https://schema.org/"
_WRONG_SCHEMA: Final = "http://schema.org/"

Node = NamedNode | BlankNode
Term = Node | Literal | Triple


def triples_of(document: Mapping[str, Any]) -> list[Quad]:
    """Quads of a signed JSON-LD document as queries need them, proofs in their own (blank) graphs.

    Takes known contexts only; limits and errors as data_integrity.canonical.
    """
    require_shallow(document)
    require_small(document)
    try:
        quads = list(parse(inline_text(document).encode("utf-8"), RdfFormat.JSON_LD))
    except (SyntaxError, ValueError) as problem:
        raise Invalid(
            N_("This document cannot be read as JSON-LD: {problem}."), problem=str(problem)[:300]
        ) from problem
    complexity.require_simple(quads)
    return list(normalised(quads))


def normalised(quads: Iterable[Quad]) -> Iterator[Quad]:
    """Yield the same quads with XML Schema datatypes and schema.org written in their one right way."""
    for quad in quads:
        yield Quad(_node(quad.subject), _property(quad.predicate), _term(quad.object), quad.graph_name)


def _property(term: NamedNode) -> NamedNode:
    return NamedNode(_iri(term.value))


def _node(term: Node | Triple) -> Node | Triple:
    return NamedNode(_iri(term.value)) if isinstance(term, NamedNode) else term


def _term(term: Term) -> Term:
    if isinstance(term, Literal):
        return term if term.language else Literal(term.value, datatype=NamedNode(_datatype(term.datatype.value)))
    return _node(term)


def _datatype(iri: str) -> str:
    for wrong in _WRONG_XSD:
        if iri.startswith(wrong):
            return _XSD + iri.removeprefix(wrong)
    return iri


def _iri(iri: str) -> str:
    return _SCHEMA + iri.removeprefix(_WRONG_SCHEMA) if iri.startswith(_WRONG_SCHEMA) else iri
