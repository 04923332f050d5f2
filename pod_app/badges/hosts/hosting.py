"""A bag as other hosts of badges see it: pages of badges, one more kept or replaced, the profile beside them.

What the Open Badges 3.0 REST API reads and writes (§6 there; open-badges.md §5.9), without its HTTP. Badges are
judged and kept as any import is; a version older than the one at hand changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection

from pod_app.badges.bag import kept
from pod_app.badges.bag.backpack import Backpack
from pod_app.badges.bag.importing import Importing
from pod_app.badges.verifier.reading import read
from pod_app.errors import N_, Invalid, NotFound
from pod_app.pods.catalogue import Pod
from pod_app.pods.resources import Resources
from pod_app.standards import open_badges, rdf
from pod_app.standards.json_text import dump, object_in
from pod_app.standards.open_badges_shape import class_problems, start
from pod_app.standards.wac import Agent
from pod_app.storage.resources import StoredResource

PROFILE: Final = "settings/badge-profile"
"""Where a pod keeps what its person tells other hosts about themselves; private like all settings."""
JSON: Final = "application/json"
_NEVER: Final = frozenset({"dateOfBirth", "endorsement", "endorsementJwt"})
"""Left out of profiles: a date of birth is nobody's business, endorsements would need their own proofs."""
Outcome = Literal["created", "replaced", "unchanged"]


@dataclass(frozen=True, slots=True)
class Page:
    """Some badges of a bag: JSON documents with their bytes, tokens as text, and how many there are in all."""

    credentials: list[bytes]
    tokens: list[str]
    total: int


class Hosting:
    """Bags and profiles of one installation, for other hosts that a person let in."""

    def __init__(self, resources: Resources, backpack: Backpack, importing: Importing) -> None:
        self._resources = resources
        self._backpack = backpack
        self._importing = importing

    def page(self, agent: Agent, pod: Pod, *, limit: int, offset: int, since: datetime | None = None) -> Page:
        """`limit` badges from `offset` on, oldest in the bag first; `since` keeps those issued after that moment."""
        with self._resources.reading() as conn:
            members = [one for one in self._resources.members(conn, pod.address("badges/")) if _is_badge(one)]
            members.sort(key=lambda one: (one.created, one.path))
            if since is not None:
                members = [one for one in members if self._issued_after(conn, agent, pod, one, since)]
            bodies = [(one, self._body(conn, agent, pod, one)) for one in members[offset : offset + limit]]
        return Page(
            [body for one, body in bodies if one.media_type == rdf.VC],
            [body.decode("ascii").strip() for one, body in bodies if one.media_type != rdf.VC],
            len(members),
        )

    def upsert(self, agent: Agent, pod: Pod, body: bytes) -> Outcome:
        """Keep a badge, unless this or a newer version of it is kept already. Raises what an import raises."""
        credential = read(body).document
        standing = self._backpack.standing(pod, credential, body)
        if standing in {"same", "older"}:
            return "unchanged"
        self._importing.keep(agent, pod, body)
        return "created" if standing == "new" else "replaced"

    def document(self, agent: Agent, pod: Pod, name: str) -> bytes:
        """The bytes of one badge by its name in the bag; raises `NotFound`, `Forbidden`."""
        address = pod.address(f"badges/{name}")
        stored = self._resources.read(agent, address).stored
        if not _is_badge(stored):
            raise NotFound(N_("There is nothing at {path}."), N_("Check the address."), path=address.target)
        return self._resources.data(stored)

    def profile(self, agent: Agent, pod: Pod) -> dict[str, Any]:
        """The Profile of a pod: what its person wrote for other hosts, else its name and page."""
        own = open_badges.profile(id=pod.webid, name=pod.title, url=f"{pod.iri}profile/card")
        try:
            written = object_in(self._resources.data(self._resources.read(agent, pod.address(PROFILE)).stored))
        except NotFound:
            written = {}
        return {"@context": list(open_badges.CONTEXTS), **own, **written}

    def update_profile(self, agent: Agent, pod: Pod, sent: Mapping[str, Any]) -> dict[str, Any]:
        """Replace what a person tells other hosts about themselves; returns the profile as it stands then.

        Raises `Invalid` for another id than theirs and for what no Profile has.
        """
        if sent.get("id", pod.webid) != pod.webid:
            raise Invalid(
                N_("This profile is that of {id}, not of {webid}."), N_("Leave the id out, or send {webid}."),
                id=str(sent["id"])[:200], webid=pod.webid,
            )  # fmt: skip
        told = {name: value for name, value in sent.items() if name not in _NEVER and name != "@context"}
        told |= {"id": pod.webid, "type": sent.get("type") or ["Profile"]}
        problem = next((one for one in class_problems("Profile", told) if one.severity == "error"), None)
        if problem is not None:
            raise Invalid(N_("This is no profile: {problem}"), N_("Correct it."), problem=problem.sentence.text)
        address = pod.address(PROFILE)
        body = self._resources.prepare(address, dump(told), JSON)
        self._resources.write(agent, lambda writing: writing.put(address, body))
        return self.profile(agent, pod)

    # -- steps -----------------------------------------------------------------------------------

    def _body(self, conn: Connection, agent: Agent, pod: Pod, one: StoredResource) -> bytes:
        reading = self._resources.read_within(conn, agent, pod.address(one.path))
        return self._resources.data(reading.stored)

    def _issued_after(self, conn: Connection, agent: Agent, pod: Pod, one: StoredResource, since: datetime) -> bool:
        credential = read(self._body(conn, agent, pod, one)).document
        issued = open_badges.moment(start(credential))
        return issued is None or issued > since


def _is_badge(stored: StoredResource) -> bool:
    return stored.media_type in {rdf.VC, kept.TOKEN}
