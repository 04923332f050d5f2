"""Consent: what a person or a garden lets one community do, for one purpose (contracts.md §2).

The record in the person's pod, the access rules and the row by which consent is found commit in one
transaction, so that a view never reads more than was agreed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import urlsplit

import pyoxigraph as ox
from sqlalchemy import Connection, insert, select
from sqlalchemy import delete as deletion

from pod_app.collective import elsewhere
from pod_app.errors import N_, Invalid
from pod_app.pods import layout, tray
from pod_app.pods.audience import COUNT, COUNTED, Sharing
from pod_app.pods.catalogue import Pod
from pod_app.pods.things import AS_ITS_PLACE, Statement, Things, agent, moment
from pod_app.pods.writing import Writing
from pod_app.standards.namespaces import DPV
from pod_app.standards.wac import Agent, Mode
from pod_app.storage.schema import consents, microseconds

_PLACE: Final = re.compile(r"/[^/?#]+/profile/card")
PURPOSES: Final = (COUNT, "badges", "cascade", "map")


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A community of another installation: its WebID is all that is known here, and its name in `consents`."""

    webid: str
    kind: str = "community"

    @property
    def name(self) -> str:
        """What `consents` keeps."""
        return self.webid


Community = Pod | Elsewhere


@dataclass(frozen=True, slots=True)
class Consent:
    """One word given or taken back."""

    community: Community
    purpose: str
    given: bool


class Consents(Things[Consent]):
    """Who consents to what, in one installation."""

    place = "consents/"
    sharing = AS_ITS_PLACE

    def give(self, agent: Agent, pod: Pod, community: Community, purpose: str) -> None:
        """Let a community use what a pod holds for one purpose; giving it twice changes nothing.

        With «count» a person's pod opens what the person gave and received, a garden's its events and agreements.
        Raises `Invalid` for an unknown purpose or for what is no community, `Forbidden` to anybody but
        the pod's owner.
        """
        self._resources.write(
            agent, partial(self.change_within, pod=pod, word=Consent(community, purpose, True))
        )  # named by the class

    def withdraw(self, agent: Agent, pod: Pod, community: Community, purpose: str) -> None:
        """Take a consent back: from the commit on, the community's agent reads nothing more through it."""
        self._resources.write(
            agent, partial(self.change_within, pod=pod, word=Consent(community, purpose, False))
        )  # as above

    def change_within(self, writing: Writing, pod: Pod, word: Consent, sharing: Sharing | None = None) -> None:
        """`give` or `withdraw`, inside a transaction that is already open."""
        _check(word)
        self.check_community(word.community)
        self._require_owner(writing, pod)
        if self._stands(writing.conn, pod, word) == word.given:
            return
        self.add_within(writing, pod, word, sharing)
        self._keep(writing, pod, word)
        if word.purpose == COUNT and pod.home is not None:
            tray.keep_counting(writing.conn, pod, writing.now)
            if not word.given:
                elsewhere.forget(writing.conn, pod.name, word.community.name)
            elsewhere.announce(writing.conn, pod.name, writing.now)
        elif word.purpose == COUNT:
            change = self._audiences.admit if word.given else self._audiences.dismiss
            for container in COUNTED[pod.kind]:
                change(writing, pod.address(container), word.community.webid)

    def state(self, conn: Connection, pod: str) -> dict[str, frozenset[str]]:
        """The purposes that a pod consents to, by community: its name here, or its WebID elsewhere."""
        found: dict[str, set[str]] = {}
        for row in conn.execute(select(consents.c.community, consents.c.purpose).where(consents.c.pod == pod)):
            found.setdefault(row.community, set()).add(row.purpose)
        return {community: frozenset(purposes) for community, purposes in found.items()}

    def consenting(self, conn: Connection, community: str, purpose: str) -> list[str]:
        """Names of the pods that consent, in order; one range of the table's key, whatever its size."""
        wanted = (consents.c.community == community, consents.c.purpose == purpose)
        return list(conn.scalars(select(consents.c.pod).where(*wanted).order_by(consents.c.pod)))

    def communities_of(self, conn: Connection, pod: str, purpose: str) -> list[str]:
        """The communities that the pod's owner gave this consent to, in order: names here, WebIDs elsewhere."""
        wanted = (consents.c.pod == pod, consents.c.purpose == purpose)
        return list(conn.scalars(select(consents.c.community).where(*wanted).order_by(consents.c.community)))

    def statements(self, writing: Writing, pod: Pod, it: ox.NamedNode, thing: Consent) -> Iterator[Statement]:
        """A record in the words of the Data Privacy Vocabulary."""
        yield from self.about(it, DPV["ConsentRecord"])
        yield it, DPV["hasDataSubject"], agent(pod.webid)
        yield it, DPV["hasRecipient"], agent(thing.community.webid)
        yield it, DPV["hasPurpose"], self.concept("purpose", thing.purpose)
        yield it, DPV["hasConsentStatus"], DPV["ConsentGiven" if thing.given else "ConsentWithdrawn"]
        yield it, DPV["isIndicatedAtTime"], moment(writing.now)

    def check_community(self, community: Community) -> None:
        """Raise `Invalid` for what can be no community elsewhere.

        It signs with the key of its own pod's did.json, so that its WebID must stand in a pod.
        """
        if isinstance(community, Elsewhere):
            parts = urlsplit(layout.check_webid(community.webid))
            ours = community.webid.startswith(self._resources.base_url)
            if ours or not _PLACE.fullmatch(parts.path) or parts.fragment != "us" or parts.query:
                raise Invalid(
                    N_("{webid} is not the address of a community elsewhere."),
                    N_("It looks like https://example.org/community/profile/card#us: copy it from its card."),
                    webid=community.webid[:200],
                )  # fmt: skip

    # -- steps -----------------------------------------------------------------------------------

    def _stands(self, conn: Connection, pod: Pod, word: Consent) -> bool:
        return word.purpose in self.state(conn, pod.name).get(word.community.name, ())

    def _require_owner(self, writing: Writing, pod: Pod) -> None:
        """Consent is the owner's word: Control of the pod, not only Write somewhere in it."""
        writing.decide(pod.address("").acl)[1].require(Mode.CONTROL)

    def _keep(self, writing: Writing, pod: Pod, word: Consent) -> None:
        key = {"community": word.community.name, "purpose": word.purpose, "pod": pod.name}
        if word.given:
            writing.conn.execute(insert(consents).values(**key, since=microseconds(writing.now)))
        else:
            writing.conn.execute(deletion(consents).where(*(consents.c[name] == value for name, value in key.items())))


def _check(word: Consent) -> None:
    if word.purpose not in PURPOSES:
        raise Invalid(
            N_("There is no purpose named {purpose}."), N_("Choose among: {purposes}."),
            purpose=word.purpose, purposes=", ".join(PURPOSES),
        )  # fmt: skip
    if word.community.kind != "community":
        raise Invalid(N_("{pod} is not a community."), N_("Consent is given to a community."), pod=word.community.name)
