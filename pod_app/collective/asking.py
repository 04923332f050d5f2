"""Ask other installations about members of our communities whose pods are there (contracts.md §3, bulk route).

In the background, and in bulk: for each community, installation and view one signed request, conditional on what was
said last. What comes back is kept and added like the answers of pods here. Whoever does not answer keeps what was said
last for `KEPT` and counts as late; whoever refuses, or lies, is no longer counted.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import Connection

from pod_app.collective import elsewhere, marks, partial_rows, partials, totalling, wire
from pod_app.collective.library import Library, View
from pod_app.collective.partial_rows import Cells
from pod_app.collective.sources import LATE, REFUSED, Source, tell_apart
from pod_app.collective.wire import Said, WrongAnswerError
from pod_app.errors import Unreachable
from pod_app.pods.audience import community_webid
from pod_app.storage.database import Database
from pod_app.storage.schema import microseconds, moment
from pod_app.storage.web_client import WebClient

LOG: Final = logging.getLogger("pod_app.federation")
PATH: Final = "api/partials"
PORTION: Final = 500
"""Pods in one question."""
MAX_ANSWER: Final = 16 * 2**20
KEPT: Final = timedelta(days=7)
"""For so long numbers of an installation that does not answer stay in the totals; `oldest` tells how old they are."""
AT_ONCE: Final = 8
JSON: Final = "application/json"
_ASKED: Final = "federation.asked"
Sign = Callable[[str, str, str, bytes, str], Mapping[str, str]]
Members = Callable[[Connection, str], Iterable[str]]
NEW, SAME, NONE, NO = "new", "same", "late", "refused"


@dataclass(frozen=True, slots=True)
class Portion:
    """Members of one community on one installation: `pods` are their WebIDs."""

    community: str
    origin: str
    number: int
    pods: tuple[str, ...]

    def mark(self, view: View) -> str:
        """Where the entity tag of their last answer is kept."""
        return f"federation.etag:{self.community}:{self.origin}:{self.number}:{view.id}"

    def question(self, view: View) -> str:
        """What the tag belongs to: another list of pods, or another query, is another question."""
        return hashlib.sha256("\n".join([view.id, *self.pods]).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for one view: NEW with what each pod said, SAME as before, NONE in time, or NO."""

    outcome: str
    said: Mapping[str, Said] = field(default_factory=dict)
    etag: str = ""


class Asking:
    """Asks the other installations that one installation's communities have members on."""

    def __init__(
        self,
        base_url: str,
        database: Database,
        library: Library,
        members: Members,
        web_client: WebClient,
        sign: Sign,
        clock: Callable[[], datetime],
        every: timedelta,
    ) -> None:
        self._base_url = base_url
        self._database = database
        self._library = library
        self._members = members
        self._web_client = web_client
        self._sign = sign
        self._clock = clock
        self._every = every

    def ask_due(self) -> int:
        """`ask`, unless this or another process did within the period; returns how many pods were asked."""
        return self.ask() if self._is_due() and self._database.write(self._claim) else 0

    def ask(self) -> int:
        """Ask about every member elsewhere of every community here; returns how many pods there were."""
        views = self._library.views(self._clock().date())
        with self._database.read() as conn:
            communities = partials.communities_here(conn)
            elsewhere = {one: self._elsewhere(conn, one) for one in communities}
            left = {one: partials.elsewhere(conn, one) - elsewhere[one] for one in communities}
        for community, gone in left.items():
            if gone:
                self._take_in(community, views, [Source(pod) for pod in sorted(gone)])
        portions = [portion for one in communities for portion in _portions(one, elsewhere[one])]
        if portions:
            with ThreadPoolExecutor(AT_ONCE, "asking") as threads:
                for portion, replies in zip(
                    portions, threads.map(partial(self._replies, views), portions), strict=True
                ):
                    self._keep(views, portion, replies)
        return sum(len(portion.pods) for portion in portions)

    # -- whom, and when ----------------------------------------------------------------------------

    def _elsewhere(self, conn: Connection, community: str) -> set[str]:
        """Members on other installations, without those whose pods are read from here (`elsewhere`)."""
        away = elsewhere.counted_webids(conn, community)
        return {one for one in self._members(conn, community) if not one.startswith(self._base_url) and one not in away}

    def _is_due(self) -> bool:
        with self._database.read() as conn:
            last = marks.get(conn, _ASKED)
        return last is None or self._clock() - moment(int(last)) >= self._every

    def _claim(self, conn: Connection) -> bool:
        last = marks.get(conn, _ASKED)
        if last is not None and self._clock() - moment(int(last)) < self._every:
            return False
        marks.put(conn, _ASKED, str(microseconds(self._clock())))
        return True

    # -- asking ------------------------------------------------------------------------------------

    def _replies(self, views: Sequence[View], portion: Portion) -> dict[str, Reply]:
        """A reply for every view, by its identifier; one that does not come ends the questions to this installation."""
        replies: dict[str, Reply] = {}
        for view in views:
            replies[view.id] = self._reply(portion, view)
            if replies[view.id].outcome == NONE:
                return {one.id: replies.get(one.id, Reply(NONE)) for one in views}
        return replies

    def _reply(self, portion: Portion, view: View) -> Reply:
        url, body = f"{portion.origin}/{PATH}", self._question(portion, view)
        headers = dict(self._sign(portion.community, "POST", url, body, JSON))
        known = self._known_tag(portion, view)
        if known:
            headers["If-None-Match"] = known
        try:
            answer = self._web_client.send(
                "POST", url, body, accept=wire.MEDIA_TYPE, max_bytes=MAX_ANSWER, headers=headers
            )
        except Unreachable:
            return Reply(NONE)
        if answer.status == 304 and known:  # noqa: PLR2004  # not modified
            return Reply(SAME, etag=known)
        if answer.status == 200:  # noqa: PLR2004  # the only other success
            return self._read(portion, view, answer.body, answer.headers.get("etag", ""))
        return Reply(NONE if answer.status == 429 or answer.status >= 500 else NO)  # noqa: PLR2004  # try again later

    def _question(self, portion: Portion, view: View) -> bytes:
        return json.dumps({
            "community": community_webid(self._base_url, portion.community),
            "sha256": view.file.sha256,
            "query": view.file.text,
            "parameters": dict(view.parameters),
            "pods": portion.pods,
        }).encode()  # fmt: skip

    def _read(self, portion: Portion, view: View, body: bytes, etag: str) -> Reply:
        try:
            return Reply(NEW, wire.read(view, body, portion.pods), etag[:200] if etag.isascii() else "")
        except WrongAnswerError as error:
            LOG.warning("%s answered %s wrongly: %s", portion.origin, view.file.name, error)
            return Reply(NO)

    def _known_tag(self, portion: Portion, view: View) -> str:
        with self._database.read() as conn:
            question, _, tag = (marks.get(conn, portion.mark(view)) or "").partition(" ")
            if question != portion.question(view):
                return ""
            kept = partials.stored(conn, portion.community, portion.pods)
        return tag if all((view.id, pod) in kept for pod in portion.pods) else ""

    # -- keeping -----------------------------------------------------------------------------------

    def _keep(self, views: Sequence[View], portion: Portion, replies: Mapping[str, Reply]) -> None:
        """One transaction: rows, totals, and the entity tags that say they need not be sent again."""
        now = microseconds(self._clock())

        def within(conn: Connection) -> None:
            kept = partials.stored(conn, portion.community, portion.pods)
            at = partials.asked_at(conn, portion.community)
            sources = [_source(views, pod, replies, kept, at.get(pod), now) for pod in portion.pods]
            totalling.take_in(conn, portion.community, views, sources, now)
            for view in views:
                marks.put(conn, portion.mark(view), f"{portion.question(view)} {replies[view.id].etag}")

        self._database.write(within)

    def _take_in(self, community: str, views: Sequence[View], sources: Sequence[Source]) -> None:
        at = microseconds(self._clock())
        self._database.write(lambda conn: totalling.take_in(conn, community, views, sources, at))


def _source(
    views: Sequence[View],
    pod: str,
    replies: Mapping[str, Reply],
    kept: Mapping[tuple[str, str], tuple[str, str]],
    at: int | None,
    now: int,
) -> Source:
    """What counts from now on for one pod elsewhere; when a reply is missing, it is as old as before (`at`)."""
    source = Source(pod, person=pod)
    found: dict[str, Cells] = {}
    is_late = any(reply.outcome == NONE for reply in replies.values())
    source.at = at if is_late else now
    is_known = at is not None and moment(now) - moment(at) < KEPT
    for view in views:
        said = _said(view, pod, replies[view.id], kept.get((view.id, pod)), is_known=is_known)
        source.person = said.person or source.person
        source.said[view.id] = (said.state, said.text)
        if view.file.scope == "pod":
            found[view.id] = said.cells
    tell_apart(views, found, source.person)
    for name, cells in found.items():
        source.said[name] = (source.said[name][0], partial_rows.dumps(cells))
    return source


def _said(view: View, pod: str, reply: Reply, before: tuple[str, str] | None, *, is_known: bool) -> Said:
    """What counts from now on for one pod and view: what it said, what it said before, or nothing."""
    if reply.outcome == NEW:
        return reply.said[pod]
    if reply.outcome == SAME and before is not None:
        return _again(view, before[0], before[1])
    if reply.outcome == NONE and before is not None and is_known:
        return _again(view, LATE, before[1])
    return Said(REFUSED if reply.outcome == NO else LATE)


def _again(view: View, state: str, text: str) -> Said:
    return Said(state, None, partial_rows.loads(text) if view.file.scope == "pod" else {}, text)


def _portions(community: str, webids: Iterable[str]) -> Iterator[Portion]:
    by_origin: dict[str, list[str]] = {}
    for webid in sorted(webids):
        parts = urlsplit(webid)
        if parts.scheme in {"https", "http"} and parts.netloc:
            by_origin.setdefault(f"{parts.scheme}://{parts.netloc.lower()}", []).append(webid)
    for origin, pods in by_origin.items():
        for number, start in enumerate(range(0, len(pods), PORTION)):
            yield Portion(community, origin, number, tuple(pods[start : start + PORTION]))
