"""A badge for programs that do not read Open Badges 3.0 in JSON: as a token, or as a hosted badge of version 2.0.

Both are made for badges that were issued here, when their holder asks: only the issuer's key signs, and only the
issuer's pod can vouch for a hosted copy (contracts.md §1). The copy is public by its nature, follows the holder's
choice of who sees the badge, and says so when the badge is withdrawn.
"""

import secrets
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection

from pod_app.badges.bag import kept
from pod_app.badges.bag.backpack import PLACE, Backpack
from pod_app.badges.signing.issuing import Issuing
from pod_app.badges.signing.twins import twin_of
from pod_app.errors import N_, Conflict
from pod_app.pods.audience import Audiences
from pod_app.pods.catalogue import Catalogue, Pod
from pod_app.pods.resources import Resources
from pod_app.pods.writing import Writing
from pod_app.standards import open_badges_2, rdf
from pod_app.standards.addresses import Address
from pod_app.standards.json_text import dump, object_in
from pod_app.standards.wac import Agent

ISSUER: Final = "hosted/issuer"


class Exporting:
    """Exports for the holders of one installation."""

    def __init__(
        self, resources: Resources, catalogue: Catalogue, audiences: Audiences, backpack: Backpack, issuing: Issuing
    ) -> None:
        self._resources = resources
        self._catalogue = catalogue
        self._audiences = audiences
        self._backpack = backpack
        self._issuing = issuing

    def token(self, agent: Agent, address: Address) -> bytes:
        """A badge of a bag as a compact JWS: as it is kept, or signed now around the badge with its proof inside.

        Raises `Conflict` for a badge that was issued elsewhere, `NotFound`, `Forbidden`.
        """
        reading = self._resources.read(agent, address)
        data = self._resources.data(reading.stored)
        if reading.stored.media_type in {kept.TOKEN, kept.OLD_TOKEN}:
            return data
        with self._resources.reading() as conn:
            issuer = self._catalogue.get_within(conn, self._record(conn, address).pod)
            return self._issuing.token(conn, issuer, object_in(data))

    def host(self, agent: Agent, address: Address) -> str:
        """Make the hosted twin of a badge that everybody may see, and return its address; again, it stays the same.

        Raises `Conflict` for a badge that is not public or was issued elsewhere.
        """
        held = self._backpack.one(agent, address)
        if held.audience != "everyone":
            raise Conflict(
                N_("A hosted badge can be read by everybody, and this one is not public."),
                N_("Let everyone see it first."),
            )
        holder = self._catalogue.get(address.pod)

        def within(writing: Writing) -> Address:
            record = self._record(writing.conn, address)
            twin = twin_of(record)
            if not self._resources.exists(writing.conn, twin):
                self._write(writing.as_program(), record, holder, held.document)
            return twin

        return self._resources.write(agent, within).iri(self._resources.base_url)

    def is_ours(self, address: Address) -> bool:
        """Whether a badge in a bag was issued here, so that it can be had in these forms."""
        with self._resources.reading() as conn:
            return self._backpack.record(conn, address) is not None

    def hosted(self, address: Address) -> tuple[str, bytes] | None:
        """Address and bytes of the twin of a badge in a bag, when it was made."""
        with self._resources.reading() as conn:
            record = self._backpack.record(conn, address)
            twin = None if record is None else twin_of(record)
            if twin is None or not self._resources.exists(conn, twin):
                return None
            stored = self._resources.read_within(conn, Agent(), twin).stored
        return twin.iri(self._resources.base_url), self._resources.data(stored)

    # -- steps -----------------------------------------------------------------------------------

    def _record(self, conn: Connection, address: Address) -> Address:
        record = self._backpack.record(conn, address) if address.path.startswith(PLACE) else None
        if record is None:
            raise Conflict(
                N_("This badge was issued elsewhere: only its issuer can make that form of it."),
                N_("Take it along as it is, or ask its issuer."),
            )
        return record

    def _write(self, program: Writing, record: Address, holder: Pod, badge: Mapping[str, Any]) -> None:
        """Assertion, badge class and issuer, each at its own address: three documents that everybody may read."""
        issuer = self._catalogue.get_within(program.conn, record.pod)
        addresses_of = self._backpack.names(holder)
        mails = [name for name in addresses_of if "@" in name]
        recipient, kind = (mails[0], "email") if mails else (holder.webid, "url")
        twin, base = twin_of(record), issuer.base_url
        parts = {
            twin: open_badges_2.hosted(
                badge, twin.iri(base), f"{twin.iri(base)}-class", recipient, kind, secrets.token_hex(8)
            ),
            Address(twin.pod, f"{twin.path}-class"): open_badges_2.badge_class(
                badge, f"{twin.iri(base)}-class", f"{issuer.iri}{ISSUER}"
            ),
            issuer.address(ISSUER): open_badges_2.issuer(
                f"{issuer.iri}{ISSUER}", issuer.title, f"{issuer.iri}profile/card"
            ),
        }
        for address, document in parts.items():
            body = self._resources.prepare(address, dump(document), rdf.JSON_LD, within=program.conn)
            program.put(address, body)
            self._audiences.show(program, address, "everyone")
