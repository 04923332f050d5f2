"""When a key was stolen, its badges fail; signed anew by the next key they stand again (open-badges.md §5.5).

The same badge (issuer and id) at the same place in its status list, with a later `validFrom`; `awardedDate` keeps
the first date; what others confirmed meanwhile goes inside. Copies that hold the old bytes, in the recipient's bag or
beside a confirmed badge, are replaced in the same transaction. What was withdrawn or has expired stays as it is.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, select

from pod_app.badges.signing import status
from pod_app.badges.signing.issuing import Issuing
from pod_app.errors import NotFound
from pod_app.pods.access import PROGRAM
from pod_app.pods.catalogue import Pod
from pod_app.pods.resources import Resources
from pod_app.pods.writing import Writing
from pod_app.standards import open_badges, rdf
from pod_app.standards.addresses import Address
from pod_app.standards.json_text import object_in
from pod_app.standards.open_badges_shape import end, is_endorsement, listed, start
from pod_app.standards.wac import Agent
from pod_app.storage import schema
from pod_app.storage.keys import Keys

AT_ONCE: Final = 50
"""Badges of one transaction: others can write in between."""
_COPIES: Final = ("badges/", "endorsements/", "issued/")
Confirmed = Callable[[Mapping[str, Any]], list[dict[str, Any]]]
"""What others confirmed about a badge and still holds, to go inside it."""


@dataclass(frozen=True, slots=True)
class Reissued:
    """What was signed anew: records in the issuing pod, and copies elsewhere here that were replaced."""

    records: int
    copies: int


class Reissuing:
    """Signs badges anew for the pods of one installation."""

    def __init__(
        self, resources: Resources, issuing: Issuing, keys: Keys, confirmed: Confirmed,
        clock: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._resources = resources
        self._issuing = issuing
        self._keys = keys
        self._confirmed = confirmed
        self._clock = clock

    def affected(self, pod: Pod) -> list[Address]:
        """Records of the pod that fail because the key that signed them was revoked."""
        with self._resources.reading() as conn:
            lost = self._lost(conn, pod)
            records = status.standing(conn, pod.name) if lost else []
            now = self._clock()
            return [one for one in records if self._is_lost(self._document(conn, one), lost, now)]

    def all_of_lost_keys(self, agent: Agent, pod: Pod) -> Reissued:
        """Sign everything anew that a revoked key had signed, some at a time; what is done stays done.

        Raises `Forbidden` unless the agent may sign for the pod.
        """
        affected = self.affected(pod)
        copies = 0
        for place in range(0, len(affected), AT_ONCE):
            some = affected[place : place + AT_ONCE]
            copies += self._resources.write(agent, partial(self._some, pod, some))
        return Reissued(len(affected), copies)

    def again(self, writing: Writing, pod: Pod, record: Address, changes: Mapping[str, Any] | None = None) -> int:
        """Sign one record anew, with other properties if need be (None takes one out); returns the number of copies."""
        self._issuing.require_signer(writing.conn, writing.agent, pod)
        stored = self._resources.read_within(writing.conn, PROGRAM, record).stored
        before = self._with_words(_renewed(object_in(self._resources.data(stored)), writing.now))
        unsigned = {name: value for name, value in {**before, **(changes or {})}.items() if value is not None}
        document = self._issuing.sign_again(writing, pod, unsigned)
        program = writing.as_program()
        places = _copies(writing.conn, stored.sha256)
        for address in places:
            program.put(address, self._resources.prepare(address, document, rdf.VC, within=writing.conn))
        return len(places) - 1

    # -- steps -----------------------------------------------------------------------------------

    def _some(self, pod: Pod, records: Sequence[Address], writing: Writing) -> int:
        return sum(self.again(writing, pod, one) for one in records)

    def _with_words(self, badge: dict[str, Any]) -> dict[str, Any]:
        """What others confirmed meanwhile goes inside; what does not hold any more would spoil the whole."""
        if is_endorsement(badge):
            return badge
        said = self._confirmed(badge)
        rest = {name: value for name, value in badge.items() if name != "endorsement"}
        return rest | ({"endorsement": said} if said else {})

    def _lost(self, conn: Connection, pod: Pod) -> frozenset[str]:
        return frozenset(f"{pod.did}#{key.id}" for key in self._keys.all(conn, pod.name) if key.state == "revoked")

    def _document(self, conn: Connection, record: Address) -> dict[str, Any]:
        try:
            stored = self._resources.read_within(conn, PROGRAM, record).stored
        except NotFound:
            return {}
        return object_in(self._resources.data(stored))

    def _is_lost(self, document: Mapping[str, Any], lost: frozenset[str], now: datetime) -> bool:
        ends = open_badges.moment(end(document))
        return not lost.isdisjoint(_methods(document)) and (ends is None or now < ends)


def _renewed(document: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The credential without its proof, valid from now; the moment it was first given stays."""
    renewed = {name: value for name, value in document.items() if name != "proof"}
    if not is_endorsement(document):
        renewed.setdefault("awardedDate", start(document))
    return renewed | {"validFrom": open_badges.whole_seconds(now)}


def _methods(document: Mapping[str, Any]) -> Iterator[str]:
    for proof in listed(document.get("proof")):
        if isinstance(proof, Mapping):
            yield str(proof.get("verificationMethod"))


def _copies(conn: Connection, sha256: str) -> list[Address]:
    """Every place of this installation that holds these bytes as a badge: the record is one of them."""
    table = schema.resources
    wanted = select(table.c.pod, table.c.path).where(table.c.sha256 == sha256, table.c.media_type == rdf.VC)
    found = [Address(row.pod, row.path) for row in conn.execute(wanted)]
    return [address for address in found if address.path.startswith(_COPIES)]
