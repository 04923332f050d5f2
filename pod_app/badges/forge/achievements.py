"""Achievements («moules»): what a badge is given for, as linked data in the issuing pod.

The document is JSON-LD in the Open Badges context, so that its address answers exactly what a badge
embeds, to people, programs and crawlers alike. Editing it never alters a badge already issued,
because each badge carries its own copy; the versions before stay at addresses of their own (ADR 0020).
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from pod_app.badges.forge import achievement_state
from pod_app.badges.forge.signers import Signers
from pod_app.errors import N_, Conflict, Forbidden, Invalid, NotFound
from pod_app.pods.catalogue import Pod
from pod_app.pods.resources import Resources
from pod_app.pods.writing import Writing
from pod_app.standards import addresses, open_badges, rdf
from pod_app.standards.addresses import Address
from pod_app.standards.json_text import dump, object_in
from pod_app.standards.open_badges_shape import class_problems, listed
from pod_app.standards.wac import ANONYMOUS, Agent, Mode

PLACE: Final = "achievements/"
VERSIONS: Final = f"{PLACE}versions/"
IMAGES: Final = f"{PLACE}images/"
FIRST: Final = "1"


class Achievements:
    """The achievements of the pods of one installation."""

    def __init__(self, resources: Resources, signers: Signers) -> None:
        self._resources = resources
        self._signers = signers

    def create(
        self,
        agent: Agent,
        pod: Pod,
        *,
        name: str,
        description: str,
        criteria: str,
        slug: str | None = None,
        achievement_type: str = "Badge",
        language: str | None = None,
        tags: Sequence[str] = (),
        alignments: Sequence[Mapping[str, str]] = (),
        image: str | None = None,
        caption: str | None = None,
        reserved: bool = False,
        twin_of: str | None = None,
        source: str | None = None,
    ) -> str:
        """Write a new achievement into `achievements/` of the pod and return its IRI.

        `criteria` is Markdown, `caption` the image in words. `reserved` lets nobody but this pod give it. `twin_of`
        is the same achievement in another language, which from then on names this one; `source` is its address in the
        forge that it comes from. Raises `Invalid` for a
        missing part, `Forbidden` when the agent may neither add to the pod nor sign for it.
        """
        segment = addresses.slug(slug or readable_name(name), fallback="badge")
        language = language or pod.language
        twins = self._twins(agent, twin_of, language)

        def within(writing: Writing) -> str:
            address = writing.free_name(pod.address(PLACE), segment)
            made = open_badges.achievement(
                id=address.iri(pod.base_url), name=name, description=description, narrative=criteria,
                achievement_type=achievement_type, language=language, tags=tags, alignments=alignments, image=image,
                caption=caption, creator=profile(pod), version=FIRST,
                related_to=[open_badges.related(iri, language=spoken) for iri, spoken in twins.items()],
                identifiers=[source] if source else [],
            )  # fmt: skip
            self._put(writing, address, made)
            achievement_state.change(self._resources, writing, address, reserved=reserved)
            for twin in twins:
                self._relate(writing, pod, twin, address.iri(pod.base_url), language)
            return address.iri(pod.base_url)

        return self._resources.write(self._acting(agent, pod), within)

    def edit(self, agent: Agent, pod: Pod, iri: str, *, seen: str | None = None, **parts: Any) -> str:
        """Keep what stands as a version and put another text in its place; returns the number of the new version.

        `parts` are those of `create` (all but `slug` and `twin_of`); what is not given stays. `seen` is the version
        that the editor looked at: raises `Conflict` when another one stands meanwhile. Badges already issued do
        not change.
        """
        address = self._own(pod, iri)

        def within(writing: Writing) -> str:
            before = _parsed(self._resources.data(self._resources.read_within(writing.conn, agent, address).stored))
            number = _version(before)
            if seen is not None and seen != number:
                raise Conflict(
                    N_("Somebody else has changed this badge since: version {version} stands now."),
                    N_("Open the page again and write your changes into it."), version=number,
                )  # fmt: skip
            reserved = parts.pop("reserved", None)
            after = self._edited(before, parts)
            if after != before:
                kept = self._keep_version(writing, pod, address, before)
                after["version"] = number = str(int(number) + 1)
                after["related"] = [*_languages(before), open_badges.related(kept, version=_version(before))]
                self._put(writing, address, _ordered(after, before))
            achievement_state.change(self._resources, writing, address, reserved=reserved)
            return number

        return self._resources.write(self._acting(agent, pod), within)

    def retire(self, agent: Agent, pod: Pod, iri: str, *, retired: bool = True) -> None:
        """Give no new badges for an achievement (or give them again); those that were given stand."""
        address = self._own(pod, iri)

        def within(writing: Writing) -> None:
            writing.decide(address)[1].require(Mode.WRITE)
            achievement_state.change(self._resources, writing, address, retired=retired)

        self._resources.write(self._acting(agent, pod), within)

    def keep_image(self, agent: Agent, pod: Pod, name: str, picture: bytes, media_type: str = "image/png") -> str:
        """Keep a picture for achievements and return its IRI; the same name always holds the same picture."""
        address = pod.address(f"{IMAGES}{name}")

        def within(writing: Writing) -> str:
            writing.put(address, self._resources.prepare_beside(address, picture, media_type))
            return address.iri(pod.base_url)

        return self._resources.write(self._acting(agent, pod), within)

    def get(self, conn: Connection, iri: str, issuer: str | None = None) -> dict[str, Any]:
        """The achievement of this IRI, as a badge embeds it (without its context).

        With `issuer`, a pod that is about to give it: raises `Conflict` for one that is no longer given and
        `Forbidden` for one that its pod keeps to itself. Raises `NotFound` when it is not an achievement of this
        installation, `Invalid` when the document lacks what a badge needs (open-badges.md §5.3).
        """
        address = self._address(iri)
        try:
            found = self._resources.read_within(conn, Agent(), address)
        except NotFound as error:
            raise _not_ours(iri) from error
        document = _parsed(self._resources.data(found.stored))
        problem = next((one for one in class_problems("Achievement", document) if one.severity == "error"), None)
        if problem is not None:
            raise Invalid(
                N_("The achievement {iri} cannot be given: {problem}"), N_("Complete it first."),
                iri=iri, problem=problem.sentence.text,
            )  # fmt: skip
        if issuer is not None:
            self._require_given(conn, address, issuer, str(document.get("name", "")))
        return _embedded(document)

    def state(self, conn: Connection, iri: str) -> achievement_state.State:
        """Whether an achievement is still given, and by whom."""
        return achievement_state.state(self._resources, conn, self._address(iri))

    def all(self, conn: Connection, pod: Pod, *, retired: bool = False) -> list[dict[str, Any]]:
        """The achievements of a pod as everybody reads them, by name; with `retired` also those no longer given."""
        found = []
        for member in self._resources.members(conn, pod.address(PLACE)):
            address = pod.address(member.path)
            if address.is_container or member.media_type != rdf.JSON_LD:
                continue
            if not self._resources.decide_within(conn, ANONYMOUS, address).allows(Mode.READ):
                continue
            document = _parsed(self._resources.data(self._resources.read_within(conn, ANONYMOUS, address).stored))
            standing = achievement_state.state(self._resources, conn, address)
            if document.get("name") and (retired or not standing.retired):
                found.append({**document, "retired": standing.retired, "reserved": standing.reserved})
        return sorted(found, key=lambda one: str(one["name"]).casefold())

    def versions(self, conn: Connection, iri: str) -> list[tuple[str, str]]:
        """Numbers and IRIs of the versions before the one that stands, newest first."""
        address = self._address(iri)
        container = Address(address.pod, f"{VERSIONS}{address.name}/")
        found = [
            (member.path.rpartition("/")[2], Address(address.pod, member.path).iri(self._resources.base_url))
            for member in self._resources.members(conn, container)
        ]
        return sorted((one for one in found if one[0].isdecimal()), key=lambda one: int(one[0]), reverse=True)

    # -- steps -----------------------------------------------------------------------------------

    def _acting(self, agent: Agent, pod: Pod) -> Agent:
        with self._resources.reading() as conn:
            return self._signers.acting(conn, agent, pod)

    def _put(self, writing: Writing, address: Address, document: Mapping[str, Any]) -> None:
        data = dump({"@context": list(open_badges.CONTEXTS), **document})
        writing.put(address, self._resources.prepare(address, data, rdf.JSON_LD, within=writing.conn))

    def _own(self, pod: Pod, iri: str) -> Address:
        address = self._address(iri)
        if address.pod != pod.name or address.path.startswith((VERSIONS, IMAGES)):
            raise _not_ours(iri)
        return address

    def _address(self, iri: str) -> Address:
        address = addresses.of_iri(iri, self._resources.base_url)
        if address is None or not address.path.startswith(PLACE) or address.is_container or address.auxiliary:
            raise _not_ours(iri)
        return address

    def _require_given(self, conn: Connection, address: Address, issuer: str, name: str) -> None:
        standing = achievement_state.state(self._resources, conn, address)
        if standing.retired:
            raise Conflict(
                N_("The badge «{name}» is no longer given."), N_("Give it again first, or choose another one."),
                name=name,
            )  # fmt: skip
        if standing.reserved and address.pod != issuer:
            raise Forbidden(
                N_("Only {pod} gives the badge «{name}»."), N_("Ask there, or make a badge of your own."),
                pod=address.pod, name=name,
            )  # fmt: skip

    def _edited(self, before: Mapping[str, Any], parts: Mapping[str, Any]) -> dict[str, Any]:
        """The document with other parts; the address, creator and links of the one before."""
        built = open_badges.achievement(
            id=str(before["id"]),
            name=parts.get("name", before.get("name")),
            description=parts.get("description", before.get("description")),
            narrative=parts.get("criteria", _mapping(before.get("criteria")).get("narrative")),
            criteria_url=_mapping(before.get("criteria")).get("id"),
            achievement_type=parts.get("achievement_type", before.get("achievementType")),
            language=parts.get("language", before.get("inLanguage")),
            tags=parts.get("tags", listed(before.get("tag"))),
            alignments=parts.get("alignments", listed(before.get("alignment"))),
            image=parts.get("image", _mapping(before.get("image")).get("id")),
            caption=parts.get("caption", _mapping(before.get("image")).get("caption")),
        )
        kept = {key: value for key, value in before.items() if key not in _EDITABLE}
        return {**built, **kept}

    def _keep_version(self, writing: Writing, pod: Pod, address: Address, before: Mapping[str, Any]) -> str:
        kept = Address(address.pod, f"{VERSIONS}{address.name}/{_version(before)}")
        iri = kept.iri(pod.base_url)
        related = [*_languages(before), open_badges.related(address.iri(pod.base_url))]
        self._put(writing, kept, {**before, "id": iri, "version": _version(before), "related": related})
        return iri

    def _twins(self, agent: Agent, twin_of: str | None, language: str) -> dict[str, str]:
        """The same achievement in other languages: IRIs with their languages."""
        if twin_of is None:
            return {}
        with self._resources.reading() as conn:
            document = _parsed(
                self._resources.data(self._resources.read_within(conn, agent, self._address(twin_of)).stored)
            )
        twins = {twin_of: str(document.get("inLanguage", ""))}
        twins |= {str(one["id"]): str(one["inLanguage"]) for one in _languages(document)}
        if language in twins.values():
            raise Conflict(
                N_("This badge is there in that language already ({language})."), N_("Edit that one."),
                language=language,
            )  # fmt: skip
        return twins

    def _relate(self, writing: Writing, pod: Pod, twin: str, iri: str, language: str) -> None:
        """Let the twin name its new sister, when it is the same pod's; its text and its version stay."""
        address = self._address(twin)
        if address.pod != pod.name:
            return
        before = _parsed(self._resources.data(self._resources.read_within(writing.conn, writing.agent, address).stored))
        related = [*listed(before.get("related")), open_badges.related(iri, language=language)]
        self._put(writing, address, {**before, "related": related})


_EDITABLE: Final = frozenset(
    ("name", "description", "criteria", "achievementType", "inLanguage", "tag", "alignment", "image")
)


def readable_name(text: str) -> str:
    """A short name for an address that people can read aloud: `passeur-se-de-savoirs`."""
    letters = (letter for letter in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "-", "".join(letters)).strip("-")[:60]


def profile(pod: Pod) -> dict[str, Any]:
    """The issuer as every badge names it: a Profile object, never a bare URL (open-badges.md §5.1)."""
    return open_badges.profile(id=pod.did, name=pod.title, url=f"{pod.iri}profile/card")


def _parsed(data: bytes) -> dict[str, Any]:
    return {key: value for key, value in object_in(data).items() if key != "@context"}


def _embedded(document: Mapping[str, Any]) -> dict[str, Any]:
    """As a badge carries it: links to versions that will have changed tomorrow stay outside."""
    kept = {**document, "related": _languages(document)}
    return {key: value for key, value in kept.items() if key != "related" or value}


def _version(document: Mapping[str, Any]) -> str:
    said = str(document.get("version") or FIRST)
    return said if said.isdecimal() else FIRST


def _languages(document: Mapping[str, Any]) -> list[Any]:
    """The twins in other languages among what an achievement is related to."""
    return [one for one in listed(document.get("related")) if _mapping(one).get("inLanguage")]


def _ordered(after: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """In the order in which people read it: that of the version before, then what is new."""
    return {key: after[key] for key in (*before, *after) if key in after and after[key] not in ([], None)}


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _not_ours(iri: str) -> NotFound:
    return NotFound(
        N_("There is no achievement at {iri} in this installation."),
        N_("Create one: pod_app achievement create --as POD --name NAME."), iri=iri,
    )  # fmt: skip
