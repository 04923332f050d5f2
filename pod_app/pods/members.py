"""Who belongs to a garden or community, with which roles.

One document per membership (`members/{hash of the WebID}`, so that looking one up costs the same in
a garden of 10 and of 10,000) and the `vcard:Group` that ACLs name, both changed in one transaction.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox
from sqlalchemy import Connection, select

from pod_app.errors import N_, Invalid
from pod_app.pods import layout
from pod_app.pods.groups import HAS_MEMBER
from pod_app.pods.resources import Resources
from pod_app.pods.writing import Writing
from pod_app.standards import rdf
from pod_app.standards.addresses import Address
from pod_app.standards.wac import Agent
from pod_app.storage import resources as rows
from pod_app.storage import schema

ORG: Final = "http://www.w3.org/ns/org#"
ROLES: Final = ("member", "founder", "issuer", "facilitator", "welcomer")
"""Local names of the roles in `vocab/roles.ttl`; a test keeps both in step."""


@dataclass(frozen=True, slots=True)
class Membership:
    """One agent's roles in a garden or community."""

    webid: str
    roles: frozenset[str]


class Members:
    """Memberships of the gardens and communities of one installation."""

    def __init__(self, base_url: str, vocabulary: str, resources: Resources) -> None:
        self._base_url = base_url
        self._vocabulary = vocabulary
        self._resources = resources

    def put(self, agent: Agent, pod: str, webid: str, roles: Sequence[str] = ("member",)) -> None:
        """Add a member or change their roles; the agent needs Write on the garden's `members/`."""
        self._resources.write(agent, lambda writing: self.put_within(writing, pod, webid, roles))

    def put_within(self, writing: Writing, pod: str, webid: str, roles: Sequence[str]) -> None:
        """`put`, inside a transaction that is already open."""
        for role in roles:
            if role not in ROLES:
                raise Invalid(
                    N_("There is no role named {role}."),
                    N_("Choose among: {roles}."),
                    role=role,
                    roles=", ".join(ROLES),
                )
        address = _document(pod, layout.check_webid(webid))
        data = layout.fill("membership.ttl", self._values(webid, roles, writing))
        writing.put(address, self._resources.prepare(address, data, rdf.TURTLE, within=writing.conn))
        self._write_group(writing, pod, {*self._group(writing.conn, pod), webid})

    def remove(self, agent: Agent, pod: str, webid: str) -> None:
        """End a membership; raises `NotFound` when there is none."""

        def within(writing: Writing) -> None:
            writing.delete(_document(pod, webid))
            self._write_group(writing, pod, self._group(writing.conn, pod) - {webid})

        self._resources.write(agent, within)

    def get(self, conn: Connection, pod: str, webid: str) -> Membership | None:
        """The membership of `webid`, or None."""
        stored = rows.get(conn, pod, _document(pod, webid).path)
        if stored is None:
            return None
        prefix = f"{self._vocabulary}role-"
        roles = {
            quad.object.value.removeprefix(prefix)
            for quad in self._resources.quads(_document(pod, webid), stored)
            if quad.predicate.value == f"{ORG}role" and isinstance(quad.object, ox.NamedNode)
        }
        return Membership(webid, frozenset(roles & set(ROLES)))

    def all(self, pod: str) -> list[Membership]:
        """Every membership; the caller has checked that its reader may know."""
        with self._resources.reading() as conn:
            found = (self.get(conn, pod, webid) for webid in sorted(self._group(conn, pod)))
            return [membership for membership in found if membership is not None]

    def groups_of(self, conn: Connection, webid: str) -> list[str]:
        """Names of the gardens and communities that somebody belongs to: for themselves, or with their leave."""
        pods, resources = schema.pods, schema.resources
        here = (resources.c.pod == pods.c.pod) & (resources.c.path == _document("", webid).path)
        wanted = select(pods.c.pod).join(resources, here).where(pods.c.kind != "person", pods.c.deleted.is_(None))
        return list(conn.scalars(wanted.order_by(pods.c.pod)))

    def group(self, conn: Connection, pod: str) -> frozenset[str]:
        """WebIDs of the members; the caller has checked that its reader may know."""
        return self._group(conn, pod)

    def _group(self, conn: Connection, pod: str) -> frozenset[str]:
        address = Address(pod, "members/group")
        stored = rows.get(conn, pod, address.path)
        if stored is None:
            return frozenset()
        return frozenset(
            quad.object.value for quad in self._resources.quads(address, stored)
            if quad.predicate == HAS_MEMBER and isinstance(quad.object, ox.NamedNode)
        )  # fmt: skip

    def _write_group(self, writing: Writing, pod: str, webids: Iterable[str]) -> None:
        listed = sorted(webids)
        if not listed:
            raise Invalid(N_("The last member cannot leave."), N_("Name somebody else first, or close the garden."))
        address = Address(pod, "members/group")
        data = layout.fill("group.ttl", {"members": " ,\n        ".join(layout.iri(webid) for webid in listed)})
        writing.put(address, self._resources.prepare(address, data, rdf.TURTLE, within=writing.conn))

    def _values(self, webid: str, roles: Sequence[str], writing: Writing) -> dict[str, str]:
        return {
            "webid": webid,
            "roles": " , ".join(f"jdn:role-{role}" for role in dict.fromkeys(roles)),
            "vocabulary": self._vocabulary,
            "now": writing.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }


def _document(pod: str, webid: str) -> Address:
    return Address(pod, f"members/{hashlib.sha256(webid.encode()).hexdigest()[:32]}")
