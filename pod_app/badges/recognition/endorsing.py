"""«Je confirme»: sign a word about a badge, about an achievement or about an issuer, and take it back.

The signed bytes stay in the pod of whoever says it; a copy is put beside what it is about, in the same
transaction. Whoever sees the badge sees its confirmations. A word about an achievement or an issuer certifies it:
it is public, says why, and ends on a day (product.md, «JdN certifiante si la certification a un sens»).
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from pod_app.activities import inbox
from pod_app.badges.forge.achievements import profile
from pod_app.badges.recognition.confirmations import PLACE, Confirmations, digest
from pod_app.badges.recognition.regard import About
from pod_app.badges.signing.issuing import Issuing
from pod_app.errors import N_, Conflict, Invalid, NotFound
from pod_app.pods.audience import Audience, Audiences
from pod_app.pods.catalogue import Catalogue, Pod
from pod_app.pods.members import Members
from pod_app.pods.resources import Resources
from pod_app.pods.writing import Writing
from pod_app.standards import addresses, open_badges, rdf
from pod_app.standards.addresses import Address
from pod_app.standards.json_text import object_in
from pod_app.standards.wac import Agent
from pod_app.storage import resources as rows

MAX_COMMENT: Final = 1000
LONGEST: Final = timedelta(days=5 * 366)
"""How long a certification may last before somebody looks again."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that can be confirmed: its id, its name, the pod it is kept beside, and who may see it."""

    iri: str
    about: About
    name: str
    keeper: Pod
    audience: Audience
    owner: str
    """WebID of whom it is about: nobody confirms themselves."""


@dataclass(frozen=True, slots=True)
class Word:
    """What is said; `garden` is the garden or community in whose name as a member a person speaks."""

    comment: str = ""
    until: datetime | None = None
    garden: Pod | None = None


class Endorsing:
    """Confirmations that the pods of one installation give."""

    def __init__(
        self, resources: Resources, catalogue: Catalogue, members: Members, issuing: Issuing, audiences: Audiences,
        confirmations: Confirmations,
    ) -> None:  # fmt: skip
        self._resources = resources
        self._catalogue = catalogue
        self._members = members
        self._issuing = issuing
        self._audiences = audiences
        self._confirmations = confirmations

    def gardens(self, own: Pod) -> list[Pod]:
        """The gardens and communities as whose member somebody can speak."""
        with self._resources.reading() as conn:
            return [self._catalogue.get_within(conn, name) for name in self._members.groups_of(conn, own.webid)]

    def subject(self, agent: Agent, iri: str) -> Subject:
        """What a DID or an address of this installation stands for, when `agent` may see it; raises `NotFound`."""
        issuer = self._confirmations.pod_of(iri) if iri.startswith("did:") else None
        if issuer is not None:
            return Subject(iri, "issuer", issuer.title, issuer, "everyone", issuer.webid)
        address = addresses.of_iri(iri, self._resources.base_url)
        if address is not None and not address.is_container:
            document = object_in(self._resources.data(self._resources.read(agent, address).stored))
            if address.path.startswith("achievements/"):
                pod = self._catalogue.get(address.pod)
                return Subject(iri, "achievement", str(document.get("name", "")), pod, "everyone", pod.webid)
            if address.path.startswith(("badges/", "issued/")) and "credentialSubject" in document:
                return self._badge(address, document)
        raise NotFound(
            N_("{iri} is no badge of this installation, nor what one is given for, nor who gives one."),
            N_("Open the badge, and confirm it from there."), iri=iri,
        )  # fmt: skip

    def endorse(self, agent: Agent, by: Pod, subject: Subject, word: Word) -> Address:
        """Sign a word of `by` and keep it in both pods; returns the record's address.

        Raises `Forbidden` unless the agent may sign for the pod, `Conflict` when it has said so already, `Invalid`
        for a word about oneself, and for a certification without its reason or its end.
        """
        return self._resources.write(agent, lambda writing: self.endorse_within(writing, by, subject, word))

    def endorse_within(self, writing: Writing, by: Pod, subject: Subject, word: Word) -> Address:
        """`endorse`, inside a transaction that is already open."""
        self._check(writing, by, subject, word)
        name = f"{digest(subject.iri)}-{uuid.uuid4()}"
        record, copy = by.address(f"{PLACE}{name}"), subject.keeper.address(f"{PLACE}{name}")
        iri = record.iri(by.base_url)

        def build(status_entry: dict[str, Any]) -> dict[str, Any]:
            return open_badges.endorsement(
                id=iri, issuer=_speaker(by, word.garden), of=subject.iri, name=subject.name or subject.iri,
                comment=word.comment.strip() or None, valid_from=writing.now, valid_until=word.until,
                status_entry=status_entry,
            )  # fmt: skip

        document = self._issuing.sign_beside(writing, by, record, build)
        program = writing.as_program()
        for address in (record, copy):
            program.put(address, self._resources.prepare(address, document, rdf.VC, within=writing.conn))
            self._show(program, address, subject)
        if by.webid != subject.keeper.webid:
            activity = inbox.offer(by.webid, subject.keeper.webid, iri, subject.name)
            inbox.deliver(self._resources, program, subject.keeper.name, f"confirmed-{name}", activity)
        return record

    def withdraw(self, agent: Agent, record: Address, reason: str) -> None:
        """Take a word back, with another one: from now on its signature is listed as withdrawn."""
        if not record.path.startswith(PLACE):
            raise NotFound(N_("There is nothing at {path}."), N_("Check the address."), path=record.target)
        self._issuing.revoke(agent, record.iri(self._resources.base_url), reason)

    def said_by(self, pod: Pod) -> list[tuple[Address, dict[str, Any]]]:
        """What a pod has confirmed itself, newest first; the caller has decided who may know."""
        with self._resources.reading() as conn:
            found = [
                (stored.created, pod.address(stored.path), object_in(self._resources.data(stored)))
                for stored in rows.in_containers(conn, pod.name, [PLACE])
            ]
        own = [one for one in found if one[2].get("id") == one[1].iri(pod.base_url)]
        return [(address, document) for _, address, document in sorted(own, key=lambda one: one[0], reverse=True)]

    # -- steps -----------------------------------------------------------------------------------

    def _badge(self, address: Address, document: dict[str, Any]) -> Subject:
        about = document["credentialSubject"]
        holder = str(about.get("id", "")) if isinstance(about, dict) else ""
        keeper = self._catalogue.of_webid(holder) or self._catalogue.get(address.pod)
        achievement = about.get("achievement") if isinstance(about, dict) else None
        name = document.get("name") or (achievement.get("name") if isinstance(achievement, dict) else "")
        with self._resources.reading() as conn:
            audience = self._audiences.audience(conn, address)
        return Subject(str(document.get("id", "")), "badge", str(name or ""), keeper, audience, holder)

    def _check(self, writing: Writing, by: Pod, subject: Subject, word: Word) -> None:
        if by.webid == subject.owner or (subject.about == "issuer" and by.did == subject.iri):
            raise Invalid(
                N_("Nobody confirms what is their own."), N_("Ask somebody else for their word."),
            )  # fmt: skip
        if len(word.comment) > MAX_COMMENT:
            raise Invalid(N_("A word has at most {limit} characters."), N_("Shorten it."), limit=MAX_COMMENT)
        if subject.about != "badge":
            _check_certification(word, writing.now)
        if word.garden is not None and self._members.get(writing.conn, word.garden.name, by.webid) is None:
            raise Invalid(
                N_("{name} is no member of {garden}."), N_("Choose another garden, or none."),
                name=by.title, garden=word.garden.title,
            )  # fmt: skip
        if self._confirmations.standing(writing.conn, subject.keeper.name, subject.iri, by.did, writing.now):
            raise Conflict(
                N_("{name} has confirmed this already."), N_("One word is enough; take it back to say another."),
                name=by.title,
            )  # fmt: skip

    def _show(self, program: Writing, address: Address, subject: Subject) -> None:
        """Whoever sees the badge sees what others say about it; its holder and whoever said it always do."""
        readers = [one for one in (subject.owner, subject.keeper.webid) if one]
        audience: Audience = "everyone" if subject.audience == "everyone" else "me"
        self._audiences.show(program, address, audience, readers=list(dict.fromkeys(readers)))


def _speaker(by: Pod, garden: Pod | None) -> dict[str, Any]:
    """Who speaks, and in which garden they are known: what tells peers of distinct gardens apart."""
    return profile(by) | ({"parentOrg": profile(garden)} if garden is not None else {})


def _check_certification(word: Word, now: datetime) -> None:
    if not word.comment.strip():
        raise Invalid(
            N_("Certifying needs a reason in writing."), N_("Say in a sentence why this deserves to be trusted.")
        )
    if word.until is None or not now < word.until <= now + LONGEST:
        raise Invalid(
            N_("A certification ends on a day to come, within five years."), N_("Give the day on which you look again.")
        )
