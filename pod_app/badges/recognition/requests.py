"""Requests for recognition as they are kept: the words in the asker's pod, who waits for whom in two tables.

The document `requests/{id}` (vocabulary.md §2, jdn:RecognitionRequest) says everything that was said, and leaves with
the pod; its owner may change it, so that what reviewers are shown comes from the tables, which nobody can write to.
A link's secret is derived from the root key and not stored; the table keeps its hash.
"""

import dataclasses
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import pyoxigraph as ox
from sqlalchemy import Connection, Row, and_, insert, select, update

from pod_app.errors import N_, NotFound
from pod_app.pods import tray
from pod_app.pods.audience import Sharing
from pod_app.pods.catalogue import Catalogue
from pod_app.pods.resources import Resources
from pod_app.pods.things import Statement
from pod_app.pods.things import moment as stamp
from pod_app.pods.writing import Writing
from pod_app.standards import multibase, rdf
from pod_app.standards.addresses import Address
from pod_app.standards.namespaces import AS, PREFIXES, PROV, RDF, Namespace
from pod_app.storage.schema import microseconds, moment
from pod_app.storage.schema_recognition import recognition_links, recognitions

PLACE: Final = "requests/"
State = Literal["open", "awarded", "declined", "withdrawn"]
Reply = Literal["yes", "no", "unknown"]
REPLIES: Final[Mapping[Reply, ox.NamedNode]] = {"yes": AS["Accept"], "no": AS["Reject"], "unknown": AS["Ignore"]}
_TOKEN_BYTES: Final = 24
_LONGEST_TITLE: Final = 80


@dataclass(frozen=True, slots=True)
class Recognition:
    """One request: `pod` asks `reviewer` (a pod's name) for a badge; `claim` is what they say of themselves.

    `trace` is an IRI; `reason` the reviewer's word.
    """

    pod: str
    id: str
    achievement: str
    reviewer: str
    claim: str
    sentence: str
    trace: str | None
    rule_held: bool
    state: State
    created: datetime
    decided: datetime | None = None
    decided_by: str | None = None
    badge: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody answered: `by` is their WebID when they signed in, `name` what a stranger called themselves."""

    kind: Reply
    by: str | None = None
    name: str = ""
    words: str = ""
    endorsement: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """One person who was asked; `address` is what the asker wrote to know whom, until it is erased."""

    pod: str
    id: str
    number: int
    address: str | None
    asked: datetime
    ends: datetime
    reminded: datetime | None = None
    answered: datetime | None = None
    answer: Answer | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether an answer is still taken."""
        return self.answered is None and now < self.ends


class Requests:
    """The requests of the pods of one installation."""

    def __init__(self, vocabulary: str, resources: Resources, catalogue: Catalogue, secret: bytes) -> None:
        self._jdn = Namespace(vocabulary)
        self._catalogue = catalogue
        self._resources = resources
        self._secret = secret

    # -- rows ------------------------------------------------------------------------------------

    def get(self, conn: Connection, pod: str, name: str) -> Recognition:
        """One request; raises `NotFound`."""
        row = conn.execute(select(recognitions).where(recognitions.c.pod == pod, recognitions.c.id == name)).first()
        if row is None:
            raise NotFound(N_("There is no such request."), N_("Look at the list of your requests."))
        return _recognition(row)

    def of_pod(self, conn: Connection, pod: str) -> list[Recognition]:
        """What somebody asked for, newest first."""
        wanted = select(recognitions).where(recognitions.c.pod == pod).order_by(recognitions.c.created.desc())
        return [_recognition(row) for row in conn.execute(wanted)]

    def open_of(self, conn: Connection, reviewers: Sequence[str]) -> list[Recognition]:
        """What waits for these reviewers, oldest first."""
        waiting = and_(recognitions.c.reviewer.in_(reviewers), recognitions.c.state == "open")
        return [_recognition(row) for row in conn.execute(select(recognitions).where(waiting).order_by("created"))]

    def about(self, conn: Connection, badge: str) -> Recognition | None:
        """The request from which a badge came, or that made a claim."""
        mine = (recognitions.c.badge == badge) | (recognitions.c.claim == badge)
        row = conn.execute(select(recognitions).where(mine)).first()
        return None if row is None else _recognition(row)

    def add(self, conn: Connection, one: Recognition) -> None:
        """Note a new request."""
        values = dataclasses.asdict(one) | {"created": microseconds(one.created)}
        conn.execute(insert(recognitions).values(values))

    def decide(
        self, writing: Writing, one: Recognition, state: State, *, badge: str | None = None, reason: str = ""
    ) -> bool:
        """Close an open request and erase whom it asked; False when somebody else has closed it meanwhile."""
        mine = and_(recognitions.c.pod == one.pod, recognitions.c.id == one.id, recognitions.c.state == "open")
        values = {"decided": microseconds(writing.now), "decided_by": writing.agent.webid, "reason": reason or None}
        done = writing.conn.execute(update(recognitions).where(mine).values(state=state, badge=badge, **values))
        self._forget(writing.conn, (recognition_links.c.pod == one.pod) & (recognition_links.c.id == one.id))
        return done.rowcount == 1

    # -- links -----------------------------------------------------------------------------------

    def links(self, conn: Connection, pod: str, name: str) -> list[Link]:
        """Whom a request asked, in their order."""
        links = recognition_links
        wanted = select(links).where(links.c.pod == pod, links.c.id == name).order_by(links.c.number)
        return [_link(row) for row in conn.execute(wanted)]

    def asked_of(self, conn: Connection, webid: str, now: datetime) -> list[Link]:
        """What somebody with a notebook here was asked and has not answered, oldest first."""
        links = recognition_links
        open_ = and_(links.c.address == webid, links.c.answered.is_(None), links.c.ends > microseconds(now))
        here = (
            (recognitions.c.pod == links.c.pod) & (recognitions.c.id == links.c.id) & (recognitions.c.state == "open")
        )
        wanted = select(links).join(recognitions, here).where(open_).order_by(links.c.asked)
        return [_link(row) for row in conn.execute(wanted)]

    def link_of(self, conn: Connection, token: str) -> Link | None:
        """The link whose secret this is."""
        row = conn.execute(select(recognition_links).where(recognition_links.c.token_hash == _hash(token))).first()
        return None if row is None else _link(row)

    def add_link(self, conn: Connection, link: Link) -> None:
        """Note that somebody is asked."""
        conn.execute(
            insert(recognition_links).values(
                pod=link.pod, id=link.id, number=link.number, address=link.address, asked=microseconds(link.asked),
                ends=microseconds(link.ends), token_hash=_hash(self.token(link)),
            )
        )  # fmt: skip

    def token(self, link: Link) -> str:
        """The secret of a link: 192 bits that nobody can guess from what is stored."""
        told = f"{link.pod}|{link.id}|{link.number}".encode()
        return multibase.encode_base64url(hmac.digest(self._secret, told, "sha256")[:_TOKEN_BYTES])

    def spend(self, conn: Connection, link: Link, answer: Answer, now: datetime) -> bool:
        """Note the answer and erase the address; exactly one of many at once gets True."""
        told = {"answer": answer.kind, "by": answer.by, "name": answer.name, "words": answer.words}
        values = told | {"endorsement": answer.endorsement, "answered": microseconds(now), "address": None}
        mine = and_(_same(link), recognition_links.c.answered.is_(None))
        return conn.execute(update(recognition_links).where(mine).values(values)).rowcount == 1

    def note_reminder(self, conn: Connection, link: Link, now: datetime) -> bool:
        """Note the one reminder; False when there was one."""
        mine = and_(_same(link), recognition_links.c.reminded.is_(None))
        return conn.execute(update(recognition_links).where(mine).values(reminded=microseconds(now))).rowcount == 1

    def forget(self, conn: Connection, pod: str, name: str, number: int) -> None:
        """Erase whom a link asked."""
        links = recognition_links
        self._forget(conn, and_(links.c.pod == pod, links.c.id == name, links.c.number == number))

    def _forget(self, conn: Connection, where: Any) -> None:
        conn.execute(update(recognition_links).where(where).values(address=None))

    # -- the document ----------------------------------------------------------------------------

    def write(self, writing: Writing, one: Recognition) -> None:
        """Write a request into its asker's pod as it stands now, for them to keep.

        It changes while it is open, so of somebody whose pod is elsewhere it stands here, and what became of it goes
        there when it is closed.
        """
        address, asker = Address(one.pod, f"{PLACE}{one.id}"), self._catalogue.get_within(writing.conn, one.pod)
        data = self._document(writing.conn, address.iri(self._resources.base_url), one)
        writing.as_program().put(address, self._resources.prepare(address, data, rdf.TURTLE, within=writing.conn))
        if asker.home is not None and one.state != "open":
            data = self._document(writing.conn, asker.place(address.path), one)
            tray.keep_document(
                writing.conn, asker, writing.now, address.path, data, rdf.TURTLE,
                title=one.sentence[:_LONGEST_TITLE], sharing=Sharing(),
            )  # fmt: skip

    def _document(self, conn: Connection, iri: str, one: Recognition) -> bytes:
        quads = [ox.Quad(*said) for said in self._statements(conn, iri, one)]
        for link in self.links(conn, one.pod, one.id):
            quads += [ox.Quad(*said) for said in self._answer(iri, link)]
        return rdf.serialize(quads, rdf.TURTLE, {**PREFIXES, "jdn": self._jdn.iri})

    def _statements(self, conn: Connection, iri: str, one: Recognition) -> Iterator[Statement]:
        asker, reviewer = (self._catalogue.get_within(conn, name) for name in (one.pod, one.reviewer))
        it = ox.NamedNode(f"{iri}#it")
        yield it, RDF["type"], self._jdn["RecognitionRequest"]
        yield it, AS["actor"], ox.NamedNode(asker.webid)
        yield it, AS["to"], ox.NamedNode(reviewer.webid)
        yield it, AS["object"], ox.NamedNode(one.achievement)
        yield it, AS["content"], ox.Literal(one.sentence)
        yield it, AS["published"], stamp(one.created)
        yield it, AS["result"], ox.NamedNode(one.claim)
        if one.trace is not None:
            yield it, PROV["wasDerivedFrom"], ox.NamedNode(one.trace)
        if one.badge is not None:
            yield it, self._jdn["answeredBy"], ox.NamedNode(one.badge)
        if one.state == "declined":
            yield it, self._jdn["answeredBy"], ox.NamedNode(f"{iri}#decided")
            yield ox.NamedNode(f"{iri}#decided"), RDF["type"], AS["Reject"]
            yield ox.NamedNode(f"{iri}#decided"), AS["content"], ox.Literal(one.reason or "")

    def _answer(self, iri: str, link: Link) -> Iterator[Statement]:
        if link.answer is None or link.answered is None:
            return
        node, one = ox.NamedNode(f"{iri}#answer-{link.number}"), link.answer
        yield ox.NamedNode(f"{iri}#it"), self._jdn["answeredBy"], node
        yield node, RDF["type"], REPLIES[one.kind]
        yield node, AS["published"], stamp(link.answered)
        if one.by is not None:
            yield node, AS["actor"], ox.NamedNode(one.by)
        for predicate, text in ((AS["name"], one.name), (AS["content"], one.words)):
            if text:
                yield node, predicate, ox.Literal(text)
        if one.endorsement is not None:
            yield node, AS["result"], ox.NamedNode(one.endorsement)


def _same(link: Link) -> Any:
    links = recognition_links
    return and_(links.c.pod == link.pod, links.c.id == link.id, links.c.number == link.number)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _maybe(stored: int | None) -> datetime | None:
    return None if stored is None else moment(stored)


def _recognition(row: Row[Any]) -> Recognition:
    return Recognition(
        row.pod, row.id, row.achievement, row.reviewer, row.claim, row.sentence, row.trace, bool(row.rule_held),
        row.state, moment(row.created), _maybe(row.decided), row.decided_by, row.badge, row.reason,
    )  # fmt: skip


def _link(row: Row[Any]) -> Link:
    told = Answer(row.answer, row.by, row.name or "", row.words or "", row.endorsement) if row.answer else None
    return Link(
        row.pod, row.id, row.number, row.address, moment(row.asked), moment(row.ends), _maybe(row.reminded),
        _maybe(row.answered), told,
    )  # fmt: skip
