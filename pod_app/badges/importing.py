"""Bring in a badge that was earned elsewhere: JSON, or the PNG or SVG image it was baked into."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pod_app.badges import verifying
from pod_app.badges.backpack import Backpack
from pod_app.errors import N_, Invalid, Unsupported
from pod_app.pods.catalogue import Pod
from pod_app.standards import baking
from pod_app.standards.addresses import Address
from pod_app.standards.wac import Agent


@dataclass(frozen=True, slots=True)
class Imported:
    """A badge in its new bag, and what could be verified about it on that day."""

    address: Address
    report: verifying.Report


class Importing:
    """Imports for the pods of one installation."""

    def __init__(self, backpack: Backpack, fetch: verifying.Fetch, clock: Callable[[], datetime]) -> None:
        self._backpack = backpack
        self._fetch = fetch
        self._clock = clock

    def keep(self, agent: Agent, pod: Pod, file: bytes) -> Imported:
        """Verify `file` and keep its badge in the bag of `pod`, with the image it came in.

        A badge that fails a check is refused and the failing step is named. One that cannot be checked
        now (its issuer does not answer) is kept, and so is one made out to somebody else («not yours
        yet»): the report says so. Raises `Invalid`, `Unsupported`, `Unreadable`.
        """
        report = verifying.verify(file, fetch=self._fetch, at=self._clock(), recipient=pod.webid)
        failed = next((check for check in report.checks if check.outcome == "fail" and check.name != "recipient"), None)
        if failed is not None:
            raise Invalid(
                N_("This badge was not imported: the check «{check}» failed. {detail}"),
                N_("Ask its issuer for a valid badge, or correct the file and try again."),
                check=failed.name, detail=failed.to_json()["detail"],
            )  # fmt: skip
        text = report.text
        if not text.lstrip().startswith("{"):
            raise Unsupported(
                N_("This badge is a signed token (JWT), which is not kept yet."),
                N_("Import its JSON form, or a PNG or SVG image."),
            )
        original = (file, baking.media_type(file)) if baking.is_image(file) else None
        return Imported(self._backpack.add(agent, pod, text.encode(), original), report)
