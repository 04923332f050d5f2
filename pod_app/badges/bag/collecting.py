"""Collections: badges of one's bag put together under a title, with a page of their own.

An ActivityStreams collection whose items are the badges' addresses. Who sees the collection is one choice, who sees
each badge in it another: a page shows of it what its reader may see.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox
from sqlalchemy import Connection

from pod_app.errors import N_, Invalid, NotFound, Unsupported
from pod_app.pods.audience import Audience, Sharing
from pod_app.pods.catalogue import Pod
from pod_app.pods.things import Statement, Things, words
from pod_app.pods.writing import Writing
from pod_app.standards import addresses
from pod_app.standards.addresses import Address
from pod_app.standards.namespaces import AS
from pod_app.standards.wac import Agent, Mode
from pod_app.storage.resources import StoredResource

PLACE: Final = "collections/"
MOST: Final = 200
_LONGEST_TITLE: Final = 80
_LONGEST_ABOUT: Final = 1_000


@dataclass(frozen=True, slots=True)
class Collection:
    """A title, some words, and the addresses of badges in the order that was chosen."""

    title: str
    about: str = ""
    badges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """A collection where it stands, with who sees it."""

    address: Address
    collection: Collection
    audience: Audience


class Collections(Things[Collection]):
    """The collections of every pod."""

    place = PLACE

    def statements(self, writing: Writing, pod: Pod, it: ox.NamedNode, thing: Collection) -> Iterator[Statement]:
        """A list of badges of the pod's own bag, in order."""
        del writing
        self._check(pod, thing)
        yield from self.about(it, AS["OrderedCollection"])
        yield it, AS["attributedTo"], ox.NamedNode(pod.webid)
        yield it, AS["name"], words(thing.title, pod)
        if thing.about.strip():
            yield it, AS["summary"], words(thing.about, pod)
        yield it, AS["totalItems"], ox.Literal(len(thing.badges))
        yield from _list(it, thing.badges)

    def save(self, agent: Agent, pod: Pod, collection: Collection, audience: Audience, *, name: str = "",
             garden: str | None = None) -> Address:  # fmt: skip
        """Write a collection, anew or in place of the one of that name. Raises `Invalid`, `Forbidden`, `NotFound`.

        A pod on another server has no page that shows one, and what was sent there is not written again: `Unsupported`.
        """
        if pod.home is not None:
            raise Unsupported(
                N_("Your notebook is on another server, where collections cannot be kept yet."),
                N_("Show your badges one by one, from where they are."),
            )
        if name:
            self.get(agent, pod, name)
        return self.add(agent, pod, collection, Sharing(audience=audience, garden=garden, name=name))

    def remove(self, agent: Agent, pod: Pod, name: str) -> None:
        """Delete a collection; its badges stay where they are."""
        address = self.get(agent, pod, name).address
        self._resources.write(agent, lambda writing: writing.delete(address))

    def all(self, agent: Agent, pod: Pod) -> list[Kept]:
        """The collections of a pod that `agent` may see, by title."""
        with self._resources.reading() as conn:
            found = [
                Kept(address, self.read(address, stored), self._audiences.audience(conn, address))
                for address, stored, _, _ in self._resources.readable(conn, agent, pod.address(PLACE))
                if not address.is_container
            ]
        return sorted(found, key=lambda one: one.collection.title.casefold())

    def get(self, agent: Agent, pod: Pod, name: str) -> Kept:
        """One collection; raises `NotFound`."""
        if not name or "/" in name or name.startswith("."):
            raise NotFound(N_("There is no such collection."), N_("Go back to your collections."))
        address = pod.address(f"{PLACE}{addresses.encode(name)}")
        with self._resources.reading() as conn:
            stored = self._resources.read_within(conn, agent, address).stored
            return Kept(address, self.read(address, stored), self._audiences.audience(conn, address))

    def read(self, address: Address, stored: StoredResource) -> Collection:
        """What stands there as a collection; whatever else somebody put there is an empty one."""
        texts: dict[str, str] = {}
        links: dict[str, dict[str, str]] = {}
        for quad in self._resources.quads(address, stored):
            predicate = quad.predicate.value
            if isinstance(quad.object, ox.Literal):
                texts.setdefault(predicate, quad.object.value)
            links.setdefault(predicate, {})[str(quad.subject)] = str(quad.object)
        it = f"<{address.iri(self._resources.base_url)}#{self.main}>"
        badges = tuple(_walk(links, links.get(AS["items"].value, {}).get(it, "")))
        return Collection(texts.get(AS["name"].value, ""), texts.get(AS["summary"].value, ""), badges)

    def readable(self, conn: Connection, agent: Agent, collection: Collection) -> list[Address]:
        """The badges of a collection that `agent` may read, in its order."""
        found = (addresses.of_iri(iri, self._resources.base_url) for iri in collection.badges)
        return [
            one
            for one in found
            if one is not None
            and self._resources.exists(conn, one)
            and self._resources.decide_within(conn, agent, one).allows(Mode.READ)
        ]

    def _check(self, pod: Pod, thing: Collection) -> None:
        if not thing.title.strip():
            raise Invalid(N_("A collection needs a title."), N_("A word or two will do."))
        if len(thing.title) > _LONGEST_TITLE or len(thing.about) > _LONGEST_ABOUT or len(thing.badges) > MOST:
            raise Invalid(
                N_("A title has at most {title} characters, the words about it {about}, and it holds {most} badges."),
                N_("Make it shorter."), title=_LONGEST_TITLE, about=_LONGEST_ABOUT, most=MOST,
            )  # fmt: skip
        own = pod.address("badges/").iri(pod.base_url)
        if not all(iri.startswith(own) and addresses.of_iri(iri, pod.base_url) for iri in thing.badges):
            raise Invalid(N_("Only badges of your own bag can be put together."), N_("Choose among them."))


_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_NIL: Final = f"<{_RDF}nil>"


def _list(it: ox.NamedNode, badges: tuple[str, ...]) -> Iterator[Statement]:
    """An RDF list; an empty one is `rdf:nil`."""
    cells = [ox.BlankNode() for _ in badges]
    ends: list[ox.NamedNode | ox.BlankNode] = [*cells, ox.NamedNode(f"{_RDF}nil")]
    yield it, AS["items"], ends[0]
    for cell, iri, rest in zip(cells, badges, ends[1:], strict=True):
        yield cell, ox.NamedNode(f"{_RDF}first"), ox.NamedNode(iri)
        yield cell, ox.NamedNode(f"{_RDF}rest"), rest


def _walk(links: dict[str, dict[str, str]], cell: str) -> Iterator[str]:
    """The members of an RDF list that somebody may have tied into a ring."""
    seen: set[str] = set()
    while cell and cell != _NIL and cell not in seen and len(seen) < MOST:
        seen.add(cell)
        member = links.get(f"{_RDF}first", {}).get(cell, "")
        if member.startswith("<"):
            yield member[1:-1]
        cell = links.get(f"{_RDF}rest", {}).get(cell, "")
