"""Web Access Control: what one ACL document lets an agent do (solid.md P; https://solidproject.org/TR/wac).

`parse` compiles a document once, when it is stored; `granted` decides from the compiled rules. Which
document counts (P1) is for the caller, who knows what stands where. Nothing here grants by default:
a rule that cannot be understood whole is left out, and a document that cannot be read raises.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

import pyoxigraph as ox

from pod_app.errors import N_, Damaged, Invalid
from pod_app.standards import addresses
from pod_app.standards.namespaces import ACL, FOAF, RDF, VCARD


class Mode(StrEnum):
    """What may be done, in the order in which `WAC-Allow` lists it."""

    READ = "read"
    WRITE = "write"
    APPEND = "append"
    CONTROL = "control"


@dataclass(frozen=True, slots=True)
class Agent:
    """Who asks, through which client, vouched for by which issuer, from which web origin; all proven by the caller."""

    webid: str | None = None
    client: str | None = None
    issuer: str | None = None
    origin: str | None = None


ANONYMOUS: Final = Agent()


@dataclass(frozen=True, slots=True)
class Condition:
    """One `acl:condition` of a type that we announce (P18): `attribute` of the agent must be among its values."""

    attribute: str
    values: frozenset[str]
    groups: frozenset[str]
    anyone: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """One `acl:Authorization`; IRIs everywhere, those of resources in canonical spelling.

    `inline_members` belong to groups that the ACL document itself describes (P6).
    """

    access_to: frozenset[str]
    default: frozenset[str]
    modes: frozenset[Mode]
    agents: frozenset[str]
    groups: frozenset[str]
    classes: frozenset[str]
    origins: frozenset[str]
    inline_members: frozenset[str]
    conditions: tuple[Condition, ...] = ()


class Operation(StrEnum):
    """What a request does, seen from access control; see `required` and `required_for_patch`."""

    READ = "read"
    WRITE_EXISTING = "write-existing"
    CREATE = "create"
    APPEND = "append"
    DELETE_DOCUMENT = "delete-document"
    DELETE_CONTAINER = "delete-container"
    CONTROL = "control"


@dataclass(frozen=True, slots=True)
class Needs:
    """Modes needed on the target and on the container around it; Write satisfies Append."""

    target: frozenset[Mode]
    parent: frozenset[Mode] = frozenset()


IsMember = Callable[[str, str], bool]
Modes = Iterable[Mode | str]

NOBODY: Final = ""
EVERYBODY: Final = FOAF["Agent"].value
AUTHENTICATED: Final = ACL["AuthenticatedAgent"].value
CONDITION_TYPES: Final = (ACL["ClientCondition"].value, ACL["IssuerCondition"].value)
"""Types to announce with `Link rel="http://www.w3.org/ns/auth/acl#condition"` on an effective ACL (P18)."""

_MODES: Final = MappingProxyType({ACL[mode.value.capitalize()]: mode for mode in Mode})
_ATTRIBUTES: Final = MappingProxyType({ACL["ClientCondition"]: "client", ACL["IssuerCondition"]: "issuer"})
_REQUIRED: Final[Mapping[Operation, Needs]] = MappingProxyType(
    {
        Operation.READ: Needs(frozenset({Mode.READ})),
        Operation.WRITE_EXISTING: Needs(frozenset({Mode.WRITE})),
        Operation.CREATE: Needs(frozenset({Mode.WRITE}), frozenset({Mode.APPEND})),
        Operation.APPEND: Needs(frozenset({Mode.APPEND})),
        Operation.DELETE_DOCUMENT: Needs(frozenset({Mode.WRITE}), frozenset({Mode.WRITE})),
        Operation.DELETE_CONTAINER: Needs(frozenset({Mode.READ, Mode.WRITE}), frozenset({Mode.WRITE})),
        Operation.CONTROL: Needs(frozenset({Mode.CONTROL})),
    }
)


def required(operation: Operation) -> Needs:
    """Look up the modes of the table P8; APPEND is a POST, whose target is the container itself."""
    return _REQUIRED[operation]


def required_for_patch(*, creates: bool, deletes: bool, where: bool) -> Needs:
    """Modes of P8 and I10 for a PATCH by what it contains; one that only inserts, or is empty, needs Append."""
    target = {Mode.APPEND}
    if where:
        target.add(Mode.READ)
    if deletes:
        target |= {Mode.READ, Mode.WRITE}
    return Needs(frozenset(target), frozenset({Mode.APPEND}) if creates else frozenset())


def parse(quads: Iterable[ox.Quad], acl_iri: str) -> tuple[Rule, ...]:
    """Compile an ACL document (its default graph) that stands at `acl_iri`.

    Rules that are not complete (P3), and modes that are unknown (P4), are left out without error. The
    result is in a fixed order.
    """
    document = _Document(quads, acl_iri)
    rules = (document.rule(subject) for subject in document.subjects())
    return tuple(sorted((rule for rule in rules if rule is not None), key=lambda rule: json.dumps(_to_json(rule))))


class _Document:
    """The triples of an ACL by subject and predicate."""

    def __init__(self, quads: Iterable[ox.Quad], acl_iri: str) -> None:
        parts = urlsplit(acl_iri)
        self._base_url = f"{parts.scheme}://{parts.netloc}/"
        self._iri = acl_iri.partition("#")[0]
        self._objects: dict[tuple[object, object], list[object]] = {}
        for quad in quads:
            if quad.graph_name == ox.DefaultGraph():
                self._objects.setdefault((quad.subject, quad.predicate), []).append(quad.object)

    def subjects(self) -> list[object]:
        """Whatever is typed `acl:Authorization`."""
        return [
            subject
            for (subject, predicate), objects in self._objects.items()
            if predicate == RDF["type"] and ACL["Authorization"] in objects
        ]

    def rule(self, subject: object) -> Rule | None:
        """One rule, unless it is incomplete."""
        groups, members = self._groups(subject, "agentGroup")
        conditions = [self._conditions(node) for node in self._all(subject, "condition")]
        rule = Rule(
            access_to=frozenset(map(self._canonical, self._iris(subject, "accessTo"))),
            default=frozenset(map(self._canonical, self._iris(subject, "default"))),
            modes=frozenset(mode for node, mode in _MODES.items() if node in self._all(subject, "mode")),
            agents=self._iris(subject, "agent"),
            groups=groups,
            classes=self._iris(subject, "agentClass"),
            origins=frozenset(iri.removesuffix("/") for iri in self._iris(subject, "origin")),
            inline_members=members,
            conditions=tuple(sorted((one for some in conditions for one in some or ()), key=_condition_to_json)),
        )
        return rule if None not in conditions and _complete(rule) else None

    def _conditions(self, node: object) -> list[Condition] | None:
        """Read what a condition asks, as far as we announce its types; None when it is not described at all."""
        types = self._objects.get((node, RDF["type"]), [])
        attributes = [attribute for kind, attribute in _ATTRIBUTES.items() if kind in types]
        return [self._condition(node, attribute) for attribute in attributes] if types else None

    def _condition(self, node: object, attribute: str) -> Condition:
        groups, members = self._groups(node, f"{attribute}Group")
        anyone = EVERYBODY in self._iris(node, f"{attribute}Class")
        return Condition(attribute, self._iris(node, attribute) | members, groups, anyone)

    def _groups(self, subject: object, name: str) -> tuple[frozenset[str], frozenset[str]]:
        """Tell groups described elsewhere from the members of those described here (P6)."""
        nodes = self._all(subject, name)
        here = [node for node in nodes if isinstance(node, ox.BlankNode) or self._is_here(node)]
        outside = frozenset(node.value for node in nodes if isinstance(node, ox.NamedNode) and node not in here)
        members = [member for node in here for member in self._objects.get((node, VCARD["hasMember"]), [])]
        named = frozenset(member.value for member in members if isinstance(member, ox.NamedNode))
        # A group without members still names somebody, so that its rule is not taken for one about origins only.
        return outside, named or frozenset({NOBODY} if here else ())

    def _is_here(self, node: object) -> bool:
        return isinstance(node, ox.NamedNode) and node.value.partition("#")[0] == self._iri

    def _all(self, subject: object, name: str) -> list[object]:
        return self._objects.get((subject, ACL[name]), [])

    def _iris(self, subject: object, name: str) -> frozenset[str]:
        return frozenset(node.value for node in self._all(subject, name) if isinstance(node, ox.NamedNode))

    def _canonical(self, iri: str) -> str:
        """Another spelling of one of our addresses names the same resource (C6)."""
        address = None if "#" in iri or "?" in iri else addresses.of_iri(iri, self._base_url)
        return address.iri(self._base_url) if address is not None else iri


def _complete(rule: Rule) -> bool:
    subjects = rule.agents | rule.groups | rule.classes | rule.origins | rule.inline_members
    return bool((rule.access_to or rule.default) and rule.modes and subjects)


def granted(
    rules: Sequence[Rule],
    target_iri: str,
    *,
    inherited_from: str | None,
    agent: Agent,
    is_member: IsMember,
    strict_origin: bool = False,
    trusted_origins: frozenset[str] = frozenset(),
) -> frozenset[Mode]:
    """Modes that an effective ACL grants to `agent` on `target_iri`, Append beside every Write (P2 to P7, P18).

    `inherited_from` is the container whose ACL it is, or nothing for the target's own.
    `is_member(group, iri)` tells about groups described elsewhere. A request from a web origin needs a
    rule that names this origin once any applicable rule names one, or always with `strict_origin`;
    what everybody may do from anywhere needs none.
    """
    applicable = [
        rule
        for rule in rules
        if _concerns(rule, target_iri, inherited_from) and _conditions_hold(rule, agent, is_member)
    ]
    mine = [rule for rule in applicable if _names(rule, agent, is_member)]
    modes = _modes(mine)
    if agent.origin is None or agent.origin in trusted_origins:
        return modes
    bound = [rule for rule in applicable if rule.origins and (rule in mine or _names_only_origins(rule))]
    if not bound and not strict_origin:
        return modes
    public = [rule for rule in mine if EVERYBODY in rule.classes and not rule.origins]
    return _modes(public) | (modes & _modes(rule for rule in bound if agent.origin in rule.origins))


def _concerns(rule: Rule, target_iri: str, inherited_from: str | None) -> bool:
    return target_iri in rule.access_to if inherited_from is None else inherited_from in rule.default


def _names(rule: Rule, agent: Agent, is_member: IsMember) -> bool:
    if EVERYBODY in rule.classes:
        return True
    webid = agent.webid
    if not webid:
        return False
    if AUTHENTICATED in rule.classes or webid in rule.agents or webid in rule.inline_members:
        return True
    return any(is_member(group, webid) for group in sorted(rule.groups))


def _names_only_origins(rule: Rule) -> bool:
    return not (rule.agents or rule.groups or rule.classes or rule.inline_members)


def _conditions_hold(rule: Rule, agent: Agent, is_member: IsMember) -> bool:
    return all(_holds(condition, agent, is_member) for condition in rule.conditions)


def _holds(condition: Condition, agent: Agent, is_member: IsMember) -> bool:
    value = agent.client if condition.attribute == "client" else agent.issuer
    if condition.anyone:
        return True
    if value is None:
        return False
    return value in condition.values or any(is_member(group, value) for group in sorted(condition.groups))


def _modes(rules: Iterable[Rule]) -> frozenset[Mode]:
    modes = frozenset[Mode]().union(*(rule.modes for rule in rules))
    return modes | {Mode.APPEND} if Mode.WRITE in modes else modes


@lru_cache(maxsize=16)
def listed(modes: frozenset[Mode]) -> str:
    """Modes as words, in their order."""
    return " ".join(mode.value for mode in Mode if mode in modes)


def write_rules(
    iri: str,
    *,
    owners: Iterable[str],
    readers: Iterable[str] = (),
    agents: Mapping[str, Modes] = MappingProxyType({}),
    groups: Mapping[str, Modes] = MappingProxyType({}),
    public: Modes = (),
    authenticated: Modes = (),
    inherit_public: bool = True,
) -> str:
    """Turtle of the ACL of `iri`: owners with Read, Write and Control, and whoever else is named.

    A container's rules also hold for what it will contain, except those for everybody when
    `inherit_public` is false. Raises `Invalid` for an IRI that is none.
    """
    owned = (Mode.READ, Mode.WRITE, Mode.CONTROL)
    entries: list[tuple[str, str, Iterable[str], Modes, bool]] = [
        ("owners", "agent", owners, owned, True),
        ("readers", "agent", readers, (Mode.READ,), True),
        *((f"agent{n}", "agent", [who], modes, True) for n, (who, modes) in enumerate(agents.items(), 1)),
        *((f"group{n}", "agentGroup", [who], modes, True) for n, (who, modes) in enumerate(groups.items(), 1)),
        ("authenticated", "agentClass", [AUTHENTICATED], authenticated, inherit_public),
        ("public", "agentClass", [EVERYBODY], public, inherit_public),
    ]
    try:
        triples = [triple for entry in entries for triple in _entry(iri, *entry)]
    except ValueError as error:
        raise Invalid(N_("Access cannot be given to that: {problem}."), N_("Name an IRI."), problem=error) from error
    prefixes = {"acl": ACL.iri, "foaf": FOAF.iri}
    return (ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=prefixes) or b"").decode()


def _entry(iri: str, name: str, kind: str, agents: Iterable[str], modes: Modes, inherited: bool) -> list[ox.Triple]:  # noqa: FBT001  # a row of the table above
    who, what = list(agents), [ACL[Mode(mode).value.capitalize()] for mode in modes]
    if not who or not what:
        return []
    subject, target = ox.NamedNode(f"{iri}.acl#{name}"), ox.NamedNode(iri)
    triples = [ox.Triple(subject, RDF["type"], ACL["Authorization"]), ox.Triple(subject, ACL["accessTo"], target)]
    if inherited and iri.endswith("/"):
        triples.append(ox.Triple(subject, ACL["default"], target))
    triples += [ox.Triple(subject, ACL[kind], ox.NamedNode(one)) for one in who]
    return triples + [ox.Triple(subject, ACL["mode"], mode) for mode in what]


def dump(rules: Sequence[Rule]) -> str:
    """JSON of compiled rules, equal for equal rules; `load` reads it."""
    return json.dumps([_to_json(rule) for rule in rules], separators=(",", ":"))


@lru_cache(maxsize=1024)
def load(text: str) -> tuple[Rule, ...]:
    """Rules that `dump` wrote; raises `Damaged` for anything else, so that a spoilt row never grants (S21)."""
    try:
        return tuple(_from_json(entry) for entry in json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Damaged(
            N_("Stored access rules cannot be read: {problem}."),
            N_("Run pod_app doctor; until then nobody is let in there."),
            problem=error,
        ) from error


@lru_cache(maxsize=1024)
def groups_of(text: str) -> frozenset[str]:
    """IRIs of the groups described elsewhere that rules name, in their conditions too; none where they are spoilt."""
    try:
        rules = load(text)
    except Damaged:
        return frozenset()
    named = [rule.groups.union(*(one.groups for one in rule.conditions)) for rule in rules]
    return frozenset().union(*named)


_SETS: Final = ("access_to", "default", "agents", "groups", "classes", "origins", "inline_members")


def _to_json(rule: Rule) -> dict[str, Any]:
    entry: dict[str, Any] = {name: sorted(getattr(rule, name)) for name in _SETS}
    return entry | {
        "modes": listed(rule.modes).split(),
        "conditions": [_condition_to_json(c) for c in rule.conditions],
    }


def _condition_to_json(condition: Condition) -> list[Any]:
    return [condition.attribute, sorted(condition.values), sorted(condition.groups), condition.anyone]


def _from_json(entry: Mapping[str, Any]) -> Rule:
    sets = {name: frozenset[str](entry[name]) for name in _SETS}
    conditions = tuple(
        Condition(attribute, frozenset(values), frozenset(groups), anyone)
        for attribute, values, groups, anyone in entry["conditions"]
    )
    return Rule(modes=frozenset(map(Mode, entry["modes"])), conditions=conditions, **sets)
