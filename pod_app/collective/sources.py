"""What one pod says to every view, for each community that may ask it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import pyoxigraph as ox
from sqlalchemy import Connection, select

from pod_app.collective import elsewhere, partial_rows, partials, plans, unions
from pod_app.collective.datasets import CARD, Datasets
from pod_app.collective.library import View
from pod_app.collective.partial_rows import Cell, Cells, WrongRowsError
from pod_app.collective.partials import Said
from pod_app.pods.audience import COUNT, is_elsewhere
from pod_app.standards.wac import ANONYMOUS, Agent
from pod_app.storage import resources as rows
from pod_app.storage import schema
from pod_app.storage.database import ask

ANSWERED: Final = "answered"
REFUSED: Final = "refused"
LATE: Final = "late"
APART: Final = "apart "
PART_OF: Final = ox.NamedNode("http://www.w3.org/ns/org#subOrganizationOf")
_NOTHING: Final = Cell()
_POD: Final = "SELECT kind, version, webid FROM pods WHERE pod = ? AND deleted IS NULL"
_COUNTED: Final = "SELECT community FROM consents WHERE pod = ? AND purpose = ?"


@dataclass(slots=True)
class Source:
    """One pod's answers to a community: state and stored rows by the views' identifiers; none when it counts no more.

    `version` is that of the pod when it was asked (None for pods elsewhere); `person` is who stands behind it, None
    for groups; `at` is when it spoke (microseconds), where not now.
    """

    pod: str
    version: int | None = None
    person: str | None = None
    said: dict[str, Said] = field(default_factory=dict)
    at: int | None = None


class Sources:
    """The pods of one installation as the communities see them."""

    def __init__(self, base_url: str, datasets: Datasets) -> None:
        self._base_url = base_url
        self.datasets = datasets

    def agent(self, community: str) -> Agent:
        """Who asks for a community: its own WebID."""
        return Agent(webid=f"{self._base_url}{community}/{CARD}#us")

    def of(self, conn: Connection, views: Iterable[View], pod: str) -> Iterator[tuple[str, Source]]:
        """What a pod says to each community that may ask it; to one that no longer may, nothing."""
        kind, version, webid = next(iter(ask(conn, _POD, (pod,))), (None, None, None))
        asking = self._asking(conn, pod, kind) if kind else set()
        for community in sorted(asking):
            if webid is None:
                yield community, self.answers(conn, views, community, pod, kind, version)
            else:
                yield community, self._away(conn, views, community, pod, webid)
        for community in sorted(partials.communities_of(conn, pod) - asking):
            yield community, Source(pod, version)

    def answers(
        self, conn: Connection, views: Iterable[View], community: str, pod: str, kind: str, version: int
    ) -> Source:
        """What a pod says to one community."""
        agent = self.agent(community)
        stores = self.datasets.of(conn, pod, kind, [ANONYMOUS, agent])
        person = min(rows.owners(conn, pod), default=None) if kind == "person" else None
        said = answers(views, person, {"public": stores[ANONYMOUS], "community": stores[agent]})
        return Source(pod, version, person or None, said)

    def _away(self, conn: Connection, views: Iterable[View], community: str, pod: str, webid: str) -> Source:
        """What was last read of a pod on another server; one that does not answer is late, one that refuses says so."""
        views = tuple(views)
        last = elsewhere.reading(conn, pod, community)
        state = LATE if last is None else last.state
        agent = self.agent(community)
        stores = self.datasets.away(conn, pod, community, agent)
        said = answers(views, webid, {"public": stores[ANONYMOUS], "community": stores[agent]})
        if state != ANSWERED:
            kept = last is not None and last.at is not None and state == LATE
            said = {view: (state, text if kept else "") for view, (_, text) in said.items()}
        return Source(pod, None, webid, said, last.at if last else None)

    def _asking(self, conn: Connection, pod: str, kind: str) -> set[str]:
        """Communities here; those elsewhere ask by themselves (`answering`)."""
        here = {row[0] for row in ask(conn, _COUNTED, (pod, COUNT)) if not is_elsewhere(row[0])}
        if kind == "person":
            return here
        return here | ({pod} if kind == "community" else set()) | self._gardens_communities(conn, pod)

    def _gardens_communities(self, conn: Connection, pod: str) -> set[str]:
        """Communities that a garden's public card names, as far as they are here."""
        webid = ox.NamedNode(f"{self._base_url}{pod}/{CARD}#us")
        found = (
            quad.object for quad in self.datasets.card(conn, pod, ANONYMOUS).quads_for_pattern(webid, PART_OF, None)
        )
        named = {thing.value for thing in found if isinstance(thing, ox.NamedNode)}
        names = {iri.removeprefix(self._base_url).partition("/")[0] for iri in named if iri.startswith(self._base_url)}
        here = select(schema.pods.c.pod).where(schema.pods.c.pod.in_(names), schema.pods.c.kind == "community")
        return set(conn.scalars(here))


def answers(views: Iterable[View], person: str | None, stores: Mapping[str, ox.Store]) -> dict[str, Said]:
    """One pod's answers to every view over the dataset of the view's audience: a function of these alone."""
    said: dict[str, Said] = {}
    found: dict[str, Cells] = {}
    views = tuple(views)
    for view in views:
        store = stores[view.file.audience]
        if view.file.scope == "union":
            said[view.id] = (ANSWERED, unions.edges(view.plan, store))
            continue
        try:
            found[view.id] = compute(view, store, person)
        except WrongRowsError:
            said[view.id] = (REFUSED, "")
    tell_apart(views, found, person)
    return said | {view: (ANSWERED, partial_rows.dumps(cells)) for view, cells in found.items()}


def compute(view: View, store: ox.Store, person: str | None) -> Cells:
    """One pod's cells of a view; raises `WrongRowsError`."""
    if not _could_answer(view, store):
        return {}
    bound = plans.substituted(view.file.bindings(view.parameters)) if view.parameters else None
    found: Any = store.query(view.plan.rows, substitutions=bound)
    return partial_rows.compute(view.plan, found, person)


def _could_answer(view: View, store: ox.Store) -> bool:
    """Whether the triples without which there is no solution are there: a hundred times quicker than a query."""
    return all(
        any(True for _ in store.quads_for_pattern(None, _node(predicate), _node(thing) if thing else None))
        for predicate, thing in view.plan.needs
    )


def tell_apart(views: Iterable[View], found: Mapping[str, Cells], person: str | None) -> None:
    """Note in which cells a person's answer differs from that to the same view with other parameters.

    So that no two numbers are shown whose difference is about fewer people than the threshold.
    """
    earlier: dict[str, list[str]] = {}
    for view in views:
        if person is not None and view.file.threshold and view.id in found:
            others = earlier.setdefault(view.file.name, [])
            for other in others:
                _note_apart(found[view.id], found[other], f"{APART}{other}", person)
            others.append(view.id)


def _note_apart(mine: Cells, theirs: Cells, bag: str, person: str) -> None:
    for key in sorted(mine.keys() | theirs.keys()):
        if mine.get(key, _NOTHING).without(APART) != theirs.get(key, _NOTHING).without(APART):
            mine.setdefault(key, Cell()).bags[bag] = Counter({person: 1})


@lru_cache(maxsize=1024)
def _node(iri: str) -> ox.NamedNode:
    return ox.NamedNode(iri)
