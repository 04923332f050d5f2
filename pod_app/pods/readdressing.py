"""Documents that follow their pod to another address: IRIs under the old root come to stand under the new one."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pyoxigraph as ox

from pod_app.errors import TooComplex
from pod_app.standards import complexity, rdf

_BLANK: Final = re.compile(r"_:\w+")


@dataclass(frozen=True, slots=True)
class Move:
    """Root of a pod before and after, with a final slash; `people` are WebIDs that become another one."""

    before: str
    after: str
    people: Mapping[str, str] = field(default_factory=dict)

    def iri(self, iri: str) -> str:
        """What an address means after the move."""
        if iri in self.people:
            return self.people[iri]
        return self.after + iri.removeprefix(self.before) if iri.startswith(self.before) else iri


def readdressed(data: bytes, media_type: str, move: Move, path: str, there: str = "") -> bytes:
    """A document whose IRIs follow `move`; the very same bytes when they follow by themselves.

    Relative IRIs follow their document, which comes to stand `there` (else at `path` under the new root), but one such
    as `</alice/profile/card>` leads elsewhere under another host. Signed documents and other bytes stay as they are.
    """
    bare = media_type.partition(";")[0].strip().lower()
    if bare == rdf.VC or not rdf.is_rdf(bare):
        return data
    wanted = moved(rdf.parse(data, bare, move.before + path), move)
    if statements(wanted) == statements(rdf.parse(data, bare, there or move.after + path)):
        return data
    return rdf.serialize(wanted, bare)


def moved(quads: Iterable[ox.Quad], move: Move) -> list[ox.Quad]:
    """Statements whose IRIs follow `move`."""

    def term(one: Any) -> Any:
        return ox.NamedNode(move.iri(one.value)) if isinstance(one, ox.NamedNode) else one

    return [
        ox.Quad(*(term(one) for one in (quad.subject, quad.predicate, quad.object, quad.graph_name))) for quad in quads
    ]


def statements(quads: Iterable[ox.Quad]) -> list[str]:
    """Quads as text, blank nodes without their names: enough to tell whether any address differs."""
    return sorted(_BLANK.sub("_:", str(quad)) for quad in quads)


def says_the_same(some: list[ox.Quad], others: list[ox.Quad]) -> bool:
    """Whether two documents are the same graph, whatever their blank nodes are called (RDF 1.1 §3.6).

    Where telling blank nodes apart could take too long their names are only left out of the comparison.
    """
    if statements(set(some)) != statements(set(others)):
        return False
    try:
        complexity.require_simple(some)
        complexity.require_simple(others)
    except TooComplex:
        return True
    return _canonical(some) == _canonical(others)


def _canonical(quads: Iterable[ox.Quad]) -> set[ox.Quad]:
    held = ox.Dataset(quads)
    held.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return set(held)
