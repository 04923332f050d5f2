"""Who belongs to a vcard:Group that an ACL names (solid.md P5).

Groups of this installation are read directly from the same transaction. A group elsewhere counts as
empty: fetching one belongs to the egress guard and fails closed until then.
"""

from functools import lru_cache
from typing import Final

import pyoxigraph as ox
from sqlalchemy import Connection

from pod_app.standards import addresses, rdf
from pod_app.storage import resources as rows

HAS_MEMBER: Final = ox.NamedNode("http://www.w3.org/2006/vcard/ns#hasMember")


class Groups:
    """Membership by group IRI; parsed groups are kept by content, so a change is seen at once (P19)."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._members = lru_cache(maxsize=512)(self._parse)

    def is_member(self, conn: Connection, group: str, webid: str) -> bool:
        """Whether `webid` is a member of the group with this IRI."""
        address = addresses.of_iri(group.partition("#")[0], self._base_url)
        if address is None:
            return False
        stored = rows.get(conn, address.pod, address.path)
        if stored is None or stored.body is None or not rdf.is_rdf(stored.media_type):
            return False
        return webid in self._members(group, stored.sha256, stored.body, stored.media_type)

    def _parse(self, group: str, _sha256: str, body: bytes, media_type: str) -> frozenset[str]:
        subject = ox.NamedNode(group)
        return frozenset(
            quad.object.value
            for quad in rdf.parse(body, media_type, group.partition("#")[0])
            if quad.subject == subject and quad.predicate == HAS_MEMBER and isinstance(quad.object, ox.NamedNode)
        )
