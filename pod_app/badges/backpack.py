"""The bag: badges that a pod holds, byte for byte, each with its own audience.

A badge issued here and one imported from elsewhere are kept the same way: the signed document at
`badges/{id}`, private until its holder decides otherwise.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection

from pod_app.activities import inbox
from pod_app.errors import N_, Invalid, NotFound
from pod_app.pods.access import PROGRAM
from pod_app.pods.catalogue import Catalogue, Pod
from pod_app.pods.resources import Resources
from pod_app.pods.writing import Writing
from pod_app.standards import addresses, rdf, wac
from pod_app.standards.addresses import Address
from pod_app.standards.wac import Agent, Mode

Audience = Literal["me", "everyone"]
AUDIENCES: tuple[Audience, ...] = ("me", "everyone")


@dataclass(frozen=True, slots=True)
class Held:
    """A badge in a bag."""

    address: Address
    document: Mapping[str, Any]
    audience: Audience


class Backpack:
    """The bags of the pods of one installation."""

    def __init__(self, resources: Resources, catalogue: Catalogue) -> None:
        self._resources = resources
        self._catalogue = catalogue

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
                program.put(copy, self._resources.prepare(copy, data, rdf.VC))
            issuer = self._catalogue.get_within(writing.conn, record.pod)
            activity = inbox.offer(issuer.webid, holder.webid, record.iri(issuer.base_url), _name(data))
            inbox.deliver(self._resources, program, holder.name, f"offer-{record.name}", activity)

        self._resources.write(Agent(), within)

    def add(self, agent: Agent, pod: Pod, document: bytes, original: tuple[bytes, str] | None = None) -> Address:
        """Keep a badge that was earned elsewhere, and the image it came in; returns its address.

        The same badge (issuer and id) imported again replaces the copy that was there when it is newer
        (open-badges.md §5.1), so a bag never shows it twice.
        """
        identity = _identity(document)
        address = pod.address(f"badges/{uuid.uuid5(uuid.NAMESPACE_URL, identity)}")

        def within(writing: Writing) -> None:
            self._refuse_older(writing.conn, address, document)
            writing.put(address, self._resources.prepare(address, document, rdf.VC))
            if original is not None:
                data, media_type = original
                image = Address(pod.name, f"{address.path}.{'png' if media_type == 'image/png' else 'svg'}")
                writing.put(image, self._resources.prepare(image, data, media_type))

        self._resources.write(agent, within)
        return address

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
                    found.append((stored.created, Held(address, json.loads(self._resources.data(body)), audience)))
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
            if not self._resources.exists(writing.conn, address):
                raise NotFound(N_("There is nothing at {path}."), N_("Check the address."), path=address.target)
            self._write_access(writing, address, audience, ())
            record = self._record(writing.conn, address)
            if record is not None:
                holder = self._catalogue.get_within(writing.conn, address.pod).webid
                self._write_access(writing.as_program(), record, audience, (holder,))

        self._resources.write(agent, within)

    # -- steps -----------------------------------------------------------------------------------

    def _write_access(self, writing: Writing, address: Address, audience: Audience, readers: tuple[str, ...]) -> None:
        text = wac.write_rules(
            address.iri(self._resources.base_url),
            owners=self._resources.owners(writing.conn, address.pod),
            readers=readers,
            public=("read",) if audience == "everyone" else (),
        )
        writing.put(address.acl, self._resources.prepare(address.acl, text.encode(), rdf.TURTLE))

    def _record(self, conn: Connection, copy: Address) -> Address | None:
        """The issuer's record of a badge, when it stands in this installation and holds the same bytes."""
        stored = self._resources.read_within(conn, PROGRAM, copy).stored
        iri = json.loads(self._resources.data(stored)).get("id", "")
        record = addresses.of_iri(str(iri), self._resources.base_url)
        if record is None or not record.path.startswith("issued/") or not self._resources.exists(conn, record):
            return None
        original = self._resources.read_within(conn, PROGRAM, record).stored
        return record if original.sha256 == stored.sha256 else None

    def audience_within(self, conn: Connection, address: Address) -> Audience:
        """Who sees what stands at an address of a bag."""
        return "everyone" if self._resources.decide_within(conn, Agent(), address).allows(Mode.READ) else "me"

    def _refuse_older(self, conn: Connection, address: Address, document: bytes) -> None:
        if not self._resources.exists(conn, address):
            return
        stored = self._resources.read_within(conn, PROGRAM, address).stored
        kept, sent = json.loads(self._resources.data(stored)), json.loads(document)
        if _valid_from(sent) < _valid_from(kept):
            raise Invalid(
                N_("A newer version of this badge is already kept, valid from {date}."),
                N_("Keep the newer one."), date=_valid_from(kept),
            )  # fmt: skip


def _identity(document: bytes) -> str:
    parsed = json.loads(document)
    issuer = parsed.get("issuer")
    issuer = issuer.get("id", "") if isinstance(issuer, dict) else issuer
    return f"{str(issuer).strip()} {str(parsed.get('id', '')).strip()}"


def _valid_from(document: Mapping[str, Any]) -> str:
    return str(document.get("validFrom") or document.get("issuanceDate") or "")


def _name(document: bytes) -> str:
    parsed = json.loads(document)
    return str(parsed.get("name") or parsed["credentialSubject"]["achievement"]["name"])
