"""Give a badge to somebody, who decides: keep it, seen by whom, or decline (product.md, flow 1; contracts.md §5).

The badge is signed when it is given and lies with its issuer until the recipient answers. For ten seconds nobody is
told, and it can be taken back without a trace. One reminder, no more.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row, delete, insert, select, update

from pod_app.activities import inbox
from pod_app.badges.bag.backpack import Backpack
from pod_app.badges.signing import status
from pod_app.badges.signing.issuing import Issued, Issuing
from pod_app.errors import N_, Conflict, Invalid, NotFound
from pod_app.language import LOCALES, translator
from pod_app.pods.access import PROGRAM
from pod_app.pods.audience import Audience
from pod_app.pods.catalogue import Catalogue, Pod
from pod_app.pods.resources import Resources
from pod_app.pods.writing import Writing
from pod_app.standards import rdf, wac
from pod_app.standards.addresses import Address
from pod_app.standards.json_text import object_in
from pod_app.standards.wac import Agent
from pod_app.storage import outbox
from pod_app.storage.schema import microseconds, moment
from pod_app.storage.schema_forge import awards as table

TELL: Final = "award.tell"
"""Kind of the job that tells a recipient."""
UNDO: Final = timedelta(seconds=10)
GRACE: Final = timedelta(seconds=5)
"""How much later a word «undo» may arrive than it was said."""
MAX_NOTE: Final = 1000
UNDONE: Final = N_("taken back at once")
DECLINED: Final = N_("declined by its recipient")
_RECORD: Final = re.compile(r"[0-9a-f-]{36}")
State = Literal["pending", "kept", "declined"]


@dataclass(frozen=True, slots=True)
class Award:
    """A badge that was given and what became of it; `told` is when its recipient learns of it."""

    record: Address
    recipient: str
    achievement: str
    by: str
    state: State
    at: datetime
    told: datetime
    answered: datetime | None
    reminded: datetime | None


@dataclass(frozen=True, slots=True)
class Words:
    """What is said with a badge: a sentence, traces (web addresses), and until when it holds."""

    note: str = ""
    evidence: Sequence[str] = ()
    until: datetime | None = None
    awarded: datetime | None = None


NO_WORDS: Final = Words()


class Awards:
    """The awards of one installation."""

    def __init__(self, resources: Resources, catalogue: Catalogue, issuing: Issuing, backpack: Backpack) -> None:
        self._resources = resources
        self._catalogue = catalogue
        self._issuing = issuing
        self._backpack = backpack

    def give(self, agent: Agent, pod: Pod, achievement: str, recipient: str, words: Words = NO_WORDS) -> Issued:
        """Give a badge to a person, by WebID; raises what `Issuing.issue` refuses, and `Invalid` for the words."""
        return self._resources.write(
            agent, lambda writing: self.give_within(writing, pod, achievement, recipient, words)
        )

    def give_within(
        self, writing: Writing, pod: Pod, achievement: str, recipient: str, words: Words = NO_WORDS
    ) -> Issued:
        """`give`, inside a transaction that is already open."""
        if not recipient.startswith(("https://", "http://")):
            raise Invalid(
                N_("{who} is nobody's address here."), N_("Choose somebody of the list, or hand out a code."),
                who=recipient[:80],
            )  # fmt: skip
        check_words(words, writing.now)
        issued = self._issuing.issue_within(
            writing, pod, achievement, recipient, evidence=words.evidence, narrative=words.note,
            valid_until=words.until, awarded=words.awarded, bring=False,
        )  # fmt: skip
        told = writing.now + UNDO + GRACE
        writing.conn.execute(
            insert(table).values(
                pod=pod.name, record=issued.address.path, recipient=recipient, achievement=achievement,
                by=writing.agent.webid, state="pending", at=microseconds(writing.now), told=microseconds(told),
            )
        )  # fmt: skip
        payload = {"pod": pod.name, "record": issued.address.path}
        outbox.append(writing.conn, pod=pod.name, kind=TELL, payload=payload, at=writing.now, next_at=told)
        return issued

    def undo(self, agent: Agent, pod: Pod, record: str) -> None:
        """Take back what was given some seconds ago: nobody was told, and nothing of it stays.

        Raises `Conflict` when it is too late, `Forbidden` unless the agent may sign for the pod.
        """

        def within(writing: Writing) -> None:
            self._issuing.require_signer(writing.conn, agent, pod)
            award = self.get(writing.conn, record_of(pod, record))
            if award.state != "pending" or writing.now > award.told:
                raise Conflict(
                    N_("It is too late to undo this: the badge has been sent."),
                    N_("You can withdraw it, with a word."),
                )
            writing.conn.execute(delete(table).where(_is(award.record)))
            self._issuing.withdraw_within(writing, pod, award.record, _in_words(pod, UNDONE))
            writing.as_program().delete(award.record)

        self._resources.write(agent, within)

    def tell(self, payload: Mapping[str, Any]) -> None:
        """Job `award.tell`: an Offer in the recipient's inbox, if their pod is here. Twice is as good as once."""
        record = Address(str(payload["pod"]), str(payload["record"]))

        def within(writing: Writing) -> None:
            row = writing.conn.execute(select(table).where(_is(record), table.c.state == "pending")).first()
            holder = None if row is None else self._catalogue.of_webid(row.recipient)
            if holder is not None:
                issuer = self._catalogue.get_within(writing.conn, record.pod)
                again = "-again" if payload.get("again") else ""
                document = self.document(writing.conn, record)
                activity = inbox.offer(
                    issuer.webid, holder.webid, record.iri(issuer.base_url), str(document.get("name", ""))
                )
                program = writing.as_program()
                inbox.deliver(self._resources, program, holder.name, f"offer-{record.name}{again}", activity)

        self._resources.write(PROGRAM, within)

    def pending(self, holder: Pod, now: datetime) -> list[Award]:
        """What waits for the answer of a person, newest first."""
        waiting = (table.c.recipient == holder.webid) & (table.c.state == "pending")
        due = table.c.told <= microseconds(now)
        with self._resources.reading() as conn:
            found = [_award(row) for row in conn.execute(select(table).where(waiting, due).order_by(table.c.at.desc()))]
            return [one for one in found if status.reason(conn, one.record) is None]

    def keep(self, agent: Agent, holder: Pod, record: Address, audience: Audience = "me") -> Address:
        """The recipient keeps a badge, seen by whom they say; returns its address in their bag.

        Raises `NotFound` for what was not given to them, `Conflict` when they have answered before.
        """

        def within(writing: Writing) -> Address:
            self._answer(writing, holder, record, "kept")
            return self._backpack.keep_within(writing, record, holder, audience)

        return self._resources.write(agent, within)

    def decline(self, agent: Agent, holder: Pod, record: Address) -> None:
        """The recipient does not want it: it never stood in their bag, stops verifying, and only its issuer sees it."""

        def within(writing: Writing) -> None:
            self._answer(writing, holder, record, "declined")
            issuer = self._catalogue.get_within(writing.conn, record.pod)
            self._issuing.withdraw_within(writing, issuer, record, _in_words(issuer, DECLINED))
            owners = self._resources.owners(writing.conn, record.pod)
            rules = wac.write_rules(record.iri(issuer.base_url), owners=owners, readers=[])
            writing.as_program().put(record.acl, self._resources.prepare(record.acl, rules.encode(), rdf.TURTLE))

        self._resources.write(agent, within)

    def remind(self, agent: Agent, pod: Pod, record: str) -> None:
        """Tell a recipient who has not answered once more, and never again; raises `Conflict` the second time."""

        def within(writing: Writing) -> None:
            self._issuing.require_signer(writing.conn, agent, pod)
            award = self.get(writing.conn, record_of(pod, record))
            if award.state != "pending" or writing.now < award.told:
                raise Conflict(N_("There is nobody to remind: this badge does not wait."), "")
            if award.reminded is not None:
                raise Conflict(
                    N_("Somebody was reminded of this badge already."), N_("Once is enough: ask them in person.")
                )
            writing.conn.execute(update(table).where(_is(award.record)).values(reminded=microseconds(writing.now)))
            payload = {"pod": pod.name, "record": award.record.path, "again": True}
            writing.job(pod.name, TELL, payload)

        self._resources.write(agent, within)

    def get(self, conn: Connection, record: Address) -> Award:
        """The award behind a record; raises `NotFound` for one that was not given through here."""
        row = conn.execute(select(table).where(_is(record))).first()
        if row is None:
            raise NotFound(
                N_("There is no badge at {path}."), N_("Check the address of the badge."), path=record.target
            )
        return _award(row)

    def has(self, conn: Connection, pod: str, achievement: str, recipient: str) -> bool:
        """Whether the pod gave this to the person before, they have not declined it and it was not taken back."""
        same = (table.c.recipient == recipient) & (table.c.pod == pod) & (table.c.achievement == achievement)
        given = conn.scalars(select(table.c.record).where(same, table.c.state != "declined"))
        return any(status.reason(conn, Address(pod, record)) is None for record in given)

    def document(self, conn: Connection, record: Address) -> dict[str, Any]:
        """The signed badge; an empty one when it is gone."""
        try:
            return object_in(self._resources.data(self._resources.read_within(conn, PROGRAM, record).stored))
        except NotFound:
            return {}

    # -- steps -----------------------------------------------------------------------------------

    def _answer(self, writing: Writing, holder: Pod, record: Address, state: State) -> None:
        award = self.get(writing.conn, record)
        if award.recipient != holder.webid or holder.webid != writing.agent.webid:
            raise NotFound(
                N_("There is no badge at {path}."), N_("Check the address of the badge."), path=record.target
            )
        changed = writing.conn.execute(
            update(table).where(_is(record), table.c.state == "pending")
            .values(state=state, answered=microseconds(writing.now))
        )  # fmt: skip
        if changed.rowcount != 1:
            raise Conflict(N_("You have answered to this badge before."), N_("Look into your notebook."))
        issuer = self._catalogue.get_within(writing.conn, record.pod)
        kind = "Accept" if state == "kept" else "Reject"
        activity = inbox.answer(kind, holder.webid, issuer.webid, record.iri(issuer.base_url))
        inbox.deliver(self._resources, writing.as_program(), issuer.name, f"{kind.lower()}-{record.name}", activity)


def record_of(pod: Pod, name: str) -> Address:
    """The address of a badge among the records of a pod; raises `NotFound` for names that no badge has."""
    address = pod.address(f"issued/{name}")
    if not _RECORD.fullmatch(name):
        raise NotFound(N_("There is no badge at {path}."), N_("Check the address of the badge."), path=address.target)
    return address


def check_words(words: Words, now: datetime) -> None:
    """Raise `Invalid` for a sentence that is too long or an end that has passed."""
    if len(words.note) > MAX_NOTE:
        raise Invalid(N_("The sentence has more than {most} letters."), N_("Make it shorter."), most=MAX_NOTE)
    if words.until is not None and words.until <= now:
        raise Invalid(N_("The badge would have expired already."), N_("Choose a later day."))


def _in_words(pod: Pod, reason: str) -> str:
    return translator(pod.language if pod.language in LOCALES else "fr").gettext(reason)


def _is(record: Address) -> Any:
    return (table.c.pod == record.pod) & (table.c.record == record.path)


def _award(row: Row[Any]) -> Award:
    return Award(
        Address(row.pod, row.record), row.recipient, row.achievement, row.by, row.state, moment(row.at),
        moment(row.told), row.answered and moment(row.answered), row.reminded and moment(row.reminded),
    )  # fmt: skip
