"""A document of two kilobytes keeps RDFC-1.0 busy for hours, so blank nodes are counted before canonicalising.

RDFC-1.0 (https://www.w3.org/TR/rdf-canon/#dataset-poisoning) tells most blank nodes apart by the
quads around them (their first-degree hash) at no cost. Only *twins*, nodes that share that hash,
are compared by trying permutations; twins whose neighbours are no twins are cheap. What is left is
dangerous in two ways, and both are bounded here: many twins of one hash, and cycles among twins.
Honest badges are trees, and their twins are leaves.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from pyoxigraph import BlankNode, Quad

from pod_app.errors import N_, TooComplex


@dataclass(frozen=True, slots=True)
class Limits:
    """Numbers of blank nodes; `bound_twins` counts the twins of one hash that touch another twin."""

    blank_nodes: int = 200
    bound_twins: int = 4
    cyclic_twins: int = 6


HONEST: Final = Limits()


def require_simple(quads: Iterable[Quad], limits: Limits = HONEST) -> None:
    """TooComplex when canonicalising `quads` could cost more than some milliseconds.

    Takes time linear in the quads; see the module for what is counted.
    """
    mentions = _mentions(quads)
    if len(mentions) > limits.blank_nodes:
        raise TooComplex(
            N_("This document has {count} nodes without an id; {limit} are allowed."),
            N_("Give ids to its parts, or split it."),
            count=len(mentions),
            limit=limits.blank_nodes,
        )
    twins = _twins(mentions)
    neighbours = _neighbours(mentions, frozenset(twins))
    bound = Counter(twins[node] for node, others in neighbours.items() if others)
    cyclic = max((len(part) for part in _components(neighbours) if _has_cycle(part, neighbours)), default=0)
    if max(bound.values(), default=0) > limits.bound_twins or cyclic > limits.cyclic_twins:
        raise TooComplex(
            N_(
                "This document ties {count} look-alike nodes without an id together: telling them apart takes too long."
            ),
            N_("Give ids to its parts."),
            count=max(cyclic, max(bound.values(), default=0)),
        )


def _mentions(quads: Iterable[Quad]) -> dict[str, list[Quad]]:
    mentions: dict[str, list[Quad]] = {}
    for quad in quads:
        for node in _blank_nodes(quad):
            mentions.setdefault(node, []).append(quad)
    return mentions


def _blank_nodes(quad: Quad) -> set[str]:
    return {term.value for term in (quad.subject, quad.object, quad.graph_name) if isinstance(term, BlankNode)}


def _first_degree(node: str, quads: Sequence[Quad]) -> tuple[str, ...]:
    """Form that RDFC-1.0 hashes first (§4.6): the node's quads with itself as a and every other blank node as z."""

    def shown(term: object) -> str:
        return ("_:a" if term.value == node else "_:z") if isinstance(term, BlankNode) else str(term)

    return tuple(sorted(" ".join(shown(term) for term in quad) for quad in quads))


def _twins(mentions: Mapping[str, Sequence[Quad]]) -> dict[str, tuple[str, ...]]:
    """Node → first-degree form, for nodes that share theirs with another one."""
    forms = {node: _first_degree(node, quads) for node, quads in mentions.items()}
    seen = Counter(forms.values())
    return {node: form for node, form in forms.items() if seen[form] > 1}


def _neighbours(mentions: Mapping[str, Sequence[Quad]], twins: frozenset[str]) -> dict[str, set[str]]:
    """Twin → the other twins that stand in one quad with it."""
    neighbours: dict[str, set[str]] = {node: set() for node in twins}
    for node in twins:
        for quad in mentions[node]:
            neighbours[node] |= (_blank_nodes(quad) & twins) - {node}
    return neighbours


def _components(neighbours: Mapping[str, set[str]]) -> list[set[str]]:
    """Split the graph of twins into its connected parts."""
    left, parts = set(neighbours), []
    while left:
        part, edge = set(), [left.pop()]
        while edge:
            node = edge.pop()
            part.add(node)
            edge.extend(neighbours[node] & left)
            left -= neighbours[node]
        parts.append(part)
    return parts


def _has_cycle(part: set[str], neighbours: Mapping[str, set[str]]) -> bool:
    edges = sum(1 for one, other in combinations(part, 2) if other in neighbours[one])
    return edges >= len(part)
