"""Read and write resources: the path that every door takes (house.md §6, paths 1 and 2).

`Resources.read` answers with the stored resource and what the agent may do with it.
`Resources.write` runs a function over a `Writing`, one transaction: resource, containment and the
outbox row commit together, or nothing does.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import IO, TypeVar

import pyoxigraph as ox
from sqlalchemy import Connection

from pod_app.errors import N_, Elsewhere, NotFound
from pod_app.pods.access import Access, Decision, Rows, ahead_of_write, documents, no_pod
from pod_app.pods.body import DERIVED, Bodies, Body, Content
from pod_app.pods.intake import Intake
from pod_app.pods.shapes import Shape, ShapeLibrary
from pod_app.pods.writing import Clock, Writing, Written
from pod_app.settings import Settings
from pod_app.standards import rdf
from pod_app.standards.addresses import Address
from pod_app.standards.wac import Agent, Mode
from pod_app.storage import resources as rows
from pod_app.storage.blobs import Blobs
from pod_app.storage.database import Database
from pod_app.storage.resources import Member, StoredResource

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading:
    """A resource that was found, and what its reader may do."""

    address: Address
    stored: StoredResource
    decision: Decision


class Resources:
    """The resources of every pod of one installation."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        blobs: Blobs,
        access: Access,
        bodies: Bodies,
        shapes: ShapeLibrary,
        clock: Clock,
    ) -> None:
        self.base_url = settings.base_url
        self._settings = settings
        self._database = database
        self._blobs = blobs
        self._access = access
        self._bodies = bodies
        self._intake = Intake(settings, database, blobs)
        self._shapes = shapes
        self._clock = clock

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view for several reads."""
        with self._database.read() as conn:
            yield conn

    def read(self, agent: Agent, address: Address, mode: Mode = Mode.READ) -> Reading:
        """The resource at `address` for an agent who holds `mode` on it.

        Without the mode the refusal is the same whether or not anything stands there (P11, S22).
        Raises `Unauthenticated`, `Forbidden`, `NotFound`.
        """
        return self._informed(agent, address, lambda conn, found: self._read(conn, found, agent, address, mode))

    def read_within(self, conn: Connection, agent: Agent, address: Address, mode: Mode = Mode.READ) -> Reading:
        """`read`, inside a transaction that is already open."""
        return self._read(conn, rows.lookup(conn, address.pod, documents(address)), agent, address, mode)

    def _read(self, conn: Connection, found: Rows, agent: Agent, address: Address, mode: Mode) -> Reading:
        decision = self._access.decide(conn, found, address, agent)
        decision.require(mode)
        stored = found.get(address.path)
        if stored is None:
            raise self._missing(conn, agent, address, found)
        return Reading(address, stored, decision)

    def _missing(self, conn: Connection, agent: Agent, address: Address, found: Rows) -> NotFound:
        """Tell a reader what is missing, and of its twin only when they may read that one too (C2, P11)."""
        twin = address.twin
        if address.path and twin.path in found and self.decide_within(conn, agent, twin).allows(Mode.READ):
            return Elsewhere(
                N_("What is meant stands at {location}."), N_("Ask for that address."), location=twin.iri(self.base_url)
            )
        return missing(conn, address)

    def acquaint(self, agent: Agent, *places: Address) -> None:
        """Let groups on other servers be asked, where rules name some, before access for `agent` is decided (P5).

        `read` and `decide` do it by themselves; what decides within a transaction cannot.
        """
        if agent.webid is None:
            return
        for address in places:
            with self._database.read() as conn:
                unasked = self._access.unasked(rows.lookup(conn, address.pod, documents(address)), agent)
            self._access.learn(unasked)

    def _informed(self, agent: Agent, address: Address, judge: Callable[[Connection, Rows], T]) -> T:
        """What `judge` makes of the documents that count at `address`, looked up anew once a group was asked (P5).

        One statement where no group waits to be asked; no transaction is open while another server answers. What has
        joined a transaction is going to write: it looks ahead.
        """
        with self._database.read() as conn:
            found = rows.lookup(conn, address.pod, documents(address), partial(ahead_of_write, address))
            unasked = self._access.unasked(found, agent)
            if not unasked:
                return judge(conn, found)
        self._access.learn(unasked)
        with self._database.read() as conn:
            return judge(conn, rows.lookup(conn, address.pod, documents(address)))

    def decide(self, agent: Agent, address: Address) -> Decision:
        """What `agent` may do at `address`, whether or not something stands there."""
        return self._informed(agent, address, lambda conn, found: self._access.decide(conn, found, address, agent))

    def decide_within(self, conn: Connection, agent: Agent, address: Address) -> Decision:
        """`decide`, inside a transaction that is already open."""
        return self._access.decide(conn, rows.lookup(conn, address.pod, documents(address)), address, agent)

    def readable(
        self, conn: Connection, agent: Agent, container: Address
    ) -> Iterator[tuple[Address, StoredResource, Decision, Rows]]:
        """Members of a container that `agent` may read, with their bodies: two statements, however many there are.

        With each comes the decision, and the ACLs from which it was made.
        """
        members = rows.contents(conn, container.pod, container.path)
        around = rows.lookup(conn, container.pod, documents(container))
        around |= rows.rules(conn, container.pod, [f"{member.path}.acl" for member in members])
        for member in members:
            address = Address(container.pod, member.path)
            decision = self._access.decide(conn, around, address, agent)
            if decision.allows(Mode.READ):
                yield address, member, decision, around

    def could_read(self, conn: Connection, agent: Agent, address: Address, compiled: str | None) -> bool:
        """Whether rules that were deleted with a resource let `agent` read it; what stands there now counts first."""
        found = rows.lookup(conn, address.pod, documents(address))
        if address.acl.path not in found and address.path not in found:
            now = self._clock()
            acl = StoredResource(
                address.pod, address.acl.path, "acl", None, rdf.TURTLE, 0, "", 0, now, now, compiled=compiled
            )
            found[acl.path] = acl
        return self._access.decide(conn, found, address, agent).allows(Mode.READ)

    def admit(self, agent: Agent, container: Address) -> None:
        """Raise what a POST deserves where nothing may be added or nothing stands (G3), without telling strangers."""
        self._informed(
            agent, container, lambda conn, found: self._writing(conn, agent).require_container(container, found)
        )

    def exists(self, conn: Connection, address: Address) -> bool:
        """Whether something stands there, for parts of the program that have already decided about access."""
        return rows.get(conn, address.pod, address.path) is not None

    def owners(self, conn: Connection, pod: str) -> list[str]:
        """WebIDs of the owners of a pod."""
        return sorted(rows.owners(conn, pod))

    def write(self, agent: Agent, change: Callable[[Writing], T], *, frees: bool = False) -> T:
        """Run `change` in one transaction and return its value once it is on disk.

        What only deletes `frees` room: it goes on when the disk is full (trust.md S39).
        """

        def within(conn: Connection) -> T:
            return change(self._writing(conn, agent))

        return self._database.write(within, frees=frees)

    @contextmanager
    def trying(self, agent: Agent) -> Iterator[Writing]:
        """The rules of a write over one consistent view, for finding out beforehand what it would come to."""
        with self._database.read() as conn:
            yield self._writing(conn, agent)

    def _writing(self, conn: Connection, agent: Agent) -> Writing:
        return Writing(conn, agent, self._access, self._clock(), self._settings, self.quads)

    def add(
        self,
        agent: Agent,
        container: Address,
        name: str,
        make: Callable[[Address], Content],
        media_type: str,
        *,
        as_container: bool = False,
    ) -> Written:
        """Create a member of `container` under `name` or, when that is taken, under a fresh name like it.

        `make` builds the body once the address is known, because relative IRIs and a document's own
        `id` depend on it. The body is prepared outside the transaction; when somebody else took the
        name meanwhile, another one is tried, so that each of many requests gets its own resource (S19).
        Whoever calls this has called `admit`; the transaction decides about access again.
        """
        while True:
            with self._database.read() as conn:
                address = self._writing(conn, agent).name_in(container, name, as_container=as_container)
            body = self.prepare(address, make(address), media_type)
            written = self.write(agent, partial(Writing.create, container=container, address=address, body=body))
            if written is not None:
                return written

    def prepare(self, address: Address, content: Content, media_type: str, *, within: Connection | None = None) -> Body:
        """A body ready to be written at `address`; see `Bodies.prepare` for what is refused.

        Also raises `Violated` where a shape governs and the document does not keep it. Access comes first:
        whoever calls this for somebody has made sure that they may write there. In a transaction that is
        already open, `within` saves a second connection and sees what was changed in it.
        """
        body = self._bodies.prepare(address, content, media_type)
        shape = self._governing(address, within)
        if shape is None:
            return body
        bare = media_type.partition(";")[0].strip().lower()
        return replace(body, hints=self._shapes.check(shape, address, bare, body.triples).hints)

    def _governing(self, address: Address, within: Connection | None) -> Shape | None:
        if address.auxiliary or address.is_container:
            return None
        if within is not None:
            return self._shapes.governing(within, address)
        with self._database.read() as conn:
            return self._shapes.governing(conn, address)

    def judge(self, shape: str, address: Address, media_type: str, triples: Sequence[ox.Quad]) -> None:
        """Raise `Violated` when a document for another server breaks a shape of ours; no name, no shape."""
        found = self._shapes.get(shape)
        if found is not None:
            self._shapes.check(found, address, media_type, triples)

    def receive(self, address: Address, stream: IO[bytes], media_type: str, announced: int | None) -> Content:
        """Read a body to its end, a large one straight to disk; see `Intake.receive` for what is refused.

        Access comes first, as for `prepare`.
        """
        return self._intake.receive(address, stream, media_type, announced)

    def prepare_beside(self, address: Address, data: bytes, media_type: str) -> Body:
        """A body that belongs to the document it stands beside, such as the picture of a badge: no shape is asked."""
        return self._bodies.prepare(address, data, media_type)

    def data(self, stored: StoredResource) -> bytes:
        """The bytes as they were received."""
        if stored.blob is not None:
            return self._blobs.get(stored.blob)
        return stored.body or b""

    def stream(self, stored: StoredResource, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """`data` of a resource whose body is a blob, from `start` up to and without `end`, piece by piece."""
        if stored.blob is None:
            yield (stored.body or b"")[start:end]
        else:
            yield from self._blobs.stream(stored.blob, start=start, end=end)

    def quads(self, address: Address, stored: StoredResource) -> list[ox.Quad]:
        """The triples of an RDF resource; derived ones are kept where parsing is dear (house.md §3)."""
        if stored.quads is not None:
            return rdf.parse(stored.quads, rdf.N_QUADS, address.iri(self.base_url), DERIVED)
        media_type = stored.media_type.partition(";")[0].strip()
        if stored.size == 0 or not rdf.is_rdf(media_type):
            return []
        return rdf.parse(self.data(stored), media_type, address.iri(self.base_url))

    def prefixes(self, address: Address, stored: StoredResource) -> dict[str, str]:
        """The prefixes that a document was written with, where its syntax has any."""
        return rdf.prefixes(self.data(stored), stored.media_type, address.iri(self.base_url))

    def children(self, address: Address, *, limit: int | None = None) -> list[StoredResource]:
        """Direct members of a container in the order of their names, without bodies."""
        with self._database.read() as conn:
            return list(rows.children(conn, address.pod, address.path, limit=limit))

    def page(self, address: Address, after: str, limit: int) -> list[Member]:
        """At most `limit` direct members in the order of their paths, from behind `after`; each page is one moment."""
        with self._database.read() as conn:
            return rows.listed(conn, address.pod, address.path, after, limit)

    def members(self, conn: Connection, address: Address) -> list[StoredResource]:
        """`children`, inside a transaction that is already open."""
        return list(rows.children(conn, address.pod, address.path))

    def sweep(self) -> list[str]:
        """Remove blobs that nothing has referred to for a day, and what uploads left that broke off with their process.

        Goes by the clock of the files, whatever clock the installation has.
        """
        with self._database.read() as conn:
            known = rows.blobs_in_use(conn)
        return self._blobs.delete_unreferenced(known, datetime.now(UTC))


def missing(conn: Connection, address: Address) -> NotFound:
    """Tell an unknown pod and an absent resource apart, for those who may know."""
    if not rows.pod_exists(conn, address.pod):
        return no_pod(address)
    return NotFound(
        N_("There is nothing at {path}."), N_("Check the address; it may have been deleted."), path=address.target
    )
