"""Follow the pods' changes: which pods have changed → what they say now → totals moved by the difference.

The path of one changed pod: `Following.follow` → `computing.answers` → `Sources.of` (who may ask, which documents they
may read, one SELECT per view) → `totalling.take_in` (the difference to what was kept) → `running.move`.
"""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import Connection

from pod_app.collective import computing, marks, partials, shown, totalling
from pod_app.collective.computing import BATCH, WORTH_PROCESSES, Answers, Executors, Place, Task
from pod_app.collective.library import Library, View
from pod_app.collective.sources import Sources
from pod_app.storage import outbox
from pod_app.storage.database import Database, ask
from pod_app.storage.schema import microseconds

LOG: Final = logging.getLogger("pod_app.views")
_CHANGES: Final = "SELECT seq, pod FROM outbox WHERE seq > ? AND kind = ? ORDER BY seq LIMIT ?"
_BEHIND: Final = "SELECT COUNT(*) FROM outbox WHERE seq > ? AND kind = ?"
_PODS: Final = "SELECT pod FROM pods WHERE deleted IS NULL AND pod > ? ORDER BY pod"
_NEXT: Final = _PODS + " LIMIT ?"


class Following:
    """Keeps the running totals of one installation fresh."""

    def __init__(
        self,
        place: Place,
        database: Database,
        library: Library,
        sources: Sources,
        clock: Callable[[], datetime],
        executors: Executors,
    ) -> None:
        self._place = place
        self._database = database
        self._library = library
        self._sources = sources
        self._clock = clock
        self._executors = executors

    def follow(self, limit: int) -> int:
        """Take in the next changes of pods and return how many there were.

        A mark beyond the newest change belongs to another time (a part of the database was put back): nothing that
        was kept can be trusted then, and everything is computed from the pods (D9).
        """
        with self._database.read() as conn:
            seen = int(marks.get(conn, marks.SEQUENCE) or 0)
            changes = ask(conn, _CHANGES, (seen, outbox.CHANGE, limit))
            ahead = not changes and seen > outbox.latest_seq(conn)
        if ahead:
            LOG.warning("the views say they have read change %s, which is still to come: computed anew", seen)
            return self.rebuild()
        if changes:
            self._take_in_changes(sorted({pod for _, pod in changes}), seen, changes[-1][0])
        return len(changes)

    def behind(self) -> int:
        """How many changes are still to be taken in."""
        with self._database.read() as conn:
            seen = int(marks.get(conn, marks.SEQUENCE) or 0)
            return int(ask(conn, _BEHIND, (seen, outbox.CHANGE))[0][0])

    def fill(self) -> int:
        """Take one bounded step in computing views that are new, or whose query or season is another one now.

        Returns how many pods were asked, 0 when every view is complete.
        """
        views = self._views()
        wanted = sorted(view.id for view in views)
        with self._database.read() as conn:
            filling = json.loads(marks.get(conn, marks.FILLING) or "{}")
            if wanted == filling.get("complete"):
                return 0
            after = filling.get("after", "") if filling.get("views") == wanted else ""
            pods = [row[0] for row in ask(conn, _NEXT, (after, BATCH))]
            found = computing.answers(conn, self._sources, views, pods)
        now = {"views": wanted, "after": pods[-1]} if pods else {"complete": wanted}

        def within(conn: Connection) -> None:
            self._take_in(conn, views, found)
            marks.put(conn, marks.FILLING, json.dumps(now))
            if not pods:
                self._show_live(conn, views)

        self._database.write(within)
        return len(pods) or 1

    def rebuild(self) -> int:
        """Compute everything from scratch, from the pods alone; returns how many pods there are."""
        with self._database.read() as conn:
            latest = outbox.latest_seq(conn)
            pods = [row[0] for row in ask(conn, _PODS, ("",))]
        views = self._views()
        self._database.write(partials.clear)
        for found in self._map(views, pods):
            self._database.write(partial(self._take_in, views=views, found=found))

        def finish(conn: Connection) -> None:
            marks.put(conn, marks.SEQUENCE, str(latest))
            marks.put(conn, marks.FILLING, json.dumps({"complete": sorted(view.id for view in views)}))

        self._database.write(finish)
        return len(pods)

    def _views(self) -> tuple[View, ...]:
        return self._library.views(self._clock().date())

    def _take_in_changes(self, pods: Sequence[str], seen: int, last: int) -> None:
        """One transaction: the new answers, totals moved by the difference, and how far the changes were read.

        When another process has read on meanwhile, its answers are newer than these.
        """
        views = self._views()
        with self._database.read() as conn:
            found = computing.answers(conn, self._sources, views, pods)

        def within(conn: Connection) -> None:
            if int(marks.get(conn, marks.SEQUENCE) or 0) == seen:
                self._take_in(conn, views, found)
                marks.put(conn, marks.SEQUENCE, str(last))

        self._database.write(within)

    def _take_in(self, conn: Connection, views: Sequence[View], found: Answers) -> None:
        at = microseconds(self._clock())
        for community in sorted({community for community, _ in found}):
            sources = [source for name, source in found if name == community]
            totalling.take_in(conn, community, views, sources, at)

    def _show_live(self, conn: Connection, views: Sequence[View]) -> None:
        """Views without a threshold are shown as soon as they are complete; all others when they are published."""
        for community in partials.communities(conn):
            for view in views:
                if not view.file.threshold:
                    shown.stand(conn, community, view, 0, microseconds(self._clock()))

    def _map(self, views: tuple[View, ...], pods: Sequence[str]) -> Iterator[Answers]:
        """What all these pods say, batch by batch: in other processes where there are many, else here."""
        batches = [tuple(pods[start : start + BATCH]) for start in range(0, len(pods), BATCH)]
        if len(pods) < WORTH_PROCESSES:
            for batch in batches:
                with self._database.read() as conn:
                    found = computing.answers(conn, self._sources, views, batch)
                yield found
            return
        tasks = (Task(self._place, views, batch) for batch in batches)
        with self._executors() as executor:
            yield from computing.run_all(executor, tasks, computing.workers())
