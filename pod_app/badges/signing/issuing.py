"""Issue a badge from one pod to somebody, and take it back with a word (house.md §6, path 3).

One transaction holds everything a badge is: the status-list index, the signed record in the issuer's
`issued/`, its access rules, and the job that brings it to the recipient.
"""

import json
import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from pod_app.badges.forge.achievements import Achievements, profile
from pod_app.badges.forge.signers import Signers
from pod_app.badges.signing import status, twins
from pod_app.badges.signing.ground import Ground
from pod_app.badges.verifier import tokens
from pod_app.errors import N_, Invalid, NotFound
from pod_app.pods.catalogue import Catalogue, Pod
from pod_app.pods.layout import check_webid
from pod_app.pods.resources import Resources
from pod_app.pods.writing import Writing
from pod_app.standards import addresses, data_integrity, multibase, open_badges, rdf, wac
from pod_app.standards.addresses import Address
from pod_app.standards.json_text import dump
from pod_app.standards.wac import Agent
from pod_app.storage.keys import Keys

OFFER = "badge.offer"
"""Kind of the job that brings a badge to its recipient's pod."""
_SIGNED: Final = ("issued/", "endorsements/")


@dataclass(frozen=True, slots=True)
class Issued:
    """A badge that is on disk: its IRI and the bytes that were signed."""

    iri: str
    document: bytes
    address: Address


class Issuing:
    """Issues and revokes for the pods of one installation."""

    def __init__(
        self, resources: Resources, catalogue: Catalogue, signers: Signers, achievements: Achievements, keys: Keys,
        ground: Ground,
    ) -> None:  # fmt: skip
        self._resources = resources
        self._catalogue = catalogue
        self._signers = signers
        self._achievements = achievements
        self._keys = keys
        self._ground = ground

    def issue(
        self,
        agent: Agent,
        pod: Pod,
        achievement: str,
        recipient: str,
        *,
        evidence: Sequence[str] = (),
        narrative: str = "",
        valid_until: datetime | None = None,
    ) -> Issued:
        """Sign a badge of `pod` for `recipient`, a WebID or a mail address (kept only as a salted hash).

        Raises `Forbidden` unless the agent may sign for the pod, `NotFound` or `Invalid` for the
        achievement or the recipient, `Conflict` when the two canonicalisers disagree about the document.
        """
        return self._resources.write(
            agent,
            lambda writing: self.issue_within(
                writing, pod, achievement, recipient,
                evidence=evidence, narrative=narrative, valid_until=valid_until,
            ),
        )  # fmt: skip

    def issue_within(
        self,
        writing: Writing,
        pod: Pod,
        achievement: str,
        recipient: str,
        *,
        evidence: Sequence[str] = (),
        narrative: str = "",
        valid_until: datetime | None = None,
        awarded: datetime | None = None,
        endorsements: Sequence[Mapping[str, Any]] = (),
        told: Sequence[Mapping[str, Any]] = (),
        claim: bool = False,
        bring: bool = True,
    ) -> Issued:
        """`issue`, inside a transaction that is already open (many badges of one event are signed together).

        A `claim` is what a pod says of itself: of any achievement, also of one that its own pod keeps to itself.
        `told` is evidence with words of its own, as `open_badges.evidence` makes it. `awarded` is when it was first
        given, if that was earlier. Without `bring` nobody is told: somebody else does.
        """
        subject = _subject(recipient)
        for link in evidence:
            _check_evidence(link)
        traces = [*told, *(open_badges.evidence(url=link) for link in evidence)]
        self.require_signer(writing.conn, writing.agent, pod)
        content = self._achievements.get(writing.conn, achievement, None if claim else pod.name)
        unsigned: dict[str, Any] = {
            "subject": subject, "achievement": content, "valid_until": valid_until, "awarded": awarded,
            "evidence": traces, "narrative": narrative or None,
            "endorsements": endorsements,
            "description": self._ground.mark(writing.conn, str(content.get("inLanguage", ""))),
        }  # fmt: skip
        issued = self._write(writing, pod, unsigned)
        if bring and isinstance(subject, str):
            payload: dict[str, object] = {"record": issued.iri, "target": subject}
            writing.job(pod.name, OFFER, payload, key=f"{OFFER} {issued.address.target}")
        return issued

    def revoke(self, agent: Agent, iri: str, reason: str) -> None:
        """Mark a badge as withdrawn, with a reason that its page shows; it fails verification from then on.

        Raises `NotFound` for a badge that was not issued here, `Conflict` when it is revoked already.
        """
        if not reason.strip():
            raise Invalid(N_("A badge is withdrawn with a word."), N_("Give a reason: --reason TEXT."))
        address = addresses.of_iri(iri, self._resources.base_url)
        if address is None or not address.path.startswith(_SIGNED):
            raise NotFound(
                N_("{iri} was not issued by this installation."), N_("Ask its issuer to withdraw it."), iri=iri
            )
        pod = self._catalogue.get(address.pod)

        def within(writing: Writing) -> None:
            self.require_signer(writing.conn, agent, pod)
            self.withdraw_within(writing, pod, address, reason.strip())

        self._resources.write(agent, within)

    def withdraw_within(self, writing: Writing, pod: Pod, record: Address, reason: str) -> None:
        """`revoke`, inside a transaction that is already open, for who has decided that it may be done."""
        self._write_list(writing, pod, status.revoke(writing.conn, record, reason, writing.now))
        twins.withdraw(self._resources, writing, record, reason)

    def revoke_key(self, agent: Agent, pod: Pod, key_id: str) -> str:
        """Declare a key stolen, whether it signs now or did so once; returns the id of the key that signs from now on.

        It leaves `assertionMethod`, so that every badge it signed fails until it is signed anew (`Reissuing`).
        Raises `NotFound` for a key that the pod never had.
        """

        def within(writing: Writing) -> str | None:
            self.require_signer(writing.conn, agent, pod)
            if self._keys.active(writing.conn, pod.name).id == key_id:
                return None
            self._keys.revoke(writing.conn, pod.name, key_id, writing.now)
            self._catalogue.publish_keys(writing, pod)
            return str(self._keys.active(writing.conn, pod.name).id)

        return self._resources.write(agent, within) or self.rotate_key(agent, pod, revoke=True)

    def rotate_key(self, agent: Agent, pod: Pod, *, revoke: bool = False) -> str:
        """Begin a new signing key and return its id; the old one stays listed so that its badges keep verifying.

        With `revoke` (the old key was stolen) it leaves `assertionMethod`: every badge it signed fails.
        """

        def within(writing: Writing) -> str:
            self.require_signer(writing.conn, agent, pod)
            old = self._keys.active(writing.conn, pod.name)
            new = self._keys.create(writing.conn, pod.name, writing.now)
            (self._keys.revoke if revoke else self._keys.retire)(writing.conn, pod.name, old.id, writing.now)
            self._catalogue.publish_keys(writing, pod)
            for number in status.numbers(writing.conn, pod.name):
                self._write_list(writing, pod, number)
            return str(new.id)

        return self._resources.write(agent, within)

    def sign_beside(
        self, writing: Writing, pod: Pod, record: Address, build: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> bytes:
        """Sign a word of the pod about something else, which `revoke` can take back; nothing but its list is kept.

        `build` makes the credential from the entry that it gets in a status list. Raises `Forbidden`.
        """
        self.require_signer(writing.conn, writing.agent, pod)
        self._ground.mark(writing.conn, pod.language)
        number, index = status.take_index(writing.conn, record)
        list_iri = pod.address(f"issued/status/{number}").iri(pod.base_url)
        document = dump(self._sign(writing.conn, pod, build(status.entry(list_iri, index)), writing.now))
        self._write_list(writing, pod, number, only_if_missing=True)
        return document

    def sign_again(self, writing: Writing, pod: Pod, unsigned: dict[str, Any]) -> bytes:
        """Sign a credential of the pod that was signed before and keeps its place in the status list."""
        return dump(self._sign(writing.conn, pod, unsigned, writing.now))

    def token(self, conn: Connection, pod: Pod, document: Mapping[str, Any]) -> bytes:
        """A credential that the pod signed as a compact JWS, its proof inside (Open Badges 3.0 §8.2, VC-JWT; EdDSA)."""
        key = self._keys.active(conn, pod.name)
        header = {"alg": "EdDSA", "typ": "JWT", "kid": f"{pod.did}#{key.id}"}
        parts = (json.dumps(part, ensure_ascii=False) for part in (header, tokens.payload(document)))
        signed = ".".join(multibase.encode_base64url(part.encode()) for part in parts).encode()
        signature = self._keys.sign(conn, pod.name, signed, key_id=key.id)
        return signed + b"." + multibase.encode_base64url(signature).encode()

    def require_signer(self, conn: Connection, agent: Agent, pod: Pod) -> None:
        """Raise `Forbidden` unless the agent may sign for a pod."""
        self._signers.require(conn, agent, pod)

    def require_giving(self, conn: Connection, agent: Agent, pod: Pod, achievement: str) -> None:
        """Raise what `issue` would say to this agent about this achievement, whoever the recipient."""
        self._signers.require(conn, agent, pod)
        content = self._achievements.get(conn, achievement, pod.name)
        self._ground.mark(conn, str(content.get("inLanguage", "")))

    def may_sign(self, conn: Connection, agent: Agent, pod: Pod) -> bool:
        """Who may sign for a pod: whoever controls it, and members with the role `issuer` (contracts.md §1)."""
        return self._signers.may(conn, agent, pod)

    # -- steps -----------------------------------------------------------------------------------

    def _write(self, writing: Writing, pod: Pod, parts: Mapping[str, Any]) -> Issued:
        """Place in a status list, credential, signature, record: the rest of it is `parts`."""
        address = pod.address(f"issued/{uuid.uuid4()}")
        number, index = status.take_index(writing.conn, address)
        list_iri = pod.address(f"issued/status/{number}").iri(pod.base_url)
        unsigned = open_badges.credential(
            id=address.iri(pod.base_url), issuer=profile(pod), valid_from=writing.now,
            status_entry=status.entry(list_iri, index), **parts,
        )  # fmt: skip
        document = dump(self._sign(writing.conn, pod, unsigned, writing.now))
        subject = parts["subject"]
        self._keep(writing, address, document, subject if isinstance(subject, str) else None)
        self._write_list(writing, pod, number, only_if_missing=True)
        return Issued(address.iri(pod.base_url), document, address)

    def _sign(self, conn: Connection, pod: Pod, unsigned: dict[str, Any], now: datetime) -> dict[str, Any]:
        key = self._keys.active(conn, pod.name)
        return data_integrity.sign(
            unsigned,
            sign=lambda data: self._keys.sign(conn, pod.name, data, key_id=key.id),
            verification_method=f"{pod.did}#{key.id}",
            created=now,
        )

    def _keep(self, writing: Writing, address: Address, document: bytes, holder: str | None) -> None:
        """Store the record; the issuer's owners and the holder can read it until the holder chooses otherwise."""
        program = writing.as_program()
        program.put(address, self._resources.prepare(address, document, rdf.VC, within=writing.conn))
        owners = self._resources.owners(writing.conn, address.pod)
        text = wac.write_rules(address.iri(self._resources.base_url), owners=owners, readers=[holder] if holder else [])
        program.put(address.acl, self._resources.prepare(address.acl, text.encode(), rdf.TURTLE))

    def _write_list(self, writing: Writing, pod: Pod, number: int, *, only_if_missing: bool = False) -> None:
        address = pod.address(f"issued/status/{number}")
        if only_if_missing and self._resources.exists(writing.conn, address):
            return
        unsigned = status.credential(writing.conn, pod, address, number, writing.now)
        document = dump(self._sign(writing.conn, pod, unsigned, writing.now))
        writing.as_program().put(address, self._resources.prepare(address, document, rdf.VC, within=writing.conn))


def _subject(recipient: str) -> str | dict[str, Any]:
    if recipient.startswith(("http://", "https://")):
        return check_webid(recipient)
    if "@" in recipient and not recipient.startswith("@"):
        return open_badges.hashed_identity(recipient, secrets.token_hex(16))
    raise Invalid(
        N_("{recipient} is neither a WebID nor a mail address."),
        N_("A WebID looks like https://example.org/alice/profile/card#me."), recipient=recipient,
    )  # fmt: skip


def _check_evidence(link: str) -> None:
    if not link.startswith(("https://", "http://")) or " " in link:
        raise Invalid(
            N_("The trace {link} is not a web address."), N_("Give a link that begins with https://."), link=link
        )
