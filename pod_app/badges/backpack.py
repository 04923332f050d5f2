"""The bag: badges that a pod holds, byte for byte, each with its own audience.

A badge issued here and one imported from elsewhere are kept the same way: the signed document at
`badges/{id}`, private until its holder decides otherwise.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from urllib.parse import unquote

from sqlalchemy import Connection

from pod_app.activities import inbox
from pod_app.badges import verifying_reading as reading
from pod_app.badges.confirmations import Confirmations
from pod_app.errors import N_, Invalid, NotFound
from pod_app.pods.access import PROGRAM
from pod_app.pods.audience import Audience, Audiences
from pod_app.pods.catalogue import Catalogue, Pod
from pod_app.pods.resources import Resources
from pod_app.pods.writing import Writing
from pod_app.standards import addresses, did, open_badges, rdf
from pod_app.standards.addresses import Address
from pod_app.standards.json_text import object_in
from pod_app.standards.wac import Agent, Mode

AUDIENCES: tuple[Audience, ...] = ("me", "everyone")
Standing = Literal["new", "newer", "same", "older"]
"""What a badge is to the copy that a bag may have of it."""
IMAGE_SUFFIXES: Final[Mapping[str, str]] = {"image/png": ".png", "image/svg+xml": ".svg"}


@dataclass(frozen=True, slots=True)
class Held:
    """A badge in a bag."""

    address: Address
    document: Mapping[str, Any]
    audience: Audience

    def is_for(self, webid: str) -> bool:
        """Whether the badge is made out to this WebID; a hashed address is nobody's until it is proved."""
        return _subject(self.document) == webid


class Backpack:
    """The bags of the pods of one installation."""

    def __init__(
        self, resources: Resources, catalogue: Catalogue, audiences: Audiences, confirmations: Confirmations
    ) -> None:
        self._resources = resources
        self._audiences = audiences
        self._catalogue = catalogue
        self._confirmations = confirmations

    def keep_offer(self, payload: Mapping[str, Any]) -> None:
        """Job `badge.offer`: bring a badge issued here to its recipient's pod, if that pod is here.

        The recipient's copy has the same bytes and is seen by nobody else; an Offer in the inbox tells
        them. Doing it twice leaves the same state.
        """
        holder = self._catalogue.of_webid(str(payload["target"]))
        record = addresses.of_iri(str(payload["record"]), self._resources.base_url)
        if holder is None or record is None:
            return

        def within(writing: Writing) -> None:
            program = writing.as_program()
            stored = self._resources.read_within(writing.conn, program.agent, record).stored
            data = self._resources.data(stored)
            copy = holder.address(f"badges/{record.name}")
            if not self._resources.exists(writing.conn, copy):
                program.put(copy, self._resources.prepare(copy, data, rdf.VC, within=writing.conn))
            issuer = self._catalogue.get_within(writing.conn, record.pod)
            activity = inbox.offer(issuer.webid, holder.webid, record.iri(issuer.base_url), _name(data))
            inbox.deliver(self._resources, program, holder.name, f"offer-{record.name}", activity)

        self._resources.write(Agent(), within)

    def add(self, agent: Agent, pod: Pod, document: bytes, original: tuple[bytes, str] | None = None) -> Address:
        """Keep a badge that was earned elsewhere, and the image it came in; returns its address.

        The same badge (issuer and id) imported again replaces the copy that was there when it is newer
        (open-badges.md §5.1), so a bag never shows it twice.
        """
        address = pod.address(f"badges/{self._name_of(object_in(document))}")

        def within(writing: Writing) -> None:
            if self._replaces(writing.conn, address, document):
                for image in self._images(writing.conn, address):
                    writing.delete(image)
            writing.put(address, self._resources.prepare(address, document, rdf.VC, within=writing.conn))
            if original is not None:
                data, media_type = original
                image = Address(pod.name, f"{address.path}{IMAGE_SUFFIXES[media_type]}")
                writing.put(image, self._resources.prepare_beside(image, data, media_type))

        self._resources.write(agent, within)
        return address

    def standing(self, pod: Pod, badge: Mapping[str, Any], document: bytes) -> Standing:
        """What `document`, which holds this credential, is to what the bag has (open-badges.md §5.1)."""
        address = pod.address(f"badges/{self._name_of(badge)}")
        with self._resources.reading() as conn:
            if not self._resources.exists(conn, address):
                return "new"
            kept = self._resources.data(self._resources.read_within(conn, PROGRAM, address).stored)
        if kept.strip() == document.strip():
            return "same"
        before, now = _valid_from(reading.read(kept).document), _valid_from(badge)
        return "older" if before is not None and (now is None or now < before) else "newer"

    def held(self, agent: Agent, pod: Pod) -> list[Held]:
        """The badges of a bag that `agent` may see, newest first."""
        found = []
        with self._resources.reading() as conn:
            for stored in self._resources.members(conn, pod.address("badges/")):
                if stored.media_type != rdf.VC:
                    continue
                address = pod.address(stored.path)
                decision = self._resources.decide_within(conn, agent, address)
                if decision.allows(Mode.READ):
                    body = self._resources.read_within(conn, agent, address).stored
                    audience = self.audience_within(conn, address)
                    found.append((stored.created, Held(address, object_in(self._resources.data(body)), audience)))
        return [held for _, held in sorted(found, key=lambda pair: pair[0], reverse=True)]

    def audience(self, address: Address) -> Audience:
        """Who sees what stands at an address of a bag."""
        with self._resources.reading() as conn:
            return self.audience_within(conn, address)

    def show_to(self, agent: Agent, address: Address, audience: Audience) -> None:
        """Let a badge be seen by its holder alone, or by everybody.

        The choice also governs the issuer's record when that is here (contracts.md §1, badge identity).
        """
        if audience not in AUDIENCES:
            raise Invalid(N_("There is no audience named {audience}."), N_("Choose me or everyone."), audience=audience)

        def within(writing: Writing) -> None:
            writing.decide(address.acl)[1].require(Mode.CONTROL)
            if address.is_container or not self._resources.exists(writing.conn, address):
                raise NotFound(N_("There is nothing at {path}."), N_("Check the address."), path=address.target)
            for one in (address, *self._images(writing.conn, address)):
                counted = self._audiences.is_counted(writing.conn, one)
                self._audiences.show(writing, one, audience, counted=counted)
            holder = self._catalogue.get_within(writing.conn, address.pod).webid
            record = self._record(writing.conn, address, holder)
            if record is not None:
                self._audiences.show(writing.as_program(), record, audience, readers=(holder,))
            for word in self._confirmations.beside(writing.conn, address.pod, self._id_of(writing.conn, address)):
                self._audiences.show(writing.as_program(), word, audience, readers=(holder,))

        self._resources.write(agent, within)

    # -- steps -----------------------------------------------------------------------------------

    def _name_of(self, badge: Mapping[str, Any]) -> str:
        """One name for one badge: the record's for those issued here, which may have been delivered before."""
        iri, issuer = _normal(badge.get("id")), _issuer(badge)
        record = addresses.of_iri(iri, self._resources.base_url)
        ours = None if record is None else _normal(did.did_web(self._resources.base_url, record.pod))
        if record is not None and record.path.startswith("issued/") and ours == issuer:
            return record.name
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{issuer} {iri}"))

    def _images(self, conn: Connection, address: Address) -> list[Address]:
        """The images that an imported badge came in, which are seen by whoever sees the badge."""
        images = [Address(address.pod, f"{address.path}{suffix}") for suffix in IMAGE_SUFFIXES.values()]
        return [image for image in images if self._resources.exists(conn, image)]

    def _id_of(self, conn: Connection, address: Address) -> str:
        """The id of the badge that stands at an address of a bag."""
        stored = self._resources.read_within(conn, PROGRAM, address).stored
        return str(object_in(self._resources.data(stored)).get("id", "")) if stored.media_type == rdf.VC else ""

    def _record(self, conn: Connection, copy: Address, holder: str) -> Address | None:
        """The issuer's record of a badge, when it stands here, holds the same bytes and was made out to `holder`.

        Whoever else got hold of the bytes has no say in who reads the record.
        """
        stored = self._resources.read_within(conn, PROGRAM, copy).stored
        badge = object_in(self._resources.data(stored)) if stored.media_type == rdf.VC else {}
        record = addresses.of_iri(str(badge.get("id", "")), self._resources.base_url)
        if record is None or not record.path.startswith("issued/") or _subject(badge) != holder:
            return None
        if not self._resources.exists(conn, record):
            return None
        original = self._resources.read_within(conn, PROGRAM, record).stored
        return record if original.sha256 == stored.sha256 else None

    def audience_within(self, conn: Connection, address: Address) -> Audience:
        """Who sees what stands at an address of a bag."""
        return "everyone" if self._resources.decide_within(conn, Agent(), address).allows(Mode.READ) else "me"

    def _replaces(self, conn: Connection, address: Address, document: bytes) -> bool:
        """Whether another version is kept there, whose images end with it; raises `Invalid` when that one is newer."""
        if not self._resources.exists(conn, address):
            return False
        kept = self._resources.data(self._resources.read_within(conn, PROGRAM, address).stored)
        before, now = _valid_from(object_in(kept)), _valid_from(object_in(document))
        if before is not None and (now is None or now < before):
            raise Invalid(
                N_("A newer version of this badge is already kept, valid from {date}."),
                N_("Keep the newer one."), date=open_badges.whole_seconds(before),
            )  # fmt: skip
        return kept != document


def _subject(badge: Mapping[str, Any]) -> str:
    subject = badge.get("credentialSubject")
    return str(subject.get("id", "")) if isinstance(subject, dict) else ""


def _issuer(badge: Mapping[str, Any]) -> str:
    issuer = badge.get("issuer")
    return _normal(issuer.get("id") if isinstance(issuer, dict) else issuer)


def _normal(iri: object) -> str:
    """Ids are the same when they are so after trimming and percent-decoding (open-badges.md §5.1)."""
    return unquote(str(iri or "").strip())


def _valid_from(badge: Mapping[str, Any]) -> datetime | None:
    return open_badges.moment(badge.get("validFrom") or badge.get("issuanceDate"))


def _name(document: bytes) -> str:
    parsed = json.loads(document)
    return str(parsed.get("name") or parsed["credentialSubject"]["achievement"]["name"])
