"""A second opinion on Web Access Control, written from the specification's sentences alone.

It asks one question, whether an agent may use one mode on one resource, and walks through the rules of the
one document that counts each time. It knows nothing of RDF, of compiled rules or of sets of modes.
"""

from dataclasses import dataclass, field

PUBLIC = "foaf:Agent"
SIGNED_IN = "acl:AuthenticatedAgent"
MODES = ("Read", "Write", "Append", "Control")


@dataclass
class Condition:
    """`kind` is `client`, `issuer`, or another word for a type that the server does not announce."""

    kind: str
    values: list = field(default_factory=list)
    groups: list = field(default_factory=list)
    anyone: bool = False


@dataclass
class Authorization:
    """What stands in an ACL document, with short words for IRIs."""

    typed: bool = True
    access_to: list = field(default_factory=list)
    default: list = field(default_factory=list)
    mode: list = field(default_factory=list)
    agent: list = field(default_factory=list)
    agent_group: list = field(default_factory=list)
    agent_class: list = field(default_factory=list)
    origin: list = field(default_factory=list)
    condition: list = field(default_factory=list)


@dataclass
class Who:
    """The asking agent; every part may be missing."""

    webid: str | None = None
    client: str | None = None
    issuer: str | None = None
    origin: str | None = None


@dataclass
class World:
    """ACL documents by the path of their resource (`""` is the root), members by group."""

    acls: dict
    groups: dict
    strict_origin: bool = False


def container(path):
    """The path of the container around, nothing around the root."""
    if path == "":
        return None
    return "/".join(path.rstrip("/").split("/")[:-1]) + "/" if "/" in path.rstrip("/") else ""


def may(world, who, mode, path):
    """P1: the resource's own ACL document, else the nearest container's above; only that one."""
    holder = path
    while holder not in world.acls:
        holder = container(holder)
        if holder is None:
            return False
    rules = [
        rule for rule in world.acls[holder] if counts(rule) and concerns(rule, path, holder) and holds(world, rule, who)
    ]
    return decide(world, who, mode, rules)


def counts(rule):
    """P3 and P4: typed, with a place, a mode that is known, and somebody."""
    places = rule.access_to + rule.default
    somebody = rule.agent + rule.agent_group + rule.agent_class + rule.origin
    return rule.typed and places and somebody and any(mode in MODES for mode in rule.mode)


def concerns(rule, path, holder):
    """P2: `accessTo` counts in the own document only, `default` in an inherited one only."""
    return path in rule.access_to if holder == path else holder in rule.default


def holds(world, rule, who):
    """P18: all conditions of announced kinds hold, the others are ignored."""
    for condition in rule.condition:
        if condition.kind == "client":
            ok = meets(world, condition, who.client)
        elif condition.kind == "issuer":
            ok = meets(world, condition, who.issuer)
        else:
            ok = True
        if not ok:
            return False
    return True


def meets(world, condition, value):
    if condition.anyone:
        return True
    if value is None:
        return False
    return value in condition.values or any(value in world.groups.get(group, ()) for group in condition.groups)


def names(world, rule, who):
    """P5: everybody, anybody with a WebID, this WebID, or a member of a group."""
    if PUBLIC in rule.agent_class:
        return True
    if who.webid is None:
        return False
    if SIGNED_IN in rule.agent_class or who.webid in rule.agent:
        return True
    return any(who.webid in world.groups.get(group, ()) for group in rule.agent_group)


def gives(rule, mode):
    """P4: Write implies Append, and nothing else implies anything."""
    return mode in rule.mode or (mode == "Append" and "Write" in rule.mode)


def decide(world, who, mode, rules):
    if not any(gives(rule, mode) and names(world, rule, who) for rule in rules):
        return False
    return who.origin is None or origin_may(world, who, mode, rules)


def origin_may(world, who, mode, rules):
    """P7: what the public may do needs no origin; else an origin counts once a rule for this agent names one."""
    if any(gives(rule, mode) and PUBLIC in rule.agent_class and not rule.origin for rule in rules):
        return True
    about_origins = [rule for rule in rules if rule.origin and (names(world, rule, who) or names_nobody(rule))]
    if not about_origins and not world.strict_origin:
        return True
    return any(gives(rule, mode) and who.origin in rule.origin for rule in about_origins)


def names_nobody(rule):
    return not (rule.agent or rule.agent_group or rule.agent_class)
