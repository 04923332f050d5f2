"""Who belongs to a vcard:Group that an ACL names (solid.md P5).

Groups of this installation are read directly from the same transaction. A group elsewhere counts as
empty: fetching one belongs to the egress guard and fails closed until then.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Final

import pyoxigraph as ox
from sqlalchemy import Connection

from pod_app.standards import addresses, rdf
from pod_app.storage import resources as rows
from pod_app.storage.blobs import Blobs
from pod_app.storage.resources import StoredResource

HAS_MEMBER: Final = ox.NamedNode("http://www.w3.org/2006/vcard/ns#hasMember")


@dataclass(frozen=True, slots=True)
class _Document:
    """A group document by its content; the bytes of a large one are only fetched when it is new."""

    group: str
    sha256: str
    media_type: str
    data: Callable[[], bytes] = field(compare=False)


class Groups:
    """Membership by group IRI; parsed groups are kept by content, so a change is seen at once (P19)."""

    def __init__(self, base_url: str, blobs: Blobs) -> None:
        self._base_url = base_url
        self._blobs = blobs
        self._members = lru_cache(maxsize=512)(_members)

    def is_member(self, conn: Connection, group: str, webid: str) -> bool:
        """Whether `webid` is a member of the group with this IRI."""
        address = addresses.of_iri(group.partition("#")[0], self._base_url)
        if address is None:
            return False
        stored = rows.get(conn, address.pod, address.path)
        if stored is None or not rdf.is_rdf(stored.media_type):
            return False
        document = _Document(group, stored.sha256, stored.media_type, partial(self._data, stored))
        return webid in self._members(document)

    def _data(self, stored: StoredResource) -> bytes:
        return self._blobs.get(stored.blob) if stored.blob is not None else stored.body or b""


def _members(document: _Document) -> frozenset[str]:
    subject = ox.NamedNode(document.group)
    return frozenset(
        quad.object.value
        for quad in rdf.parse(document.data(), document.media_type, document.group.partition("#")[0])
        if quad.subject == subject and quad.predicate == HAS_MEMBER and isinstance(quad.object, ox.NamedNode)
    )
