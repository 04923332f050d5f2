"""Imports that are kept until they succeed: the file as it came, and what became of each badge in it.

Both stand in the person's own pod, at `private/imports/{id}` and `private/imports/{id}.report`, so that they count
against its room, leave with it and are erased with it. A ZIP is worked through in portions by jobs: the report is
what is done, so an import that was cut off goes on where it stood.
"""

import io
import time
import uuid
import zipfile
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Final

from pod_app.badges.bag import archives
from pod_app.badges.bag.import_report import Entry, Report, failure
from pod_app.badges.bag.importing import Importing
from pod_app.badges.verifier.report import Fetch, Fetched
from pod_app.errors import N_, NotFound, PodAppError, Unreachable
from pod_app.pods.catalogue import Catalogue, Pod
from pod_app.pods.resources import Resources
from pod_app.standards import baking
from pod_app.standards.addresses import Address
from pod_app.standards.wac import Agent

JOB: Final = "badge.import"
PLACE: Final = "private/imports/"
REPORT: Final = ".report"
_ANY: Final = "application/octet-stream"
_ZIP: Final = "application/zip"
_SECONDS: Final = 15.0  # a portion ends well before the lease of its job
_BETWEEN: Final = 50  # badges after which the report is written
_REMEMBERED: Final = 500


class Imports:
    """The imports of the pods of one installation."""

    def __init__(
        self, resources: Resources, catalogue: Catalogue, importing: Importing, fetch: Fetch,
        clock: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._resources = resources
        self._catalogue = catalogue
        self._importing = importing
        self._fetch = fetch
        self._clock = clock

    def take(self, agent: Agent, pod: Pod, files: Iterable[tuple[str, bytes]]) -> Report:
        """Import what somebody sent: one badge at once; a ZIP, or several files, when their turn comes.

        Nothing is lost when it fails: the report says why, and the file is kept. Raises `Unreadable` and
        `TooLarge` for a ZIP that cannot be opened, `Forbidden`.
        """
        sent = list(files)
        if len(sent) == 1 and not archives.is_archive(sent[0][1]):
            return self._take_one(agent, pod, *sent[0])
        name, archive = sent[0] if len(sent) == 1 else (N_("Several files"), _packed(sent))
        with archives.opened(io.BytesIO(archive)) as opened:
            entries = [Entry(one) for one in archives.names(opened)]
        report = Report(_fresh(), name, self._clock(), entries)
        self._keep(agent, pod, report, archive, _ZIP)
        self._queue(agent, pod, report)
        return report

    def take_address(self, agent: Agent, pod: Pod, url: str) -> Report:
        """Import what stands at an address; when nothing can be had there now, the address is kept."""
        report = Report(_fresh(), url, self._clock(), [Entry(url)], url=url)
        self._try_address(agent, pod, report)
        if report.is_done:
            return report
        self._write(agent, pod, report)
        return report

    def work(self, payload: Mapping[str, Any]) -> None:
        """Job `badge.import`: go on with a ZIP for a while, and leave the rest to the next job."""
        pod, agent = self._catalogue.get(str(payload["pod"])), Agent(webid=str(payload["agent"]))
        try:
            report = self.get(agent, pod, str(payload["id"]))
        except NotFound:
            return  # forgotten by its owner meanwhile
        self.go_on(agent, pod, report, seconds=_SECONDS)
        if report.waiting:
            self._queue(agent, pod, report)

    def go_on(self, agent: Agent, pod: Pod, report: Report, *, seconds: float = float("inf")) -> None:
        """Import the badges of a ZIP that still wait, for so long."""
        ends, fetch = time.monotonic() + seconds, remembering(self._fetch)
        source = self._source(agent, pod, report)
        try:
            with archives.opened(io.BytesIO(source)) as archive:
                for number, entry in enumerate(report.waiting, 1):
                    self._import(agent, pod, entry, archive, fetch)
                    if number % _BETWEEN == 0:
                        self._write(agent, pod, report)
                    if time.monotonic() > ends:
                        break
        finally:
            self._write(agent, pod, report)

    def retry(self, agent: Agent, pod: Pod, name: str) -> Report:
        """Try again what failed; raises `NotFound`."""
        report = self.get(agent, pod, name)
        for entry in report.failed:
            entry.state = "waiting"
        if report.url:
            self._try_address(agent, pod, report)
        elif not report.is_archive:
            self._try(agent, pod, report.entries[0], lambda: self._source(agent, pod, report), self._fetch)
        else:
            self._write(agent, pod, report)
            self._queue(agent, pod, report)
            return report
        if report.is_done:
            self.forget(agent, pod, name)
        else:
            self._write(agent, pod, report)
        return report

    def forget(self, agent: Agent, pod: Pod, name: str) -> None:
        """Delete a report and the file that it is about; what was imported stays."""
        report, source = _report(pod, name), _source(pod, name)

        def within(writing: Any) -> None:
            for one in (report, source):
                if self._resources.exists(writing.conn, one):
                    writing.delete(one)

        self._resources.write(agent, within)

    def get(self, agent: Agent, pod: Pod, name: str) -> Report:
        """One import; raises `NotFound`."""
        reading = self._resources.read(agent, _report(pod, name))
        return Report.of_bytes(name, self._resources.data(reading.stored))

    def all(self, agent: Agent, pod: Pod) -> list[Report]:
        """The imports that are kept, newest first."""
        container = pod.address(PLACE)
        with self._resources.reading() as conn:
            found = [
                Report.of_bytes(address.name.removesuffix(REPORT), self._resources.data(stored))
                for address, stored, _, _ in self._resources.readable(conn, agent, container)
                if address.path.endswith(REPORT)
            ]
        return sorted(found, key=lambda one: one.at, reverse=True)

    # -- steps -----------------------------------------------------------------------------------

    def _take_one(self, agent: Agent, pod: Pod, name: str, file: bytes) -> Report:
        report = Report(_fresh(), name, self._clock(), [Entry(name)])
        self._try(agent, pod, report.entries[0], lambda: file, self._fetch)
        if not report.is_done:
            self._keep(agent, pod, report, file, baking.media_type(file) if baking.is_image(file) else _ANY)
        return report

    def _try_address(self, agent: Agent, pod: Pod, report: Report) -> None:
        entry, url = report.entries[0], str(report.url)
        self._try(agent, pod, entry, lambda: self._importing.file_at(url), self._fetch, found_at=url)

    def _import(self, agent: Agent, pod: Pod, entry: Entry, archive: zipfile.ZipFile, fetch: Fetch) -> None:
        self._try(agent, pod, entry, lambda: archives.read(archive, entry.name), fetch)

    def _try(
        self, agent: Agent, pod: Pod, entry: Entry, file: Callable[[], bytes], fetch: Fetch,
        found_at: str | None = None,
    ) -> None:  # fmt: skip
        try:
            imported = self._importing.keep(agent, pod, file(), found_at=found_at, fetch=fetch)
        except PodAppError as error:
            failure(entry, error)
        else:
            entry.kept(imported.address.path, imported.report)

    def _keep(self, agent: Agent, pod: Pod, report: Report, file: bytes, media_type: str) -> None:
        source = _source(pod, report.id)
        body = self._resources.prepare(source, file, media_type)
        self._resources.write(agent, lambda writing: writing.put(source, body))
        self._write(agent, pod, report)

    def _write(self, agent: Agent, pod: Pod, report: Report) -> None:
        address = _report(pod, report.id)
        body = self._resources.prepare(address, report.to_bytes(), "application/json")
        self._resources.write(agent, lambda writing: writing.put(address, body))

    def _source(self, agent: Agent, pod: Pod, report: Report) -> bytes:
        return self._resources.data(self._resources.read(agent, _source(pod, report.id)).stored)

    def _queue(self, agent: Agent, pod: Pod, report: Report) -> None:
        payload: dict[str, object] = {"pod": pod.name, "agent": agent.webid, "id": report.id}
        self._resources.write(agent, lambda writing: writing.job(pod.name, JOB, payload))


def remembering(fetch: Fetch) -> Fetch:
    """`fetch`, asking for each document once: a thousand badges of one issuer name the same few."""
    known: dict[tuple[str, str], Fetched | Unreachable] = {}

    def asked(url: str, accept: str) -> Fetched:
        found = known.get((url, accept))
        if found is None:
            try:
                found = fetch(url, accept)
            except Unreachable as error:
                found = error
            if len(known) < _REMEMBERED:
                known[url, accept] = found
        if isinstance(found, Unreachable):
            raise found
        return found

    return asked


def _packed(files: list[tuple[str, bytes]]) -> bytes:
    """Several files as one archive, in their order; names that stand twice are told apart."""
    packed, taken = io.BytesIO(), set[str]()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for number, (name, data) in enumerate(files, 1):
            plain = PurePosixPath(name.replace("\\", "/")).name or str(number)
            unique = plain if plain not in taken else f"{number}-{plain}"
            taken.add(unique)
            archive.writestr(unique, data)
    return packed.getvalue()


def _fresh() -> str:
    return uuid.uuid4().hex[:12]


def _source(pod: Pod, name: str) -> Address:
    return pod.address(f"{PLACE}{_plain(name)}")


def _report(pod: Pod, name: str) -> Address:
    return pod.address(f"{PLACE}{_plain(name)}{REPORT}")


def _plain(name: str) -> str:
    """A name that `_fresh` could have made: nobody reaches another resource through it."""
    if not (name.isalnum() and name.isascii()):
        raise NotFound(N_("There is no such import."), N_("Go back to your badges."))
    return name
