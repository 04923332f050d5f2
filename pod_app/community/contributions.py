"""Contributions: what somebody gave, as an economic event in their own pod."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

import pyoxigraph as ox

from pod_app.errors import N_, Invalid
from pod_app.pods.catalogue import Pod
from pod_app.pods.things import Statement, Things, agent, integer, measure, moment, words
from pod_app.pods.writing import Writing
from pod_app.standards.namespaces import AS, VF

KINDS: Final = (
    "time", "expertise", "knowledge", "money", "hosting", "care", "welcome", "facilitation", "governance",
)  # fmt: skip
ACTIONS: Final = ("work", "deliverService", "cite", "use", "transfer")
_HUNDREDTH: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Contribution:
    """`garden` and `receiver` are WebIDs, `skill` a name of the vocabulary; a note, a skill or minutes say what."""

    garden: str
    kind: str
    at: datetime
    note: str = ""
    action: str = "work"
    skill: str | None = None
    minutes: int | None = None
    cents: int | None = None
    receiver: str | None = None


class Contributions(Things[Contribution]):
    """The contributions of every pod."""

    place = "contributions/"

    def statements(self, writing: Writing, pod: Pod, it: ox.NamedNode, thing: Contribution) -> Iterator[Statement]:
        """An economic event; raises `Invalid` when nothing is said, or by words that the vocabulary lacks."""
        del writing
        _check(thing)
        yield from self.about(it, VF["EconomicEvent"], AS["Activity"])
        yield it, VF["action"], VF[thing.action]
        yield it, VF["provider"], agent(pod.webid)
        yield it, VF["inScopeOf"], agent(thing.garden)
        yield it, VF["resourceClassifiedAs"], self.concept("kind", thing.kind)
        yield it, VF["hasPointInTime"], moment(thing.at)
        if thing.note.strip():
            yield it, VF["note"], words(thing.note, pod)
        if thing.receiver is not None:
            yield it, VF["receiver"], agent(thing.receiver)
        if thing.skill is not None:
            yield it, VF["resourceConformsTo"], self.concept("skill", thing.skill)
        yield from self._quantities(it, thing)

    def _quantities(self, it: ox.NamedNode, thing: Contribution) -> Iterator[Statement]:
        if thing.minutes is not None:
            yield it, self._jdn["minutes"], integer(thing.minutes, what="minutes")
            hours = (Decimal(thing.minutes) / 60).quantize(_HUNDREDTH, ROUND_HALF_UP)
            yield from measure(it, VF["effortQuantity"], hours, "hour")
        if thing.cents is not None:
            yield it, self._jdn["cents"], integer(thing.cents, what="cents")
            yield from measure(it, VF["resourceQuantity"], Decimal(thing.cents).scaleb(-2), "euro")


def _check(thing: Contribution) -> None:
    for word, known in ((thing.kind, KINDS), (thing.action, ACTIONS)):
        if word not in known:
            raise Invalid(
                N_("There is no kind of contribution named {word}."), N_("Choose among: {known}."),
                word=word, known=", ".join(known),
            )  # fmt: skip
    if not (thing.note.strip() or thing.skill or thing.minutes or thing.cents):
        raise Invalid(N_("This contribution says nothing yet."), N_("Tell in a sentence what it was."))
    if (thing.cents is not None) != (thing.kind == "money"):
        raise Invalid(N_("Cents belong to contributions of money, and to those alone."), N_("Correct one of the two."))
