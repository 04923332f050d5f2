"""The bag of somebody whose pod is on another server: read there, with what is still on its way."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, select

from pod_app.badges.bag import kept
from pod_app.badges.bag.backpack import Held
from pod_app.badges.bag.kept import Documents
from pod_app.errors import N_, Invalid, PodAppError
from pod_app.identity.remote_pods import File, RemotePod, RemotePods, silent
from pod_app.pods import tray
from pod_app.pods.audience import AUDIENCES, Audience, Audiences, Sharing, group_of
from pod_app.pods.catalogue import Catalogue, Pod
from pod_app.pods.resources import Resources
from pod_app.pods.writing import Writing
from pod_app.standards.addresses import Address
from pod_app.standards.json_text import object_in
from pod_app.standards.wac import Agent, Mode
from pod_app.storage import schema

PLACE: Final = "badges/"
MOST_SHOWN: Final = 100
_AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True)
class Bag:
    """What is held there; `on_the_way` waits in the tray, `problem` says why nothing more could be read."""

    held: Sequence[Held]
    on_the_way: Sequence[Held]
    problem: PodAppError | None


class BagElsewhere:
    """Reads and shares the badges of people whose pods are elsewhere."""

    def __init__(self, catalogue: Catalogue, resources: Resources, audiences: Audiences, remote: RemotePods) -> None:
        self._catalogue = catalogue
        self._resources = resources
        self._audiences = audiences
        self._remote_pods = remote

    def bag(self, pod: Pod) -> Bag:
        """What the owner sees; a server that does not answer costs what it holds, never the page."""
        with self._resources.reading() as conn:
            items = tray.waiting(conn, pod.name)
        waiting = [
            Held(pod.address(item.path), kept.described(item.body or b"", item.media_type, Documents), "me")
            for item in items
            if item.kind == "document" and item.path.startswith(PLACE) and _is_badge(item.path, item.media_type)
        ]
        try:
            with self._remote_pods.open(pod) as remote:
                return Bag(self._read(remote, pod), waiting, None)
        except PodAppError as error:
            return Bag([], waiting, silent(pod, error))

    def show_to(self, agent: Agent, address: Address, audience: Audience, garden: str | None = None) -> None:
        """Let these see a badge there, and its record where that stands here; raises `Invalid`, `Forbidden`."""
        if audience not in AUDIENCES:
            raise Invalid(
                N_("There is no audience named {audience}."), N_("Choose among: {audiences}."),
                audience=audience, audiences=", ".join(AUDIENCES),
            )  # fmt: skip
        if audience == "garden":
            group_of(garden)

        def within(writing: Writing) -> None:
            pod = self._catalogue.get_within(writing.conn, address.pod)
            writing.decide(pod.address("").acl)[1].require(Mode.CONTROL)
            sharing = Sharing(audience, garden if audience == "garden" else None)
            tray.keep_access(writing.conn, pod, writing.now, address.path, title="", sharing=sharing)
            record = self._record(writing.conn, pod, address.name)
            if record is not None:
                self._audiences.show(writing.as_program(), record, audience, garden=garden, readers=(pod.webid,))

        self._resources.write(agent, within)

    # -- steps -----------------------------------------------------------------------------------

    def _read(self, remote: RemotePod, pod: Pod) -> list[Held]:
        root = f"{remote.home.storage}{PLACE}"
        there = [url for url in remote.members(root) if "/" not in url.removeprefix(root)][:MOST_SHOWN]
        with ThreadPoolExecutor(_AT_ONCE, "bag") as threads:
            files = list(threads.map(partial(_file, remote), there))
        read = [(file, _document(file)) for file in files if file is not None]
        return [
            Held(pod.address(f"{PLACE}{file.url.removeprefix(root)}"), document, "everyone" if file.public else "me")
            for file, document in read
            if document
        ]

    def _record(self, conn: Connection, pod: Pod, name: str) -> Address | None:
        """The record of a badge that was issued here to this person."""
        rows = schema.resources
        issuer = conn.scalar(select(rows.c.pod).where(rows.c.path == f"issued/{name}"))
        if issuer is None:
            return None
        record = Address(issuer, f"issued/{name}")
        stored = self._resources.read_within(conn, Agent(webid=pod.webid), record).stored
        badge = Held(record, object_in(self._resources.data(stored)), "me")
        return record if badge.is_for(pod.webid) else None


def _file(remote: RemotePod, url: str) -> File | None:
    try:
        return remote.read(url, ", ".join([*kept.MEDIA_TYPES, "*/*;q=0.1"]))
    except PodAppError:
        return None


def _document(file: File) -> Mapping[str, Any]:
    """What a file says, when it is a badge; empty for everything else."""
    if not _is_badge(file.url, file.media_type):
        return {}
    found = kept.described(file.body, file.media_type, Documents)
    return found if "credentialSubject" in found else {}


def _is_badge(name: str, media_type: str) -> bool:
    return media_type in kept.MEDIA_TYPES and not name.endswith(kept.DOCUMENTS)
