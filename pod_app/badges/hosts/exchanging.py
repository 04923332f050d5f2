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

    def fetch_now(self, pod: Pod, api: str) -> Mapping[str, Any]:
        """Bring a person's badges from a host, all of them, and return the report; raises what the host's door does.

        For a terminal, where somebody waits. Raises `Unauthenticated` once the person must agree again.
        """
        report, url = self._begun("fetched"), ""
        while report["going_on"]:
            url = self._page(pod, api, url, report)
        return report

    def send_now(self, pod: Pod, api: str, names: Sequence[str]) -> Mapping[str, Any]:
        """Send some badges of the bag to a host, and return the report; raises as `fetch_now`."""
        report, left = self._begun("sent"), list(names)
        while report["going_on"]:
            left = self._portion(pod, api, left, report)
        return report

    def fetch(self, payload: Mapping[str, Any]) -> None:
        """Job `badges.fetch`: one page of the host's list."""
        pod, api, report = self._begun_before(payload)
        try:
            following = self._page(pod, api, str(payload["url"] or ""), report)
        except Unauthenticated:
            return  # the report says so: only the person can go on
        if report["going_on"]:
            self._queue(pod, FETCH, {"api": api, "url": following, "so_far": report})

    def send(self, payload: Mapping[str, Any]) -> None:
        """Job `badges.send`: the next badges of those that were chosen."""
        pod, api, report = self._begun_before(payload)
        try:
            left = self._portion(pod, api, [str(name) for name in payload["names"]], report)
        except Unauthenticated:
            return  # as above
        if report["going_on"]:
            self._queue(pod, SEND, {"api": api, "names": left, "so_far": report})

    # -- steps -----------------------------------------------------------------------------------

    def _begun_before(self, payload: Mapping[str, Any]) -> tuple[Pod, str, dict[str, Any]]:
        return self._catalogue.get(str(payload["pod"])), str(payload["api"]), dict(payload["so_far"])

    def _page(self, pod: Pod, api: str, url: str, report: dict[str, Any]) -> str:
        """Take one page in, note how far it is, and return where the next one stands, if `going_on`."""
        url = url or f"{api}/credentials?{urlencode({'limit': PAGE, 'offset': 0})}"
        try:
            answer = self._hosts.ask(pod.name, api, "GET", url)
        except Unauthenticated:
            self._hosts.note(pod.name, api, report | {"ended": True})
            raise
        for badge in badge_host.badges_in(_good(answer)):
            self._take(pod, badge, report)
        following = badge_api.next_page(answer.headers.get("link"), url)
        report["pages"] += 1
        report["going_on"] = following is not None and following != url and report["pages"] < MOST_PAGES
        self._hosts.note(pod.name, api, report)
        return following or ""

    def _portion(self, pod: Pod, api: str, names: list[str], report: dict[str, Any]) -> list[str]:
        """Send the next badges, note how far it is, and return those that are left."""
        for name in names[:PAGE]:
            try:
                self._give(pod, api, name, report)
            except Unauthenticated:
                self._hosts.note(pod.name, api, report | {"ended": True})
                raise
        left = names[PAGE:]
        report["going_on"] = bool(left)
        self._hosts.note(pod.name, api, report)
        return left

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
