"""The bag: badges that a pod holds, byte for byte, each with its own audience.

A badge issued here and one imported from elsewhere are kept the same way: the bytes that came in at
`badges/{id}`, private until its holder decides otherwise (`kept` says in which forms).
"""

import zipfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import IO, Any, Final, Literal

from sqlalchemy import Connection

from pod_app.activities import inbox
from pod_app.badges.bag import kept, sameness
from pod_app.badges.bag.kept import BESIDE, DOCUMENTS, IMAGE_SUFFIXES, Documents, Incoming
from pod_app.badges.recognition.confirmations import Confirmations
from pod_app.badges.signing.twins import twin_of
from pod_app.badges.verifier.form import is_about
from pod_app.errors import N_, Invalid, NotFound
from pod_app.pods import tray
from pod_app.pods.access import PROGRAM
from pod_app.pods.audience import AUDIENCES, Audience, Audiences
from pod_app.pods.catalogue import Catalogue, Pod
from pod_app.pods.resources import Resources
from pod_app.pods.writing import Writing
from pod_app.standards import addresses, open_badges, rdf
from pod_app.standards.addresses import Address
from pod_app.standards.json_text import object_in
from pod_app.standards.open_badges_shape import listed
from pod_app.standards.wac import Agent, Mode
from pod_app.storage.resources import StoredResource

Names = Callable[[Pod], Sequence[str]]
"""By which names a badge may be made out to whom a pod belongs: WebID, DID, confirmed addresses."""
Standing = Literal["new", "newer", "same", "older"]
"""What a badge is to the copy that a bag may have of it."""
PLACE: Final = "badges/"
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Held:
    """A badge in a bag; `document` tells it under the names of version 3, whatever it is kept as."""

    address: Address
    document: Mapping[str, Any]
    audience: Audience
    media_type: str = rdf.VC
    since: datetime | None = None
    picture: str = ""
    """Ending of the picture that it came in and that stands beside it: `.png`, `.svg`, or nothing."""

    @property
    def tells_address(self) -> bool:
        """Whether the badge holds somebody's mail address in plain letters, for all who may read it."""
        subject = self.document.get("credentialSubject")
        people = [one for one in (subject if isinstance(subject, list) else [subject]) if isinstance(one, dict)]
        identities = [one for person in people for one in listed(person.get("identifier")) if isinstance(one, dict)]
        plain = [one.get("identityHash") for one in identities if one.get("hashed") is not True]
        return any(_is_mail(one) for one in (*plain, *(person.get("id") for person in people)))

    def is_for(self, *names: str) -> bool:
        """Whether the badge is made out to one of these names of a person."""
        subject = self.document.get("credentialSubject")
        people = [one for one in (subject if isinstance(subject, list) else [subject]) if isinstance(one, dict)]
        return any(is_about(person, name) for person in people for name in names)


class Backpack:
    """The bags of the pods of one installation."""

    def __init__(
        self, resources: Resources, catalogue: Catalogue, audiences: Audiences, confirmations: Confirmations,
        names: Names,
    ) -> None:  # fmt: skip
        self._resources = resources
        self._audiences = audiences
        self._catalogue = catalogue
        self._confirmations = confirmations
        self.names = names

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
            data = self._bring(writing, record, holder)[1]
            issuer = self._catalogue.get_within(writing.conn, record.pod)
            activity = inbox.offer(
                issuer.webid, holder.webid, record.iri(issuer.base_url), sameness.called(object_in(data))
            )
            inbox.deliver(self._resources, writing.as_program(), holder.name, f"offer-{record.name}", activity)

        self._resources.write(Agent(), within)

    def keep_within(self, writing: Writing, record: Address, holder: Pod, audience: Audience) -> Address:
        """Put a record of this installation into its holder's bag, seen by whom they say; returns where it stands."""
        copy = self._bring(writing, record, holder)[0]
        if holder.home is None:
            self.show_within(writing, copy, audience)
        else:
            self._audiences.show(writing.as_program(), record, audience, readers=(holder.webid,))
        return copy

    def _bring(self, writing: Writing, record: Address, holder: Pod) -> tuple[Address, bytes]:
        """A copy in the bag, unless it is there; on its way when the bag is on another server."""
        data = self._resources.data(self._resources.read_within(writing.conn, PROGRAM, record).stored)
        copy = holder.address(f"{PLACE}{record.name}")
        if holder.home is not None:
            tray.keep_files(writing, holder, {copy.path: (data, rdf.VC)}, sameness.called(object_in(data)))
        elif not self._resources.exists(writing.conn, copy):
            writing.as_program().put(copy, self._resources.prepare(copy, data, rdf.VC, within=writing.conn))
        return copy, data

    def add(self, agent: Agent, pod: Pod, badge: Incoming) -> Address:
        """Keep a badge that was earned elsewhere, with what came along; returns its address.

        The same badge (issuer and id) imported again replaces the copy that was there when it is newer
        (open-badges.md §5.1), so a bag never shows it twice; an older one raises `Invalid`.
        """
        address = pod.address(f"{PLACE}{sameness.name_of(badge.credential, self._resources.base_url)}")

        def within(writing: Writing) -> None:
            if pod.home is not None:
                writing.decide(pod.address("").acl)[1].require(Mode.CONTROL)
                tray.keep_files(writing, pod, badge.files(address.path), sameness.called(badge.credential))
                return
            if self._replaces(writing.conn, address, badge):
                for image in self._beside(writing.conn, address, *IMAGE_SUFFIXES.values()):
                    writing.delete(image)
            self._put(writing, address, badge.data, badge.media_type)
            if badge.image is not None:
                data, media_type = badge.image
                image = Address(pod.name, f"{address.path}{IMAGE_SUFFIXES[media_type]}")
                writing.put(image, self._resources.prepare_beside(image, data, media_type))
            if badge.documents is not None:
                self._put_documents(writing, address, badge.documents)

        self._resources.write(agent, within)
        return address

    def note(self, agent: Agent, address: Address, documents: Documents) -> None:
        """Keep what the hosts of a badge said today."""
        self._resources.write(agent, lambda writing: self._put_documents(writing, address, documents))

    def remove(self, agent: Agent, address: Address) -> None:
        """Take a badge out of the bag, with everything that stands beside it. Raises `NotFound`, `Forbidden`."""

        def within(writing: Writing) -> None:
            self._require(writing, address)
            for one in (*self._beside(writing.conn, address, *BESIDE), address):
                writing.delete(one)

        self._resources.write(agent, within)

    def standing(self, pod: Pod, badge: Mapping[str, Any], document: bytes) -> Standing:
        """What `document`, which holds this credential, is to what the bag has (open-badges.md §5.1)."""
        address = pod.address(f"{PLACE}{sameness.name_of(badge, self._resources.base_url)}")
        with self._resources.reading() as conn:
            there = self._kept(conn, address)
        if there is None:
            return "new"
        if there[0].strip() == document.strip():
            return "same"
        return "older" if sameness.is_older(badge, there[1]) else "newer"

    def held(self, agent: Agent, pod: Pod) -> list[Held]:
        """The badges of a bag that `agent` may see, newest first."""
        with self._resources.reading() as conn:
            members = list(self._resources.readable(conn, agent, pod.address(PLACE)))
            paths = {address.path for address, *_ in members}
            found = [
                replace(held, picture=_picture(address, paths))
                for address, stored, decision, around in members
                if stored.media_type in kept.MEDIA_TYPES and not address.path.endswith(BESIDE)
                for held in self._held(conn, address, stored, Mode.READ in decision.public, around)
            ]
        return sorted(found, key=lambda one: one.since or _LONG_AGO, reverse=True)

    def export(self, agent: Agent, pod: Pod, target: IO[bytes]) -> int:
        """Write the badges that `agent` may see into a ZIP, byte for byte, with their pictures; returns how many.

        What their hosts said stands beside them as `….documents.json`, which no import takes for a badge.
        """
        badges = self.held(agent, pod)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for held in badges:
                stem = f"{addresses.slug(sameness.called(held.document), fallback='badge')}-{held.address.name[:8]}"
                for address, suffix in self._files(held):
                    stored = self._resources.read(agent, address).stored
                    archive.writestr(f"{stem}{suffix}", self._resources.data(stored))
        return len(badges)

    def one(self, agent: Agent, address: Address) -> Held:
        """One badge of a bag; raises `NotFound` when what stands there is none."""
        with self._resources.reading() as conn:
            reading = self._resources.read_within(conn, agent, address)
            public = Mode.READ in reading.decision.public
            found = self._held(conn, address, reading.stored, public, None) if address.path.startswith(PLACE) else []
            beside = {one.path for one in self._beside(conn, address, *IMAGE_SUFFIXES.values())}
        if not found:
            raise _no_badge(address)
        return replace(found[0], picture=_picture(address, beside))

    def documents(self, conn: Connection, address: Address) -> Documents:
        """What the hosts of a badge said when it was imported or last verified; the caller may read the badge."""
        beside = Address(address.pod, f"{address.path}{DOCUMENTS}")
        if not self._resources.exists(conn, beside):
            return Documents()
        stored = self._resources.read_within(conn, PROGRAM, beside).stored
        return kept.documents_in(self._resources.data(stored))

    def documents_of(self, address: Address) -> Documents:
        """`documents`, on its own."""
        with self._resources.reading() as conn:
            return self.documents(conn, address)

    def audience(self, address: Address) -> Audience:
        """Who sees what stands at an address of a bag."""
        with self._resources.reading() as conn:
            return self._audiences.audience(conn, address)

    def garden(self, conn: Connection, address: Address) -> str | None:
        """Name of the garden whose members see what stands there, if it is one here."""
        return self._audiences.garden(conn, address)

    def show_to(self, agent: Agent, address: Address, audience: Audience, garden: str | None = None) -> None:
        """Let a badge be seen by its holder alone, by the members of a garden (a WebID), or by everybody.

        The choice also governs the issuer's record when that is here (contracts.md §1, badge identity).
        """
        self._resources.write(agent, lambda writing: self.show_within(writing, address, audience, garden))

    def show_within(self, writing: Writing, address: Address, audience: Audience, garden: str | None = None) -> None:
        """`show_to`, inside a transaction that is already open."""
        if audience not in AUDIENCES:
            raise Invalid(
                N_("There is no audience named {audience}."), N_("Choose among: {audiences}."),
                audience=audience, audiences=", ".join(AUDIENCES),
            )  # fmt: skip
        self._require(writing, address)
        for one in (address, *self._beside(writing.conn, address, *IMAGE_SUFFIXES.values())):
            counted = self._audiences.is_counted(writing.conn, one)
            self._audiences.show(writing, one, audience, garden=garden, counted=counted)
        holder = self._catalogue.get_within(writing.conn, address.pod).webid
        record = self._record(writing.conn, address, holder)
        if record is not None:
            self._audiences.show(writing.as_program(), record, audience, garden=garden, readers=(holder,))
            self._close_twin(writing.as_program(), record, audience)
        for word in self._confirmations.beside(writing.conn, address.pod, self._id_of(writing.conn, address)):
            self._audiences.show(writing.as_program(), word, audience, garden=garden, readers=(holder,))

    # -- steps -----------------------------------------------------------------------------------

    def _files(self, held: Held) -> list[tuple[Address, str]]:
        """What belongs to a badge, with how each file ends in an archive."""
        with self._resources.reading() as conn:
            beside = self._beside(conn, held.address, *BESIDE)
        endings = [(one, one.path.removeprefix(held.address.path)) for one in beside]
        own = (held.address, ".json" if held.media_type in {rdf.VC, kept.OLD} else ".jwt")
        return [own, *((one, f"{end}.json" if end == DOCUMENTS else end) for one, end in endings)]

    def _held(
        self, conn: Connection, address: Address, stored: StoredResource, public: bool,  # noqa: FBT001  # as decided
        around: Mapping[str, StoredResource] | None,
    ) -> list[Held]:  # fmt: skip
        """The badge that is kept there, if it is one."""
        documents = partial(self.documents, conn, address)
        document = kept.described(self._resources.data(stored), stored.media_type, documents)
        if not document and stored.media_type != rdf.VC:
            return []
        audience = (
            self._audiences.audience(conn, address)
            if around is None
            else self._audiences.audience_by(around, address, public=public)
        )
        return [Held(address, document, audience, stored.media_type, stored.created)]

    def _close_twin(self, program: Writing, record: Address, audience: Audience) -> None:
        """The hosted copy of a badge, which is for everybody, is for nobody when the badge is not."""
        twin = twin_of(record)
        for one in (twin, Address(twin.pod, f"{twin.path}-class")):
            if self._resources.exists(program.conn, one):
                self._audiences.show(program, one, "everyone" if audience == "everyone" else "me")

    def _require(self, writing: Writing, address: Address) -> None:
        """The agent controls the badge, and it is there."""
        writing.decide(address.acl)[1].require(Mode.CONTROL)
        if address.is_container or not self._resources.exists(writing.conn, address):
            raise _no_badge(address)

    def _put(self, writing: Writing, address: Address, data: bytes, media_type: str) -> None:
        """Only credentials of version 3 in JSON are RDF, which a shape judges."""
        if media_type == rdf.VC:
            body = self._resources.prepare(address, data, media_type, within=writing.conn)
        else:
            body = self._resources.prepare_beside(address, data, media_type)
        writing.put(address, body)

    def _put_documents(self, writing: Writing, address: Address, documents: Documents) -> None:
        beside = Address(address.pod, f"{address.path}{DOCUMENTS}")
        writing.put(beside, self._resources.prepare_beside(beside, documents.to_bytes(), kept.OLD))

    def _beside(self, conn: Connection, address: Address, *suffixes: str) -> list[Address]:
        """What came along with a badge, such as the picture, which is seen by whoever sees the badge."""
        found = [Address(address.pod, f"{address.path}{suffix}") for suffix in suffixes]
        return [one for one in found if self._resources.exists(conn, one)]

    def record(self, conn: Connection, copy: Address) -> Address | None:
        """The issuer's record of a badge in a bag, when it stands here and was made out to whom the bag belongs."""
        if not self._resources.exists(conn, copy):
            return None
        return self._record(conn, copy, self._catalogue.get_within(conn, copy.pod).webid)

    def _record(self, conn: Connection, copy: Address, holder: str) -> Address | None:
        """The issuer's record of a badge, when it stands here, holds the same bytes and was made out to `holder`.

        Whoever else got hold of the bytes has no say in who reads the record.
        """
        stored = self._resources.read_within(conn, PROGRAM, copy).stored
        badge = object_in(self._resources.data(stored)) if stored.media_type == rdf.VC else {}
        record = addresses.of_iri(str(badge.get("id", "")), self._resources.base_url)
        if record is None or not record.path.startswith("issued/") or sameness.subject(badge) != holder:
            return None
        if not self._resources.exists(conn, record):
            return None
        original = self._resources.read_within(conn, PROGRAM, record).stored
        return record if original.sha256 == stored.sha256 else None

    def _id_of(self, conn: Connection, address: Address) -> str:
        """The id of the badge that stands at an address of a bag."""
        there = self._kept(conn, address)
        return "" if there is None else str(there[1].get("id", ""))

    def _kept(self, conn: Connection, address: Address) -> tuple[bytes, Mapping[str, Any]] | None:
        """The bytes that stand there, and how they read."""
        if not self._resources.exists(conn, address):
            return None
        stored = self._resources.read_within(conn, PROGRAM, address).stored
        data = self._resources.data(stored)
        return data, kept.described(data, stored.media_type, partial(self.documents, conn, address))

    def _replaces(self, conn: Connection, address: Address, badge: Incoming) -> bool:
        """Whether another version is kept there, whose images end with it; raises `Invalid` when that one is newer."""
        there = self._kept(conn, address)
        if there is None:
            return False
        before = sameness.valid_from(there[1])
        if before is not None and sameness.is_older(badge.credential, there[1]):
            raise Invalid(
                N_("A newer version of this badge is already kept, valid from {date}."),
                N_("Keep the newer one."), date=open_badges.whole_seconds(before),
            )  # fmt: skip
        return there[0] != badge.data


def _is_mail(name: object) -> bool:
    return isinstance(name, str) and "@" in name and not name.startswith(("http:", "https:", "did:"))


def _picture(address: Address, paths: Collection[str]) -> str:
    return next((end for end in IMAGE_SUFFIXES.values() if f"{address.path}{end}" in paths), "")


def _no_badge(address: Address) -> NotFound:
    return NotFound(N_("There is nothing at {path}."), N_("Check the address."), path=address.target)
