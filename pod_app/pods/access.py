"""The one way to decide access: Web Access Control, with the pod's owner always in control.

Everything that reads or writes a resource asks here: HTTP, the command line, jobs and pages.
Web Access Control says which document counts (solid.md P1, P2): the resource's own ACL if it has
one, else the nearest ancestor's, and no merging. No ACL, or one that cannot be read, means no access.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sqlalchemy import Connection

from pod_app.errors import N_, Damaged, Forbidden, NotFound, Unauthenticated
from pod_app.pods.groups import Groups
from pod_app.settings import Settings
from pod_app.standards import wac
from pod_app.standards.addresses import Address
from pod_app.standards.wac import ANONYMOUS, Agent, Mode, Rule
from pod_app.storage import resources as rows
from pod_app.storage.resources import StoredResource

LOG: Final = logging.getLogger("pod_app.access")
PROGRAM: Final = Agent(webid="urn:pod_app:program")
"""The program itself, recognised by identity: nobody can sign in with a WebID that is not http(s)."""

ALL_MODES: Final = frozenset(Mode)

Rows = Mapping[str, StoredResource]


@dataclass(frozen=True, slots=True)
class Decision:
    """What an agent may do with one resource, and what everybody may.

    It is `lasting` when it depends on the database alone: who is in a group elsewhere is a matter of time.
    """

    agent: Agent
    user: frozenset[Mode]
    public: frozenset[Mode]
    lasting: bool = True

    def allows(self, *modes: Mode) -> bool:
        """Whether every one of `modes` is granted."""
        return self.user.issuperset(modes)

    def require(self, *modes: Mode) -> None:
        """Raise `Unauthenticated` for a stranger, `Forbidden` for a known agent, unless all are granted."""
        if not self.allows(*modes):
            raise refusal(self.agent)


def leaves_control(rules: Sequence[Rule], iri: str, webid: str) -> bool:
    """Whether rules of `iri`, here or elsewhere, give Control to a WebID, and over a container's members too."""
    agent, below = Agent(webid=webid), [(f"{iri}x", iri)] if iri.endswith("/") else []
    return all(
        Mode.CONTROL in wac.granted(rules, target, inherited_from=above, agent=agent, is_member=lambda *_: False)
        for target, above in [(iri, None), *below]
    )


def refusal(agent: Agent) -> Unauthenticated | Forbidden:
    """The same words whether or not something stands at the address (trust.md S22)."""
    if agent.webid is None:
        return Unauthenticated(
            N_("Whatever is at this address is not public."),
            N_("Sign in, or ask its owner to share it with you."),
        )
    return Forbidden(
        N_("{webid} may not do this at this address."),
        N_("Ask the owner of this pod to share it with you."),
        webid=agent.webid,
    )


def no_pod(address: Address) -> NotFound:
    """The whole pod is unknown."""
    return NotFound(N_("There is no pod named {pod} here."), N_("Check the spelling of the address."), pod=address.pod)


@lru_cache(maxsize=4096)
def documents(address: Address) -> tuple[str, ...]:
    """Paths of the rows that decide about `address`: itself, its twin, and every ACL that could count."""
    subject = address.subject
    paths = [address.path, subject.path, *(path for path, _ in _lists(subject))]
    if subject.path:
        paths.append(subject.twin.path)
    return tuple(dict.fromkeys(paths))


@lru_cache(maxsize=4096)
def _lists(subject: Address) -> tuple[tuple[str, Address | None], ...]:
    """Paths of the ACLs that could count for a resource, the one that does first; its own with no ancestor beside."""
    return ((subject.acl.path, None), *((ancestor.acl.path, ancestor) for ancestor in subject.ancestors()))


@lru_cache(maxsize=4096)
def documents_with_parent(address: Address) -> tuple[str, ...]:
    """`documents` of an address and of the container that it would appear in."""
    around = () if address.parent is None else documents(address.parent)
    return tuple(dict.fromkeys((*documents(address), *around)))


@lru_cache(maxsize=4096)
def ahead_of_write(address: Address) -> tuple[str, ...]:
    """Paths that a write at `address` will ask for, once access is decided: what is around, and which shape governs."""
    described = (address, *address.ancestors()[:1])
    return (*documents_with_parent(address), *(one.meta.path for one in described))


class Access:
    """Decides for one installation; `groups` says who belongs to those that rules name."""

    def __init__(self, settings: Settings, groups: Groups) -> None:
        self._base_url = settings.base_url
        self._strict_origin = settings.strict_origin
        self._trusted_origins = frozenset(settings.trusted_origins)
        self._groups = groups
        self._without_groups = lru_cache(maxsize=4096)(self._by_text)

    def decide(self, conn: Connection, found: Rows, address: Address, agent: Agent) -> Decision:
        """Decide about `address` from the rows of `documents(address)`, found in the same transaction.

        An auxiliary resource follows its subject: its ACL needs Control for every method (F7), its
        description the subject's own modes (F3). Raises `NotFound` when there is no such pod, which is no
        secret: every pod has a public DID document.
        """
        subject = address.subject
        if agent is PROGRAM:
            return Decision(agent, ALL_MODES, frozenset())
        if not found and not rows.pod_exists(conn, address.pod):
            raise no_pod(address)
        anybody = ANONYMOUS if agent.origin is None else Agent(origin=agent.origin)
        acl, ancestor = next(((found[path], above) for path, above in _lists(subject) if path in found), (None, None))
        public = self._by(conn, acl, subject, ancestor, anybody)
        user = public if agent.webid is None else public | self._by(conn, acl, subject, ancestor, agent)
        if agent.webid is not None and Mode.CONTROL not in user and agent.webid in rows.owners(conn, address.pod):
            user |= {Mode.CONTROL}  # an owner is never locked out (S20, D6)
        if address.auxiliary == "acl":
            user, public = _by_control(user), _by_control(public)
        lasting = agent.webid is None or acl is None or not wac.groups_of(acl.compiled or "")
        return Decision(agent, user, public, lasting=lasting)

    def unasked(self, found: Rows, agent: Agent) -> frozenset[str]:
        """Groups elsewhere that these rules name and that must be asked before a decision about `agent`."""
        if agent.webid is None:
            return frozenset()
        named = [wac.groups_of(row.compiled) for row in found.values() if row.compiled]
        return self._groups.unasked(frozenset().union(*named)) if any(named) else frozenset()

    def learn(self, groups: Iterable[str]) -> None:
        """Ask for groups elsewhere; never within a transaction."""
        self._groups.learn(groups)

    def leaves_control(self, conn: Connection, root: Address, compiled: str | None) -> bool:
        """Whether these rules, put at the root, give Control to one of the pod's owners (P14)."""
        return any(
            Mode.CONTROL in self._by_rules(conn, wac.load(compiled or ""), root, None, Agent(webid=owner))
            for owner in rows.owners(conn, root.pod)
        )

    def _by(
        self, conn: Connection, acl: StoredResource | None, subject: Address, ancestor: Address | None, agent: Agent
    ) -> frozenset[Mode]:
        """What the document grants that counts; without one nobody has access."""
        if acl is None:
            return frozenset()
        text = acl.compiled or ""
        try:
            if not wac.groups_of(text):
                return self._without_groups(text, subject, ancestor, agent)
            rules = wac.load(text)
        except Damaged:
            LOG.exception("the access rules at %s/%s are spoilt: nobody but the owners gets in", acl.pod, acl.path)
            return frozenset()
        return self._by_rules(conn, rules, subject, ancestor, agent)

    def _by_text(self, text: str, subject: Address, ancestor: Address | None, agent: Agent) -> frozenset[Mode]:
        """What rules come to that ask for no group: the same whenever the same text is asked about the same."""
        return self._judged(wac.load(text), subject, ancestor, agent, lambda _group, _webid: False)

    def _by_rules(
        self, conn: Connection, rules: Sequence[Rule], subject: Address, ancestor: Address | None, agent: Agent
    ) -> frozenset[Mode]:
        return self._judged(
            rules, subject, ancestor, agent, lambda group, webid: self._groups.is_member(conn, group, webid)
        )

    def _judged(
        self,
        rules: Sequence[Rule],
        subject: Address,
        ancestor: Address | None,
        agent: Agent,
        is_member: Callable[[str, str], bool],
    ) -> frozenset[Mode]:
        return wac.granted(
            rules,
            subject.iri(self._base_url),
            inherited_from=ancestor.iri(self._base_url) if ancestor is not None else None,
            agent=agent,
            is_member=is_member,
            strict_origin=self._strict_origin,
            trusted_origins=self._trusted_origins,
        )


def _by_control(modes: frozenset[Mode]) -> frozenset[Mode]:
    return ALL_MODES if Mode.CONTROL in modes else frozenset()
