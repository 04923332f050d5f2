"""What a collective view may see of one pod: exactly the documents that its agent may read, parsed together.

Built for each computation from one moment of the database: always exact, leak-free by construction
(house.md §3). A document here is read as itself; signed badges as their normalised triples.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import pyoxigraph as ox
from sqlalchemy import Connection

from pod_app.pods.access import Access
from pod_app.pods.resources import Resources
from pod_app.standards import rdf
from pod_app.standards.addresses import Address
from pod_app.standards.normalise import normalised
from pod_app.standards.wac import Agent, Mode
from pod_app.storage import resources as rows
from pod_app.storage.resources import StoredResource

CONTAINERS: Final = {
    "person": ("contributions/", "thanks/", "transmissions/", "badges/", "needs/", "offers/"),
    "garden": ("events/", "agreements/"),
    "community": ("events/", "agreements/"),
}
CARD: Final = "profile/card"


class Datasets:
    """Datasets of the pods of one installation."""

    def __init__(self, resources: Resources, access: Access) -> None:
        self._resources = resources
        self._access = access

    def of(self, conn: Connection, pod: str, kind: str, agents: Iterable[Agent]) -> dict[Agent, ox.Store]:
        """A store for each agent: what it may read in the containers that views look at, and the card."""
        found = rows.in_containers(conn, pod, CONTAINERS[kind])
        card = rows.get(conn, pod, CARD)
        documents = {Address(pod, one.path): one for one in (*found, *([card] if card else []))}
        rules = rows.rules(conn, pod, sorted(_rules_of(documents)))
        return self._stores(conn, documents, rules, tuple(agents))

    def _stores(
        self,
        conn: Connection,
        documents: Mapping[Address, StoredResource],
        rules: Mapping[str, StoredResource],
        agents: tuple[Agent, ...],
    ) -> dict[Agent, ox.Store]:
        parsed: dict[Address, list[ox.Triple]] = {}
        stores: dict[frozenset[Address], ox.Store] = {}
        made = {}
        for agent in agents:
            readable = frozenset(
                address for address in documents if self._access.decide(conn, rules, address, agent).allows(Mode.READ)
            )
            if readable not in stores:
                for address in readable - parsed.keys():
                    parsed[address] = list(self._triples(address, documents[address]))
                stores[readable] = ox.Store()
                stores[readable].extend(ox.Quad(*triple) for address in readable for triple in parsed[address])
            made[agent] = stores[readable]
        return made

    def _triples(self, address: Address, stored: StoredResource) -> Iterator[ox.Triple]:
        quads: Iterable[ox.Quad] = self._resources.quads(address, stored)
        if stored.media_type.partition(";")[0].strip() in {rdf.VC, rdf.JSON_LD}:
            quads = normalised(quads)
        nodes: dict[str, ox.BlankNode] = {}  # names of blank nodes count within one document only

        def own(term: object) -> object:
            return nodes.setdefault(term.value, ox.BlankNode()) if isinstance(term, ox.BlankNode) else term

        for quad in quads:
            if not isinstance(quad.graph_name, ox.DefaultGraph):
                continue  # a proof says nothing about the badge
            yield ox.Triple(own(quad.subject), quad.predicate, own(quad.object))  # type: ignore[arg-type]


def _rules_of(documents: Iterable[Address]) -> set[str]:
    """Paths of every ACL that could decide about one of these documents."""
    paths = set()
    for address in documents:
        paths |= {address.acl.path, *(ancestor.acl.path for ancestor in address.ancestors())}
    return paths
