"""What a garden says of itself on its card."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pyoxigraph as ox

from pod_app.errors import N_, Invalid
from pod_app.pods.catalogue import Pod
from pod_app.pods.resources import Resources
from pod_app.pods.things import agent, concept, integer, moment, words
from pod_app.pods.writing import Writing
from pod_app.standards import rdf
from pod_app.standards.namespaces import DCTERMS, ORG, PREFIXES, VCARD, Namespace
from pod_app.standards.wac import Agent

KINDS: Final = ("local", "thematic", "internal", "great")
MAX_PURPOSE: Final = 280


@dataclass(frozen=True, slots=True)
class Description:
    """`communities` are WebIDs of those that the garden belongs to."""

    kind: str
    purpose: str
    created: datetime
    capacity: int | None = None
    locality: str = ""
    communities: Sequence[str] = ()


class Gardens:
    """The cards of gardens."""

    def __init__(self, vocabulary: str, resources: Resources) -> None:
        self._jdn = Namespace(vocabulary)
        self._resources = resources

    def describe(self, agent: Agent, pod: Pod, description: Description) -> None:
        """Write a description onto a garden's card, in place of the one before; raises `Invalid`, `Forbidden`."""
        self._resources.write(agent, lambda writing: self.describe_within(writing, pod, description))

    def describe_within(self, writing: Writing, pod: Pod, description: Description) -> None:
        """`describe`, inside a transaction that is already open."""
        address, us = pod.address("profile/card"), ox.NamedNode(pod.webid)
        stored = self._resources.read_within(writing.conn, writing.agent, address).stored
        facts = self._facts(pod, description)
        kept = [
            quad
            for quad in self._resources.quads(address, stored)
            if quad.subject != us or quad.predicate not in self._described
        ]
        quads = [*kept, *(ox.Quad(us, *fact) for fact in facts)]
        data = rdf.serialize(quads, rdf.TURTLE, {**PREFIXES, "jdn": self._jdn.iri})
        writing.put(address, self._resources.prepare(address, data, rdf.TURTLE, within=writing.conn))

    @property
    def _described(self) -> set[ox.NamedNode]:
        jdn = self._jdn
        return {
            jdn["gardenType"], ORG["purpose"], DCTERMS["created"], jdn["capacity"], VCARD["locality"],
            ORG["subOrganizationOf"],
        }  # fmt: skip

    def _facts(self, pod: Pod, said: Description) -> list[tuple[ox.NamedNode, ox.NamedNode | ox.Literal]]:
        if said.kind not in KINDS:
            raise Invalid(
                N_("There is no kind of garden named {kind}."), N_("Choose among: {kinds}."),
                kind=said.kind, kinds=", ".join(KINDS),
            )  # fmt: skip
        if not 0 < len(said.purpose.strip()) <= MAX_PURPOSE:
            raise Invalid(
                N_("A garden says what it is for in 1 to {limit} characters."), N_("Shorten it."), limit=MAX_PURPOSE
            )
        facts: list[tuple[ox.NamedNode, ox.NamedNode | ox.Literal]] = [
            (self._jdn["gardenType"], concept(self._jdn, "garden", said.kind)),
            (ORG["purpose"], words(said.purpose, pod)),
            (DCTERMS["created"], moment(said.created)),
            *((ORG["subOrganizationOf"], agent(one)) for one in said.communities),
        ]
        if said.capacity is not None:
            facts.append((self._jdn["capacity"], integer(said.capacity, what="capacity")))
        if said.locality:
            facts.append((VCARD["locality"], words(said.locality, pod)))
        return facts
