"""The collective's views: follow the pods' changes, publish what may be shown, answer (contracts.md §3).

Each verb has its module: `following` keeps running totals fresh (`sources` says what a pod answers, `totalling`
takes the answers in), `publishing` moves published numbers cell by cell, `reading` is a look-up.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from pod_app.collective import partials
from pod_app.collective.answers import Answer
from pod_app.collective.computing import Executors, Place, processes
from pod_app.collective.datasets import Datasets
from pod_app.collective.following import Following
from pod_app.collective.library import Library, View
from pod_app.collective.publishing import Publishing
from pod_app.collective.reading import Reading
from pod_app.collective.sources import Sources
from pod_app.standards.wac import Agent
from pod_app.storage.database import Database


class Views:
    """The views over the pods of one installation."""

    def __init__(
        self,
        namespace: str,
        place: Place,
        database: Database,
        datasets: Datasets,
        clock: Callable[[], datetime],
        publication: timedelta,
        executors: Executors = processes,
    ) -> None:
        self._clock = clock
        self.library = Library(namespace)
        self.sources = Sources(place.base_url, datasets)
        self._following = Following(place, database, self.library, self.sources, clock, executors)
        self._publishing = Publishing(database, self.library, clock, publication)
        self._reading = Reading(place.base_url, database, self.library, self.sources, clock)

    @property
    def files(self) -> Mapping[str, View]:
        """Every view by name, as it is by default; raises `Invalid` that names a file that cannot be used."""
        return {name: views[0] for name, views in self.library.variants(self._clock().date()).items()}

    def choose(self, name: str, given: Mapping[str, str] | None = None) -> View:
        """The view of this name with these parameters; raises `NotFound` and `Invalid`."""
        return self.library.choose(name, given or {}, self._clock().date())

    def agent(self, community: str) -> Agent:
        """Who asks for a community: its own WebID."""
        return self.sources.agent(community)

    def follow(self, limit: int = 1000) -> int:
        """Take in the next changes of pods, then a step towards views that are new; publish when it is time.

        Returns how many changes and pods there were: 0 when nothing is left to do.
        """
        taken = self._following.follow(limit) or self._following.fill()
        self._publishing.publish_due()
        return taken

    def catch_up(self) -> int:
        """Follow until nothing is left; returns how many changes were taken in."""
        taken = 0
        while found := self._following.follow(1000):
            taken += found
        while self._following.fill():
            pass
        self._publishing.publish_due()
        return taken

    def behind(self) -> int:
        """How many changes of pods are still to be taken in."""
        return self._following.behind()

    def rebuild(self) -> int:
        """Compute everything from scratch, from the pods alone; returns how many pods there are."""
        return self._following.rebuild()

    def pods_of(self, conn: Connection, community: str) -> list[str]:
        """Names of the pods that a community asks."""
        return partials.pods_of(conn, community)

    def publish(self, community: str) -> datetime:
        """Move the published numbers of a community now, as far as thresholds let them; returns the instant."""
        return self._publishing.publish(community)

    def read(self, name: str, community: str, given: Mapping[str, str] | None = None) -> Answer:
        """What a view says about a community, with its coverage; raises `NotFound` and `Invalid`."""
        return self._reading.read(name, community, given or {})
