"""What a rule may look at: the documents of somebody's own pods, read as themselves, and nothing of anybody else's.

Own pods are one's notebook and the gardens and communities one looks after. What others signed counts only where it
holds: a confirmation is data when the verifier passes it, and is not one's own word.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, Final

import pyoxigraph as ox
from sqlalchemy import Connection

from pod_app.badges.verifier import verifying
from pod_app.badges.verifier.verifying import Fetch
from pod_app.errors import N_, TooComplex
from pod_app.pods.catalogue import Catalogue, Pod
from pod_app.pods.resources import Resources
from pod_app.standards import rdf
from pod_app.standards.addresses import Address
from pod_app.standards.json_text import object_in
from pod_app.standards.normalise import normalised
from pod_app.standards.open_badges_shape import is_endorsement
from pod_app.storage import resources as rows
from pod_app.storage.resources import StoredResource

OWN: Final = ("contributions/", "thanks/", "transmissions/", "needs/", "offers/")
SIGNED: Final = ("badges/", "endorsements/", "issued/")
OF_GROUPS: Final = ("agreements/",)
MOST_SIGNED: Final = 200
MOST_STATEMENTS: Final = 50_000


class RuleData:
    """Collects the statements that a rule is judged on."""

    def __init__(
        self, resources: Resources, catalogue: Catalogue, own_documents: Fetch, clock: Callable[[], datetime]
    ) -> None:
        self._resources = resources
        self._catalogue = catalogue
        self._fetch = own_documents
        self._clock = clock

    def of(self, own: Pod, *, signed: bool) -> list[ox.Quad]:
        """The statements of somebody's own pods; `signed` when the rule looks at badges and confirmations.

        Raises `TooComplex` for more than 50,000.
        """
        groups = [pod for pod in self._catalogue.owned_by(own.webid) if pod.kind != "person"]
        with self._resources.reading() as conn:
            plain = [*self._documents(conn, own), *(one for pod in groups for one in self._of_group(conn, own, pod))]
            kept = rows.in_containers(conn, own.name, SIGNED) if signed else []
        sources = [*plain, *self._holding(own, kept)]
        quads: list[ox.Quad] = []
        for address, stored in sources:
            quads += _as_own(self._resources.quads(address, stored), signed=stored.media_type == rdf.VC)
            if len(quads) > MOST_STATEMENTS:
                raise TooComplex(
                    N_("This notebook says more than a rule can look through."), N_("Ask somebody to look.")
                )
        return quads

    # -- steps -----------------------------------------------------------------------------------

    def _documents(self, conn: Connection, own: Pod) -> list[tuple[Address, StoredResource]]:
        found = [*rows.in_containers(conn, own.name, OWN), rows.get(conn, own.name, "profile/card")]
        return [(Address(own.name, one.path), one) for one in found if one is not None and not one.role]

    def _of_group(self, conn: Connection, own: Pod, pod: Pod) -> Iterator[tuple[Address, StoredResource]]:
        """The card, the agreements, and one's own membership: nobody else's."""
        membership = f"members/{hashlib.sha256(own.webid.encode()).hexdigest()[:32]}"
        found = [
            *rows.in_containers(conn, pod.name, OF_GROUPS),
            *rows.lookup(conn, pod.name, ("profile/card", membership)).values(),
        ]
        return ((Address(pod.name, one.path), one) for one in found if not one.role)

    def _holding(self, own: Pod, kept: Iterable[StoredResource]) -> Iterator[tuple[Address, StoredResource]]:
        """Badges and claims about the person, and words of others, as far as they hold."""
        signed = [one for one in kept if one.media_type == rdf.VC][:MOST_SIGNED]
        for stored in signed:
            data = self._resources.data(stored)
            if self._counts(own, object_in(data)) and self._holds(data, stored.path):
                yield Address(own.name, stored.path), stored

    def _counts(self, own: Pod, document: dict[str, Any]) -> bool:
        issuer, subject = document.get("issuer"), document.get("credentialSubject")
        by = issuer.get("id") if isinstance(issuer, dict) else issuer
        if is_endorsement(document):
            return by not in {own.did, own.webid}
        return isinstance(subject, dict) and subject.get("id") == own.webid

    def _holds(self, data: bytes, path: str) -> bool:
        """A badge from elsewhere that cannot be asked about now counts; a word of others must be proved."""
        verified = verifying.verify(data, fetch=self._fetch, at=self._clock()).verified
        return verified is True or (verified is None and path.startswith("badges/"))


def _as_own(quads: Iterable[ox.Quad], *, signed: bool) -> list[ox.Quad]:
    """What a document says: names of blank nodes count within it only, and a proof says nothing about it."""
    nodes: dict[str, ox.BlankNode] = {}

    def own(term: Any) -> Any:
        return nodes.setdefault(term.value, ox.BlankNode()) if isinstance(term, ox.BlankNode) else term

    said = normalised(quads) if signed else quads
    return [
        ox.Quad(own(quad.subject), quad.predicate, own(quad.object))
        for quad in said
        if isinstance(quad.graph_name, ox.DefaultGraph)
    ]
