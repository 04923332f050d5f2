"""Publish numbers: cells appear with enough people behind them and move only when enough people moved them."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from pod_app.collective import marks, partials, totalling
from pod_app.collective.library import Library, View
from pod_app.collective.partials import Total
from pod_app.storage.database import Database
from pod_app.storage.schema import microseconds, moment


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
            due = [one for one in partials.communities(conn) if self._is_due(marks.get(conn, marks.published(one)))]
        for community in due:
            self.publish(community)

    def publish(self, community: str) -> datetime:
        """Move the published numbers of a community now, as far as thresholds let them; returns the instant."""
        now = self._clock()
        views = self._library.views.values()

        def within(conn: Connection) -> None:
            for stale in partials.known_views(conn, community) - {view.id for view in views}:
                partials.forget(conn, community, [stale])
            for view in views:
                if view.file.threshold:
                    kept_back = _publish(conn, community, view)
                    marks.put(conn, marks.kept_back(community, view.id), str(kept_back))
            marks.put(conn, marks.published(community), str(microseconds(now)))

        self._database.write(within)
        return now

    def _is_due(self, last: str | None) -> bool:
        return last is not None and self._clock() - moment(int(last)) >= self._period


def _publish(conn: Connection, community: str, view: View) -> int:
    """Show a cell when enough people stand behind it, move it when enough people moved it; returns how many are not."""
    now = {total.key: total for total in totalling.totals(conn, community, view)}
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
