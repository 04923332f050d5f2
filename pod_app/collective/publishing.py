"""Publish numbers: cells appear with enough people behind them and move only when enough people moved them.

The same cell of one view with several values of its parameters is several numbers about the same people: they move
together or not at all, and none is shown whose difference to another is about fewer people than the threshold.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from pod_app.collective import cascades, kept_rivers, marks, partials, shown, totalling, unions
from pod_app.collective.cascades import River
from pod_app.collective.library import Library, View
from pod_app.collective.running import Total
from pod_app.collective.sources import APART
from pod_app.storage.database import Database
from pod_app.storage.schema import microseconds, moment

Cells = Mapping[str, Total]


@dataclass(frozen=True, slots=True)
class Across:
    """What a view over the union says now, and the rivers that are drawn from the same pass, by the key of a cell."""

    totals: list[Total]
    rivers: Mapping[str, River]


class Publishing:
    """Moves the published numbers of an installation's communities, together and not too often."""

    def __init__(self, database: Database, library: Library, clock: Callable[[], datetime], period: timedelta) -> None:
        self._database = database
        self._library = library
        self._clock = clock
        self._period = period

    def publish_due(self) -> None:
        """Publish again for the communities whose numbers are as old as the setting says."""
        with self._database.read() as conn:
            last = marks.publications(conn)
        now = self._clock()
        for community, instant in last.items():
            if now - moment(instant) >= self._period:
                self.publish(community)

    def publish(self, community: str) -> datetime:
        """Move the published numbers of a community now, as far as thresholds let them; returns the instant.

        Views that are still being computed keep showing what was published before.
        """
        now = self._clock()
        variants = self._library.variants(now.date())
        across = self._across(community, variants)

        def within(conn: Connection) -> None:
            complete = json.loads(marks.get(conn, marks.FILLING) or "{}").get("complete", [])
            for views in variants.values():
                if all(view.id in complete for view in views):
                    _publish(conn, community, views, across, microseconds(now))
            _forget_outdated(conn, community, variants)
            marks.put(conn, marks.published(community), str(microseconds(now)))

        self._database.write(within)
        return now

    def _across(self, community: str, variants: Mapping[str, Sequence[View]]) -> dict[str, Across]:
        """What takes too long for a write, or a read, to wait for it: edges are read, then everything is computed."""
        some = [view for views in variants.values() for view in views if view.file.threshold]
        views = [view for view in some if view.file.scope == "union"]
        with self._database.read() as conn:
            texts = {view.id: partials.texts_by_pod(conn, community, view.id) for view in views}
        return {view.id: _computed(view, texts[view.id]) for view in views}


def _computed(view: View, texts: Mapping[str, str]) -> Across:
    if view.file.computed_by != cascades.COMPUTED_BY:
        return Across(unions.totals(view.file, view.plan, view.parameters, texts), {})
    cascade = cascades.read(texts, view.plan)
    return Across(cascade.totals(view.file.people), cascade.rivers())


def _publish(conn: Connection, community: str, views: Sequence[View], across: Mapping[str, Across], at: int) -> None:
    """Publish one view with all the values of its parameters that are kept."""
    if not views[0].file.threshold:
        for view in views:
            shown.stand(conn, community, view, 0, at)
        return
    held = {key for view in views for key in _held(conn, community, view)}
    before = {view.id: {one.key: one for one in shown.published(conn, community, view.id)} for view in views}
    stays = {key for cells in before.values() for key in cells if key in held}
    visible: dict[str, set[str]] = {}
    for view in views:
        found = across.get(view.id)
        now = {one.key: one for one in (found.totals if found else totalling.totals(conn, community, view))}
        old = before[view.id]
        may = {key for key, total in now.items() if _may_be_shown(view, total, {} if key in stays else visible)}
        moving = {key for key in may - stays if _moves(view, now[key], old.get(key))}
        visible[view.id] = moving | (may & old.keys())
        shown.publish(conn, community, view.id, [now[key] for key in sorted(moving)], sorted(old.keys() - may))
        if found and view.file.computed_by == cascades.COMPUTED_BY:
            kept_rivers.publish(conn, community, view, found.rivers, sorted(moving), sorted(old.keys() - may))
        shown.stand(conn, community, view, len(now.keys() - may), at)


def _held(conn: Connection, community: str, view: View) -> list[str]:
    """Cells that somebody moved, but too few for it to be told."""
    if _has_headcount(view):
        return []
    return [key for key, people in shown.moved(conn, community, view.id).items() if people < view.file.threshold]


def _may_be_shown(view: View, total: Total, visible: Mapping[str, set[str]]) -> bool:
    """Whether enough people stand behind a cell, and behind its difference to the same cell of each earlier variant."""
    least = view.file.threshold
    apart = (total.numbers.get(f"{APART}{other}", 0) for other, keys in visible.items() if total.key in keys)
    return total.people >= least and all(people == 0 or people >= least for people in apart)


def _moves(view: View, now: Total, before: Total | None) -> bool:
    if before is None or not _has_headcount(view):
        return True
    return abs(now.people - before.people) >= view.file.threshold


def _has_headcount(view: View) -> bool:
    """Whether the rows tell how many people they are about, but not who."""
    return view.file.scope == "union" or view.file.people != "pods"


def _forget_outdated(conn: Connection, community: str, variants: Mapping[str, Sequence[View]]) -> None:
    current = {name: [view.id for view in views] for name, views in variants.items()}
    for view in sorted(shown.outdated(conn, community, current)):
        partials.forget(conn, community, view)
