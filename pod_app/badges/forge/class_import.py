"""Kinds of badges of other forges as achievements here: drafts, which nobody gives until somebody has looked at them.

Each names where it comes from (`otherIdentifier`), so that sending the same catalogue again makes nothing twice.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pod_app.badges.forge.achievements import Achievements
from pod_app.badges.forge.foreign_classes import ACCEPT, ForeignClass, classes_in, picture_bytes
from pod_app.badges.verifier.case import Look
from pod_app.badges.verifier.report import Fetch
from pod_app.errors import PodAppError
from pod_app.pods.catalogue import Pod
from pod_app.pods.resources import Resources
from pod_app.standards.open_badges_shape import listed
from pod_app.standards.wac import Agent

Redraw = Callable[[bytes], bytes]
"""Draws somebody's picture anew as a plain PNG, in the sandbox."""
_MAX_PICTURES: Final = 60  # of one import, so that a catalogue does not keep us busy with pictures alone


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the classes: IRIs of new drafts, those that were there already, and why some are none."""

    made: tuple[str, ...]
    known: tuple[str, ...]
    refused: Mapping[str, PodAppError]


class ClassImport:
    """Imports of kinds of badges for one installation."""

    def __init__(
        self, resources: Resources, achievements: Achievements, fetch: Fetch, redraw: Redraw,
        clock: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._resources = resources
        self._achievements = achievements
        self._fetch = fetch
        self._redraw = redraw
        self._clock = clock

    def take_address(self, agent: Agent, pod: Pod, url: str) -> Taken:
        """`take`, of what stands at an address: a badge class, or a catalogue of them. Raises `Unreachable`."""
        return self.take(agent, pod, self._fetch(url, ACCEPT).body, url)

    def take(self, agent: Agent, pod: Pod, file: bytes, found_at: str = "") -> Taken:
        """Make a draft in `pod` of each kind of badge in a file. Raises what `classes_in` raises, and `Forbidden`."""
        found = classes_in(file, Look(self._fetch, self._clock()), found_at)
        known = self._sources(pod)
        made, there, refused = [], [], dict[str, PodAppError]()
        for number, one in enumerate(found):
            if one.source and one.source in known:
                there.append(known[one.source])
                continue
            try:
                made.append(self._draft(agent, pod, one, pictures=number < _MAX_PICTURES))
            except PodAppError as error:
                refused[one.name] = error
        return Taken(tuple(made), tuple(there), refused)

    # -- steps -----------------------------------------------------------------------------------

    def _draft(self, agent: Agent, pod: Pod, one: ForeignClass, *, pictures: bool) -> str:
        image = self._picture(agent, pod, one.picture) if pictures and one.picture else None
        iri = self._achievements.create(
            agent, pod, name=one.name, description=one.description, criteria=one.criteria, tags=list(one.tags),
            alignments=list(one.alignments), language=one.language or None, image=image, source=one.source or None,
        )  # fmt: skip
        self._achievements.retire(agent, pod, iri)
        return iri

    def _picture(self, agent: Agent, pod: Pod, source: str) -> str | None:
        """The class's picture, drawn anew; without one that can be had, artwork will do."""
        try:
            data = (
                picture_bytes(source) if source.startswith("data:") else self._fetch(source, "image/png, image/*").body
            )
            if data is None:
                return None
            drawn = self._redraw(data)
        except PodAppError:
            return None
        name = f"picture-{hashlib.sha256(drawn).hexdigest()[:24]}.png"
        return self._achievements.keep_image(agent, pod, name, drawn)

    def _sources(self, pod: Pod) -> dict[str, str]:
        """The achievements of a pod that came from elsewhere, by where they came from."""
        with self._resources.reading() as conn:
            found = self._achievements.all(conn, pod, retired=True)
        return {source: str(document["id"]) for document in found for source in _identifiers(document)}


def _identifiers(document: Mapping[str, Any]) -> list[str]:
    entries = [one for one in listed(document.get("otherIdentifier")) if isinstance(one, Mapping)]
    return [str(one["identifier"]) for one in entries if one.get("identifier")]
