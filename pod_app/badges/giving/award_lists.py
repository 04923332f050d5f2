"""Give a badge to many: a list or a CSV file, looked through before anything happens, resumed where it stopped.

Each line is one transaction with its own mark, so that a worker that dies, or a second one, gives nothing twice. Who
a line names is erased once it is done.
"""

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, Final

from sqlalchemy import insert, select, update
from sqlalchemy.sql import func

from pod_app.badges.giving.awards import Awards, Words, check_words
from pod_app.badges.giving.handouts import Handouts, about, of_about
from pod_app.badges.signing.issuing import Issuing
from pod_app.errors import N_, Conflict, Invalid, NotFound, PodAppError, TooLarge
from pod_app.pods.access import PROGRAM
from pod_app.pods.catalogue import Catalogue, Pod
from pod_app.pods.resources import Resources
from pod_app.pods.writing import Writing
from pod_app.standards.sentences import Sentence, of_error
from pod_app.standards.wac import Agent
from pod_app.storage.schema import microseconds
from pod_app.storage.schema_forge import award_lists, award_rows

JOB: Final = "award.list"
MAX_BYTES: Final = 1_000_000
MAX_LINES: Final = 2000
PORTION: Final = 200
"""Lines of one job: it ends before its lease does."""
COLUMNS: Final[Mapping[str, str]] = {
    "qui": "who", "who": "who", "personne": "who", "person": "who", "webid": "who", "nom": "who", "name": "who",
    "email": "who", "e-mail": "who", "courriel": "who", "mail": "who", "adresse": "who", "address": "who",
    "phrase": "note", "note": "note", "mot": "note", "sentence": "note", "message": "note",
    "trace": "evidence", "lien": "evidence", "link": "evidence", "evidence": "evidence", "url": "evidence",
    "jusqu'au": "until", "expire": "until", "expires": "until", "until": "until",
}  # fmt: skip
ORDER: Final = ("who", "note", "evidence", "until")


@dataclass(frozen=True)
class Line:
    """A line of a list: `recipient` is a WebID, or None for somebody who gets a link; `problem` says what is wrong."""

    number: int
    who: str
    words: Words = field(default_factory=Words)
    recipient: str | None = None
    title: str = ""
    problem: tuple[Sentence, Sentence | None] | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a list is; `refused` holds numbers of lines with the reason."""

    achievement: str
    total: int
    done: int
    waiting: int
    refused: tuple[tuple[int, str, Sentence], ...]
    links: int


class AwardLists:
    """The lists of one installation."""

    def __init__(
        self, resources: Resources, catalogue: Catalogue, issuing: Issuing, awards: Awards, handouts: Handouts
    ) -> None:
        self._resources = resources
        self._catalogue = catalogue
        self._issuing = issuing
        self._awards = awards
        self._handouts = handouts

    def look(self, text: str | bytes, now: datetime) -> list[Line]:
        """What a list says, line by line, with what is wrong in each; raises `Invalid` or `TooLarge` for the whole."""
        seen: dict[str, int] = {}
        lines = []
        for number, cells in _cells(_decoded(text)):
            line = self._line(number, cells, now)
            if line.problem is None:
                first = seen.setdefault((line.recipient or line.who).casefold(), number)
                if first != number:
                    problem = Conflict(
                        N_("The same person stands in line {first}."), N_("Take one of them out."), first=first
                    )
                    line = Line(number, line.who, problem=of_error(problem))
            lines.append(line)
        if not lines:
            raise Invalid(N_("The list is empty."), N_("Write one person a line."))
        return lines

    def begin(self, agent: Agent, pod: Pod, achievement: str, lines: Sequence[Line]) -> str:
        """Keep the sound lines of a list to be given in the background; returns its id, the same for the same list.

        Raises `Forbidden` unless the agent may sign for the pod, and what the achievement refuses.
        """
        sound = [line for line in lines if line.problem is None]
        told = json.dumps([pod.name, achievement, [[one.recipient or one.who, about(one.words)] for one in sound]])
        name = hashlib.sha256(told.encode()).hexdigest()[:24]

        def within(writing: Writing) -> str:
            self._issuing.require_giving(writing.conn, agent, pod, achievement)
            there = select(award_lists.c.id).where(award_lists.c.pod == pod.name, award_lists.c.id == name)
            if writing.conn.execute(there).first() is None:
                self._insert(writing, pod, name, achievement, sound)
            self._schedule(writing, pod.name, name)
            return name

        return self._resources.write(agent, within)

    def resume(self, agent: Agent, pod: Pod, name: str) -> None:
        """Try the refused lines of a list again, and those that wait."""

        def within(writing: Writing) -> None:
            self._issuing.require_signer(writing.conn, agent, pod)
            mine = (award_rows.c.pod == pod.name) & (award_rows.c.list == name) & (award_rows.c.state == "refused")
            writing.conn.execute(update(award_rows).where(mine).values(state="waiting", result=None))
            self._schedule(writing, pod.name, name)

        self._resources.write(agent, within)

    def run(self, payload: Mapping[str, Any]) -> None:
        """Job `award.list`: give the next lines; when more wait, another job takes them."""
        pod, name = self._catalogue.get(str(payload["pod"])), str(payload["list"])
        with self._resources.reading() as conn:
            listed = conn.execute(
                select(award_lists).where(award_lists.c.pod == pod.name, award_lists.c.id == name)
            ).one()
            numbers = list(conn.scalars(_waiting(pod.name, name).limit(PORTION)))
        agent = Agent(webid=listed.by)
        for number in numbers:
            self._one(agent, pod, name, listed.achievement, number)
        if len(numbers) == PORTION:
            self._resources.write(PROGRAM, lambda writing: self._schedule(writing, pod.name, name))

    def progress(self, agent: Agent, pod: Pod, name: str) -> Progress:
        """How far a list is, for those who may sign for its pod; raises `NotFound`."""
        with self._resources.reading() as conn:
            self._issuing.require_signer(conn, agent, pod)
            listed = conn.execute(
                select(award_lists).where(award_lists.c.pod == pod.name, award_lists.c.id == name)
            ).first()
            if listed is None:
                raise NotFound(N_("There is no list here by that name."), N_("Begin it again: nothing is given twice."))
            mine = (award_rows.c.pod == pod.name) & (award_rows.c.list == name)
            counts = {
                row.state: row.n
                for row in conn.execute(
                    select(award_rows.c.state, func.count().label("n")).where(mine).group_by(award_rows.c.state)
                )
            }
            refused = conn.execute(
                select(award_rows).where(mine, award_rows.c.state == "refused").order_by(award_rows.c.number)
            )
            wrong = tuple((row.number, row.who or "", Sentence(*json.loads(row.result))) for row in refused)
            links = conn.scalar(
                select(func.count()).select_from(award_rows).where(mine, award_rows.c.result.like("code %"))
            )
        total = sum(counts.values())
        return Progress(listed.achievement, total, counts.get("done", 0), counts.get("waiting", 0), wrong, links or 0)

    # -- steps -----------------------------------------------------------------------------------

    def _line(self, number: int, cells: Mapping[str, str], now: datetime) -> Line:
        who = cells.get("who", "")
        try:
            words = Words(cells.get("note", ""), _links(cells.get("evidence", "")), _end(cells.get("until", "")))
            check_words(words, now)
            recipient, title = self._recipient(who)
        except PodAppError as error:
            return Line(number, who, problem=of_error(error))
        return Line(number, who, words, recipient, title)

    def _recipient(self, who: str) -> tuple[str | None, str]:
        """WebID and name of somebody with a notebook; None and the address for others, who get a link."""
        if who.startswith(("https://", "http://")):
            pod = self._catalogue.of_webid(who)
            return who, pod.title if pod else who
        if "@" in who.strip("@") and " " not in who:
            return None, who
        pod = self._catalogue.find(who)
        if pod is None or pod.kind != "person":
            raise NotFound(
                N_("Nobody here has a notebook named «{who}»."),
                N_("Write the name of a notebook, an address of a jardinier·e, or an e-mail address."), who=who[:80],
            )  # fmt: skip
        return pod.webid, pod.title

    def _insert(self, writing: Writing, pod: Pod, name: str, achievement: str, lines: Sequence[Line]) -> None:
        writing.conn.execute(
            insert(award_lists).values(
                pod=pod.name, id=name, achievement=achievement, by=writing.agent.webid, at=microseconds(writing.now)
            )
        )
        rows = [
            {"pod": pod.name, "list": name, "number": line.number, "who": line.recipient or line.who,
             "about": json.dumps(about(line.words)), "state": "waiting"}
            for line in lines
        ]  # fmt: skip
        if rows:
            writing.conn.execute(insert(award_rows), rows)

    def _schedule(self, writing: Writing, pod: str, name: str) -> None:
        writing.job(pod, JOB, {"pod": pod, "list": name})

    def _one(self, agent: Agent, pod: Pod, name: str, achievement: str, number: int) -> None:
        """One line in one transaction: given and marked, or marked with the reason why not."""
        this = (award_rows.c.pod == pod.name) & (award_rows.c.list == name) & (award_rows.c.number == number)

        def within(writing: Writing) -> None:
            row = writing.conn.execute(select(award_rows).where(this, award_rows.c.state == "waiting")).first()
            if row is None:
                return
            words = of_about(json.loads(row.about)) or Words()
            if row.who.startswith(("https://", "http://")):
                if self._awards.has(writing.conn, pod.name, achievement, row.who):
                    result = "again"
                else:
                    result = self._awards.give_within(writing, pod, achievement, row.who, words).address.path
            else:
                result = f"code {self._handouts.code_within(writing, pod, achievement, name, number, row.who, words)}"
            done = {"state": "done", "result": result, "who": None, "about": "{}"}
            marked = writing.conn.execute(update(award_rows).where(this, award_rows.c.state == "waiting").values(done))
            if marked.rowcount != 1:
                raise Conflict(N_("Somebody else has just given this one."), "")

        try:
            self._resources.write(agent, within)
        except PodAppError as error:
            values = {name: str(value) for name, value in error.values.items()}
            reason = json.dumps([error.detail_template, values])
            self._resources.write(
                PROGRAM,
                lambda writing: writing.conn.execute(
                    update(award_rows)
                    .where(this, award_rows.c.state == "waiting")
                    .values(state="refused", result=reason)
                ),
            )


def _waiting(pod: str, name: str) -> Any:
    mine = (award_rows.c.pod == pod) & (award_rows.c.list == name) & (award_rows.c.state == "waiting")
    return select(award_rows.c.number).where(mine).order_by(award_rows.c.number)


def _decoded(text: str | bytes) -> str:
    if len(text) > MAX_BYTES:
        raise TooLarge(N_("The list is larger than {limit} bytes."), N_("Give it in parts."), limit=MAX_BYTES)
    if isinstance(text, str):
        return text
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError:
        return text.decode("cp1252", "replace")  # what spreadsheets write in France


def _cells(text: str) -> list[tuple[int, dict[str, str]]]:
    """Numbered lines as cells by column; a first line of known names is a heading."""
    delimiter = max(";\t,", key=text.partition("\n")[0].count)
    try:
        rows = list(csv.reader(io.StringIO(text.replace("\0", "")), delimiter=delimiter))
    except csv.Error as error:
        raise Invalid(N_("The list cannot be read: {problem}."), N_("Save it as CSV."), problem=error) from error
    numbered = [(number, [cell.strip() for cell in row]) for number, row in enumerate(rows, 1)]
    numbered = [(number, row) for number, row in numbered if any(row)]
    if len(numbered) > MAX_LINES + 1:
        raise TooLarge(N_("The list has more than {most} lines."), N_("Give it in parts."), most=MAX_LINES)
    heading = (
        [COLUMNS.get(cell.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"), "") for cell in numbered[0][1]]
        if numbered
        else []
    )
    names = heading if "who" in heading else list(ORDER)
    body = numbered[1:] if "who" in heading else numbered
    return [(number, {name: cell for name, cell in zip(names, row, strict=False) if name}) for number, row in body]


def _links(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _end(text: str) -> datetime | None:
    """The end of a day, written 2027-03-12 or 12/03/2027; raises `Invalid`."""
    if not text:
        return None
    try:
        day = date(*map(int, reversed(text.split("/")))) if "/" in text else date.fromisoformat(text)
    except (ValueError, TypeError) as error:
        raise Invalid(N_("{text} is not a day."), N_("Write it like 2027-03-12."), text=text[:40]) from error
    return datetime.combine(day, time(23, 59, 59), UTC)
