"""Who sees a thing: the audience a person chose, and the communities that may count it (contracts.md §2).

An item whose container already says the same has no ACL of its own. An item that must not be counted
carries a mark in its ACL, because the thing itself may be signed.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import pyoxigraph as ox
from sqlalchemy import Connection, bindparam, select

from pod_app.errors import N_, Invalid
from pod_app.pods.resources import Resources
from pod_app.pods.writing import Writing
from pod_app.standards import addresses, rdf, wac
from pod_app.standards.addresses import Address
from pod_app.standards.namespaces import ACL, RDF
from pod_app.standards.wac import Agent, Mode
from pod_app.storage import resources as rows
from pod_app.storage import schema
from pod_app.storage.resources import StoredResource

Audience = Literal["me", "garden", "everyone"]
AUDIENCES: Final[tuple[Audience, ...]] = ("me", "garden", "everyone")
COUNT: Final = "count"
"""The purpose whose consent lets a community's agent read (contracts.md §2)."""
NOT_COUNTED: Final = "counted"
"""Name, in the vocabulary, of what an ACL says with `false` where nobody may count its thing."""
_OF_GROUPS: Final = ("events/", "agreements/")
COUNTED: Final[Mapping[str, tuple[str, ...]]] = {
    "person": ("contributions/", "thanks/", "transmissions/", "badges/", "needs/", "offers/"),
    "garden": _OF_GROUPS,
    "community": _OF_GROUPS,
}
"""Containers that it opens, by the kind of pod that consents."""
_COUNTING: Final = (  # built once: every thing that is written asks it
    select(schema.consents.c.community, schema.pods.c.kind)
    .join(schema.pods, schema.pods.c.pod == schema.consents.c.pod)
    .where(schema.consents.c.pod == bindparam("of"), schema.consents.c.purpose == COUNT)
    .order_by(schema.consents.c.community)
)
_CARD: Final = "profile/card#"
_COUNTS: Final = "#counts-"


@dataclass(frozen=True, slots=True)
class Sharing:
    """Who sees a thing: `audience` None means whoever its container says; `garden` is a WebID.

    `name` is the thing's own place in its container; a fresh one when empty.
    """

    audience: Audience | None = "me"
    garden: str | None = None
    counted: bool = True
    name: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether its container says the same, so that the thing needs no rules of its own."""
        return self.audience in {None, "me"} and self.counted


class Audiences:
    """Writes and edits the ACLs of one installation."""

    def __init__(self, vocabulary: str, resources: Resources) -> None:
        self._resources = resources
        self._counted = ox.NamedNode(f"{vocabulary}{NOT_COUNTED}")

    def show(
        self,
        writing: Writing,
        address: Address,
        audience: Audience,
        *,
        garden: str | None = None,
        counted: bool = True,
        readers: Sequence[str] = (),
    ) -> None:
        """Let exactly these see what stands at `address`: its owners, its audience, `readers`, and who may count it.

        `garden` is the WebID of the garden whose members read with the audience `garden`; `counted=False`
        leaves every community out, now and with later consents. Raises `Invalid`, `Forbidden`.
        """
        groups = [group_of(garden)] if audience == "garden" else []
        if audience not in AUDIENCES:
            raise Invalid(
                N_("There is no audience named {audience}."), N_("Choose among: {audiences}."),
                audience=audience, audiences=", ".join(AUDIENCES),
            )  # fmt: skip
        owners = self._resources.owners(writing.conn, address.pod)
        collective = self.counting(writing.conn, address) if counted else []
        plain = audience == "me" and counted and not readers
        if plain and self._inherits(writing.conn, address, {*owners, *collective}):
            return
        text = wac.write_rules(
            address.iri(self._resources.base_url),
            owners=owners,
            readers=[*readers, *collective],
            groups=dict.fromkeys(groups, (Mode.READ,)),
            public=(Mode.READ,) if audience == "everyone" else (),
        )
        self._put(writing, address, text.encode() + (b"" if counted else self._mark(address)))

    def audience(self, conn: Connection, address: Address) -> Audience:
        """Who sees what stands at `address`, as far as the three words tell it."""
        if self._resources.decide_within(conn, Agent(), address).allows(Mode.READ):
            return "everyone"
        return "garden" if any(rule.groups for rule in self._effective(conn, address)) else "me"

    def audience_by(self, found: Mapping[str, StoredResource], address: Address, *, public: bool) -> Audience:
        """`audience`, from ACLs that were had for many things at once."""
        if public:
            return "everyone"
        for one in (address, *address.ancestors()):
            if one.acl.path in found:
                return "garden" if any(rule.groups for rule in wac.load(found[one.acl.path].compiled or "")) else "me"
        return "me"

    def garden(self, conn: Connection, address: Address) -> str | None:
        """Name of the garden here whose members see what stands at `address`, if its audience is one."""
        groups = sorted(group for rule in self._effective(conn, address) for group in rule.groups)
        found = (addresses.of_iri(group.partition("#")[0], self._resources.base_url) for group in groups)
        return next((one.pod for one in found if one is not None), None)

    def is_counted(self, conn: Connection, address: Address) -> bool:
        """Whether the person left the thing to be counted."""
        return not any(quad.predicate == self._counted for quad in self._quads(conn, address.acl))

    def counting(self, conn: Connection, address: Address) -> list[str]:
        """WebIDs of the communities that may count what stands at `address`."""
        found = conn.execute(_COUNTING, {"of": address.pod})
        base = self._resources.base_url
        return [community_webid(base, row.community) for row in found if address.path.startswith(COUNTED[row.kind])]

    def leave_out(self, writing: Writing, address: Address) -> None:
        """Let nobody count what stands at `address`, now or later; all others see it as its container says."""
        quads = self._inherited(writing.conn, address)
        for webid in self.counting(writing.conn, address):
            quads = _without(quads, ox.NamedNode(webid))
        self._put(writing, address, rdf.serialize(quads, rdf.TURTLE) + self._mark(address))

    def admit(self, writing: Writing, container: Address, webid: str) -> None:
        """Let an agent read a container and what it holds, except things that are not to be counted."""
        self._admit(writing, container, webid)
        for address in self._ruled(writing.conn, container):
            if self.is_counted(writing.conn, address):
                self._admit(writing, address, webid)

    def dismiss(self, writing: Writing, container: Address, webid: str) -> None:
        """Name an agent no more in the ACLs of a container and of what it holds."""
        for address in (container, *self._ruled(writing.conn, container)):
            quads = self._quads(writing.conn, address.acl)
            kept = _without(quads, ox.NamedNode(webid))
            if kept != quads:
                self._put(writing, address, rdf.serialize(kept, rdf.TURTLE))

    # -- steps -----------------------------------------------------------------------------------

    def _admit(self, writing: Writing, address: Address, webid: str) -> None:
        quads = self._quads(writing.conn, address.acl) or self._inherited(writing.conn, address)
        rule = counting_rule(address.iri(self._resources.base_url), webid, self._resources.base_url)
        new = [quad for quad in rule if quad not in quads]
        if new:
            self._put(writing, address, rdf.serialize([*quads, *new], rdf.TURTLE))

    def _ruled(self, conn: Connection, container: Address) -> list[Address]:
        """What stands below a container with an ACL of its own."""
        resources = schema.resources
        below = resources.c.path.startswith(container.path, autoescape=True)
        found = conn.scalars(
            select(resources.c.path).where(
                resources.c.pod == container.pod,
                resources.c.role == "acl",
                below,
                resources.c.path != container.acl.path,
            )
        )
        return [Address(container.pod, path).subject for path in found]

    def _quads(self, conn: Connection, acl: Address) -> list[ox.Quad]:
        stored = rows.get(conn, acl.pod, acl.path)
        return [] if stored is None else self._resources.quads(acl, stored)

    def _inherited(self, conn: Connection, address: Address) -> list[ox.Quad]:
        """What holds at `address` through a container above it, written as rules of its own."""
        for ancestor in address.ancestors():
            quads = self._quads(conn, ancestor.acl)
            if quads:
                base = self._resources.base_url
                return _moved(quads, ancestor.iri(base), address.iri(base))
        return []

    def _effective(self, conn: Connection, address: Address) -> tuple[wac.Rule, ...]:
        for one in (address, *address.ancestors()):
            stored = rows.get(conn, one.pod, one.acl.path)
            if stored is not None:
                return wac.load(stored.compiled or "")
        return ()

    def _inherits(self, conn: Connection, address: Address, wanted: Iterable[str]) -> bool:
        """Whether the thing has no ACL and nobody but `wanted` reads in its container."""
        if rows.get(conn, address.pod, address.acl.path) is not None:
            return False
        rules = self._effective(conn, address)
        named = {agent for rule in rules for agent in rule.agents}
        return named == set(wanted) and not any(
            rule.groups or rule.classes or rule.origins or rule.inline_members for rule in rules
        )

    def _mark(self, address: Address) -> bytes:
        return f"\n<{address.iri(self._resources.base_url)}> {self._counted} false .\n".encode()

    def _put(self, writing: Writing, address: Address, turtle: bytes) -> None:
        writing.put(address.acl, self._resources.prepare(address.acl, turtle, rdf.TURTLE))


def community_webid(base_url: str, community: str) -> str:
    """The WebID of a community by what `consents` keeps of it: its name here, or its WebID elsewhere."""
    return community if is_elsewhere(community) else f"{base_url}{community}/{_CARD}us"


def counting_rule(iri: str, webid: str, base_url: str) -> list[ox.Quad]:
    """The rule in the ACL of `iri` that lets a community's agent read it; of a container, what it holds as well."""
    rule = ox.NamedNode(f"{iri}.acl{_COUNTS}{_rule_name(webid, base_url)}")
    target = ox.NamedNode(iri)
    said = [(RDF["type"], ACL["Authorization"]), (ACL["accessTo"], target), (ACL["agent"], ox.NamedNode(webid))]
    said += [(ACL["mode"], ACL["Read"]), *([(ACL["default"], target)] if iri.endswith("/") else [])]
    return [ox.Quad(rule, *pair) for pair in said]


def counted_by(quads: Iterable[ox.Quad], iri: str, webids: Iterable[str], base_url: str) -> list[ox.Quad]:
    """An ACL in which exactly these communities may count what stands at `iri`; all other rules stay."""
    others = [one for one in quads if not (isinstance(one.subject, ox.NamedNode) and _COUNTS in one.subject.value)]
    return others + [quad for webid in webids for quad in counting_rule(iri, webid, base_url)]


def group_of(garden: str | None) -> str:
    """The members of a garden, as access rules name them; raises `Invalid`."""
    if garden is None or _CARD not in garden:
        raise Invalid(N_("This thing belongs to no garden."), N_("Name the garden whose members shall see it."))
    return f"{garden.partition(_CARD)[0]}members/group#members"


def is_elsewhere(community: str) -> bool:
    """Whether that is a WebID: no pod's name holds a colon."""
    return ":" in community


def _rule_name(webid: str, base_url: str) -> str:
    """The pod's name for a community here, a hash for one elsewhere: two of them may have one name."""
    if webid.startswith(base_url):
        return webid.removesuffix(f"/{_CARD}us").rpartition("/")[2]
    return hashlib.sha256(webid.encode()).hexdigest()[:16]


def _without(quads: Sequence[ox.Quad], agent: ox.NamedNode) -> list[ox.Quad]:
    """An ACL that names an agent no more; rules that named nobody else go whole."""
    named = {quad.subject for quad in quads if quad.predicate == ACL["agent"] and quad.object == agent}
    others = {
        quad.subject
        for quad in quads
        if quad.predicate in {ACL["agent"], ACL["agentGroup"], ACL["agentClass"], ACL["origin"]}
        and quad.object != agent
    }
    return [
        quad
        for quad in quads
        if not (quad.subject in named - others or (quad.predicate == ACL["agent"] and quad.object == agent))
    ]


def _moved(quads: Iterable[ox.Quad], old: str, new: str) -> list[ox.Quad]:
    """Rules for what `old` contains, as rules of `new` itself; what they name in their own document moves along."""
    quads = list(quads)
    default, target = ox.NamedNode(old), ox.NamedNode(new)
    rules = {quad.subject for quad in quads if quad.predicate == ACL["default"]}
    dropped = {quad.subject for quad in quads if quad.object == ACL["Authorization"]} - {
        quad.subject for quad in quads if quad.predicate == ACL["default"] and quad.object == default
    }
    moved = [
        ox.Quad(_renamed(quad.subject, old, new), quad.predicate, _renamed(quad.object, old, new))
        for quad in quads
        if quad.subject not in dropped and quad.predicate not in {ACL["accessTo"], ACL["default"]}
    ]
    for rule in rules - dropped:
        subject = _renamed(rule, old, new)
        moved += [ox.Quad(subject, ACL["accessTo"], target)]
        moved += [ox.Quad(subject, ACL["default"], target)] if new.endswith("/") else []
    return moved


def _renamed(node: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple, old: str, new: str) -> ox.NamedNode:
    """Keep every node but those that the moved document describes."""
    prefix = f"{old}.acl#"
    if isinstance(node, ox.NamedNode) and node.value.startswith(prefix):
        return ox.NamedNode(f"{new}.acl#{node.value.removeprefix(prefix)}")
    return node  # type: ignore[return-value]  # the same kind of node as before
