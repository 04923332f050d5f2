"""Badges to and from other hosts, as jobs: a page of theirs at a time, and ours one by one (open-badges.md §5.9).

What comes in is verified and kept like every import; what does not hold is not kept, and the report says why. Doing
a job twice leaves the same state, because both ends know a badge by its issuer and id.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from pod_app.badges.bag.backpack import Backpack
from pod_app.badges.bag.importing import Importing, StepFailed
from pod_app.badges.hosts.hosting import Hosting
from pod_app.errors import N_, PodAppError, Unauthenticated, Unavailable
from pod_app.identity.badge_hosts import BadgeHosts
from pod_app.language import translator
from pod_app.pods.catalogue import Catalogue, Pod
from pod_app.pods.resources import Resources
from pod_app.standards import badge_api, badge_host
from pod_app.standards.wac import Agent
from pod_app.storage.web_client import Fetched

FETCH: Final = "badges.fetch"
SEND: Final = "badges.send"
"""Kinds of the jobs that bring badges here, and there."""
PAGE: Final = 20
"""Badges of one job: verifying each may ask its issuer."""
MOST_PAGES: Final = 1_000
"""A list that leads on and on ends here."""
MOST_TOLD: Final = 20
"""Refusals that a report lists one by one."""


@dataclass(frozen=True)
class Between:
    """Badges between this installation and other hosts: the parts that doors call."""

    hosting: Hosting
    hosts: BadgeHosts
    exchanging: "Exchanging"

    @classmethod
    def of(
        cls, resources: Resources, catalogue: Catalogue, backpack: Backpack, importing: Importing, hosts: BadgeHosts,
        clock: Callable[[], datetime],
    ) -> "Between":  # fmt: skip
        """Tie the parts together for one installation."""
        hosting = Hosting(resources, backpack, importing)
        return cls(hosting, hosts, Exchanging(resources, catalogue, hosting, hosts, clock))


class Exchanging:
    """Exchanges of the pods of one installation with the hosts that their people let us into."""

    def __init__(
        self, resources: Resources, catalogue: Catalogue, hosting: Hosting, hosts: BadgeHosts,
        clock: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._resources = resources
        self._catalogue = catalogue
        self._hosting = hosting
        self._hosts = hosts
        self._clock = clock

    def want_fetched(self, pod: Pod, api: str) -> None:
        """Bring a person's badges from a host, soon."""
        self._queue(pod, FETCH, {"api": api, "url": None, "so_far": self._begun("fetched")})

    def want_sent(self, pod: Pod, api: str, names: Sequence[str]) -> None:
        """Send some badges of the bag to a host, soon; `names` are their last segments here."""
        self._queue(pod, SEND, {"api": api, "names": list(names), "so_far": self._begun("sent")})

    def fetch(self, payload: Mapping[str, Any]) -> None:
        """Job `badges.fetch`: one page of the host's list."""
        pod, api = self._catalogue.get(str(payload["pod"])), str(payload["api"])
        report = dict(payload["so_far"])
        first = f"{api}/credentials?{urlencode({'limit': PAGE, 'offset': 0})}"
        url = str(payload["url"] or first)
        try:
            answer = self._hosts.ask(pod.name, api, "GET", url)
        except Unauthenticated:
            self._hosts.note(pod.name, api, report | {"ended": True})
            return
        for badge in badge_host.badges_in(_good(answer)):
            self._take(pod, badge, report)
        following = badge_api.next_page(answer.headers.get("link"), url)
        report["pages"] += 1
        report["going_on"] = following is not None and following != url and report["pages"] < MOST_PAGES
        self._hosts.note(pod.name, api, report)
        if report["going_on"]:
            self._queue(pod, FETCH, {"api": api, "url": following, "so_far": report})

    def send(self, payload: Mapping[str, Any]) -> None:
        """Job `badges.send`: the next badges of those that were chosen."""
        pod, api = self._catalogue.get(str(payload["pod"])), str(payload["api"])
        report, names = dict(payload["so_far"]), [str(name) for name in payload["names"]]
        for name in names[:PAGE]:
            try:
                self._give(pod, api, name, report)
            except Unauthenticated:
                self._hosts.note(pod.name, api, report | {"ended": True})
                return
        report["going_on"] = len(names) > PAGE
        self._hosts.note(pod.name, api, report)
        if report["going_on"]:
            self._queue(pod, SEND, {"api": api, "names": names[PAGE:], "so_far": report})

    # -- steps -----------------------------------------------------------------------------------

    def _take(self, pod: Pod, badge: bytes, report: dict[str, Any]) -> None:
        try:
            outcome = self._hosting.upsert(Agent(webid=pod.webid), pod, badge)
        except PodAppError as error:
            _refuse(report, _told(pod, error))
        else:
            report["new" if outcome != "unchanged" else "same"] += 1

    def _give(self, pod: Pod, api: str, name: str, report: dict[str, Any]) -> None:
        try:
            body = self._hosting.document(Agent(webid=pod.webid), pod, name)
        except PodAppError as error:
            _refuse(report, _told(pod, error))
            return
        kind = "application/json" if body.lstrip().startswith(b"{") else "text/plain"
        answer = self._hosts.ask(pod.name, api, "POST", f"{api}/credentials", body, {"content-type": kind})
        if answer.ok:
            report["new"] += 1
        elif answer.status == 304:  # noqa: PLR2004  # the host has it already
            report["same"] += 1
        else:
            _refuse(report, badge_host.refusal(answer.body) or f"HTTP {answer.status}")

    def _begun(self, what: str) -> dict[str, Any]:
        now = self._clock().isoformat()
        return {
            "what": what, "at": now, "new": 0, "same": 0, "refused": 0, "reasons": [], "pages": 0,
            "going_on": True,
        }  # fmt: skip

    def _queue(self, pod: Pod, kind: str, payload: dict[str, object]) -> None:
        sent = payload | {"pod": pod.name}
        self._resources.write(Agent(webid=pod.webid), lambda writing: writing.job(pod.name, kind, sent))


def _refuse(report: dict[str, Any], reason: str) -> None:
    report["refused"] += 1
    if len(report["reasons"]) < MOST_TOLD and reason not in report["reasons"]:
        report["reasons"] = [*report["reasons"], reason]


def _told(pod: Pod, error: PodAppError) -> str:
    """What was wrong with one badge, in the language of whoever will read it."""
    words = translator(pod.language)
    if isinstance(error, StepFailed):
        return error.step.to_json(words.gettext)["detail"]
    return " ".join(words.error(error)[1:]).strip()


def _good(answer: Fetched) -> bytes:
    if not answer.ok:
        raise Unavailable(
            N_("The host answered {status}: {reason}"), N_("Try again later."),
            status=answer.status, reason=badge_host.refusal(answer.body) or "-",
        )  # fmt: skip
    return answer.body
