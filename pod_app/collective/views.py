"""The collective's views: follow the pods' changes, publish what may be shown, answer (contracts.md §3).

`follow` keeps running totals fresh; `publish` moves published numbers together, cell by cell, and only those
that at least as many people changed as the threshold says; `read` is a look-up.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

import pyoxigraph as ox
from sqlalchemy import Connection, insert, select
from sqlalchemy import delete as deletion

from pod_app.assets import folder
from pod_app.collective import partial_rows, partials, plans, query_files, unions
from pod_app.collective.answers import Answer, Coverage, answer
from pod_app.collective.datasets import CARD, Datasets
from pod_app.collective.partial_rows import Cells, WrongRowsError
from pod_app.collective.partials import Total
from pod_app.collective.plans import Plan
from pod_app.collective.query_files import QueryFile
from pod_app.settings import DEFAULT_VOCABULARY
from pod_app.standards.wac import ANONYMOUS, Agent
from pod_app.storage import outbox, schema
from pod_app.storage import resources as rows
from pod_app.storage.database import Database
from pod_app.storage.schema import microseconds, moment

ANSWERED: Final = "answered"
REFUSED: Final = "refused"
BATCH: Final = 200
PART_OF: Final = ox.NamedNode("http://www.w3.org/ns/org#subOrganizationOf")
_SEQUENCE: Final = "views.seq"
_PUBLISHED: Final = "views.published:"


@dataclass(frozen=True, slots=True)
class View:
    """A query file made ready, and the identifier under which its numbers are kept."""

    file: QueryFile
    plan: Plan
    id: str


@dataclass(slots=True)
class _Source:
    """One pod's answers to every view, for one community."""

    pod: str
    person: str | None
    cells: dict[str, Cells]
    texts: dict[str, str]
    states: dict[str, str]


class Views:
    """The views over the pods of one installation."""

    def __init__(
        self,
        namespace: str,
        base_url: str,
        database: Database,
        datasets: Datasets,
        clock: Callable[[], datetime],
        publication: timedelta,
    ) -> None:
        self._namespace = namespace
        self._base_url = base_url
        self._database = database
        self.datasets = datasets
        self._clock = clock
        self._publication = publication

    @cached_property
    def files(self) -> dict[str, View]:
        """Every view by name; raises `Invalid` that names a file that cannot be used."""
        found = query_files.load(folder("queries"), self._namespace, DEFAULT_VOCABULARY)
        return {name: self.prepare(file) for name, file in found.items()}

    def prepare(self, file: QueryFile) -> View:
        """A view ready to be computed; raises `Invalid` when it cannot be pushed down."""
        plan = plans.plan(file) if file.scope == "pod" else unions.plan(file)
        return View(file, plan, f"{file.name}@{file.sha256[:16]}")

    def choose(self, name: str) -> View:
        """The view of this name; raises `NotFound`."""
        query_files.choose({one: view.file for one, view in self.files.items()}, name)
        return self.files[name]

    # -- following -------------------------------------------------------------------------------

    def follow(self, limit: int = 1000) -> int:
        """Take in the next changes of pods and return how many there were; publishes when it is time."""
        with self._database.read() as conn:
            seen = int(_meta(conn, _SEQUENCE) or 0)
            changes = outbox.since(conn, seen, limit)
        if changes:
            self._recompute(sorted({change.pod for change in changes}), (seen, changes[-1].seq))
        self._publish_due()
        return len(changes)

    def catch_up(self) -> int:
        """Follow until nothing is left; returns how many changes were taken in."""
        taken = 0
        while found := self.follow():
            taken += found
        return taken

    def rebuild(self) -> int:
        """Compute everything from scratch, from the pods alone; returns how many pods there are."""
        with self._database.read() as conn:
            latest = outbox.latest_seq(conn)
            pods = list(conn.scalars(select(schema.pods.c.pod).where(schema.pods.c.deleted.is_(None))))
            communities = set(conn.scalars(select(schema.view_partials.c.community).distinct()))

        def clear(conn: Connection) -> None:
            for community in communities:
                _forget_running(conn, community)

        self._database.write(clear)
        for start in range(0, len(pods), BATCH):
            self._recompute(sorted(pods[start : start + BATCH]), None)
        self._database.write(lambda conn: _set_meta(conn, _SEQUENCE, str(latest)))
        return len(pods)

    def _recompute(self, pods: Sequence[str], seen: tuple[int, int] | None) -> None:
        """One transaction: the new partial rows, totals moved by the difference, and how far the changes were read.

        When another process has read on meanwhile, its answers are newer than these.
        """
        with self._database.read() as conn:
            sources: dict[str, list[_Source]] = {}
            for pod in pods:
                for community, source in self._sources(conn, pod):
                    sources.setdefault(community, []).append(source)

        def within(conn: Connection) -> None:
            if seen is not None and int(_meta(conn, _SEQUENCE) or 0) != seen[0]:
                return
            for community, found in sources.items():
                self._apply(conn, community, found)
            if seen is not None:
                _set_meta(conn, _SEQUENCE, str(seen[1]))

        self._database.write(within)

    def _sources(self, conn: Connection, pod: str) -> Iterator[tuple[str, _Source]]:
        """What a pod says to each community that may ask it; to one that no longer may, nothing."""
        kind = conn.scalar(select(schema.pods.c.kind).where(schema.pods.c.pod == pod, schema.pods.c.deleted.is_(None)))
        asking = self._asking(conn, pod, kind) if kind else set()
        for community in asking:
            yield community, self._answers(conn, community, pod, str(kind))
        for community in partials.communities_of(conn, pod) - asking:
            yield community, _Source(pod, None, {}, {}, {})

    def _asking(self, conn: Connection, pod: str, kind: str) -> set[str]:
        if kind == "person":
            given = (schema.consents.c.pod == pod) & (schema.consents.c.purpose == "count")
            return set(conn.scalars(select(schema.consents.c.community).where(given)))
        return ({pod} if kind == "community" else set()) | self._gardens_communities(conn, pod)

    def _gardens_communities(self, conn: Connection, pod: str) -> set[str]:
        """Communities that a garden's public card names, as far as they are here."""
        store = self.datasets.of(conn, pod, "garden", [ANONYMOUS])[ANONYMOUS]
        webid = ox.NamedNode(f"{self._base_url}{pod}/{CARD}#us")
        found = (quad.object for quad in store.quads_for_pattern(webid, PART_OF, None))
        named = {thing.value for thing in found if isinstance(thing, ox.NamedNode)}
        names = {iri.removeprefix(self._base_url).partition("/")[0] for iri in named if iri.startswith(self._base_url)}
        here = select(schema.pods.c.pod).where(schema.pods.c.pod.in_(names), schema.pods.c.kind == "community")
        return set(conn.scalars(here))

    def agent(self, community: str) -> Agent:
        """Who asks for a community: its own WebID."""
        return Agent(webid=f"{self._base_url}{community}/{CARD}#us")

    def _answers(self, conn: Connection, community: str, pod: str, kind: str) -> _Source:
        stores = self.datasets.of(conn, pod, kind, [ANONYMOUS, self.agent(community)])
        person = min(rows.owners(conn, pod), default=None) if kind == "person" else None
        source = _Source(pod, person, {}, {}, {})
        for view in self.files.values():
            store = stores[ANONYMOUS if view.file.audience == "public" else self.agent(community)]
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

    def _apply(self, conn: Connection, community: str, sources: Sequence[_Source]) -> None:
        before = partials.stored(conn, community, [source.pod for source in sources])
        for view in self.files.values():
            if view.file.scope == "pod":
                self._apply_view(conn, community, view, sources, before)
        for source in sources:
            at = microseconds(self._clock())
            partials.replace(
                conn, community, source.pod,
                [{"view": k, "state": s, "rows": source.texts[k], "at": at} for k, s in source.states.items()],
            )  # fmt: skip

    def _apply_view(
        self,
        conn: Connection,
        community: str,
        view: View,
        sources: Sequence[_Source],
        before: Mapping[tuple[str, str], str],
    ) -> None:
        changed: Cells = {}
        moved: list[tuple[str, str]] = []
        for source in sources:
            old = partial_rows.loads(before.get((view.id, source.pod)))
            difference = partial_rows.difference(old, source.cells.get(view.id, {}))
            for key, cell in difference.items():
                changed.setdefault(key, partial_rows.Cell()).add(cell)
                moved.append((key, source.person or source.pod))
        if changed:
            partials.move(conn, community, view.id, view.plan, changed)
            if view.file.threshold:
                partials.note_moved(conn, community, view.id, moved)

    # -- publishing ------------------------------------------------------------------------------

    def _publish_due(self) -> None:
        with self._database.read() as conn:
            due = [one for one in self._communities(conn) if self._is_due(_meta(conn, _PUBLISHED + one))]
        for community in due:
            self.publish(community)

    def _is_due(self, last: str | None) -> bool:
        return last is not None and self._clock() - moment(int(last)) >= self._publication

    def _communities(self, conn: Connection) -> list[str]:
        return list(conn.scalars(select(schema.view_partials.c.community).distinct()))

    def publish(self, community: str) -> datetime:
        """Move the published numbers of a community now, as far as thresholds let them; returns the instant."""
        now = self._clock()

        def within(conn: Connection) -> None:
            for stale in partials.known_views(conn, community) - {view.id for view in self.files.values()}:
                partials.forget(conn, community, [stale])
            for view in self.files.values():
                if view.file.threshold:
                    kept_back = _publish(conn, community, view)
                    _set_meta(conn, _kept_back(community, view), str(kept_back))
            _set_meta(conn, _PUBLISHED + community, str(microseconds(now)))

        self._database.write(within)
        return now

    # -- reading ---------------------------------------------------------------------------------

    def read(self, name: str, community: str, given: Mapping[str, str] | None = None) -> Answer:
        """What a view says about a community, with its coverage; raises `NotFound` and `Invalid`."""
        view = self.choose(name)
        view.file.bindings(given or {})
        with self._database.read() as conn:
            shown = (
                partials.published(conn, community, view.id) if view.file.threshold else totals(conn, community, view)
            )
            states, oldest = partials.coverage(conn, community, view.id)
            suppressed = int(_meta(conn, _kept_back(community, view)) or 0)
            last = _meta(conn, _PUBLISHED + community)
        coverage = Coverage(
            asked=sum(states.values()), answered=states.get(ANSWERED, 0), refused=states.get(REFUSED, 0),
            suppressed=suppressed, oldest=moment(oldest) if oldest is not None else None,
        )  # fmt: skip
        made = moment(int(last)) if view.file.threshold and last else self._clock()
        return answer(view.file, view.plan, shown, coverage, made, self._base_url)


def compute(view: View, store: ox.Store, person: str | None) -> Cells:
    """One pod's cells of a view; raises `WrongRowsError`."""
    found: Any = store.query(view.plan.rows, substitutions=plans.substituted(view.file.bindings({})))
    return partial_rows.compute(view.plan, found, person)


def totals(conn: Connection, community: str, view: View) -> list[Total]:
    """Every cell of a view as it is now, before any threshold.

    Those of a view over the union are computed here, which costs what its union costs; all others are kept.
    """
    if view.file.scope == "pod":
        return partials.totals(conn, community, view.id)
    return unions.totals(view.file, view.plan, partials.texts(conn, community, view.id))


def _publish(conn: Connection, community: str, view: View) -> int:
    """Show a cell when enough people stand behind it, move it when enough people moved it; returns how many are not."""
    now = {total.key: total for total in totals(conn, community, view)}
    before = {total.key: total for total in partials.published(conn, community, view.id)}
    moved = partials.moved(conn, community, view.id)
    least = view.file.threshold
    by_difference = view.file.scope == "union" or view.file.people != "pods"

    def enough(total: Total) -> bool:
        old = before.get(total.key)
        if old is None:
            return True
        return (abs(total.people - old.people) if by_difference else moved.get(total.key, 0)) >= least

    shown = [total for total in now.values() if total.people >= least and enough(total)]
    gone = [key for key in before if key not in now or now[key].people < least]
    partials.publish(conn, community, view.id, shown, gone)
    return sum(total.people < least for total in now.values())


def _kept_back(community: str, view: View) -> str:
    return f"views.kept-back:{community}:{view.id}"


def _forget_running(conn: Connection, community: str) -> None:
    for table in (schema.view_partials, schema.view_totals, schema.view_members):
        conn.execute(deletion(table).where(table.c.community == community))


def _meta(conn: Connection, key: str) -> str | None:
    found: str | None = conn.scalar(select(schema.meta.c.value).where(schema.meta.c.key == key))
    return found


def _set_meta(conn: Connection, key: str, value: str) -> None:
    conn.execute(deletion(schema.meta).where(schema.meta.c.key == key))
    conn.execute(insert(schema.meta).values(key=key, value=value))
