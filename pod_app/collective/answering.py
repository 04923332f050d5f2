"""Answer a community elsewhere about many pods here at once (contracts.md §3, bulk route).

Its agent `#us` sees of the pods it names exactly what it may read in those whose owners consented to it; every other
pod is refused in the same words as one that does not exist.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyoxigraph as ox
from sqlalchemy import Connection, select

from pod_app.collective import query_files, sources, wire
from pod_app.collective.datasets import Datasets
from pod_app.collective.library import Library, View, prepare
from pod_app.collective.wire import Documents, Line
from pod_app.errors import N_, Invalid, TooLarge, Unreadable
from pod_app.pods import layout
from pod_app.pods.audience import COUNT
from pod_app.standards import addresses
from pod_app.standards.wac import ANONYMOUS, Agent
from pod_app.storage import resources as rows
from pod_app.storage import schema
from pod_app.storage.database import Database
from pod_app.storage.sandbox import Sandbox

MAX_QUERY: Final = 64 * 2**10
MAX_PODS: Final = 500
BATCH: Final = 50
"""Pods that are read in one transaction, which must not last."""
SECONDS: Final = 5.0
MEMORY: Final = 256 * 2**20
_FORM: Final = "1"


@dataclass(frozen=True, slots=True)
class Question:
    """What the body of a request asks: `pods` are WebIDs, `query` the whole text of a view's file."""

    community: str
    sha256: str
    query: str
    parameters: Mapping[str, str]
    pods: tuple[str, ...]

    @classmethod
    def of_json(cls, told: Mapping[str, Any]) -> "Question":
        """Read a body; raises `Invalid` and `TooLarge`."""
        names = ("community", "sha256", "query")
        texts = {name: told.get(name) for name in names}
        pods, parameters = told.get("pods"), told.get("parameters", {})
        if set(told) - {*names, "parameters", "pods"} or not _are_texts([*texts.values()]):
            raise _unfit("community, sha256 and query are texts, and nothing else stands beside parameters and pods")
        if not isinstance(parameters, dict) or not _are_texts([*parameters.values()]):
            raise _unfit("parameters is an object of texts")
        if not isinstance(pods, list) or not _are_texts(pods) or len(set(pods)) < len(pods):
            raise _unfit("pods is a list of WebIDs, each once")
        asked = cls(**texts, parameters=parameters, pods=tuple(pods))  # type: ignore[arg-type]  # texts, as just seen
        return asked.checked()

    def checked(self) -> "Question":
        """The same; raises `Invalid` and `TooLarge`."""
        if len(self.query.encode()) > MAX_QUERY or len(self.pods) > MAX_PODS:
            raise TooLarge(
                N_("A question has at most {bytes} bytes of query and names at most {pods} pods."),
                N_("Ask in several portions."), bytes=MAX_QUERY, pods=MAX_PODS,
            )  # fmt: skip
        if hashlib.sha256(self.query.encode()).hexdigest() != self.sha256:
            raise _unfit("sha256 is not that of the query")
        layout.check_webid(self.community)
        return self


@dataclass(frozen=True, slots=True)
class _Known:
    """A pod here that consented: `state` changes whenever its answer may."""

    name: str
    kind: str
    state: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Ready:
    """A question whose rights are known: `etag` before anything is computed, `lines` when it must be."""

    etag: str
    lines: Callable[[], bytes]


class Answering:
    """Answers the communities elsewhere about the pods of one installation."""

    def __init__(
        self, base_url: str, database: Database, datasets: Datasets, library: Library, sandbox: Sandbox
    ) -> None:
        self._base_url = base_url
        self._database = database
        self._datasets = datasets
        self._library = library
        self._sandbox = sandbox

    def answer(self, question: Question) -> Ready:
        """Make an answer ready for a community that has proved who it is; raises `Invalid`, later also `TooComplex`."""
        query_files.asked(question.query, question.parameters)
        with self._database.read() as conn:
            known = self._known(conn, question)
        states = [[pod, *one.state] for pod, one in sorted(known.items())]
        asked = [_FORM, question.community, question.sha256, sorted(question.parameters.items()), question.pods, states]
        etag = hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:32]
        return Ready(etag, lambda: wire.write(question.pods, self._lines(question, known)))

    # -- steps -----------------------------------------------------------------------------------

    def _known(self, conn: Connection, question: Question) -> dict[str, _Known]:
        """Those of the named pods that consented to be counted by this community."""
        asked = set(question.pods)
        names = {self._pod_of(webid) for webid in asked}
        pods, consents = schema.pods, schema.consents
        given = (consents.c.community == question.community) & (consents.c.purpose == COUNT)
        found = conn.execute(
            select(pods.c.pod, pods.c.kind, pods.c.version, consents.c.since)
            .join(consents, consents.c.pod == pods.c.pod)
            .where(given, pods.c.pod.in_(names), pods.c.deleted.is_(None))
        )
        known = {
            f"{self._base_url}{row.pod}/profile/card#{layout.fragment(row.kind)}": _Known(
                row.pod, row.kind, (row.version, row.since)
            )
            for row in found
        }
        return {webid: one for webid, one in known.items() if webid in asked}

    def _pod_of(self, webid: str) -> str:
        try:
            address = addresses.of_iri(webid.partition("#")[0], self._base_url)
        except Unreadable:
            return ""
        return address.pod if address is not None else ""

    def _lines(self, question: Question, known: Mapping[str, _Known]) -> dict[str, Line]:
        view = self._own(question)
        webids = list(known)
        lines: dict[str, Line] = {}
        for start in range(0, len(webids), BATCH):
            portion = webids[start : start + BATCH]
            said = self._inside(view, question, known, portion) if view else self._outside(question, known, portion)
            lines |= dict(zip(portion, said, strict=True))
        return lines

    def _own(self, question: Question) -> View | None:
        """One of our own views, when it is asked as it is."""
        plan = self._library.plan_of(question.sha256)
        return prepare(query_files.asked(question.query, question.parameters), plan) if plan else None

    def _inside(
        self, view: View, question: Question, known: Mapping[str, _Known], webids: Sequence[str]
    ) -> Iterator[Line]:
        for _, person, store in self._stores(question, view.file.audience, known, webids):
            said = sources.answers([view], person, {view.file.audience: store})
            yield wire.line(view, person, said[view.id])

    def _outside(self, question: Question, known: Mapping[str, _Known], webids: Sequence[str]) -> list[Line]:
        from pod_app.collective import outside  # noqa: PLC0415  # it loads rdflib's SPARQL, for the sandbox alone

        audience = query_files.asked(question.query, question.parameters).audience
        found: list[Documents] = [
            (pod, person, store.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=ox.DefaultGraph()) or b"")
            for pod, person, store in self._stores(question, audience, known, webids)
        ]
        parameters = dict(question.parameters)
        return self._sandbox.run(outside.run, question.query, parameters, found, seconds=SECONDS, memory_bytes=MEMORY)

    def _stores(
        self, question: Question, audience: str, known: Mapping[str, _Known], webids: Sequence[str]
    ) -> Iterator[tuple[str, str | None, ox.Store]]:
        agent = ANONYMOUS if audience == "public" else Agent(webid=question.community)
        with self._database.read() as conn:
            for webid in webids:
                one = known[webid]
                store = self._datasets.of(conn, one.name, one.kind, [agent])[agent]
                yield one.name, self._person(conn, webid, one, question.pods), store

    def _person(self, conn: Connection, webid: str, one: _Known, asked: Sequence[str]) -> str | None:
        """Who stands behind a pod: its owner where the community knows them already, else the pod's own WebID."""
        if one.kind != "person":
            return None
        owner = min(rows.owners(conn, one.name), default=webid)
        return owner if owner in asked else webid


def _are_texts(values: Sequence[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


def _unfit(problem: str) -> Invalid:
    return Invalid(
        N_("This question cannot be answered: {problem}."),
        N_("See docs/routes.md for what its body holds."), problem=problem,
    )  # fmt: skip
