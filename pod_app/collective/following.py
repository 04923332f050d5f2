"""Follow the pods' changes: which pods have changed → what they say now → totals moved by the difference."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from pod_app.collective import marks, partials, totalling
from pod_app.collective.library import Library
from pod_app.collective.sources import Source, Sources
from pod_app.storage import outbox, schema
from pod_app.storage.database import Database
from pod_app.storage.schema import microseconds

BATCH: Final = 200


class Following:
    """Keeps the running totals of one installation fresh."""

    def __init__(self, database: Database, library: Library, sources: Sources, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._library = library
        self._sources = sources
        self._clock = clock

    def follow(self, limit: int) -> int:
        """Take in the next changes of pods and return how many there were."""
        with self._database.read() as conn:
            seen = int(marks.get(conn, marks.SEQUENCE) or 0)
            changes = outbox.since(conn, seen, limit)
        if changes:
            self._recompute(sorted({change.pod for change in changes}), (seen, changes[-1].seq))
        return len(changes)

    def rebuild(self) -> int:
        """Compute everything from scratch, from the pods alone; returns how many pods there are."""
        with self._database.read() as conn:
            latest = outbox.latest_seq(conn)
            pods = list(conn.scalars(select(schema.pods.c.pod).where(schema.pods.c.deleted.is_(None))))
        self._database.write(partials.clear)
        for start in range(0, len(pods), BATCH):
            self._recompute(sorted(pods[start : start + BATCH]), None)
        self._database.write(lambda conn: marks.put(conn, marks.SEQUENCE, str(latest)))
        return len(pods)

    def _recompute(self, pods: Sequence[str], seen: tuple[int, int] | None) -> None:
        """One transaction: the new partial rows, totals moved by the difference, and how far the changes were read.

        When another process has read on meanwhile, its answers are newer than these.
        """
        with self._database.read() as conn:
            sources: dict[str, list[Source]] = {}
            for pod in pods:
                for community, source in self._sources.of(conn, pod):
                    sources.setdefault(community, []).append(source)

        def within(conn: Connection) -> None:
            if seen is not None and int(marks.get(conn, marks.SEQUENCE) or 0) != seen[0]:
                return
            at = microseconds(self._clock())
            for community, found in sources.items():
                totalling.take_in(conn, community, self._library.views.values(), found, at)
            if seen is not None:
                marks.put(conn, marks.SEQUENCE, str(seen[1]))

        self._database.write(within)
