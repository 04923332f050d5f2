"""The cascade of one skill: who passed it on to whom, as trees, in one breadth-first pass (ADR 0030).

Published together with the cell of the view `learning-cascade`, so that a river moves only when its number does;
whoever no longer lets the community count disappears from it when it is read.
"""

import json
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox
from sqlalchemy import Connection, delete, insert, select

from pod_app.collective import partials, shown
from pod_app.collective.library import View
from pod_app.standards.namespaces import PROV, VF
from pod_app.storage.schema import view_published

VIEW: Final = "learning-cascade"
_EDGES: Final = "/edges"


@dataclass(frozen=True, slots=True)
class Passing:
    """A transmission that `pod` keeps; `giver` and `learner` are WebIDs, `earlier` IRIs, `at` may be empty."""

    iri: str
    pod: str
    giver: str
    learner: str
    at: str
    earlier: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """Somebody whom a skill reached; `parent` is the place of who it came from, -1 for a source of the river."""

    person: str
    parent: int
    pod: str


@dataclass(frozen=True, slots=True)
class River:
    """The trees of one skill: every node stands after its parent; `ignored` counts the links that were cut."""

    nodes: tuple[Node, ...]
    ignored: int
    since: str = ""

    def children(self) -> dict[int, list[int]]:
        """Places of those whom each node passed the skill on to; under -1 the sources."""
        found: dict[int, list[int]] = defaultdict(list)
        for place, node in enumerate(self.nodes):
            found[node.parent].append(place)
        return found

    def people_below(self) -> list[set[str]]:
        """For each node the people of its tree from there on, itself included."""
        below = [{node.person} for node in self.nodes]
        for place in range(len(self.nodes) - 1, -1, -1):
            parent = self.nodes[place].parent
            if parent >= 0:
                below[parent] |= below[place]
        return below

    def among(self, pods: Iterable[str]) -> "River":
        """What is left when only these pods are counted; below who is gone the river waits for its next publication."""
        kept = set(pods)
        places: dict[int, int] = {}
        nodes: list[Node] = []
        for place, node in enumerate(self.nodes):
            if node.pod in kept and (node.parent < 0 or node.parent in places):
                places[place] = len(nodes)
                nodes.append(Node(node.person, places.get(node.parent, -1), node.pod))
        return River(tuple(nodes), self.ignored, self.since)


def read(texts: Mapping[str, str], namespace: str) -> dict[str, list[Passing]]:
    """Transmissions by skill from the edges that pods keep; those without a learner are no edge."""
    found: dict[str, list[Passing]] = defaultdict(list)
    for pod, text in texts.items():
        things: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for quad in ox.parse(text, ox.RdfFormat.N_TRIPLES):
            things[quad.subject.value][quad.predicate.value].append(quad.object.value)
        for iri, said in things.items():
            for skill in said[f"{namespace}savoir"]:
                passing = _passing(iri, pod, said, namespace)
                if passing is not None:
                    found[skill].append(passing)
    return found


def river(passings: Sequence[Passing]) -> River:
    """The trees of one skill's transmissions.

    A transmission hangs below the latest of those it names; a source is a person whose first passing-on names
    none that is known. A loop is cut at its youngest transmission (contracts.md §5).
    """
    known = {one.iri: one for one in passings}
    above, ignored = _without_loops(known)
    below: dict[str, list[Passing]] = defaultdict(list)
    for one in sorted(passings, key=lambda one: (one.at, one.iri)):
        below[above.get(one.iri, "")].append(one)
    nodes: list[Node] = []
    sources: dict[str, int] = {}
    waiting: deque[tuple[Passing, int]] = deque()
    for one in below.pop("", []):
        if one.giver not in sources:
            sources[one.giver] = len(nodes)
            nodes.append(Node(one.giver, -1, one.pod))
        waiting.append((one, sources[one.giver]))
    while waiting:
        one, parent = waiting.popleft()
        nodes.append(Node(one.learner, parent, one.pod))
        waiting.extend((next_one, len(nodes) - 1) for next_one in below.get(one.iri, ()))
    since = min((one.at for one in passings if one.at), default="")[:4]
    return River(tuple(nodes), ignored, since)


def publish(conn: Connection, community: str, view: View, visible: Sequence[str], gone: Sequence[str]) -> None:
    """Keep the rivers of the cells that are shown from now on, and drop those of the cells that are gone."""
    table = view_published
    here = table.c.community == community
    conn.execute(delete(table).where(here, table.c.view.like(f"{VIEW}@%{_EDGES}"), table.c.view != view.id + _EDGES))
    for key in (*visible, *gone):
        conn.execute(delete(table).where(here, table.c.view == view.id + _EDGES, table.c.key == key))
    if not visible:
        return
    namespace = _namespace(view)
    passed = read(partials.texts_by_pod(conn, community, view.id), namespace)
    for key in visible:
        made = river(passed.get(_skill(key), []))
        values = {"community": community, "view": view.id + _EDGES, "key": key, "measures": _dump(made)}
        conn.execute(insert(table).values(values))


def published(conn: Connection, community: str, view: View, skill: str) -> River | None:
    """The river of a skill as it was published, without whoever is no longer counted; None when there is none."""
    table, stands = view_published, shown.standing(conn, community, view)
    if stands is None:
        return None
    where = (table.c.view == stands.view + _EDGES, table.c.key == json.dumps([f"<{skill}>"]))
    stored = conn.scalar(select(table.c.measures).where(table.c.community == community, *where))
    return None if stored is None else _load(stored).among(partials.pods_of(conn, community))


# -- steps ---------------------------------------------------------------------------------------


def _passing(iri: str, pod: str, said: Mapping[str, list[str]], namespace: str) -> Passing | None:
    learners, givers = said[f"{namespace}receveur"], said[f"{namespace}passeur"]
    if not learners:
        return None
    at = min(said[VF["hasPointInTime"].value], default="")
    return Passing(iri, pod, min(givers, default=pod), min(learners), at, tuple(said[PROV["wasInformedBy"].value]))


def _without_loops(known: Mapping[str, Passing]) -> tuple[dict[str, str], int]:
    """What each transmission hangs below, and how many of these links had to be cut."""
    above = {
        one.iri: max(named, key=lambda iri: (known[iri].at, iri))
        for one in known.values()
        if (named := [iri for iri in one.earlier if iri in known])
    }
    done: set[str] = set()
    cut = 0
    for start in known:
        path: dict[str, None] = {}
        here: str | None = start
        while here is not None and here not in done and here not in path:
            path[here] = None
            here = above.get(here)
        if here is not None and here in path:
            way = list(path)
            youngest = max(way[way.index(here) :], key=lambda iri: (known[iri].at, iri))
            del above[youngest]
            cut += 1
        done |= path.keys()
    return above, cut


def _dump(made: River) -> str:
    pods = list(Counter(node.pod for node in made.nodes))
    places = {pod: place for place, pod in enumerate(pods)}
    nodes = [[node.person, node.parent, places[node.pod]] for node in made.nodes]
    return json.dumps({"pods": pods, "nodes": nodes, "ignored": made.ignored, "since": made.since}, ensure_ascii=False)


def _load(text: str) -> River:
    kept = json.loads(text)
    nodes = tuple(Node(person, parent, kept["pods"][pod]) for person, parent, pod in kept["nodes"])
    return River(nodes, kept["ignored"], kept["since"])


def _skill(key: str) -> str:
    return str(json.loads(key)[0])[1:-1]


def _namespace(view: View) -> str:
    """The predicates that the view names are in the installation's own vocabulary."""
    return next(one.removesuffix("savoir") for one in view.plan.predicates if one.endswith("savoir"))
