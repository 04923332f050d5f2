"""What rdflib's algebra tells about a view's query: its form, its triples, and what cannot be pushed down.

The only module here that loads rdflib's SPARQL, which takes 0.4 s: asked for when a view is made ready.
"""

from collections.abc import Iterator
from typing import Any, Final

from rdflib.namespace import RDF
from rdflib.paths import AlternativePath, InvPath, MulPath, NegatedPath, Path, SequencePath
from rdflib.plugins.sparql.algebra import translateQuery
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import BNode, URIRef, Variable

from pod_app.collective.query_files import QueryFile, refused
from pod_app.errors import N_, Invalid

_REFUSED_NODES: Final = {
    "ServiceGraphPattern": "SERVICE", "Graph": "GRAPH", "ToMultiSet": "VALUES or a SELECT inside it",
    "Builtin_RAND": "RAND", "Builtin_NOW": "NOW", "Builtin_UUID": "UUID", "Builtin_STRUUID": "STRUUID",
    "Builtin_BNODE": "BNODE",
}  # fmt: skip


def parse(view: QueryFile) -> Any:
    """The algebra of a view's query; raises `Invalid` with the parser's words."""
    try:
        return translateQuery(parseQuery(view.text))
    except Exception as error:  # rdflib raises pyparsing's and its own, and bare ones
        raise Invalid(
            N_("queries/{name}.rq is not a SPARQL query: {problem}."),
            N_("Correct the query."),
            name=view.name, problem=str(error).splitlines()[0] if str(error) else type(error).__name__,
        ) from error  # fmt: skip


def nodes(node: Any) -> Iterator[CompValue]:
    """Every node of an algebra tree."""
    if isinstance(node, CompValue):
        yield node
        for value in node.values():
            yield from nodes(value)
    elif isinstance(node, (list, tuple, set)):
        for value in node:
            yield from nodes(value)


def refuse_constructs(view: QueryFile, algebra: Any) -> None:
    """Raise `Invalid` naming the construct that cannot be pushed down."""
    if algebra.name != "SelectQuery":
        raise refused(view, "only a SELECT can be")
    for node in nodes(algebra):
        if node.name in _REFUSED_NODES:
            raise refused(view, _REFUSED_NODES[node.name])


def refuse_disconnected(view: QueryFile, algebra: Any) -> None:
    """Joins stay inside one pod only when every pattern hangs together by variables (contracts.md §3)."""
    groups: list[set[Any]] = []
    for node in nodes(algebra):
        for triple in node.get("triples") or () if node.name == "BGP" else ():
            names = {term for term in triple if isinstance(term, (Variable, BNode))}
            touching = [group for group in groups if group & names]
            groups = [group for group in groups if not group & names] + [names.union(*touching)]
    if len(groups) > 1:
        raise refused(view, "patterns that share no variable")


def named(view: QueryFile, algebra: Any) -> tuple[set[str], set[str]]:
    """Predicates of a query's triples, and classes that stand as objects of rdf:type; raises `Invalid`."""
    predicates: set[str] = set()
    classes: set[str] = set()
    for node in nodes(algebra):
        for _, predicate, thing in node.get("triples") or () if node.name == "BGP" else ():
            found = set(_iris(predicate))
            if not found:
                raise refused(view, f"a variable as predicate ({predicate})")
            predicates |= found
            if predicate == RDF.type:
                classes.add(str(thing))
    return predicates, classes


def needs(node: Any) -> tuple[tuple[str, str], ...]:
    """Predicates, with their object where it is an IRI, of triples without which there is no solution at all."""
    if node.name == "BGP":
        return tuple(
            (str(predicate), str(thing) if isinstance(thing, URIRef) else "")
            for _, predicate, thing in node.triples
            if isinstance(predicate, URIRef)
        )
    inner = {"Join": ("p1", "p2"), "LeftJoin": ("p1",), "Minus": ("p1",), "Union": ()}.get(node.name, ("p",))
    return tuple(dict.fromkeys(one for part in inner if node.get(part) is not None for one in needs(node[part])))


def _iris(predicate: Any) -> Iterator[str]:
    if isinstance(predicate, URIRef):
        yield str(predicate)
    elif isinstance(predicate, (AlternativePath, SequencePath)):
        for part in predicate.args:
            yield from _iris(part)
    elif isinstance(predicate, (InvPath, MulPath)):
        yield from _iris(predicate.arg if isinstance(predicate, InvPath) else predicate.path)
    elif isinstance(predicate, (NegatedPath, Path)):
        return
