"""Read a view: look up what may be shown, and how complete it is."""

from collections.abc import Callable, Mapping
from datetime import datetime

from pod_app.collective import marks, partials, totalling
from pod_app.collective.answers import Answer, Coverage, answer
from pod_app.collective.library import Library
from pod_app.collective.sources import ANSWERED, LATE, REFUSED
from pod_app.storage.database import Database
from pod_app.storage.schema import moment


class Reading:
    """Answers the views of one installation."""

    def __init__(self, base_url: str, database: Database, library: Library, clock: Callable[[], datetime]) -> None:
        self._base_url = base_url
        self._database = database
        self._library = library
        self._clock = clock

    def read(self, name: str, community: str, given: Mapping[str, str]) -> Answer:
        """What a view says about a community, with its coverage; raises `NotFound` and `Invalid`."""
        view = self._library.choose(name)
        view.file.bindings(given)
        with self._database.read() as conn:
            find = partials.published if view.file.threshold else None
            shown = find(conn, community, view.id) if find else totalling.totals(conn, community, view)
            states, oldest = partials.coverage(conn, community, view.id)
            suppressed = int(marks.get(conn, marks.kept_back(community, view.id)) or 0)
            last = marks.get(conn, marks.published(community))
        coverage = Coverage(
            asked=sum(states.values()), answered=states.get(ANSWERED, 0), refused=states.get(REFUSED, 0),
            late=states.get(LATE, 0), suppressed=suppressed, oldest=moment(oldest) if oldest is not None else None,
        )  # fmt: skip
        made = moment(int(last)) if view.file.threshold and last else self._clock()
        return answer(view.file, view.plan, shown, coverage, made, self._base_url)
