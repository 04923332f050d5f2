"""Read a view: look up what may be shown, and how complete it is."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from pod_app.collective import library, partial_rows, partials, running, shown, totalling, unions
from pod_app.collective.answers import Answer, Coverage, answer
from pod_app.collective.library import Library, View
from pod_app.collective.running import Total
from pod_app.collective.shown import Shown
from pod_app.collective.sources import ANSWERED, LATE, REFUSED, Source, Sources
from pod_app.errors import Invalid
from pod_app.storage.database import Database
from pod_app.storage.schema import moment

LOG: Final = logging.getLogger("pod_app.views")
PATIENCE: Final = 5.0
"""For how many seconds pods are asked on the spot for a value that no numbers are kept for; all others are late."""


class Reading:
    """Answers the views of one installation."""

    def __init__(
        self, base_url: str, database: Database, library: Library, sources: Sources, clock: Callable[[], datetime]
    ) -> None:
        self._base_url = base_url
        self._database = database
        self._library = library
        self._sources = sources
        self._clock = clock

    def read(self, name: str, community: str, given: Mapping[str, str]) -> Answer:
        """What a view says about a community, with its coverage; raises `NotFound` and `Invalid`."""
        day = self._clock().date()
        view = self._library.choose(name, given, day)
        default, *others = self._library.variants(day)[name]
        with self._database.read() as conn:
            if view.id not in {default.id, *(one.id for one in others)}:
                return self._on_the_spot(conn, community, view, default)
            standing = shown.standing(conn, community, view)
            view = _standing_view(view, standing)
            find = _published if view.file.threshold else totalling.totals
            cells = find(conn, community, view)
            coverage = _coverage(conn, community, view, standing.suppressed if standing else 0)
        made = moment(standing.at) if standing and view.file.threshold else self._clock()
        return self._answer(view, cells, coverage, made)

    def _on_the_spot(self, conn: Connection, community: str, view: View, default: View) -> Answer:
        """Ask every pod now, for values that no numbers are kept for; only views without a threshold come here."""
        if view.file.scope == "union":
            texts = partials.texts_by_pod(conn, community, default.id)
            cells = unions.totals(view.file, view.plan, view.parameters, texts)
            return self._answer(view, cells, _coverage(conn, community, default, 0), self._clock())
        asked = partials.pods_of(conn, community)
        found: list[Source] = []
        until = time.monotonic() + PATIENCE
        for pod in asked:
            if time.monotonic() < until:
                found += [source for name, source in self._sources.of(conn, [view], pod) if name == community]
        said = [source.said[view.id] for source in found if source.said]
        cells = running.summed(view.plan, [partial_rows.loads(text) for _, text in said])
        states = [state for state, _ in said]
        coverage = Coverage(
            asked=len(asked), answered=states.count(ANSWERED), refused=states.count(REFUSED),
            late=len(asked) - len(states), oldest=self._clock(),
        )  # fmt: skip
        return self._answer(view, cells, coverage, self._clock())

    def _answer(self, view: View, cells: list[Total], coverage: Coverage, made: datetime) -> Answer:
        return answer(view.file, view.plan, cells, coverage, made, self._base_url, view.parameters)


def _published(conn: Connection, community: str, view: View) -> list[Total]:
    return shown.published(conn, community, view.id)


def _standing_view(view: View, standing: Shown | None) -> View:
    """The view whose numbers stand: that of the query before while those of a new one are being computed."""
    if standing is None or standing.view == view.id:
        return view
    try:
        return replace(library.again(standing.query, standing.parameters, view.file.name), id=standing.view)
    except Invalid as error:
        LOG.warning("the numbers of %s wait to be computed anew: %s", view.file.name, error)
        return view


def _coverage(conn: Connection, community: str, view: View, suppressed: int) -> Coverage:
    states, oldest = partials.coverage(conn, community, view.id)
    return Coverage(
        asked=sum(states.values()), answered=states.get(ANSWERED, 0), refused=states.get(REFUSED, 0),
        late=states.get(LATE, 0), suppressed=suppressed, oldest=moment(oldest) if oldest is not None else None,
    )  # fmt: skip
