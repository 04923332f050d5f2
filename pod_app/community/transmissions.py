"""Transmissions: a skill passed from one person to another, in the pod of the one who passed it on.

The cascade runs from each transmission to an earlier one (`prov:wasInformedBy`), which must be dated
before; people may teach each other, a transmission never leads back to itself (contracts.md §5).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pyoxigraph as ox

from pod_app.errors import N_, Forbidden, Invalid, NotFound, Unauthenticated
from pod_app.pods.catalogue import Pod
from pod_app.pods.things import Statement, Things, agent, moment, not_in_the_future
from pod_app.pods.writing import Writing
from pod_app.standards import addresses
from pod_app.standards.namespaces import PROV, VF

_PLACE: Final = "transmissions/"


@dataclass(frozen=True, slots=True)
class Transmission:
    """`to`, `garden` are WebIDs, `event` and `earlier` IRIs of things, `skill` a name of the vocabulary."""

    to: str
    skill: str
    at: datetime
    garden: str | None = None
    event: str | None = None
    earlier: str | None = None


class Transmissions(Things[Transmission]):
    """The transmissions of every pod."""

    place = _PLACE

    def statements(self, writing: Writing, pod: Pod, it: ox.NamedNode, thing: Transmission) -> Iterator[Statement]:
        """An activity with a giver and a receiver; raises `Invalid` for one that cannot have happened so."""
        self._check(writing, pod, it, thing)
        jdn = self._jdn
        yield from self.about(it, jdn["Transmission"], PROV["Activity"])
        yield it, jdn["passeur"], agent(pod.webid)
        yield it, jdn["receveur"], agent(thing.to)
        yield it, jdn["savoir"], self.concept("skill", thing.skill)
        yield it, VF["hasPointInTime"], moment(thing.at)
        if thing.garden is not None:
            yield it, VF["inScopeOf"], agent(thing.garden)
        if thing.event is not None:
            yield it, jdn["dansLeCadreDe"], agent(thing.event)
        if thing.earlier is not None:
            yield it, PROV["wasInformedBy"], agent(thing.earlier)

    def _check(self, writing: Writing, pod: Pod, it: ox.NamedNode, thing: Transmission) -> None:
        not_in_the_future(thing.at, writing.now)
        if thing.to == pod.webid:
            raise Invalid(N_("A skill is passed on to somebody else."), N_("Name the person who received it."))
        if thing.earlier is None:
            return
        earlier = self._found(writing, thing.earlier)
        day = earlier.get(VF["hasPointInTime"])
        if day is not None and not day.value < moment(thing.at).value:
            raise Invalid(
                N_("The earlier transmission is dated {day}, which is not before this one."),
                N_("Correct one of the two dates, or name another transmission."), day=day.value[:10],
            )  # fmt: skip
        self._refuse_loop(writing, pod, it, thing.earlier)

    def _refuse_loop(self, writing: Writing, pod: Pod, it: ox.NamedNode, earlier: str) -> None:
        """Follow the cascade upstream inside this pod: it must not come back here."""
        seen: set[str] = set()
        upstream: str | None = earlier
        while upstream is not None and upstream not in seen:
            if upstream == it.value:
                raise Invalid(N_("This transmission would come from itself."), N_("Name another earlier transmission."))
            seen.add(upstream)
            above = self._found(writing, upstream).get(PROV["wasInformedBy"]) if upstream.startswith(pod.iri) else None
            upstream = above.value if isinstance(above, ox.NamedNode) else None

    def _found(self, writing: Writing, iri: str) -> dict[ox.NamedNode, ox.NamedNode | ox.Literal]:
        """What a transmission of this installation says, as far as the agent may read it; empty otherwise."""
        address = addresses.of_iri(iri.partition("#")[0], self._resources.base_url)
        if address is None or not address.path.startswith(_PLACE):
            return {}
        try:
            stored = self._resources.read_within(writing.conn, writing.agent, address).stored
        except (NotFound, Forbidden, Unauthenticated):
            return {}
        return {
            quad.predicate: quad.object
            for quad in self._resources.quads(address, stored)
            if quad.subject == ox.NamedNode(iri) and isinstance(quad.object, ox.NamedNode | ox.Literal)
        }
