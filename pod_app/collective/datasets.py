"""What a collective view may see of one pod: the documents that its agent may read, parsed together.

A thing that its person marked as not to be counted (`jdn:counted false` in its ACL) is left out of every
view, however public it is (decision 0024).

Built for each computation from one moment of the database: always exact, leak-free by construction
(house.md §3). A document here is read as itself; signed badges as their normalised triples.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import pyoxigraph as ox
from sqlalchemy import Connection

from pod_app.collective import elsewhere
from pod_app.pods.access import Access
from pod_app.pods.audience import NOT_COUNTED
from pod_app.standards import rdf
from pod_app.standards.addresses import Address
from pod_app.standards.normalise import normalised
from pod_app.standards.wac import ANONYMOUS, Agent, Mode
from pod_app.storage import resources as rows
from pod_app.storage.blobs import Blobs
from pod_app.storage.resources import StoredResource

CONTAINERS: Final = {
    "person": ("contributions/", "thanks/", "transmissions/", "badges/", "needs/", "offers/"),
    "garden": ("events/", "agreements/"),
    "community": ("events/", "agreements/"),
}
CARD: Final = "profile/card"
_DIRECT: Final = {rdf.TURTLE: ox.RdfFormat.TURTLE, rdf.N_TRIPLES: ox.RdfFormat.N_TRIPLES}
_SIGNED: Final = frozenset({rdf.VC, rdf.JSON_LD})
_FALSE: Final = ox.Literal(value=False)
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class Datasets:
    """Datasets of the pods of one installation, from its SQL and its blobs alone."""

    def __init__(self, base_url: str, vocabulary: str, blobs: Blobs, access: Access) -> None:
        self._base_url = base_url
        self._counted = ox.NamedNode(f"{vocabulary}{NOT_COUNTED}")
        self._blobs = blobs
        self._access = access

    def of(self, conn: Connection, pod: str, kind: str, agents: Iterable[Agent]) -> dict[Agent, ox.Store]:
        """A store for each agent: what it may read in the containers that views look at, and the card."""
        found = rows.in_containers(conn, pod, CONTAINERS[kind])
        return self._stores(conn, [*found, *self._card(conn, pod)], agents)

    def away(self, conn: Connection, pod: str, community: str, agent: Agent) -> dict[Agent, ox.Store]:
        """The same of a pod on another server, as it was read last for this community (`elsewhere`)."""
        stores = {ANONYMOUS: ox.Store(), agent: ox.Store()}
        for document in elsewhere.documents(conn, pod, community).values():
            triples = list(ox.parse(document.triples, ox.RdfFormat.N_TRIPLES, rename_blank_nodes=True))
            for one in stores if document.public else (agent,):
                stores[one].extend(triples)
        return stores

    def card(self, conn: Connection, pod: str, agent: Agent) -> ox.Store:
        """What an agent may read of the card alone."""
        return self._stores(conn, self._card(conn, pod), [agent])[agent]

    def _card(self, conn: Connection, pod: str) -> list[StoredResource]:
        card = rows.get(conn, pod, CARD)
        return [card] if card else []

    def _stores(
        self, conn: Connection, documents: Iterable[StoredResource], agents: Iterable[Agent]
    ) -> dict[Agent, ox.Store]:
        stores = {agent: ox.Store() for agent in agents}
        placed = {Address(one.pod, one.path): one for one in documents}
        for address, readers in self._readers(conn, placed, tuple(stores)):
            for agent in readers:
                self._load(stores[agent], address, placed[address])
        return stores

    def _readers(
        self, conn: Connection, documents: Mapping[Address, StoredResource], agents: tuple[Agent, ...]
    ) -> Iterator[tuple[Address, list[Agent]]]:
        """Who may read each document. Inherited rules say the same of all that have none of their own beside them."""
        if not documents:
            return
        rules = rows.rules(conn, next(iter(documents)).pod, sorted(_rules_of(documents)))
        decided: dict[Address | None, list[Agent]] = {}
        for address in documents:
            own = rules.get(address.acl.path)
            if own is not None and self._is_left_out(own):
                continue
            governed = address if address.acl.path in rules else address.parent
            if governed not in decided:
                decisions = ((agent, self._access.decide(conn, rules, address, agent)) for agent in agents)
                decided[governed] = [agent for agent, decision in decisions if decision.allows(Mode.READ)]
            yield address, decided[governed]

    def _is_left_out(self, acl: StoredResource) -> bool:
        """Whether an item's rules mark it as not to be counted; nearly none has the word, and only those are parsed."""
        data = self._data(acl)
        if NOT_COUNTED.encode() not in data:
            return False
        address = Address(acl.pod, acl.path)
        quads = rdf.parse(data, acl.media_type.partition(";")[0].strip(), address.iri(self._base_url))
        return any(quad.predicate == self._counted and quad.object == _FALSE for quad in quads)

    def _load(self, store: ox.Store, address: Address, stored: StoredResource) -> None:
        """Parse one document into a store; it kept every limit of `rdf.parse` when it was written."""
        media_type = stored.media_type.partition(";")[0].strip()
        iri = address.iri(self._base_url)
        if media_type in _DIRECT:
            data = self._data(stored).removeprefix(_BYTE_ORDER_MARK)
            store.load(data, _DIRECT[media_type], base_iri=iri)
        elif stored.quads is not None:
            kept = ox.parse(stored.quads, ox.RdfFormat.N_QUADS)
            store.extend(_own(normalised(kept) if media_type in _SIGNED else kept))
        elif rdf.is_rdf(media_type):
            store.extend(_own(rdf.parse(self._data(stored), media_type, iri)))

    def _data(self, stored: StoredResource) -> bytes:
        return self._blobs.get(stored.blob) if stored.blob is not None else stored.body or b""


def _own(quads: Iterable[ox.Quad]) -> Iterator[ox.Quad]:
    """What a document itself says: names of its blank nodes count within it only, and a proof says nothing about it."""
    nodes: dict[str, ox.BlankNode] = {}

    def own(term: Any) -> Any:
        return nodes.setdefault(term.value, ox.BlankNode()) if isinstance(term, ox.BlankNode) else term

    for quad in quads:
        if isinstance(quad.graph_name, ox.DefaultGraph):
            yield ox.Quad(own(quad.subject), quad.predicate, own(quad.object))


def _rules_of(documents: Iterable[Address]) -> set[str]:
    """Paths of every ACL that could decide about one of these documents."""
    paths = set()
    for address in documents:
        paths |= {address.acl.path, *(ancestor.acl.path for ancestor in address.ancestors())}
    return paths
