"""What others say about a badge, about what it is given for and about who gave it: found, checked, shown as it is.

A confirmation is an EndorsementCredential, a resource of its own beside what it is about: signing a badge again
to put it inside would be another badge (open-badges.md §5.4). Its name in `endorsements/` begins with a digest of
the subject's id, so that those about one thing stand next to each other. Each is judged by the one verifier.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from pod_app.badges.recognition.regard import About, Confirmed, Regard, Voice, regard
from pod_app.badges.signing import status
from pod_app.badges.verifier import verifying
from pod_app.badges.verifier.verifying import MAX_DOCUMENT, MAX_ENDORSEMENTS, Fetch, Report
from pod_app.pods.access import PROGRAM
from pod_app.pods.catalogue import Catalogue, Pod
from pod_app.pods.resources import Resources
from pod_app.standards import addresses, rdf
from pod_app.standards.addresses import Address
from pod_app.standards.json_text import dump, object_in
from pod_app.standards.open_badges_shape import is_endorsement, listed, moment
from pod_app.storage import resources as rows

PLACE: Final = "endorsements/"
MOST: Final = 50
"""Confirmations of one thing that a page shows; each costs a signature's check."""
_ROOM: Final = MAX_DOCUMENT // 2


@dataclass(frozen=True, slots=True)
class Confirmation:
    """One word about something, and what became of its checks; `by` is the pod that says it, when it is one of ours."""

    document: Mapping[str, Any]
    about: About
    by: Pod | None
    report: Report

    @property
    def holds(self) -> bool:
        """Every check that is needed was made, and passed."""
        return self.report.verified is True

    @property
    def is_withdrawn(self) -> bool:
        """Whoever said it has taken it back."""
        return self.report["status"].outcome == "fail"

    @property
    def voice(self) -> Voice:
        """What kind of agent speaks."""
        return "elsewhere" if self.by is None else self.by.kind

    @property
    def issuer(self) -> Mapping[str, Any]:
        """Who speaks, as they call themselves."""
        return _mapping(self.document.get("issuer"))


class Confirmations:
    """The confirmations kept in the pods of one installation, and those inside badges.

    `fetch` answers documents of this installation alone: reading a page asks nobody else.
    """

    def __init__(self, resources: Resources, catalogue: Catalogue, fetch: Fetch, clock: Callable[[], datetime]) -> None:
        self._resources = resources
        self._catalogue = catalogue
        self._fetch = fetch
        self._clock = clock

    def about(self, pod: str, iri: str, kind: About) -> list[Confirmation]:
        """The confirmations of a thing that are kept in a pod, each judged today; oldest first."""
        with self._resources.reading() as conn:
            documents = [self._read(conn, address) for address in kept(conn, pod, iri)]
        found = [self._judged(one, kind) for one in documents if subject_of(one) == iri]
        return sorted(found, key=_since)

    def standing(self, conn: Connection, pod: str, iri: str, did: str, now: datetime) -> bool:
        """Whether somebody's word about a thing is kept in a pod, has not ended and was not taken back."""
        for address in kept(conn, pod, iri):
            document = self._read(conn, address)
            until = moment(document.get("validUntil"))
            record = addresses.of_iri(str(document.get("id", "")), self._resources.base_url)
            ended = (until is not None and until <= now) or (record and status.reason(conn, record) is not None)
            if issuer_of(document) == did and not ended:
                return True
        return False

    def beside(self, conn: Connection, pod: str, iri: str) -> list[Address]:
        """Where the confirmations of a badge stand: the copies in a pod, and the records of those who said it here."""
        copies = kept(conn, pod, iri)
        said = (str(self._read(conn, address).get("id", "")) for address in copies)
        records = [addresses.of_iri(one, self._resources.base_url) for one in said]
        ours = [one for one in records if one and one.path.startswith(PLACE) and self._resources.exists(conn, one)]
        return list(dict.fromkeys([*copies, *ours]))

    def of_badge(self, badge: Mapping[str, Any], holder: str | None) -> list[Confirmation]:
        """Those about a badge itself: kept in the pod of its holder, or signed into it."""
        iri = str(badge.get("id", ""))
        kept = self.about(holder, iri, "badge") if holder is not None and iri else []
        known = {id_of(one.document) for one in kept}
        signed_in = ((one, kind) for one, kind in inside(badge) if id_of(one) not in known)
        return [*kept, *(self._judged(one, kind) for one, kind in signed_in)]

    def to_embed(self, badge: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Those about a badge that hold today, for signing it again with them inside (open-badges.md §5.4).

        As many as the verifier looks at, and as fit into a badge beside the rest.
        """
        holder = self._catalogue.of_webid(str(_mapping(badge.get("credentialSubject")).get("id", "")))
        found: list[dict[str, Any]] = []
        room = _ROOM
        for one in self.of_badge(badge, None if holder is None else holder.name):
            room -= len(dump(one.document))
            if one.holds and room >= 0 and len(found) < MAX_ENDORSEMENTS:
                found.append(dict(one.document))
        return found

    def of_its_kind(self, badge: Mapping[str, Any]) -> list[Confirmation]:
        """Those about what the badge is given for and about who gave it, where that is here: they are public."""
        return [*self.of_achievement(achievement_of(badge)), *self.of_issuer(issuer_of(badge))]

    def of_achievement(self, iri: str) -> list[Confirmation]:
        """Those about an achievement of this installation."""
        pod = place_of(iri, self._resources.base_url)
        return self.about(pod, iri, "achievement") if pod else []

    def of_issuer(self, did: str) -> list[Confirmation]:
        """Those about a pod of this installation as an issuer."""
        pod = self.pod_of(did)
        return [] if pod is None else self.about(pod.name, did, "issuer")

    def regard(self, badge: Mapping[str, Any], found: Iterable[Confirmation]) -> Regard:
        """Whose look stands behind a badge: only words of others that hold count."""
        issuer, subject = self.pod_of(issuer_of(badge)), subject_of(badge)
        own = issuer is not None and issuer.webid == subject
        others = [one for one in found if one.holds and not is_own(one.document, one.by, badge)]
        voices = [Confirmed(one.about, one.voice) for one in others]
        return regard("elsewhere" if issuer is None else issuer.kind, to_oneself=own, confirmed=voices)

    def pod_of(self, did: str) -> Pod | None:
        """The pod that a DID names, if it is one of ours."""
        pod = self._catalogue.find(did.rpartition(":")[2]) if did.startswith("did:web:") else None
        return pod if pod is not None and pod.did == did else None

    # -- steps -----------------------------------------------------------------------------------

    def _read(self, conn: Connection, address: Address) -> Mapping[str, Any]:
        return object_in(self._resources.data(self._resources.read_within(conn, PROGRAM, address).stored))

    def _judged(self, document: Mapping[str, Any], about: About) -> Confirmation:
        report = verifying.verify(dump(document), fetch=self._fetch, at=self._clock())
        return Confirmation(document, about, self.pod_of(issuer_of(document)), report)


def kept(conn: Connection, pod: str, about: str) -> list[Address]:
    """Where the confirmations of a thing stand in a pod; the caller has decided who may know."""
    prefix = f"{PLACE}{digest(about)}-"
    found = rows.listed(conn, pod, PLACE, prefix, MOST)
    return [Address(pod, path) for path, media_type, _, _ in found if path.startswith(prefix) and media_type == rdf.VC]


def digest(about: str) -> str:
    """The beginning of the names of those about one thing."""
    return hashlib.sha256(about.encode()).hexdigest()[:24]


def inside(badge: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], About]]:
    """Endorsements signed into a badge, with what of it they are about; one about something else says nothing here.

    A word about the evidence is one about the badge: what somebody claimed before it was recognised.
    """
    achievement = _mapping(_mapping(badge.get("credentialSubject")).get("achievement"))
    known: dict[str | None, About] = {id_of(_mapping(one)): "badge" for one in listed(badge.get("evidence"))}
    known |= {id_of(badge): "badge", id_of(achievement): "achievement", issuer_of(badge): "issuer"}
    known.pop(None, None)
    for one in listed(badge.get("endorsement"))[:MOST]:
        about = known.get(subject_of(one)) if isinstance(one, Mapping) and is_endorsement(one) else None
        if about is not None:
            yield one, about


def is_own(word: Mapping[str, Any], by: Pod | None, badge: Mapping[str, Any]) -> bool:
    """A word of the badge's own subject or issuer adds no other look; `by` is the pod that says it, if it is ours."""
    subject, says = subject_of(badge), issuer_of(word)
    return says == issuer_of(badge) or says == subject or (by is not None and by.webid == subject)


def issuer_of(document: Mapping[str, Any]) -> str:
    """Who signed: a DID, or what an old badge has in its place."""
    issuer = document.get("issuer")
    return str(_mapping(issuer).get("id") or issuer or "")


def subject_of(document: Mapping[str, Any]) -> str | None:
    """What a credential is about, when it says so by an address."""
    return id_of(_mapping(document.get("credentialSubject")))


def id_of(document: Mapping[str, Any]) -> str | None:
    """The address of a thing, when it has one."""
    found = document.get("id")
    return found if isinstance(found, str) else None


def achievement_of(badge: Mapping[str, Any]) -> str:
    """What a badge is given for."""
    return str(_mapping(_mapping(badge.get("credentialSubject")).get("achievement")).get("id", ""))


def place_of(achievement: str, base_url: str) -> str:
    """Name of the pod that an achievement of this installation stands in; empty for one of elsewhere."""
    return achievement.removeprefix(base_url).partition("/")[0] if achievement.startswith(base_url) else ""


def _since(one: Confirmation) -> str:
    return str(one.document.get("validFrom", ""))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
