"""What one pod says to every view, for each community that may ask it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pyoxigraph as ox
from sqlalchemy import Connection, select

from pod_app.collective import partial_rows, partials, plans, unions
from pod_app.collective.datasets import CARD, Datasets
from pod_app.collective.library import Library, View
from pod_app.collective.partial_rows import Cells, WrongRowsError
from pod_app.pods.audience import COUNT, is_elsewhere
from pod_app.standards.wac import ANONYMOUS, Agent
from pod_app.storage import resources as rows
from pod_app.storage import schema

ANSWERED: Final = "answered"
REFUSED: Final = "refused"
LATE: Final = "late"
PART_OF: Final = ox.NamedNode("http://www.w3.org/ns/org#subOrganizationOf")


@dataclass(slots=True)
class Source:
    """One pod's answers to a community by the views' identifiers; without any, the pod no longer counts.

    `person` is who stands behind the pod, None for groups; `cells` are those of views of scope pod, `texts`
    the stored form of every answer, `states` ANSWERED, REFUSED, LATE; `at` is when (microseconds), where not now.
    """

    pod: str
    person: str | None = None
    cells: dict[str, Cells] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    at: dict[str, int] = field(default_factory=dict)


class Sources:
    """The pods of one installation as the communities see them."""

    def __init__(self, base_url: str, datasets: Datasets, library: Library) -> None:
        self._base_url = base_url
        self.datasets = datasets
        self._library = library

    def agent(self, community: str) -> Agent:
        """Who asks for a community: its own WebID."""
        return Agent(webid=f"{self._base_url}{community}/{CARD}#us")

    def of(self, conn: Connection, pod: str) -> Iterator[tuple[str, Source]]:
        """What a pod says to each community that may ask it; to one that no longer may, nothing."""
        kind = conn.scalar(select(schema.pods.c.kind).where(schema.pods.c.pod == pod, schema.pods.c.deleted.is_(None)))
        asking = self._asking(conn, pod, kind) if kind else set()
        for community in asking:
            yield community, self._answers(conn, community, pod, str(kind))
        for community in partials.communities_of(conn, pod) - asking:
            yield community, Source(pod)

    def _asking(self, conn: Connection, pod: str, kind: str) -> set[str]:
        """Communities here; those elsewhere ask by themselves (`answering`)."""
        given = (schema.consents.c.pod == pod) & (schema.consents.c.purpose == COUNT)
        found = set(conn.scalars(select(schema.consents.c.community).where(given)))
        here = {community for community in found if not is_elsewhere(community)}
        if kind == "person":
            return here
        return here | ({pod} if kind == "community" else set()) | self._gardens_communities(conn, pod)

    def _gardens_communities(self, conn: Connection, pod: str) -> set[str]:
        """Communities that a garden's public card names, as far as they are here."""
        store = self.datasets.of(conn, pod, "garden", [ANONYMOUS])[ANONYMOUS]
        webid = ox.NamedNode(f"{self._base_url}{pod}/{CARD}#us")
        found = (quad.object for quad in store.quads_for_pattern(webid, PART_OF, None))
        named = {thing.value for thing in found if isinstance(thing, ox.NamedNode)}
        names = {iri.removeprefix(self._base_url).partition("/")[0] for iri in named if iri.startswith(self._base_url)}
        here = select(schema.pods.c.pod).where(schema.pods.c.pod.in_(names), schema.pods.c.kind == "community")
        return set(conn.scalars(here))

    def _answers(self, conn: Connection, community: str, pod: str, kind: str) -> Source:
        agent = self.agent(community)
        stores = self.datasets.of(conn, pod, kind, [ANONYMOUS, agent])
        person = min(rows.owners(conn, pod), default=None) if kind == "person" else None
        return answers(self._library.views, pod, person, {"public": stores[ANONYMOUS], "community": stores[agent]})


def answers(views: Mapping[str, View], pod: str, person: str | None, stores: Mapping[str, ox.Store]) -> Source:
    """One pod's answers to every view over the dataset of the view's audience."""
    source = Source(pod, person)
    for view in views.values():
        store = stores[view.file.audience]
        try:
            if view.file.scope == "pod":
                source.cells[view.id] = compute(view, store, person)
                source.texts[view.id] = partial_rows.dumps(source.cells[view.id])
            else:
                source.texts[view.id] = unions.edges(view.plan, store)
            source.states[view.id] = ANSWERED
        except WrongRowsError:
            source.cells[view.id], source.texts[view.id], source.states[view.id] = {}, "{}", REFUSED
    return source


def compute(view: View, store: ox.Store, person: str | None) -> Cells:
    """One pod's cells of a view; raises `WrongRowsError`."""
    found: Any = store.query(view.plan.rows, substitutions=plans.substituted(view.file.bindings({})))
    return partial_rows.compute(view.plan, found, person)
