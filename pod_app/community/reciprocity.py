"""Reciprocity: what an event gathered, the share that was promised of it, and what was given back.

Amounts are whole cents and shares decimals, never floats: 10 % of 2 850.00 € are 285.00 €.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

import pyoxigraph as ox

from pod_app.errors import N_, Invalid
from pod_app.pods.catalogue import Pod
from pod_app.pods.things import AS_ITS_PLACE, Statement, Things, agent, decimal, integer, moment
from pod_app.pods.writing import Writing
from pod_app.standards.namespaces import DCTERMS, VF


@dataclass(frozen=True, slots=True)
class Gathering:
    """Money that came in at one event: `participants` people, never one by one.

    With `share` and `community` (a WebID) a part of it was promised; `settled` is when it was given back.
    """

    cents: int
    participants: int
    at: datetime
    share: Decimal | None = None
    community: str | None = None
    settled: datetime | None = None

    @property
    def claim(self) -> int:
        """Cents that were promised, rounded half up."""
        exact = Decimal(self.cents) * (self.share or Decimal(0))
        return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


class Reciprocity(Things[Gathering]):
    """The agreements of every garden and community; seen by their members unless another audience is chosen."""

    place = "agreements/"
    main = "stage"
    sharing = AS_ITS_PLACE

    def statements(self, writing: Writing, pod: Pod, it: ox.NamedNode, thing: Gathering) -> Iterator[Statement]:
        """Up to four things of one document: agreement, stage, claim, settlement; raises `Invalid`."""
        del writing
        _check(thing)
        yield from self._transfer(it, thing.cents, thing.at)
        yield it, VF["receiver"], agent(pod.webid)
        yield it, VF["resourceClassifiedAs"], self.concept("kind", "money")
        yield it, self._jdn["participants"], integer(thing.participants, what="participants")
        if thing.share is not None:
            yield from self._promise(it, thing, thing.share)
        if thing.settled is not None and thing.community is not None:
            settlement = _sibling(it, "settlement")
            yield from self._transfer(settlement, thing.claim, thing.settled)
            yield settlement, VF["settles"], _sibling(it, "claim")
            yield settlement, VF["provider"], agent(pod.webid)
            yield settlement, VF["receiver"], agent(thing.community)

    def _transfer(self, it: ox.NamedNode, cents: int, at: datetime) -> Iterator[Statement]:
        yield from self.about(it, VF["EconomicEvent"])
        yield it, VF["action"], VF["transfer"]
        yield it, self._jdn["cents"], integer(cents, what="cents")
        yield it, VF["hasPointInTime"], moment(at)

    def _promise(self, it: ox.NamedNode, thing: Gathering, share: Decimal) -> Iterator[Statement]:
        agreement, claim = _sibling(it, "agreement"), _sibling(it, "claim")
        yield from self.about(agreement, VF["Agreement"])
        yield agreement, self._jdn["share"], decimal(share)
        yield agreement, DCTERMS["created"], moment(thing.at)
        yield from self.about(claim, VF["Claim"])
        yield claim, VF["triggeredBy"], it
        yield claim, VF["agreedIn"], agreement
        yield claim, self._jdn["cents"], integer(thing.claim, what="cents")


def _sibling(it: ox.NamedNode, fragment: str) -> ox.NamedNode:
    return ox.NamedNode(f"{it.value.partition('#')[0]}#{fragment}")


def _check(thing: Gathering) -> None:
    if thing.share is not None and not (isinstance(thing.share, Decimal) and 0 < thing.share <= 1):
        raise Invalid(N_("A share is more than nothing and at most the whole."), N_("Write 10 % as 0.10."))
    if (thing.settled is not None) and (thing.share is None or thing.community is None):
        raise Invalid(
            N_("Nothing was promised that could be given back."), N_("Name the share and the community first.")
        )
    if thing.settled is not None and thing.settled < thing.at:
        raise Invalid(N_("This was given back before it came in."), N_("Correct one of the two dates."))
