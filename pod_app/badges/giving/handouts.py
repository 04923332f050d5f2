"""Hand a badge out by code: a QR that rotates for a whole room, or single-use codes: links, paper, a screen (flow 2).

Whoever takes one learns of the badge and its issuer, and of nobody else. Each person takes at most one of a handout,
each single-use code is taken once; the database's keys see to both, whoever comes at the same moment.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from pod_app.badges.bag.backpack import Backpack
from pod_app.badges.giving import claim_codes
from pod_app.badges.giving.awards import Words, check_words
from pod_app.badges.signing.issuing import Issuing
from pod_app.errors import N_, Conflict, Gone, Invalid, NotFound
from pod_app.pods.audience import Audience
from pod_app.pods.catalogue import Catalogue, Pod
from pod_app.pods.resources import Resources
from pod_app.pods.writing import Writing
from pod_app.standards.addresses import Address
from pod_app.standards.wac import Agent
from pod_app.storage import outbox
from pod_app.storage.schema import microseconds, moment
from pod_app.storage.schema_forge import award_rows, awards, claims, handout_codes, handouts

FORGET: Final = "handout.forget"
"""Kind of the job that erases whom codes were meant for, once they are over."""
PAPER: Final = timedelta(days=30)
LONGEST: Final = timedelta(days=31)
MOST_CODES: Final = 1000


@dataclass(frozen=True, slots=True)
class Handout:
    """A badge that is handed out: by one code for a room, or by single-use `codes`.

    `shown` is the number of the code that a screen shows now, when it shows one after the other (`turns`).
    """

    pod: str
    id: str
    kind: str
    achievement: str
    by: str
    words: Words
    starts: datetime
    ends: datetime
    shown: int | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether badges are taken now."""
        return self.starts <= now < self.ends


@dataclass(frozen=True, slots=True)
class Ticket:
    """What somebody's code opens; `code` is the hash of a single-use one.

    One that stands `on_screen` opens nothing until it was scanned: that makes it somebody's, and shows the next.
    """

    handout: Handout
    code: str | None = None
    words: Words | None = None
    on_screen: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """A single-use code for its issuer's eyes; `who` it is meant for is forgotten when it is taken."""

    number: int
    code: str
    used: bool
    who: str


class Handouts:
    """The handouts of one installation; `secret` is what all codes follow from."""

    def __init__(
        self, resources: Resources, catalogue: Catalogue, issuing: Issuing, backpack: Backpack, secret: bytes
    ) -> None:
        self._resources = resources
        self._catalogue = catalogue
        self._issuing = issuing
        self._backpack = backpack
        self._secret = secret

    def open_room(
        self, agent: Agent, pod: Pod, achievement: str, *, starts: datetime, ends: datetime, words: Words | None = None
    ) -> Handout:
        """Begin to hand out to whoever is in the room between two moments; raises `Invalid`, `Forbidden`."""
        name = claim_codes.identifier()
        made = Handout(pod.name, name, "room", achievement, agent.webid or "", words or Words(), starts, ends)
        return self._resources.write(agent, lambda writing: self.begin_within(writing, pod, made))

    def print_codes(
        self, agent: Agent, pod: Pod, achievement: str, number: int, *, words: Words | None = None
    ) -> Handout:
        """Make so many single-use codes that hold for thirty days; raises `Invalid`, `Forbidden`."""
        if not 1 <= number <= MOST_CODES:
            raise Invalid(N_("1 to {most} codes are made at once."), N_("Choose another number."), most=MOST_CODES)
        name = claim_codes.identifier()

        def within(writing: Writing) -> Handout:
            ends = writing.now + PAPER
            made = Handout(pod.name, name, "codes", achievement, agent.webid or "", words or Words(), writing.now, ends)
            self.begin_within(writing, pod, made)
            rows = [self.code_row(pod.name, name, one) for one in range(1, number + 1)]
            writing.conn.execute(insert(handout_codes), rows)
            return made

        return self._resources.write(agent, within)

    def code_within(
        self, writing: Writing, pod: Pod, achievement: str, name: str, number: int, who: str, words: Words
    ) -> int:
        """A single-use code for somebody without a notebook, in the handout `name`; returns its number."""
        if self._row(writing.conn, pod.name, name) is None:
            by, now = writing.agent.webid or "", writing.now
            made = Handout(pod.name, name, "codes", achievement, by, Words(), now, now + PAPER)
            self.begin_within(writing, pod, made)
        row = self.code_row(pod.name, name, number) | {"who": who, "about": json.dumps(about(words))}
        writing.conn.execute(insert(handout_codes).values(row))
        return number

    def begin_within(self, writing: Writing, pod: Pod, made: Handout) -> Handout:
        """Begin what was `made`; raises `Invalid`, `Forbidden`."""
        self._issuing.require_giving(writing.conn, writing.agent, pod, made.achievement)
        check_words(made.words, writing.now)
        if not timedelta(0) < made.ends - made.starts <= LONGEST or made.ends <= writing.now:
            raise Invalid(
                N_("A badge is handed out for some time, at most {days} days."), N_("Choose a later end."),
                days=LONGEST.days,
            )  # fmt: skip
        code = claim_codes.hashed(claim_codes.room(self._secret, made.id)) if made.kind == "room" else None
        writing.conn.execute(
            insert(handouts).values(
                pod=made.pod, id=made.id, kind=made.kind, achievement=made.achievement, by=made.by,
                about=json.dumps(about(made.words)), room=code, at=microseconds(writing.now),
                starts=microseconds(made.starts), ends=microseconds(made.ends), shown=made.shown,
            )
        )  # fmt: skip
        payload = {"pod": made.pod, "handout": made.id}
        outbox.append(writing.conn, pod=made.pod, kind=FORGET, payload=payload, at=writing.now, next_at=made.ends)
        return made

    def code_row(self, pod: str, name: str, number: int) -> dict[str, Any]:
        """A single-use code as its table keeps it."""
        code = claim_codes.hashed(claim_codes.single(self._secret, name, number))
        return {"code": code, "pod": pod, "handout": name, "number": number, "who": None, "about": "{}", "used": None}

    def close(self, agent: Agent, pod: Pod, name: str) -> None:
        """Hand out no more."""

        def within(writing: Writing) -> None:
            self.get_within(writing.conn, agent, pod, name)
            now = microseconds(writing.now)
            writing.conn.execute(update(handouts).where(_is(pod.name, name), handouts.c.ends > now).values(ends=now))

        self._resources.write(agent, within)

    def get(self, agent: Agent, pod: Pod, name: str) -> Handout:
        """A handout, for those who may sign for its pod."""
        with self._resources.reading() as conn:
            return self.get_within(conn, agent, pod, name)

    def get_within(self, conn: Connection, agent: Agent, pod: Pod, name: str) -> Handout:
        """`get`, inside a transaction."""
        self._issuing.require_signer(conn, agent, pod)
        return self._get(conn, pod.name, name)

    def all(self, agent: Agent, pod: Pod) -> list[Handout]:
        """The handouts of a pod, newest first."""
        with self._resources.reading() as conn:
            self._issuing.require_signer(conn, agent, pod)
            found = conn.execute(select(handouts).where(handouts.c.pod == pod.name).order_by(handouts.c.at.desc()))
            return [_handout(row) for row in found.fetchmany(100)]

    def codes(self, agent: Agent, pod: Pod, name: str) -> list[Code]:
        """The single-use codes of a handout, to print or to send."""
        with self._resources.reading() as conn:
            self._issuing.require_signer(conn, agent, pod)
            mine = (handout_codes.c.pod == pod.name) & (handout_codes.c.handout == name)
            rows = conn.execute(select(handout_codes).where(mine).order_by(handout_codes.c.number))
            return [self._code(row) for row in rows]

    def taken(self, conn: Connection, handout: Handout) -> int:
        """How many have taken it."""
        mine = (claims.c.pod == handout.pod) & (claims.c.handout == handout.id)
        return len(conn.execute(select(claims.c.holder).where(mine)).all())

    def room_code(self, handout: Handout) -> str:
        """The letters to type for a whole room."""
        return claim_codes.room(self._secret, handout.id)

    def rotating(self, handout: Handout, now: datetime) -> str:
        """What the QR shows now."""
        return claim_codes.rotating(self._secret, handout.id, now)

    def admission(self, ticket: Ticket, text: str, now: datetime) -> str:
        """What a form carries on, so that whoever came in time may open a notebook first."""
        return text if ticket.code else claim_codes.admission(self._secret, ticket.handout.id, now)

    def find(self, text: str, now: datetime) -> Ticket:
        """What a code opens. Raises `NotFound` for an unknown one, `Gone` for one that is over or was taken."""
        with self._resources.reading() as conn:
            return self.find_within(conn, text, now)

    def find_within(self, conn: Connection, text: str, now: datetime) -> Ticket:
        """`find`, inside a transaction."""
        ticket = self._by_token(conn, text, now) if "." in text else self._by_letters(conn, claim_codes.typed(text))
        if now < ticket.handout.starts:
            raise Conflict(N_("This badge is not handed out yet."), N_("Come back when it begins."))
        if now >= ticket.handout.ends:
            raise Gone(N_("This badge is no longer handed out."), N_("Ask whoever handed it out."))
        return ticket

    def has_taken(self, handout: Handout, holder: str) -> Address | None:
        """The badge that somebody took of this handout before."""
        with self._resources.reading() as conn:
            record = conn.scalar(select(claims.c.record).where(_claim(handout, holder)))
        return None if record is None else Address(handout.pod, record)

    def take(self, agent: Agent, holder: Pod, text: str, audience: Audience = "me") -> Address:
        """Sign a badge for whoever holds the code, and put it into their bag; returns its address there.

        Raises what `find` does, `Conflict` for a second one of the same handout, `Forbidden` when whoever handed it
        out may not sign any more.
        """

        def within(writing: Writing) -> Address:
            ticket = self.find_within(writing.conn, text, writing.now)
            self._note(writing, ticket, holder)
            handout = ticket.handout
            issuer = self._catalogue.get_within(writing.conn, handout.pod)
            self._issuing.require_signer(writing.conn, Agent(webid=handout.by), issuer)
            words = ticket.words or handout.words
            issued = self._issuing.issue_within(
                writing.as_program(), issuer, handout.achievement, holder.webid, evidence=words.evidence,
                narrative=words.note, valid_until=words.until, bring=False,
            )  # fmt: skip
            now = microseconds(writing.now)
            writing.conn.execute(update(claims).where(_claim(handout, holder.webid)).values(record=issued.address.path))
            writing.conn.execute(
                insert(awards).values(
                    pod=issuer.name, record=issued.address.path, recipient=holder.webid, by=handout.by,
                    achievement=handout.achievement, state="kept", at=now, told=now, answered=now,
                )
            )  # fmt: skip
            return self._backpack.keep_within(writing, issued.address, holder, audience)

        return self._resources.write(agent, within)

    def forget(self, payload: Mapping[str, Any]) -> None:
        """Job `handout.forget`: erase whom unused codes were meant for."""
        pod, name = str(payload["pod"]), str(payload["handout"])

        def within(writing: Writing) -> None:
            mine = (handout_codes.c.pod == pod) & (handout_codes.c.handout == name)
            writing.conn.execute(update(handout_codes).where(mine).values(who=None))
            lines = (award_rows.c.pod == pod) & (award_rows.c.list == name)
            writing.conn.execute(update(award_rows).where(lines).values(who=None))

        self._resources.write(Agent(), within)

    # -- steps -----------------------------------------------------------------------------------

    def _code(self, row: Row[Any]) -> Code:
        letters = claim_codes.single(self._secret, row.handout, row.number)
        return Code(row.number, letters, row.used is not None or row.scanned is not None, row.who or "")

    def _by_token(self, conn: Connection, text: str, now: datetime) -> Ticket:
        token = claim_codes.read(self._secret, text, now)
        row = None if token is None else conn.execute(select(handouts).where(handouts.c.id == token.handout)).first()
        if token is None or row is None:
            raise _over()
        return self._of_scan(conn, row, token.number, now) if token.kind == "scan" else Ticket(_handout(row))

    def _of_scan(self, conn: Connection, handout: Row[Any], number: int, now: datetime) -> Ticket:
        """What belongs to who scanned a code of a screen first, for as long as it takes to open a notebook."""
        one = (handout_codes.c.pod == handout.pod) & (handout_codes.c.handout == handout.id)
        row = conn.execute(select(handout_codes).where(one, handout_codes.c.number == number)).first()
        if row is None or row.scanned is None or moment(row.scanned) + claim_codes.PASS < now:
            raise _over()
        if row.used is not None:
            raise Gone(N_("The badge of this code was taken."), N_("Look into your notebook."))
        return Ticket(_handout(handout), row.code)

    def _by_letters(self, conn: Connection, code: str) -> Ticket:
        key = claim_codes.hashed(code)
        room = conn.execute(select(handouts).where(handouts.c.room == key)).first()
        if room is not None:
            return Ticket(_handout(room))
        row = conn.execute(select(handout_codes).where(handout_codes.c.code == key)).first()
        if row is None:
            raise NotFound(N_("There is no such code."), N_("Compare it letter by letter."))
        handout = self._get(conn, row.pod, row.handout)
        if handout.shown is not None and row.number != handout.shown:
            raise somebody_was_first()
        if row.used is not None:
            raise Gone(N_("This code has been used: it was for one person."), N_("Ask for another one."))
        return Ticket(handout, key, of_about(json.loads(row.about)), on_screen=handout.shown is not None)

    def _note(self, writing: Writing, ticket: Ticket, holder: Pod) -> None:
        """The code is spent and the person has theirs; the keys of both tables let nobody through twice."""
        handout, now = ticket.handout, microseconds(writing.now)
        if writing.conn.execute(select(claims.c.record).where(_claim(handout, holder.webid))).first() is not None:
            raise Conflict(N_("You have this badge already."), N_("Look into your notebook."))
        if ticket.on_screen:
            raise Conflict(N_("This code was not scanned yet."), N_("Open its address, then take the badge."))
        if ticket.code is not None:
            unused = (handout_codes.c.code == ticket.code) & handout_codes.c.used.is_(None)
            spent = writing.conn.execute(update(handout_codes).where(unused).values(used=now, who=None))
            if spent.rowcount != 1:
                raise Gone(N_("This code has been used: it was for one person."), N_("Ask for another one."))
        values = {"pod": handout.pod, "handout": handout.id, "holder": holder.webid, "record": "", "at": now}
        writing.conn.execute(insert(claims).values(values))

    def _get(self, conn: Connection, pod: str, name: str) -> Handout:
        row = self._row(conn, pod, name)
        if row is None:
            raise NotFound(N_("Nothing is handed out here by that name."), N_("Begin anew."))
        return _handout(row)

    def _row(self, conn: Connection, pod: str, name: str) -> Row[Any] | None:
        return conn.execute(select(handouts).where(_is(pod, name))).first()


def somebody_was_first() -> Gone:
    """What whoever scans the code of a screen second hears."""
    return Gone(
        N_("Somebody has just scanned this code: each one is for one person."), N_("Scan the one that is shown now.")
    )


def about(words: Words) -> dict[str, Any]:
    """What is said with a badge, as JSON keeps it."""
    until = None if words.until is None else words.until.isoformat()
    return {"note": words.note, "evidence": list(words.evidence), "until": until}


def of_about(kept: Mapping[str, Any]) -> Words | None:
    """What `about` made; None when nothing was said."""
    until = kept.get("until")
    said = Words(
        str(kept.get("note", "")), tuple(kept.get("evidence", ())), datetime.fromisoformat(until) if until else None
    )
    return said if said != Words() else None


def _over() -> Gone:
    return Gone(N_("This code is over: it holds for a moment only."), N_("Scan the one that is shown now."))


def _handout(row: Row[Any]) -> Handout:
    words = of_about(json.loads(row.about)) or Words()
    starts, ends = moment(row.starts), moment(row.ends)
    return Handout(row.pod, row.id, row.kind, row.achievement, row.by, words, starts, ends, row.shown)


def _is(pod: str, name: str) -> Any:
    return (handouts.c.pod == pod) & (handouts.c.id == name)


def _claim(handout: Handout, holder: str) -> Any:
    return (claims.c.pod == handout.pod) & (claims.c.handout == handout.id) & (claims.c.holder == holder)
