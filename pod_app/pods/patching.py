"""Change a part of a document: what a patch means for what stands at an address (solid.md I and J).

The work is done twice at most. First over a view that holds nobody up; then, in the transaction of the
write, the result counts only if nobody has changed the document meanwhile, else it is made anew from
what stands now. So every one of many patches at once is applied (G6), and writers wait for none of them.
A small patch that has joined a transaction (ADR 0026) is made there at once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from pod_app.brevity import MOST_BYTES, is_attempt, may_take_long
from pod_app.errors import N_, Conflict, NotFound, UnsupportedMediaType
from pod_app.pods import containment
from pod_app.pods.access import refusal
from pod_app.pods.body import Body
from pod_app.pods.resources import Resources
from pod_app.pods.writing import Writing, Written
from pod_app.standards import patch, rdf, wac
from pod_app.standards.addresses import Address
from pod_app.standards.namespaces import PREFIXES, SEC
from pod_app.standards.patch import Outcome, Patch, Pattern
from pod_app.standards.preconditions import Conditions
from pod_app.standards.wac import Agent, Mode
from pod_app.storage.resources import StoredResource

_SIGNED_TYPES: Final = frozenset({rdf.VC, "application/vc+ld+json"})


@dataclass(frozen=True, slots=True)
class Made:
    """What a patch makes of one state of a resource: `body` is None where it changes nothing."""

    of: StoredResource | None
    body: Body | None

    def still_fits(self, current: StoredResource | None) -> bool:
        """Whether `current` is the state that this was made from."""
        if self.of is None or current is None:
            return self.of is current
        return (self.of.version, self.of.sha256) == (current.version, current.sha256)


class Patching:
    """Applies patches to the resources of one installation."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def apply(self, agent: Agent, address: Address, changes: Patch, conditions: Conditions) -> Written:
        """Change or create the resource at `address`, whole or not at all.

        Raises `Unauthenticated`, `Forbidden`, `PreconditionFailed`, `Conflict` where the patch does not fit what
        is there or touches what is not to be touched, `Violated` where a shape governs, `QuotaExceeded`.
        """
        needs = needed(changes)
        made = None if is_attempt() else self._tried(agent, address, changes, conditions)
        if made is not None and made.body is None and made.of is not None:
            return Written(address, made.of, created=False)

        def within(writing: Writing) -> Written:
            current = writing.admit_patch(address, needs, conditions)
            if made is None and _is_dear(changes, current):
                may_take_long()
            fitting = made
            if fitting is None or not fitting.still_fits(current):
                fitting = self._make(writing, address, changes, current)
            if fitting.body is None and current is not None:
                return Written(address, current, created=False)
            return writing.store_patched(address, fitting.body or containment.EMPTY, current)

        return self._resources.write(agent, within)

    def _tried(self, agent: Agent, address: Address, changes: Patch, conditions: Conditions) -> Made:
        with self._resources.trying(agent) as trial:
            return self._make(trial, address, changes, trial.admit_patch(address, needed(changes), conditions))

    def _make(self, writing: Writing, address: Address, changes: Patch, current: StoredResource | None) -> Made:
        if current is None:
            return self._created(writing, address, changes)
        _refuse_other_syntax(address, current)
        quads = self._resources.quads(address, current)
        _refuse_signed(address, current, quads)
        outcome = patch.apply(changes, _visible(address, quads, self._resources.base_url))
        if not outcome.removed and not outcome.added:
            return Made(current, None)
        kept = _kept(address, quads, outcome, self._resources.base_url)
        writing.refuse_other_profile(address, quads, kept)
        prefixes = {**changes.prefixes, **self._resources.prefixes(address, current)}
        return Made(current, self._body(writing, address, kept, current.media_type, prefixes))

    def _created(self, writing: Writing, address: Address, changes: Patch) -> Made:
        """A document that comes into being by its first patch, as Turtle (I1, I13)."""
        if changes.is_empty:
            raise _nothing_to_change(writing, address)
        outcome = patch.apply(changes, ())
        quads = [_quad(statement) for statement in outcome.statements]
        if address.is_container:
            containment.refuse_managed(address, quads)
        return Made(None, self._body(writing, address, quads, rdf.TURTLE, changes.prefixes))

    def _body(
        self, writing: Writing, address: Address, quads: Iterable[ox.Quad], media_type: str, prefixes: Mapping[str, str]
    ) -> Body:
        data = rdf.serialize(quads, media_type, {**PREFIXES, **prefixes})
        return self._resources.prepare(address, data, media_type, within=writing.conn)


def _is_dear(changes: Patch, current: StoredResource | None) -> bool:
    return changes.has_where or (current is not None and current.size > MOST_BYTES)


def needed(changes: Patch) -> frozenset[Mode]:
    """The modes that the content of a patch asks for (I10, P8); an update with conditions needs Write (J2)."""
    deletes = changes.has_deletes or (changes.has_where and not changes.strict)
    if changes.has_where and changes.strict and not any(one.inserts or one.deletes for one in changes.operations):
        return frozenset({Mode.READ})
    return wac.required_for_patch(creates=False, deletes=deletes, where=changes.has_where).target


def _visible(address: Address, quads: Iterable[ox.Quad], base_url: str) -> list[Pattern]:
    """The statements that a patch is about: the default graph, and what a container says about itself (E11)."""
    found = [_statement(quad) for quad in quads if quad.graph_name == ox.DefaultGraph()]
    if address.is_container:
        found += [_statement(quad) for quad in containment.listing(ox.NamedNode(address.iri(base_url)))]
    return found


def _kept(address: Address, quads: Iterable[ox.Quad], outcome: Outcome, base_url: str) -> list[ox.Quad]:
    """What will be stored: other graphs as they are; of a container only what is its own (E4, E5)."""
    other = [quad for quad in quads if quad.graph_name != ox.DefaultGraph()]
    if not address.is_container:
        return [_quad(statement) for statement in outcome.statements] + other
    containment.refuse_managed(address, (_quad(one) for one in (*outcome.added, *outcome.removed)))
    about_itself = {_statement(quad) for quad in containment.listing(ox.NamedNode(address.iri(base_url)))}
    if about_itself & outcome.removed:
        raise Conflict(
            N_("What kind of container {path} is, is said by the server."),
            N_("Leave that statement as it is."), path=address.target,
        )  # fmt: skip
    return [_quad(one) for one in outcome.statements if one not in about_itself] + other


def _statement(quad: ox.Quad) -> Pattern:
    return quad.subject, quad.predicate, quad.object  # type: ignore[return-value]  # no quoted triples: rdf.parse refuses them


def _quad(statement: Pattern) -> ox.Quad:
    return ox.Quad(*statement)  # type: ignore[arg-type]  # patch.apply leaves no variable behind


def _refuse_other_syntax(address: Address, current: StoredResource) -> None:
    if not rdf.is_rdf(current.media_type):
        raise UnsupportedMediaType(
            N_("{path} is {media_type}: only RDF documents are changed in parts."),
            N_("Replace it as a whole with PUT."), path=address.target, media_type=current.media_type,
        )  # fmt: skip


def _refuse_signed(address: Address, current: StoredResource, quads: Iterable[ox.Quad]) -> None:
    """A signature covers the whole document (contracts.md §1)."""
    bare = current.media_type.partition(";")[0].strip().lower()
    if bare in _SIGNED_TYPES or any(quad.predicate == SEC["proof"] for quad in quads):
        raise Conflict(
            N_("{path} is signed: a change of any part would break its signature."),
            N_("Replace it as a whole with PUT, or have it issued anew."), path=address.target,
        )  # fmt: skip


def _nothing_to_change(writing: Writing, address: Address) -> Exception:
    """Only a reader learns that something is absent (P11)."""
    if not writing.decide(address)[1].allows(Mode.READ):
        return refusal(writing.agent)
    return NotFound(
        N_("There is nothing at {path}."), N_("A patch that adds nothing creates nothing."), path=address.target
    )
