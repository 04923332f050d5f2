"""Who belongs to a vcard:Group that an ACL names (solid.md P5).

Groups of this installation are read directly from the same transaction. The document of a group elsewhere
is fetched through the egress guard before access is decided (`learn`), never while it is; what could not
be fetched, or not again for an hour, counts as empty.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import Final

import pyoxigraph as ox
from sqlalchemy import Connection

from pod_app.brevity import MOST_BYTES, may_take_long
from pod_app.standards import addresses, rdf
from pod_app.storage import resources as rows
from pod_app.storage.blobs import Blobs
from pod_app.storage.recent import Recent
from pod_app.storage.resources import StoredResource
from pod_app.storage.web_client import WebClient

USABLE: Final = timedelta(hours=1)
"""What is known of a group elsewhere counts for so long, for those who cannot ask: a notification on its way."""
LEARNED_AT_ONCE: Final = 10
"""Groups elsewhere that one request lets us ask for: rules that name more leave the others empty."""
SECONDS: Final = 3.0
_ACCEPT: Final = "text/turtle, application/ld+json;q=0.8"
_TYPES: Final = frozenset({rdf.TURTLE, rdf.JSON_LD})
HAS_MEMBER: Final = ox.NamedNode("http://www.w3.org/2006/vcard/ns#hasMember")


@dataclass(frozen=True, slots=True)
class _Document:
    """A group document by its content; the bytes of a large one are only fetched when it is new."""

    group: str
    sha256: str
    media_type: str
    data: Callable[[], bytes] = field(compare=False)


class GroupsElsewhere:
    """Membership of groups on other servers, as far as they were asked."""

    def __init__(self, web_client: WebClient, clock: Callable[[], datetime]) -> None:
        self._web_client = web_client
        self._known: Recent[frozenset[str]] = Recent(clock)

    def is_member(self, group: str, webid: str) -> bool:
        """Whether `webid` was a member when the group was last read; never asks."""
        return webid in (self._known.last(group, USABLE) or ())

    def is_fresh(self, group: str) -> bool:
        """Whether this group, or that it cannot be had, is known of late."""
        return self._known.is_fresh(group)

    def learn(self, group: str) -> None:
        """Read a group that is not known, or not of late."""
        self._known.get(group, partial(self._read, group))

    def _read(self, group: str) -> frozenset[str]:
        document = group.partition("#")[0]
        found = self._web_client.fetch(document, accept=_ACCEPT, media_types=_TYPES, seconds=SECONDS)
        return _members(_Document(group, "", found.media_type, lambda: found.body))


class Groups:
    """Membership by group IRI; parsed groups are kept by content, so a change is seen at once (P19)."""

    def __init__(self, base_url: str, blobs: Blobs, elsewhere: GroupsElsewhere | None = None) -> None:
        self._base_url = base_url
        self._blobs = blobs
        self._elsewhere = elsewhere
        self._members = lru_cache(maxsize=512)(_members)

    def is_member(self, conn: Connection, group: str, webid: str) -> bool:
        """Whether `webid` is a member of the group with this IRI."""
        address = addresses.of_iri(group.partition("#")[0], self._base_url)
        if address is None:
            return self._elsewhere is not None and self._elsewhere.is_member(group, webid)
        stored = rows.get(conn, address.pod, address.path)
        if stored is None or not rdf.is_rdf(stored.media_type):
            return False
        document = _Document(group, stored.sha256, stored.media_type, partial(self._data, stored))
        return webid in self._members(document)

    def unasked(self, groups: Iterable[str]) -> frozenset[str]:
        """Those of these groups that are elsewhere and not known of late; at most `LEARNED_AT_ONCE`."""
        if self._elsewhere is None:
            return frozenset()
        outside = (group for group in groups if addresses.of_iri(group.partition("#")[0], self._base_url) is None)
        return frozenset(group for group in sorted(outside)[:LEARNED_AT_ONCE] if not self._elsewhere.is_fresh(group))

    def learn(self, groups: Iterable[str]) -> None:
        """Ask for groups elsewhere; outside of every transaction, because hosts may be slow."""
        for group in sorted(groups):
            if self._elsewhere is not None:
                self._elsewhere.learn(group)

    def _data(self, stored: StoredResource) -> bytes:
        if stored.size > MOST_BYTES:
            may_take_long()
        return self._blobs.get(stored.blob) if stored.blob is not None else stored.body or b""


def _members(document: _Document) -> frozenset[str]:
    subject = ox.NamedNode(document.group)
    return frozenset(
        quad.object.value
        for quad in rdf.parse(document.data(), document.media_type, document.group.partition("#")[0])
        if quad.subject == subject and quad.predicate == HAS_MEMBER and isinstance(quad.object, ox.NamedNode)
    )
