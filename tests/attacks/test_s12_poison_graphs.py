"""S12: graphs of two kilobytes that keep RDFC-1.0 busy for minutes are refused, honest badges are not."""

import json
import time
from contextlib import suppress
from itertools import combinations, permutations
from pathlib import Path

import pyoxigraph as ox
import pytest

from pod_app.errors import TooComplex
from pod_app.standards import complexity, data_integrity, normalise

SAMPLES = Path(__file__).resolve().parents[1] / "data" / "badges" / "samples"
HANG = 3.0  # seconds of this process; a loose guard, the refusal takes milliseconds
P = "https://example.org/p"


def document(edges, names=lambda node: f"_:n{node}"):
    """Expanded JSON-LD of a graph: one blank node per vertex, one triple per directed edge."""
    vertices = {}
    for one, other in edges:
        vertices.setdefault(one, []).append({"@id": names(other)})
        vertices.setdefault(other, [])
    return {"@graph": [{"@id": names(vertex), P: others} for vertex, others in vertices.items()]}


def both_ways(edges):
    return [pair for one, other in edges for pair in ((one, other), (other, one))]


def clique(size):
    return list(permutations(range(size), 2))


def generalised_petersen(size, step):
    """GP(n, k): an outer ring, spokes and an inner star; GP(5, 2) is the Petersen graph."""
    edges = []
    for vertex in range(size):
        outer, inner = ("o", vertex), ("i", vertex)
        edges += [(outer, ("o", (vertex + 1) % size)), (outer, inner), (inner, ("i", (vertex + step) % size))]
    return both_ways((f"{one[0]}{one[1]}", f"{other[0]}{other[1]}") for one, other in edges)


def complete_bipartite(size):
    return both_ways((f"a{one}", f"b{other}") for one in range(size) for other in range(size))


def ladder_of_pairs(layers):
    """Pairs of twins, each pair tied to the next: two to the number of layers ways to number them."""
    return both_ways(
        (f"{layer}_{one}", f"{layer + 1}_{other}") for layer in range(layers) for one in range(2) for other in range(2)
    )


def twin_parents(leaves):
    """Two look-alike parents with look-alike children: a tree, and yet factorial."""
    return [(f"p{parent}", f"p{parent}c{child}") for parent in range(2) for child in range(leaves)]


POISON = {
    **{f"clique of {size}": clique(size) for size in range(7, 13)},
    "Petersen graph": generalised_petersen(5, 2),
    "Möbius-Kantor graph": generalised_petersen(8, 3),
    "dodecahedron": generalised_petersen(10, 2),
    "Desargues graph": generalised_petersen(10, 3),
    "Nauru graph": generalised_petersen(12, 5),
    "K5,5": complete_bipartite(5),
    "ladder of 40 pairs": ladder_of_pairs(40),
    "twin parents of 8": twin_parents(8),
    "two cliques of 7": clique(7) + [(one + 7, other + 7) for one, other in clique(7)],
}


@pytest.mark.parametrize("name", POISON)
@pytest.mark.parametrize("reader", [data_integrity.canonical, data_integrity.canonical_second, normalise.triples_of])
def test_a_poison_graph_is_refused_at_once(name, reader):
    poison = document(POISON[name])
    start = time.process_time()
    with pytest.raises(TooComplex):
        reader(poison)
    assert time.process_time() - start < HANG


def test_a_poison_graph_hidden_in_a_badge_is_refused_when_signing_and_when_checking():
    badge = json.loads((SAMPLES / "ob3-reference-validator" / "simple.json").read_text(encoding="utf-8"))
    badge["credentialSubject"]["source"] = [
        {
            "id": f"_:n{one}",
            "type": ["Profile"],
            "parentOrg": [{"id": f"_:n{other}", "type": ["Profile"]} for other in range(9) if other != one],
        }
        for one in range(9)
    ]
    [proof] = data_integrity.proofs(badge)
    with pytest.raises(TooComplex):
        data_integrity.check(badge, proof, bytes(range(32)))


def test_poison_with_different_labels_on_its_edges_ends_in_time():
    nodes = {vertex: {"@id": f"_:n{vertex}"} for vertex in range(8)}
    for number, (one, other) in enumerate(combinations(range(8), 2)):
        nodes[one].setdefault(f"{P}{number % 2}", []).append({"@id": f"_:n{other}"})
        nodes[other].setdefault(f"{P}{number % 2}", []).append({"@id": f"_:n{one}"})
    start = time.process_time()
    with suppress(TooComplex):
        data_integrity.canonical({"@graph": list(nodes.values())})
    assert time.process_time() - start < HANG


def test_201_nodes_without_ids_are_too_many_and_200_are_not():
    leaves = [{P: [{"@value": str(number)}]} for number in range(201)]
    data_integrity.canonical({"@graph": leaves[:200]})
    with pytest.raises(TooComplex, match="201"):
        data_integrity.canonical({"@graph": leaves})


def test_the_largest_graphs_that_pass_are_canonicalised_in_time():
    """The limits are safe: what they let through stays cheap in both engines."""
    allowed = [
        clique(4),
        complete_bipartite(2),
        [(f"{tree}a", f"{tree}b") for tree in range(4)],
        [("a", f"b{leaf}") for leaf in range(190)],
    ]
    for edges in allowed:
        start = time.process_time()
        data_integrity.canonical(document(edges))
        data_integrity.canonical_second(document(edges))
        assert time.process_time() - start < HANG


def test_many_equal_leaves_are_honest():
    leaves = [{P: [{"@value": "same"}]} for _ in range(30)]
    data_integrity.canonical({"@id": "https://example.org/a", P: leaves})
    data_integrity.canonical({"@graph": [{f"{P}0": [{"@value": "parent"}], P: leaves}]})


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("ob3-*/*.json")), ids=lambda path: path.stem)
def test_every_official_sample_is_simple(path):
    quads = ox.parse(
        data_integrity.inline_text(json.loads(path.read_text(encoding="utf-8"))).encode(), ox.RdfFormat.JSON_LD
    )
    complexity.require_simple(quads)
