"""Single-use codes that a screen shows one after the other: one person scans, and the next code comes (flow 2).

Only the code on the screen can be scanned. The first scan makes it somebody's for half an hour, whose form then
carries a pass; in the same transaction the screen goes on, so that nobody else is ever shown that code.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from pod_app.badges.giving import claim_codes
from pod_app.badges.giving.awards import Words
from pod_app.badges.giving.handouts import Handout, Handouts, somebody_was_first
from pod_app.pods.catalogue import Pod
from pod_app.pods.resources import Resources
from pod_app.pods.writing import Writing
from pod_app.standards.wac import Agent
from pod_app.storage.schema import microseconds
from pod_app.storage.schema_forge import handout_codes, handouts


class Turns:
    """The screens of one installation that show a code to one person after the other."""

    def __init__(self, resources: Resources, by_code: Handouts, secret: bytes) -> None:
        self._resources = resources
        self._handouts = by_code
        self._secret = secret

    def begin(
        self, agent: Agent, pod: Pod, achievement: str, *, starts: datetime, ends: datetime, words: Words | None = None
    ) -> Handout:
        """Begin to hand out to one person after the other between two moments; raises `Invalid`, `Forbidden`."""
        name, by = claim_codes.identifier(), agent.webid or ""
        made = Handout(pod.name, name, "codes", achievement, by, words or Words(), starts, ends, shown=1)

        def within(writing: Writing) -> Handout:
            self._handouts.begin_within(writing, pod, made)
            writing.conn.execute(insert(handout_codes).values(self._handouts.code_row(pod.name, name, 1)))
            return made

        return self._resources.write(agent, within)

    def code(self, handout: Handout) -> str:
        """The twelve letters that the screen shows now."""
        return claim_codes.single(self._secret, handout.id, handout.shown or 0)

    def scan(self, text: str) -> str:
        """Somebody opened the code on the screen: it is theirs, and the next one is shown. Returns their pass.

        Raises what `Handouts.find` does, among them `Gone` for whoever comes second.
        """

        def within(writing: Writing) -> str:
            ticket = self._handouts.find_within(writing.conn, text, writing.now)
            shown = ticket.handout.shown
            if shown is None or not ticket.on_screen:
                return text
            self._go_on(writing.conn, ticket.handout, shown)
            now = microseconds(writing.now)
            writing.conn.execute(update(handout_codes).where(handout_codes.c.code == ticket.code).values(scanned=now))
            return claim_codes.scanned(self._secret, ticket.handout.id, shown)

        return self._resources.write(Agent(), within)

    def skip(self, agent: Agent, pod: Pod, name: str, number: int) -> None:
        """Show the next code in place of the one with this number, which opens nothing any more.

        Nothing happens when the screen has gone on already. Raises `Forbidden`, `NotFound`.
        """

        def within(writing: Writing) -> None:
            handout = self._handouts.get_within(writing.conn, agent, pod, name)
            if handout.shown == number and handout.is_open(writing.now):
                self._go_on(writing.conn, handout, number)
                skipped = _codes(handout) & (handout_codes.c.number == number)
                writing.conn.execute(update(handout_codes).where(skipped).values(used=microseconds(writing.now)))

        self._resources.write(agent, within)

    def scanned(self, conn: Connection, handout: Handout) -> int:
        """How many codes were scanned."""
        counted = select(func.count()).select_from(handout_codes).where(_codes(handout))
        return int(conn.scalar(counted.where(handout_codes.c.scanned.is_not(None))) or 0)

    # -- steps -----------------------------------------------------------------------------------

    def _go_on(self, conn: Connection, handout: Handout, shown: int) -> None:
        """The one update that must change one row: of two phones at the same moment one is first."""
        now_shown = (handouts.c.pod == handout.pod) & (handouts.c.id == handout.id) & (handouts.c.shown == shown)
        if conn.execute(update(handouts).where(now_shown).values(shown=shown + 1)).rowcount != 1:
            raise somebody_was_first()
        conn.execute(insert(handout_codes).values(self._handouts.code_row(handout.pod, handout.id, shown + 1)))


def _codes(handout: Handout) -> ColumnElement[bool]:
    return (handout_codes.c.pod == handout.pod) & (handout_codes.c.handout == handout.id)
