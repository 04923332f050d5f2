"""Read the pods elsewhere of those who consent, as the community's own agent, in the background (contracts.md §2).

A plain Solid server has no bulk route: containers are listed, and each document is asked for by its entity tag. What
the agent may not read is not counted; whoever does not answer counts as late, with what was read last for `KEPT`.
"""

import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import pyoxigraph as ox
from sqlalchemy import Connection

from pod_app.collective import elsewhere
from pod_app.collective.asking import KEPT
from pod_app.collective.datasets import CONTAINERS
from pod_app.collective.elsewhere import Document
from pod_app.collective.sources import ANSWERED, LATE, REFUSED
from pod_app.errors import PodAppError, Unreachable
from pod_app.pods import layout, tray
from pod_app.pods.audience import community_webid
from pod_app.pods.catalogue import Catalogue, Pod
from pod_app.pods.resources import Resources
from pod_app.standards import rdf, wac_allow
from pod_app.standards.namespaces import FOAF, LDP
from pod_app.standards.normalise import normalised
from pod_app.storage.database import Database
from pod_app.storage.schema import microseconds, moment
from pod_app.storage.web_client import Fetched, WebClient

LOG: Final = logging.getLogger("pod_app.elsewhere")
AT_ONCE: Final = 4
MOST_DOCUMENTS: Final = 2_000
"""Documents of one pod that are counted; the rest is left out."""
SECONDS: Final = 120.0
"""For so long one pod is read before it counts as late."""
GENTLE: Final = timedelta(seconds=2)
"""A server that belongs to somebody else gets one request in so much time on average, however large the pod is."""
LONGEST_PAUSE: Final = timedelta(hours=1)
_FORMS: Final = f"text/turtle, {rdf.VC}, application/ld+json;q=0.9, */*;q=0.1"
_OK, _SAME, _CLOSED, _ABSENT = 200, 304, frozenset({401, 403}), frozenset({404, 410})
_BUSY, _OURS_NOT, _NO_FORM = frozenset({408, 425, 429}), 500, 501
Headers = Callable[[str, str], dict[str, str]]
"""Method and address → proofs of the community's agent."""


class _LateError(Exception):
    """The server gives no answer that says anything."""


@dataclass(slots=True)
class _Found:
    """What one pass found: documents by address, and how many containers were open or closed, what it cost."""

    documents: dict[str, Document]
    open: int = 0
    closed: int = 0
    requests: int = 0


class ReadingElsewhere:
    """Reads for the communities of one installation."""

    def __init__(
        self,
        database: Database,
        catalogue: Catalogue,
        resources: Resources,
        web_client: WebClient,
        acting: Callable[[str], Headers],
        clock: Callable[[], datetime],
        every: timedelta,
    ) -> None:
        self._database = database
        self._catalogue = catalogue
        self._resources = resources
        self._web_client = web_client
        self._acting = acting
        self._clock = clock
        self._every = every

    def read_due(self) -> int:
        """Read every pod that is due and say how many there were."""
        with self._database.read() as conn:
            known = elsewhere.due_pairs(conn, self._clock())
        due = [pair for pair in known if self._database.write(partial(self._claim, pair=pair))]
        if due:
            with ThreadPoolExecutor(AT_ONCE, "reading") as threads:
                list(threads.map(lambda pair: self.read(*pair), due))
        return len(due)

    def read(self, name: str, community: str) -> None:
        """One pod for one community; what went wrong becomes its state."""
        try:
            pod = self._catalogue.get(name)
        except PodAppError:  # erased a moment ago
            return
        with self._database.read() as conn:
            before = elsewhere.documents(conn, name, community)
        try:
            found = _Reader(self, pod, self._acting(community_webid(self._resources.base_url, community)), before).run()
        except (_LateError, Unreachable) as error:
            LOG.info("%s did not answer for %s: %r", name, community, error)
            self._database.write(partial(self._keep_late, name=name, community=community))
            return
        self._database.write(partial(self._keep, name=name, community=community, found=found))

    # -- keeping -----------------------------------------------------------------------------------

    def _claim(self, conn: Connection, pair: tuple[str, str]) -> bool:
        now = self._clock()
        return elsewhere.claim(conn, *pair, now, now + timedelta(seconds=SECONDS) + self._every, LATE)

    def _keep(self, conn: Connection, name: str, community: str, found: _Found) -> None:
        now = self._clock()
        before = elsewhere.reading(conn, name, community)
        if before is None:  # the consent was taken back meanwhile
            return
        state = REFUSED if found.closed and not found.open else ANSWERED
        changed = elsewhere.keep(conn, name, community, found.documents if state == ANSWERED else {})
        pause = max(self._every, GENTLE * found.requests)
        elsewhere.note(conn, name, community, elsewhere.Reading(state, microseconds(now), 0), now + pause)
        if before.state == LATE:  # the server is back: what waits for it need not wait any longer
            tray.hurry(conn, name, now)
        if changed or before.state != state or before.at is None:
            elsewhere.announce(conn, name, now)

    def _keep_late(self, conn: Connection, name: str, community: str) -> None:
        """What was read last counts for `KEPT`, then no more."""
        now = self._clock()
        before = elsewhere.reading(conn, name, community)
        if before is None:
            return
        too_old = before.at is None or now - moment(before.at) >= KEPT
        dropped = elsewhere.keep(conn, name, community, {}) if too_old else False
        failures = before.failures + 1
        pause = min(self._every * 2 ** min(failures, 12), LONGEST_PAUSE)
        elsewhere.note(conn, name, community, elsewhere.Reading(LATE, before.at, failures), now + pause)
        if dropped or before.state != LATE:
            elsewhere.announce(conn, name, now)

    # -- judging -----------------------------------------------------------------------------------

    def ask(self, method: str, url: str, headers: dict[str, str]) -> Fetched:
        """One request through the egress guard; raises `Unreachable`."""
        return self._web_client.send(method, url, headers=headers, accept=headers.get("accept", _FORMS))

    def judged(self, pod: Pod, container: str, answer: Fetched, url: str) -> bytes:
        """The triples of a document as they are counted; raises `PodAppError` when it breaks the shape of its place."""
        quads = rdf.parse(answer.body, answer.media_type, url)
        address = pod.address(f"{container}{url.rpartition('/')[2]}")
        self._resources.judge(layout.shape_of(pod.kind, container), address, answer.media_type, quads)
        signed = answer.media_type in {rdf.VC, rdf.JSON_LD}
        return _n_triples(normalised(quads) if signed else iter(quads))


class _Reader:
    """One pass over one pod."""

    def __init__(self, home: ReadingElsewhere, pod: Pod, headers: Headers, before: dict[str, Document]) -> None:
        self._home = home
        self._pod = pod
        self._headers = headers
        self._before = before
        self._until = time.monotonic() + SECONDS
        self._found = _Found({})

    def run(self) -> _Found:
        """Everything that may be counted; raises `_LateError`, `Unreachable`."""
        for container in CONTAINERS[self._pod.kind]:
            for url in self._members(container):
                if len(self._found.documents) < MOST_DOCUMENTS:
                    self._read(container, url)
        self._read_card()
        return self._found

    def _members(self, container: str) -> list[str]:
        url = self._pod.place(container)
        answer = self._ask(url, {"accept": rdf.TURTLE})
        if answer.status in _ABSENT:
            return []
        if answer.status in _CLOSED:
            self._found.closed += 1
            return []
        if answer.status != _OK:
            raise _LateError(f"status {answer.status}")
        self._found.open += 1
        try:
            quads = rdf.parse(answer.body, answer.media_type, url)
        except PodAppError as error:
            raise _LateError(str(error)) from error
        here = ox.NamedNode(url)
        inside = {
            quad.object.value
            for quad in quads
            if quad.subject == here and quad.predicate == LDP["contains"] and isinstance(quad.object, ox.NamedNode)
        }
        return sorted(one for one in inside if one.startswith(url) and "/" not in one.removeprefix(url) and one != url)

    def _read(self, container: str, url: str) -> None:
        known = self._before.get(url)
        answer = self._ask(url, {"if-none-match": known.etag} if known and known.etag else {})
        public = wac_allow.lets_everybody_read(answer.headers.get("wac-allow", ""))
        if answer.status == _SAME and known is not None:
            # A 304 may leave WAC-Allow out: then it is as it was.
            same = public if "wac-allow" in answer.headers else known.public
            self._found.documents[url] = Document(url, known.etag, same, known.triples)
        elif answer.status == _OK:
            try:
                triples = self._home.judged(self._pod, container, answer, url)
            except PodAppError as error:
                LOG.info("%s is not counted: %s", url, error)
                triples = b""
            self._found.documents[url] = Document(url, _tag(answer), public, triples)

    def _read_card(self) -> None:
        """The card of the WebID, which everybody may read, and whose it is: not every card says so itself."""
        url = self._pod.webid.partition("#")[0]
        answer = self._ask(url, {"accept": rdf.TURTLE})
        about = [ox.Quad(ox.NamedNode(url), FOAF["primaryTopic"], ox.NamedNode(self._pod.webid))]
        if answer.status == _OK:
            try:
                about += rdf.parse(answer.body, answer.media_type, url)
            except PodAppError as error:
                LOG.info("the card %s is not read: %s", url, error)
        self._found.documents[url] = Document(url, _tag(answer), True, _n_triples(iter(about)))

    def _ask(self, url: str, headers: dict[str, str]) -> Fetched:
        if time.monotonic() > self._until:
            raise _LateError("too slow")
        self._found.requests += 1
        answer = self._home.ask("GET", url, {**headers, **self._headers("GET", url)})
        if answer.status in _BUSY or (answer.status >= _OURS_NOT and answer.status != _NO_FORM):
            raise _LateError(f"status {answer.status}")
        return answer


def _n_triples(quads: Iterator[ox.Quad]) -> bytes:
    """Sorted lines, so that the same document is the same bytes; proofs, in graphs of their own, are left out."""
    own = (ox.Triple(one.subject, one.predicate, one.object) for one in quads
           if isinstance(one.graph_name, ox.DefaultGraph))  # fmt: skip
    return "".join(sorted({f"{one} .\n" for one in own})).encode()


def _tag(answer: Fetched) -> str:
    tag = answer.headers.get("etag", "")
    return tag if tag.isascii() and len(tag) <= 200 else ""  # noqa: PLR2004  # longer ones are not worth keeping
