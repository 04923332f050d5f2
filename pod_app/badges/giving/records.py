"""What a pod has given: the history behind its status lists, and what is done to a single badge later on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from pod_app.badges.forge.achievements import Achievements
from pod_app.badges.giving.awards import Awards, Words, check_words, record_of
from pod_app.badges.signing import status
from pod_app.badges.signing.issuing import Issued, Issuing
from pod_app.badges.signing.reissuing import Reissuing
from pod_app.errors import N_, Conflict, NotFound
from pod_app.pods.catalogue import Pod
from pod_app.pods.resources import Resources
from pod_app.pods.writing import Writing
from pod_app.standards import open_badges
from pod_app.standards.addresses import Address
from pod_app.standards.open_badges_shape import listed
from pod_app.standards.wac import Agent
from pod_app.storage import schema
from pod_app.storage.schema import moment
from pod_app.storage.schema_forge import awards


@dataclass(frozen=True, slots=True)
class Given:
    """A badge that a pod gave; `state` is the recipient's answer, None when it was never asked."""

    record: Address
    document: Mapping[str, Any]
    created: datetime
    state: str | None
    told: datetime | None
    reminded: bool
    withdrawn: str | None

    @property
    def until(self) -> datetime | None:
        """When it expires."""
        return open_badges.moment(self.document.get("validUntil"))


class Records:
    """The records of the pods of one installation."""

    def __init__(
        self, resources: Resources, achievements: Achievements, issuing: Issuing, reissuing: Reissuing, given: Awards
    ) -> None:
        self._resources = resources
        self._achievements = achievements
        self._issuing = issuing
        self._reissuing = reissuing
        self._awards = given

    def given(self, agent: Agent, pod: Pod, *, limit: int = 30, after: int = 0) -> list[Given]:
        """What a pod gave, newest first, for those who may sign for it."""
        table, entries = schema.resources, schema.status_entries
        there = (table.c.pod == entries.c.pod) & (table.c.path == entries.c.credential)
        answer = (awards.c.pod == entries.c.pod) & (awards.c.record == entries.c.credential)
        columns = (
            entries.c.credential, entries.c.revoked_at, entries.c.reason, table.c.created, awards.c.state,
            awards.c.told, awards.c.reminded,
        )  # fmt: skip
        wanted = (
            select(*columns).join(table, there).outerjoin(awards, answer)
            .where(entries.c.pod == pod.name, entries.c.credential.startswith("issued/"))
            .order_by(table.c.created.desc(), entries.c.credential).limit(limit).offset(after)
        )  # fmt: skip
        with self._resources.reading() as conn:
            self._issuing.require_signer(conn, agent, pod)
            return [
                Given(
                    address := pod.address(row.credential), self._awards.document(conn, address), moment(row.created),
                    row.state, row.told and moment(row.told), row.reminded is not None,
                    None if row.revoked_at is None else str(row.reason),
                )
                for row in conn.execute(wanted).all()
            ]  # fmt: skip

    def renew(self, agent: Agent, pod: Pod, record: str, until: datetime | None) -> None:
        """Sign a badge anew with the present words of its achievement, and another end or none.

        It stays the same badge: its address, its place in the status list, the day it was first given, and who sees
        it. Copies of this installation are replaced. Raises `Conflict` for one that was withdrawn.
        """

        def within(writing: Writing) -> None:
            check_words(Words(until=until), writing.now)
            address, document = self._standing(writing, pod, record)
            if status.reason(writing.conn, address) is not None:
                raise Conflict(N_("This badge was withdrawn."), N_("Give it anew instead."))
            subject = dict(document["credentialSubject"])
            content = self._achievements.get(writing.conn, str(subject["achievement"].get("id")), pod.name)
            subject["achievement"] = content
            end = None if until is None else open_badges.whole_seconds(until)
            self._reissuing.again(
                writing, pod, address, {"name": content["name"], "credentialSubject": subject, "validUntil": end}
            )

        self._resources.write(agent, within)

    def give_anew(self, agent: Agent, pod: Pod, record: str) -> Issued:
        """Give somebody a new badge in place of one that was withdrawn, with its words and its first day."""

        def within(writing: Writing) -> Issued:
            address, document = self._standing(writing, pod, record)
            if status.reason(writing.conn, address) is None:
                raise Conflict(N_("This badge still stands."), N_("Renew it instead."))
            subject = document["credentialSubject"]
            words = Words(
                note=str(subject.get("narrative", "")),
                evidence=[str(one["id"]) for one in listed(document.get("evidence")) if one.get("id")],
                awarded=open_badges.moment(document.get("awardedDate") or document.get("validFrom")),
            )
            return self._awards.give_within(writing, pod, subject["achievement"]["id"], str(subject.get("id")), words)

        return self._resources.write(agent, within)

    def _standing(self, writing: Writing, pod: Pod, record: str) -> tuple[Address, dict[str, Any]]:
        self._issuing.require_signer(writing.conn, writing.agent, pod)
        address = record_of(pod, record)
        document = self._awards.document(writing.conn, address)
        if "credentialSubject" not in document:
            raise NotFound(
                N_("There is no badge at {path}."), N_("Check the address of the badge."), path=address.target
            )
        return address, document
