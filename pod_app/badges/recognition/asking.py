"""«Demander une reconnaissance»: choose a badge, tell in a sentence, show a trace, ask one to three who were there.

Whoever asks says it first of themselves: a badge that they sign (self-declared), so that peers confirm something that
exists and can be read. The reviewers of the achievement see the request; peers answer by a link. Whom somebody asked
is erased with the answer or after thirty days; each is reminded once at most (product.md, flow 3).
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from pod_app.activities import inbox
from pod_app.badges.forge.achievements import Achievements
from pod_app.badges.recognition.requests import PLACE, Link, Recognition, Requests
from pod_app.badges.signing.issuing import Issued, Issuing
from pod_app.errors import N_, Conflict, Invalid, NotFound, TooMany
from pod_app.pods.audience import Audiences
from pod_app.pods.catalogue import Catalogue, Pod
from pod_app.pods.resources import Resources
from pod_app.pods.writing import Writing
from pod_app.standards import addresses, photos, rdf
from pod_app.standards.wac import Agent, Mode

MAX_SENTENCE: Final = 1000
MAX_ADDRESS: Final = 200
MAX_TRACE: Final = 10 * 2**20
MOST_ASKED: Final = 3
MOST_OPEN: Final = 20
REMIND_AFTER: Final = timedelta(days=7)
ENDS_AFTER: Final = timedelta(days=30)
REMIND: Final = "recognition.remind"
FORGET: Final = "recognition.forget"
_KINDS: Final[Mapping[bytes, tuple[str, str]]] = {
    b"\x89PNG\r\n\x1a\n": ("png", "image/png"), b"\xff\xd8\xff": ("jpg", "image/jpeg"), b"GIF8": ("gif", "image/gif"),
    b"%PDF-": ("pdf", "application/pdf"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for; the trace is a link or a file. `rule_held`: they let it be told that the rule is met.

    `people` are those who were there, as `Asking.invite` takes them; one link for anybody when none is named.
    """

    achievement: str
    sentence: str
    link: str = ""
    file: bytes = b""
    rule_held: bool = False
    people: tuple[str, ...] = ()


class Asking:
    """Requests for recognition in one installation."""

    def __init__(
        self,
        resources: Resources,
        catalogue: Catalogue,
        achievements: Achievements,
        issuing: Issuing,
        requests: Requests,
        audiences: Audiences,
    ) -> None:
        self._resources = resources
        self._catalogue = catalogue
        self._achievements = achievements
        self._issuing = issuing
        self._requests = requests
        self._audiences = audiences

    def ask(self, agent: Agent, own: Pod, wish: Wish) -> str:
        """Begin a request and make the links for those who were there; returns the request's name.

        Raises `Invalid` for a wish that says nothing or a trace that is none, `NotFound` for the achievement,
        `Conflict` when the same was asked and waits, `TooMany` beyond 20 that wait.
        """
        return self._resources.write(agent, lambda writing: self._ask(writing, own, wish))

    def invite(self, agent: Agent, own: Pod, name: str, address: str = "") -> Link:
        """Ask one more person; `address` is a WebID, a mail address or a first name, or nothing.

        Somebody with a notebook here finds it in there; to others the asker sends the link. Raises `TooMany` beyond
        three, `Invalid`, `Conflict` when the request is closed or this person was asked.
        """

        def within(writing: Writing) -> Link:
            one = self._own_open(writing, own, name)
            return self._invite(writing, own, one, address)

        return self._resources.write(agent, within)

    def remind(self, agent: Agent, own: Pod, name: str, number: int) -> Link:
        """Ask a person again, once: raises `Conflict` the second time and when there is nothing to wait for."""

        def within(writing: Writing) -> Link:
            one = self._own_open(writing, own, name)
            link = next((link for link in self._links(writing.conn, one) if link.number == number), None)
            if link is None or not link.is_open(writing.now) or not self._remind(writing, one, link):
                raise Conflict(
                    N_("This person has answered, or was reminded once."), N_("Leave it at that: silence is no answer.")
                )
            return link

        return self._resources.write(agent, within)

    def withdraw(self, agent: Agent, own: Pod, name: str) -> None:
        """Ask no more: links end, what one said of oneself stays in one's own bag."""

        def within(writing: Writing) -> None:
            one = self._own_open(writing, own, name)
            self._requests.decide(writing, one, "withdrawn")
            self._requests.write(writing, self._requests.get(writing.conn, own.name, name))

        self._resources.write(agent, within)

    def of(self, agent: Agent, own: Pod) -> list[Recognition]:
        """One's own requests, newest first."""
        with self._resources.reading() as conn:
            self._require_reader(conn, agent, own)
            return self._requests.of_pod(conn, own.name)

    def one(self, agent: Agent, own: Pod, name: str) -> tuple[Recognition, list[Link]]:
        """One of one's own requests, and whom it asked."""
        with self._resources.reading() as conn:
            self._require_reader(conn, agent, own)
            return self._requests.get(conn, own.name, name), self._requests.links(conn, own.name, name)

    # -- jobs ------------------------------------------------------------------------------------

    def do_remind(self, payload: Mapping[str, Any]) -> None:
        """Job `recognition.remind`: remind somebody with a notebook here who has not answered, unless that was done."""

        def within(writing: Writing) -> None:
            found = self._named(writing.conn, payload)
            if found is not None and found[1].is_open(writing.now) and found[0].state == "open":
                one, link = found
                if link.address is not None and self._catalogue.of_webid(link.address) is not None:
                    self._remind(writing, one, link)

        self._resources.write(Agent(), within)

    def do_forget(self, payload: Mapping[str, Any]) -> None:
        """Job `recognition.forget`: erase whom a link asked."""
        place = str(payload["pod"]), str(payload["id"]), int(payload["number"])
        self._resources.write(Agent(), lambda writing: self._requests.forget(writing.conn, *place))

    # -- steps -----------------------------------------------------------------------------------

    def _require_reader(self, conn: Connection, agent: Agent, own: Pod) -> None:
        self._resources.decide_within(conn, agent, own.address(PLACE)).require(Mode.READ)

    def _ask(self, writing: Writing, own: Pod, wish: Wish) -> str:
        sentence = wish.sentence.strip()
        if not sentence or len(sentence) > MAX_SENTENCE:
            raise Invalid(
                N_("A request tells in 1 to {limit} characters what you did."), N_("Write a sentence."),
                limit=MAX_SENTENCE,
            )  # fmt: skip
        writing.decide(own.address(PLACE))[1].require(Mode.WRITE)
        reviewer = self._reviewer(writing.conn, own, wish.achievement)
        achievement = self._achievements.get(writing.conn, wish.achievement, reviewer.name)
        self._refuse_crowd(writing.conn, own, wish.achievement)
        name = str(uuid.uuid4())
        trace = self._trace(writing, own, name, wish)
        claim = self._claim(writing, own, wish.achievement, sentence, trace)
        one = Recognition(
            own.name, name, wish.achievement, reviewer.name, claim.iri, sentence, trace, wish.rule_held, "open",
            writing.now,
        )  # fmt: skip
        self._requests.add(writing.conn, one)
        self._requests.write(writing, one)
        self._tell(writing, own, one, reviewer, f"asked-{name}", str(achievement.get("name", "")))
        for address in wish.people or ("",):
            self._invite(writing, own, one, address)
        return name

    def _claim(self, writing: Writing, own: Pod, achievement: str, sentence: str, trace: str | None) -> Issued:
        """What somebody says of themselves: in their own bag, seen by nobody yet, and never counted as received.

        Of somebody whose bag is on another server only the record stands, here: what was sent there stays there, and a
        claim makes room for the badge that it becomes.
        """
        issued = self._issuing.issue_within(
            writing, own, achievement, own.webid, evidence=[trace] if trace else [], narrative=sentence,
            claim=True, bring=False,
        )  # fmt: skip
        if own.home is not None:
            return issued
        program, copy = writing.as_program(), own.address(f"badges/{issued.iri.rpartition('/')[2]}")
        program.put(copy, self._resources.prepare(copy, issued.document, rdf.VC, within=writing.conn))
        self._audiences.show(program, copy, "me", counted=False)
        return issued

    def _reviewer(self, conn: Connection, own: Pod, achievement: str) -> Pod:
        address = addresses.of_iri(achievement, self._resources.base_url)
        if address is None:
            raise NotFound(N_("There is nothing at {path}."), N_("Check the address."), path=achievement)
        reviewer = self._catalogue.get_within(conn, address.pod)
        if reviewer.name == own.name:
            raise Invalid(
                N_("You give this badge yourself."), N_("Ask a garden or somebody else for one of theirs."),
            )  # fmt: skip
        return reviewer

    def _refuse_crowd(self, conn: Connection, own: Pod, achievement: str) -> None:
        waiting = [one for one in self._requests.of_pod(conn, own.name) if one.state == "open"]
        if any(one.achievement == achievement for one in waiting):
            raise Conflict(
                N_("You have asked for this badge, and the answer is still to come."), N_("Look at your requests.")
            )
        if len(waiting) >= MOST_OPEN:
            raise TooMany(
                N_("{number} of your requests wait for an answer."), N_("Wait for one, or take one back."),
                number=len(waiting),
            )  # fmt: skip

    def _trace(self, writing: Writing, own: Pod, name: str, wish: Wish) -> str | None:
        if wish.file:
            return self._keep_file(writing, own, name, wish.file)
        link = wish.link.strip()
        if link and not (link.startswith(("https://", "http://")) and link.isprintable() and " " not in link):
            raise Invalid(
                N_("The trace {link} is not a web address."), N_("Give a link that begins with https://."),
                link=link[:200],
            )  # fmt: skip
        return link or None

    def _keep_file(self, writing: Writing, own: Pod, name: str, data: bytes) -> str:
        kind = next((kind for mark, kind in _KINDS.items() if data.startswith(mark)), None)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            kind = ("webp", "image/webp")
        if kind is None or len(data) > MAX_TRACE:
            raise Invalid(
                N_("A trace is a photo (PNG, JPEG, WebP, GIF) or a PDF of at most {limit} MB."),
                N_("Choose another file, or give a link."), limit=MAX_TRACE // 2**20,
            )  # fmt: skip
        clean = photos.without_metadata(data, kind[1])  # whoever gets the link learns nothing of where it was taken
        address = own.address(f"{PLACE}{name}-trace.{kind[0]}")
        writing.put(address, self._resources.prepare(address, clean, kind[1], within=writing.conn))
        return address.iri(own.base_url)

    def _invite(self, writing: Writing, own: Pod, one: Recognition, address: str) -> Link:
        links, address = self._links(writing.conn, one), address.strip()
        if len(links) >= MOST_ASKED:
            raise TooMany(
                N_("You have asked {number} people."), N_("Three words are enough. Wait for theirs."), number=len(links)
            )
        if len(address) > MAX_ADDRESS or not address.isprintable() or address == own.webid:
            raise Invalid(N_("Write the first name or the address of somebody else."), N_("Or leave it empty."))
        if address and any(address in {link.address, link.answer and link.answer.by} for link in links):
            raise Conflict(N_("You have asked {who} already."), N_("Ask somebody else who was there."), who=address)
        link = Link(own.name, one.id, len(links) + 1, address or None, writing.now, writing.now + ENDS_AFTER)
        self._requests.add_link(writing.conn, link)
        place: dict[str, object] = {"pod": own.name, "id": one.id, "number": link.number}
        for kind, after in ((REMIND, REMIND_AFTER), (FORGET, ENDS_AFTER)):
            writing.job(own.name, kind, place, key=f"{kind} {one.id} {link.number}", due=writing.now + after)
        self._tell_peer(writing, one, link, "ask")
        return link

    def _remind(self, writing: Writing, one: Recognition, link: Link) -> bool:
        if not self._requests.note_reminder(writing.conn, link, writing.now):
            return False
        self._tell_peer(writing, one, link, "remind")
        return True

    def _tell_peer(self, writing: Writing, one: Recognition, link: Link, why: str) -> None:
        peer = self._catalogue.of_webid(link.address) if link.address else None
        if peer is not None:
            own = self._catalogue.get_within(writing.conn, one.pod)
            self._tell(writing, own, one, peer, f"{why}-{one.id}-{link.number}", one.sentence)

    def _tell(self, writing: Writing, own: Pod, one: Recognition, to: Pod, name: str, summary: str) -> None:
        """Create{jdn:RecognitionRequest} in somebody's inbox (contracts.md §5)."""
        iri = f"{own.address(f'{PLACE}{one.id}').iri(own.base_url)}#it"
        activity = inbox.offer(own.webid, to.webid, iri, summary) | {"type": "Create"}
        inbox.deliver(self._resources, writing.as_program(), to.name, name, activity)

    def _own_open(self, writing: Writing, own: Pod, name: str) -> Recognition:
        writing.decide(own.address(PLACE))[1].require(Mode.WRITE)
        one = self._requests.get(writing.conn, own.name, name)
        if one.state != "open":
            raise Conflict(N_("This request is closed."), N_("Look at what came of it."))
        return one

    def _links(self, conn: Connection, one: Recognition) -> list[Link]:
        return self._requests.links(conn, one.pod, one.id)

    def _named(self, conn: Connection, payload: Mapping[str, Any]) -> tuple[Recognition, Link] | None:
        try:
            one = self._requests.get(conn, str(payload["pod"]), str(payload["id"]))
        except NotFound:
            return None
        number = int(payload["number"])
        return next(((one, link) for link in self._links(conn, one) if link.number == number), None)


def is_over(one: Recognition, link: Link, now: datetime) -> bool:
    """Whether an answer by this link comes too late."""
    return one.state != "open" or not link.is_open(now)
