"""One document for each thing that a person or a garden writes: `<#it>` in it, seen by whom they choose.

Community life (community/) and consent (collective/) are written through here, as the agent who
writes: access, shapes and the change feed apply as for every other door.
"""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import ClassVar, Final, Generic, TypeVar

import pyoxigraph as ox

from pod_app.errors import N_, Invalid
from pod_app.pods import layout, tray
from pod_app.pods.audience import Audiences, Sharing
from pod_app.pods.catalogue import Pod
from pod_app.pods.layout import check_webid
from pod_app.pods.resources import Resources
from pod_app.pods.writing import Writing
from pod_app.standards import rdf
from pod_app.standards.addresses import Address
from pod_app.standards.namespaces import PREFIXES, RDF, XSD, Namespace
from pod_app.standards.wac import Agent, Mode

OM2: Final = Namespace("http://www.ontology-of-units-of-measure.org/resource/om-2/")
Value = ox.NamedNode | ox.BlankNode | ox.Literal
Statement = tuple[ox.NamedNode | ox.BlankNode, ox.NamedNode, Value]
T = TypeVar("T")


PRIVATE: Final = Sharing()
AS_ITS_PLACE: Final = Sharing(audience=None)


class Things(Generic[T]):
    """Things of one kind, in one container of every pod."""

    place: ClassVar[str]
    main: ClassVar[str] = "it"
    sharing: ClassVar[Sharing] = PRIVATE

    def __init__(self, vocabulary: str, resources: Resources, audiences: Audiences) -> None:
        self._jdn = Namespace(vocabulary)
        self._resources = resources
        self._audiences = audiences

    def add(self, agent: Agent, pod: Pod, thing: T, sharing: Sharing | None = None) -> Address:
        """Write a thing into a pod, as `agent`; raises `Invalid`, `Forbidden`, `Unauthenticated`."""
        return self._resources.write(agent, lambda writing: self.add_within(writing, pod, thing, sharing))

    def add_within(self, writing: Writing, pod: Pod, thing: T, sharing: Sharing | None = None) -> Address:
        """`add`, inside a transaction that is already open."""
        sharing = sharing or self.sharing
        address = pod.address(f"{self.place}{sharing.name or uuid.uuid4()}")
        it = ox.NamedNode(f"{pod.place(address.path)}#{self.main}")
        quads = [ox.Quad(*statement) for statement in self.statements(writing, pod, it, thing)]
        prefixes = {**PREFIXES, "jdn": self._jdn.iri, "om2": OM2.iri}
        data = rdf.serialize(quads, rdf.TURTLE, prefixes)
        if pod.home is not None:
            self._send(writing, pod, address, quads, data, sharing)
            return address
        writing.put(address, self._resources.prepare(address, data, rdf.TURTLE, within=writing.conn))
        if sharing.audience is not None:
            self._audiences.show(writing, address, sharing.audience, garden=sharing.garden, counted=sharing.counted)
        elif not sharing.counted:
            self._audiences.leave_out(writing, address)
        return address

    def _send(
        self, writing: Writing, pod: Pod, address: Address, quads: list[ox.Quad], data: bytes, sharing: Sharing
    ) -> None:
        """Judge a thing as at home, and have it written into the pod on the other server."""
        writing.decide(pod.address("").acl)[1].require(Mode.CONTROL)
        self._resources.judge(layout.shape_of(pod.kind, self.place), address, rdf.TURTLE, quads)
        title = next((one.object.value for one in quads if isinstance(one.object, ox.Literal)
                      and one.object.language), "")  # fmt: skip
        tray.keep_document(writing.conn, pod, writing.now, address.path, data, rdf.TURTLE, title=title, sharing=sharing)

    def statements(self, writing: Writing, pod: Pod, it: ox.NamedNode, thing: T) -> Iterator[Statement]:
        """What the document says; raises `Invalid` for a thing that says nothing or contradicts itself."""
        raise NotImplementedError

    def about(self, it: ox.NamedNode, *types: ox.NamedNode) -> Iterator[Statement]:
        """The types of a thing."""
        return ((it, RDF["type"], one) for one in types)

    def concept(self, scheme: str, name: str) -> ox.NamedNode:
        """A concept of the community's vocabulary, such as `jdn:skill-listening`."""
        return concept(self._jdn, scheme, name)


def concept(namespace: Namespace, scheme: str, name: str) -> ox.NamedNode:
    """`{namespace}{scheme}-{name}`; raises `Invalid` for a name that is no plain word."""
    if not name.replace("-", "").isalnum() or not name.isascii() or name != name.lower():
        raise Invalid(
            N_("{name} is not the name of a {scheme}."), N_("Take one from the vocabulary."), name=name, scheme=scheme
        )
    return namespace[f"{scheme}-{name}"]


def agent(webid: str) -> ox.NamedNode:
    """A WebID as a node; raises `Invalid`."""
    return ox.NamedNode(check_webid(webid))


def words(text: str, pod: Pod) -> ox.Literal:
    """What somebody wrote, in the language of their pod."""
    return ox.Literal(text.strip(), language=pod.language)


def moment(at: datetime) -> ox.Literal:
    """A time in UTC, whole seconds."""
    return ox.Literal(at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), datatype=XSD["dateTime"])


def decimal(value: Decimal) -> ox.Literal:
    """An exact number."""
    return ox.Literal(f"{value:f}", datatype=XSD["decimal"])


def integer(value: int, *, what: str) -> ox.Literal:
    """A whole number above nothing; raises `Invalid`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise Invalid(N_("{what} must be a whole number above 0."), N_("Leave it out, or correct it."), what=what)
    return ox.Literal(value)


def measure(it: ox.NamedNode, predicate: ox.NamedNode, value: Decimal, unit: str) -> Iterator[Statement]:
    """A quantity as people read it, beside the exact integer that is counted."""
    node = ox.BlankNode()
    yield it, predicate, node
    yield node, RDF["type"], OM2["Measure"]
    yield node, OM2["hasNumericalValue"], decimal(value)
    yield node, OM2["hasUnit"], OM2[unit]


def not_in_the_future(at: datetime, now: datetime) -> None:
    """Raise `Invalid` for what has not happened yet."""
    if at > now:
        raise Invalid(
            N_("{moment} is still to come."), N_("Give the day on which it happened."), moment=at.date().isoformat()
        )
