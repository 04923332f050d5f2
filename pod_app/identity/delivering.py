"""Carries the tray into the pods elsewhere: rules first, then the document, then its place in the type index.

Every step may be done twice. A server that fails makes the rest of its rows wait with it; the others go on.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from pod_app.errors import NotFound, PodAppError, Unavailable, Unreachable
from pod_app.identity import type_indexes
from pod_app.identity.remote_pods import RemotePod, RemotePods, silent
from pod_app.pods import tray
from pod_app.pods.audience import COUNTED, Audiences, Sharing, counted_by, group_of
from pod_app.pods.catalogue import Catalogue, Pod
from pod_app.pods.tray import Item
from pod_app.standards import rdf, wac
from pod_app.standards.wac import Mode
from pod_app.storage.database import Database

LOG: Final = logging.getLogger("pod_app.elsewhere")
AT_ONCE: Final = 20


class Delivering:
    """Sends what waits in the trays of one installation."""

    def __init__(
        self,
        base_url: str,
        vocabulary: str,
        database: Database,
        catalogue: Catalogue,
        audiences: Audiences,
        remote_pods: RemotePods,
        clock: Callable[[], datetime],
    ) -> None:
        self._base_url = base_url
        self._vocabulary = vocabulary
        self._database = database
        self._catalogue = catalogue
        self._audiences = audiences
        self._remote_pods = remote_pods
        self._clock = clock

    def deliver_due(self) -> int:
        """Try what is due and say how much there was."""
        with self._database.read() as conn:
            if not tray.due_count(conn, self._clock()):
                return 0
        items = self._database.write(lambda conn: tray.lease(conn, self._clock(), AT_ONCE))
        down: dict[str, PodAppError] = {}
        for item in items:
            if item.pod in down:
                self._fail(item, down[item.pod])
            elif (error := self._deliver(item)) is not None:
                down[item.pod] = error
        return len(items)

    def _deliver(self, item: Item) -> PodAppError | None:
        """One row; what it raised when its server seems to be down."""
        try:
            pod = self._catalogue.get(item.pod)
            with self._remote_pods.open(pod) as remote:
                self._send(remote, pod, item)
        except (Unreachable, Unavailable) as error:
            told = silent(pod, error)
            self._fail(item, told)
            return told
        except PodAppError as error:
            LOG.info("%s of %s waits: %s", item.id, item.pod, error)
            self._fail(item, error)
            return None
        self._database.write(lambda conn: tray.finish(conn, item, self._clock()))
        return None

    def _fail(self, item: Item, error: PodAppError) -> None:
        self._database.write(lambda conn: tray.fail(conn, item, self._clock(), error))

    def _send(self, remote: RemotePod, pod: Pod, item: Item) -> None:
        if item.kind == "document":
            self._write(remote, pod, item)
        elif item.id == tray.COUNTING:
            self._let_count(remote, pod)
        else:
            self._rule(remote, pod, item.path, item.sharing)

    # -- a document --------------------------------------------------------------------------------

    def _write(self, remote: RemotePod, pod: Pod, item: Item) -> None:
        container = f"{item.path.rpartition('/')[0]}/"
        place, url = f"{remote.home.storage}{container}", f"{remote.home.storage}{item.path}"
        if not remote.has_own_rules(place):
            remote.make_private_folder(place, counted_by([], place, self._counting(pod, container), self._base_url))
        remote.create(url, item.body or b"", item.media_type)
        if not item.sharing.is_plain:
            self._rule(remote, pod, item.path, item.sharing)
        kind = type_indexes.class_of(container, self._vocabulary)
        if kind is not None:
            with _not_needed(url):
                type_indexes.register(remote, container, kind)

    def _rule(self, remote: RemotePod, pod: Pod, path: str, sharing: Sharing) -> None:
        """Rules of a document's own: its owner, its audience, and who may count it."""
        url = f"{remote.home.storage}{path}"
        text = wac.write_rules(
            url,
            owners=[pod.webid],
            readers=self._counting(pod, path) if sharing.counted else [],
            groups={group_of(sharing.garden): (Mode.READ,)} if sharing.audience == "garden" else {},
            public=(Mode.READ,) if sharing.audience == "everyone" else (),
        )
        remote.replace(remote.access_rules(url), text.encode(), rdf.TURTLE)

    # -- who may count -----------------------------------------------------------------------------

    def _let_count(self, remote: RemotePod, pod: Pod) -> None:
        """Containers and documents with rules of their own let exactly those communities read that may count now."""
        for container in COUNTED[pod.kind]:
            place, wanted = f"{remote.home.storage}{container}", self._counting(pod, container)
            if not remote.has_own_rules(place):
                remote.make_private_folder(place, counted_by([], place, wanted, self._base_url))
                continue
            rules = remote.access_rules(place)
            before = remote.quads(rules)
            after = counted_by(before, place, wanted, self._base_url)
            if set(map(str, after)) != set(map(str, before)):
                remote.replace(rules, rdf.serialize(after, rdf.TURTLE), rdf.TURTLE)
        with self._database.read() as conn:
            ruled = tray.ruled(conn, pod.name)
        for path, sharing in ruled.items():
            try:
                self._rule(remote, pod, path, sharing)
            except NotFound:  # taken away there by its owner
                continue

    def _counting(self, pod: Pod, path: str) -> list[str]:
        with self._database.read() as conn:
            return self._audiences.counting(conn, pod.address(path))


@contextmanager
def _not_needed(url: str) -> Iterator[None]:
    """What makes a thing easier to find must not keep it from arriving; a server that is down is tried again."""
    try:
        yield
    except Unreachable:
        raise
    except PodAppError as error:
        LOG.warning("%s is there, but could not be registered: %s", url, error)
