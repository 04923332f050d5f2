"""Achievements («moules»): what a badge is given for, as linked data in the issuing pod.

The document is JSON-LD in the Open Badges context, so that its address answers exactly what a badge
embeds, to people, programs and crawlers alike. Editing it never alters a badge already issued,
because each badge carries its own copy.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from pod_app.errors import N_, Invalid, NotFound
from pod_app.pods.catalogue import Pod
from pod_app.pods.resources import Resources
from pod_app.standards import addresses, open_badges, rdf
from pod_app.standards.addresses import Address
from pod_app.standards.json_text import dump, object_in
from pod_app.standards.open_badges_shape import class_problems
from pod_app.standards.wac import Agent


class Achievements:
    """The achievements of the pods of one installation."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

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
    ) -> str:
        """Write a new achievement into `achievements/` of the pod and return its IRI.

        `criteria` is Markdown. Raises `Invalid` for a missing part, `Forbidden` when the agent may
        not add to the pod.
        """
        container = pod.address("achievements/")
        segment = addresses.slug(slug or readable_name(name), fallback="badge")

        def document(address: Address) -> bytes:
            made = open_badges.achievement(
                id=address.iri(pod.base_url), name=name, description=description, narrative=criteria,
                achievement_type=achievement_type, language=language or pod.language, tags=tags,
                alignments=alignments, image=image, creator=profile(pod),
            )  # fmt: skip
            return dump({"@context": list(open_badges.CONTEXTS), **made})

        written = self._resources.add(agent, container, segment, document, rdf.JSON_LD)
        return written.address.iri(pod.base_url)

    def get(self, conn: Connection, iri: str) -> dict[str, Any]:
        """The achievement of this IRI, as a badge embeds it (without its context).

        Raises `NotFound` when it is not an achievement of this installation, `Invalid` when the
        document lacks what a badge needs (open-badges.md §5.3).
        """
        address = addresses.of_iri(iri, self._resources.base_url)
        if address is None or not address.path.startswith("achievements/") or address.is_container:
            raise _not_ours(iri)
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
        return document


def readable_name(text: str) -> str:
    """A short name for an address that people can read aloud: `passeur-se-de-savoirs`."""
    letters = (letter for letter in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "-", "".join(letters)).strip("-")[:60]


def profile(pod: Pod) -> dict[str, Any]:
    """The issuer as every badge names it: a Profile object, never a bare URL (open-badges.md §5.1)."""
    return open_badges.profile(id=pod.did, name=pod.title, url=f"{pod.iri}profile/card")


def _parsed(data: bytes) -> dict[str, Any]:
    return {key: value for key, value in object_in(data).items() if key != "@context"}


def _not_ours(iri: str) -> NotFound:
    return NotFound(
        N_("There is no achievement at {iri} in this installation."),
        N_("Create one: pod_app achievement create --as POD --name NAME."), iri=iri,
    )  # fmt: skip
