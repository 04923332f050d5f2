"""Bring in a badge that was earned elsewhere: a file of any generation, or the address where one is.

Its bytes are kept as they came. What its issuer's hosts said on that day is kept beside it, because hosted badges
die with their host.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pod_app.badges.bag import kept
from pod_app.badges.bag.backpack import Backpack
from pod_app.badges.bag.kept import Documents, Incoming
from pod_app.badges.verifier import verifying
from pod_app.badges.verifier.reading import Reading, read
from pod_app.errors import N_, Invalid
from pod_app.pods.catalogue import Pod
from pod_app.pods.resources import Resources
from pod_app.standards import baking, open_badges_2
from pod_app.standards.addresses import Address
from pod_app.standards.wac import Agent

ACCEPT: Final = (
    "application/vc, application/vc+jwt, application/ld+json, application/json, image/png, "
    "image/svg+xml;q=0.9, */*;q=0.1"
)
KEPT_ALL_THE_SAME: Final = frozenset({"recipient", "valid-until"})
"""Checks that may fail: a badge of somebody else is «not yours yet», and one that expired was earned."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A badge in its new bag, and what could be verified about it on that day."""

    address: Address
    report: verifying.Report


class Importing:
    """Imports for the pods of one installation."""

    def __init__(
        self, resources: Resources, backpack: Backpack, fetch: verifying.Fetch, clock: Callable[[], datetime]
    ) -> None:
        self._resources = resources
        self._backpack = backpack
        self._fetch = fetch
        self._clock = clock

    def file_at(self, url: str) -> bytes:
        """What stands at an address that somebody gave. Raises `Unreachable`, `Vanished`."""
        return self._fetch(url.strip(), ACCEPT).body

    def keep(
        self, agent: Agent, pod: Pod, file: bytes, *, found_at: str | None = None, fetch: verifying.Fetch | None = None
    ) -> Imported:
        """Verify `file` and keep its badge in the bag of `pod`, with the image it came in.

        A badge that fails a check is refused and the failing step is named. One that cannot be checked
        now (its issuer does not answer) is kept, and so is one made out to somebody else («not yours
        yet»), or expired: the report says so. Raises `Invalid`, `Unreadable`.
        """
        documents, at = Documents(), self._clock()
        asked = documents.asking(fetch or self._fetch, at)
        names = self._backpack.names(pod)
        report = verifying.verify(file, fetch=asked, at=at, recipient=names, found_at=found_at)
        refuse_failed(report)
        incoming = _incoming(file, report, documents)
        return Imported(self._backpack.add(agent, pod, incoming), report)

    def verify_again(self, agent: Agent, address: Address) -> verifying.Report:
        """Ask the hosts of a kept badge once more, and keep what they say; what is gone stays as it was had.

        Raises `NotFound`, `Forbidden`.
        """
        reading = self._resources.read(agent, address)
        data, at = self._resources.data(reading.stored), self._clock()
        documents = self._backpack.documents_of(address)
        report = verifying.verify(data, fetch=documents.asking(self._fetch, at), at=at)
        self._backpack.note(agent, address, documents)
        return report


def refuse_failed(report: verifying.Report) -> None:
    """Raise `Invalid` with the name of the step that failed, unless a bag keeps such badges all the same."""
    failed = next(
        (check for check in report.checks if check.outcome == "fail" and check.name not in KEPT_ALL_THE_SAME), None
    )
    if failed is None:
        return
    raise StepFailed(
        N_("This badge was not imported: the check «{check}» failed. {detail}"),
        N_("Ask its issuer for a valid badge, or correct the file and try again."),
        step=failed, check=failed.name, detail=failed.to_json()["detail"],
    )  # fmt: skip


class StepFailed(Invalid):
    """A check that a badge has to pass failed; `step` is that check, with its own sentences."""

    def __init__(self, detail: str, remedy: str = "", /, *, step: verifying.Check, **values: object) -> None:
        super().__init__(detail, remedy, **values)
        self.step = step


def _incoming(file: bytes, report: verifying.Report, documents: Documents) -> Incoming:
    reading = read(file)
    if reading.is_open_badges_2 and open_badges_2.kind(reading.document) != open_badges_2.AWARD:
        raise Invalid(
            N_("This is a «{what}», not a badge that somebody received."), N_("Send the badge itself."),
            what=open_badges_2.kind(reading.document),
        )  # fmt: skip
    data = _own_bytes(file, reading, documents)
    image = (file, baking.media_type(file)) if baking.is_image(file) else None
    return Incoming(data, kept.media_type_of(reading), report.credential or {}, image, documents)


def _own_bytes(file: bytes, reading: Reading, documents: Documents) -> bytes:
    """The badge's own bytes: of one that is only an address, what stands there."""
    if reading.is_open_badges_2 and set(reading.document) <= {"type", "id"}:
        hosted = documents.found.get(str(reading.document.get("id")))
        if hosted is None:
            raise Invalid(
                N_("The picture holds only the address {url}, and nothing could be had there."),
                N_("Try again later: the file is kept as it is."), url=str(reading.document.get("id"))[:300],
            )  # fmt: skip
        return hosted.body
    return reading.text.encode() if baking.is_image(file) else file
