"""One transaction over pods: every rule about changing a resource, in the order of the specifications.

Order of each operation (solid.md B10): authorise → existence → preconditions → conflicts with the
state. Preparing the body (media type, parsing) happened before, in `pods/body.py`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pyoxigraph as ox
from sqlalchemy import Connection

from pod_app.errors import N_, Conflict, Forbidden, MethodNotAllowed, NotFound, Unauthenticated
from pod_app.pods import containment, intake, protected
from pod_app.pods.access import (
    PROGRAM,
    Access,
    Decision,
    Rows,
    documents,
    documents_with_parent,
    no_pod,
    refusal,
)
from pod_app.pods.body import Body
from pod_app.settings import Settings
from pod_app.standards.addresses import Address
from pod_app.standards.preconditions import Conditions
from pod_app.standards.shacl import Result
from pod_app.standards.wac import Agent, Mode
from pod_app.storage import outbox
from pod_app.storage import resources as rows
from pod_app.storage.resources import StoredResource

Clock = Callable[[], datetime]
Quads = Callable[[Address, StoredResource], Sequence[ox.Quad]]
"""The statements of an RDF resource as it stands."""
ANYWAY: Final = Conditions()


@dataclass(frozen=True, slots=True)
class Written:
    """What a write left behind; `hints` say what its shape would like better."""

    address: Address
    stored: StoredResource
    created: bool
    hints: tuple[Result, ...] = ()


class Writing:
    """The write side of one transaction, for one agent."""

    def __init__(
        self, conn: Connection, agent: Agent, access: Access, now: datetime, settings: Settings, quads: Quads
    ) -> None:
        self.conn = conn
        self.agent = agent
        self.now = now
        self._access = access
        self._settings = settings
        self._quads = quads

    def as_program(self) -> "Writing":
        """The same transaction, for what the program itself keeps (status lists, inboxes' effects)."""
        return Writing(self.conn, PROGRAM, self._access, self.now, self._settings, self._quads)

    def decide(self, address: Address) -> tuple[Rows, Decision]:
        """The rows around an address and what the agent may do there."""
        found = self._rows(address)
        return found, self._access.decide(self.conn, found, address, self.agent)

    def put(self, address: Address, body: Body, conditions: Conditions = ANYWAY) -> Written:
        """Create or replace exactly this resource, with its missing ancestors (solid.md C4, E3, P8)."""
        found, decision = self._decide_with_parent(address)
        decision.require(Mode.WRITE)
        current = found.get(address.path)
        if current is None:
            self._require_parent(address, found)
        conditions.check_write(None if current is None else containment.state_of(current))
        containment.refuse_reserved(address, self.agent)
        self._refuse_other_kind(address, found, body)
        return self._store(address, body, current, parent_stands=_parent_stands(address, found))

    def admit_patch(self, address: Address, needs: Collection[Mode], conditions: Conditions) -> StoredResource | None:
        """What stands there for an agent who may change it, or None where they may create it (P8, P10)."""
        found, decision = self._decide_with_parent(address)
        decision.require(*needs)
        current = found.get(address.path)
        if current is None:
            self._require_parent(address, found)
        conditions.check_write(None if current is None else containment.state_of(current))
        containment.refuse_reserved(address, self.agent)
        self._refuse_rival(address, found)
        return current

    def store_patched(self, address: Address, body: Body, current: StoredResource | None) -> Written:
        """Keep what a patch has made of what `admit_patch` gave in this transaction."""
        return self._store(address, body, current)

    def free_name(self, container: Address, name: str, *, as_container: bool = False) -> Address:
        """An address in `container` where nothing stands: `name`, or a fresh name like it (solid.md C5, S18, S19).

        Whether the agent may add anything is decided first, so that a stranger learns nothing.
        """
        self.require_container(container)
        return self.name_in(container, name, as_container=as_container)

    def name_in(self, container: Address, name: str, *, as_container: bool = False) -> Address:
        """`free_name` for an agent who has been admitted to the container; the write itself asks again."""
        address = containment.child(container, name, as_container=as_container)
        while self._taken(address):
            address = containment.child(container, containment.fresh(name), as_container=as_container)
        return address

    def create(self, container: Address, address: Address, body: Body) -> Written | None:
        """Add a member at an address that `free_name` gave; None when somebody took the name meanwhile."""
        self.require_container(container)
        if self._taken(address):
            return None
        if address.is_container:
            containment.refuse_server_managed(address, body)
        return self._store(address, body, None, parent_stands=True)

    def delete(self, address: Address, conditions: Conditions = ANYWAY) -> None:
        """Remove a resource, its ACL and its description; never a container that still holds something (G5)."""
        found, decision = self.decide(address)
        decision.require(*((Mode.READ, Mode.WRITE) if address.is_container else (Mode.WRITE,)))
        current = found.get(address.path)
        if current is None:
            raise self._absent(address, decision)
        if not address.auxiliary and address.parent is not None:
            self.decide(address.parent)[1].require(Mode.WRITE)
        conditions.check_write(containment.state_of(current))
        containment.refuse_reserved(address, self.agent)
        containment.refuse_lasting(address)
        if address.is_container and rows.has_children(self.conn, address.pod, address.path):
            raise Conflict(
                N_("{path} still holds something."), N_("Delete what it contains first."), path=address.target
            )
        self._remove(address, found)

    def job(
        self, pod: str, kind: str, payload: dict[str, object], *, key: str | None = None, due: datetime | None = None
    ) -> None:
        """Work to be done after the commit, or not before `due`, at least once (house.md §2.5)."""
        outbox.append(self.conn, pod=pod, kind=kind, payload=payload, at=self.now, next_at=due, idempotency_key=key)

    def _taken(self, address: Address) -> bool:
        """Whether something stands there or under a name like it, or only the program may put something there."""
        if address.auxiliary or address.reserved or containment.kept_by_program(address):
            return True
        return rows.is_taken(self.conn, address.pod, address.path)

    # -- steps -----------------------------------------------------------------------------------

    def _rows(self, address: Address) -> Rows:
        return rows.lookup(self.conn, address.pod, documents(address))

    def _decide_with_parent(self, address: Address) -> tuple[Rows, Decision]:
        """`decide`, with the rows that decide about the parent brought along by the same statement."""
        found = rows.lookup(self.conn, address.pod, documents_with_parent(address))
        return found, self._access.decide(self.conn, found, address, self.agent)

    def _require_parent(self, address: Address, around: Rows) -> None:
        """Creating needs Append where the containment triple appears: at the deepest container that stands (P10).

        `around` holds the rows of the parent, as far as it stands.
        """
        if address.auxiliary or address.path == "":
            return
        document: Address | None = None
        for ancestor in address.ancestors():
            found = around if ancestor == address.parent else self._rows(ancestor)
            decision = self._access.decide(self.conn, found, ancestor, self.agent)
            if ancestor.path and ancestor.twin.path in found:
                document = ancestor.twin
            if ancestor.path in found:
                decision.require(Mode.APPEND)
                break
        else:
            raise no_pod(address)
        if document is not None:
            raise containment.holds_nothing(document)

    def require_container(self, container: Address, around: Rows | None = None) -> None:
        """Something may be added here: the agent may append, and it is a container that stands.

        `around` holds the rows of its documents where they were looked up in this transaction already.
        """
        found = self._rows(container) if around is None else around
        decision = self._access.decide(self.conn, found, container, self.agent)
        decision.require(Mode.APPEND)
        if not container.is_container or container.auxiliary:  # before existence, which is a reader's business (P11)
            raise MethodNotAllowed(
                N_("{path} is a document: nothing can be added inside it."),
                N_("POST to a container, whose address ends in a slash."),
                path=container.target,
                allowed=containment.allowed_methods(container),
            )
        if container.path not in found:
            raise self._absent(container, decision)
        if containment.kept_by_program(container) and self.agent is not PROGRAM:
            raise containment.kept(container)

    def _absent(self, address: Address, decision: Decision) -> NotFound | Unauthenticated | Forbidden:
        """Only a reader learns that something is absent (P11)."""
        if not decision.allows(Mode.READ):
            return refusal(self.agent)
        return NotFound(
            N_("There is nothing at {path}."), N_("Check the address; it may have been deleted."), path=address.target
        )

    def _refuse_other_kind(self, address: Address, found: Rows, body: Body) -> None:
        self._refuse_rival(address, found)
        if address.is_container:
            containment.refuse_server_managed(address, body)

    def _refuse_rival(self, address: Address, found: Rows) -> None:
        """Neither a twin nor a look-alike stands, and an auxiliary resource has something to belong to (C2, S16)."""
        rival = None if address.path in found else rows.rival(self.conn, address.pod, address.path)
        if rival is not None:
            raise rows.in_the_way(address.pod, address.path, rival)
        if address.auxiliary and address.subject.path not in found:
            raise NotFound(
                N_("There is nothing at {path} that this would belong to."),
                N_("Create that resource first."),
                path=address.subject.target,
            )

    def _store(
        self, address: Address, body: Body, current: StoredResource | None, *, parent_stands: bool = False
    ) -> Written:
        self._refuse_protected(address, body, current)
        if current is not None and (current.sha256, current.media_type) == (body.sha256, body.media_type):
            return Written(
                address, current, created=False, hints=body.hints
            )  # nothing to keep and nothing to tell (N7)
        intake.require_room(self._settings)
        if current is None and not address.auxiliary and not parent_stands:
            self._make_ancestors(address)
        stored = containment.row(address, body, current, self.now)
        self._keep(stored, current)
        self._note_in_listings(address, membership=current is None)
        self._announce(address, "Update" if current else "Create", stored.version)
        return Written(address, stored, created=current is None, hints=body.hints)

    def _make_ancestors(self, address: Address) -> None:
        for ancestor in address.ancestors():
            if rows.get(self.conn, address.pod, ancestor.path) is not None:
                return
            containment.refuse_reserved(ancestor, self.agent)
            stored = containment.row(ancestor, containment.EMPTY, None, self.now)
            rows.put(self.conn, stored)
            self._announce(ancestor, "Create", stored.version)
            self._note_in_listings(ancestor, membership=True)

    def _note_in_listings(self, address: Address, *, membership: bool) -> None:
        """The container's listing has changed: a new version, and a new date only if who is in it changed (B8, B9)."""
        around = None if address.auxiliary else address.parent
        if around is None:
            return
        lister = around.parent if membership else None  # which lists the new date
        modified = self.now if membership else None
        rows.touch(self.conn, address.pod, around.path, modified, None if lister is None else lister.path)

    def _refuse_protected(self, address: Address, body: Body, current: StoredResource | None) -> None:
        if self.agent is PROGRAM:
            return
        if address.path == ".acl" and not self._access.leaves_control(self.conn, address.subject, body.compiled):
            raise protected.locked_out(address)
        if address.path in protected.PROFILES:
            before = self._quads(address, current) if current is not None else []
            self.refuse_other_profile(address, before, body.triples)

    def refuse_other_profile(self, address: Address, before: Collection[ox.Quad], after: Collection[ox.Quad]) -> None:
        """Nobody writes into a profile who vouches for it and where its storage and inbox are (U3, S15)."""
        if address.path not in protected.PROFILES or self.agent is PROGRAM:
            return
        if self._settings.protect_issuer:
            protected.refuse_other_issuers(address, before, after)
        if before and address.path == protected.PROFILE:
            protected.refuse_other_places(address, before, after)

    def _keep(self, stored: StoredResource, current: StoredResource | None) -> None:
        """Nothing stays of a row that makes its pod larger than it may be: counted in this very transaction (S39)."""
        before = None if current is None else current.size
        used = rows.keep(self.conn, stored, before)
        growth = stored.size - (before or 0)
        if growth > 0 and used > self._settings.pod_quota:
            raise intake.full(stored.pod, used - growth, self._settings.pod_quota, growth)

    def _remove(self, address: Address, found: Rows) -> None:
        """The rules that go with it are noted with the change: who could read it may hear that it is gone (N7)."""
        rules = None if address.auxiliary else found.get(address.acl.path)
        gone = [address] if address.auxiliary else [address, address.acl, address.meta]
        for one in gone:
            rows.delete(self.conn, one.pod, one.path)
        self._note_in_listings(address, membership=True)
        self._announce(address, "Delete", 0, {"acl": rules.compiled} if rules is not None else None)

    def _announce(self, address: Address, verb: str, version: int, payload: Mapping[str, object] | None = None) -> None:
        """One Change, in the same transaction: what indexes, views and notifications will follow."""
        outbox.append(
            self.conn, pod=address.pod, kind="change", path=address.path, version=version, verb=verb,
            agent=self.agent.webid, at=self.now, payload=payload,
        )  # fmt: skip


def _parent_stands(address: Address, found: Rows) -> bool:
    return address.parent is not None and address.parent.path in found
