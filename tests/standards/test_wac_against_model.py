"""The access decision agrees with an independent model on random trees, rules, agents, groups and origins."""

import pyoxigraph as ox
from hypothesis import given, settings
from hypothesis import strategies as st
from wac_model import Authorization, Condition, Who, World, may

from pod_app.standards import wac
from pod_app.standards.addresses import Address
from pod_app.standards.namespaces import ACL, FOAF, RDF, VCARD

BASE = "http://localhost:8000/"
PATHS = ["", "a", "b/", "b/x", "b/c/", "b/c/y"]
PEOPLE = ["https://ann.example/#me", "https://bob.example/#me"]
CLIENTS = ["https://app.example/id", "https://other.example/id"]
ISSUERS = ["https://login.example/", "https://elsewhere.example/"]
ORIGINS = ["https://app.example", "https://other.example:8443"]
OUTSIDE = ["https://groups.example/1#us", "https://groups.example/2#us"]
INLINE = ["#inline", "_:blank"]
WORDS = {
    "foaf:Agent": FOAF["Agent"],
    "acl:AuthenticatedAgent": ACL["AuthenticatedAgent"],
    "acl:Unknown": ACL["Unknown"],
}


def some(values, least=0, most=2):
    return st.lists(st.sampled_from(values), min_size=least, max_size=most, unique=True)


def rarely(values):
    return st.one_of(st.just([]), st.just([]), some(values))


def now_and_then(strategy, otherwise):
    """`otherwise` three times out of four, so that most rules are whole and concern what is asked about."""
    return st.integers(0, 3).flatmap(lambda dice: strategy if dice == 0 else st.just(otherwise))


conditions = st.builds(
    Condition,
    st.sampled_from(["client", "issuer", "weather"]),
    some([*CLIENTS, *ISSUERS]),
    rarely(OUTSIDE + INLINE),
    st.sampled_from([False, False, False, True]),
)


@st.composite
def authorizations(draw, holder):
    return Authorization(
        typed=draw(st.integers(0, 15)) > 0,
        access_to=draw(now_and_then(some(PATHS), [holder])),
        default=draw(now_and_then(some(PATHS), [holder])),
        mode=draw(some(["Read", "Write", "Append", "Control", "Fly"], least=1, most=3)),
        agent=draw(some(PEOPLE)),
        agent_group=draw(rarely(OUTSIDE + INLINE)),
        agent_class=draw(rarely(list(WORDS))),
        origin=draw(rarely(ORIGINS)),
        condition=draw(now_and_then(st.lists(conditions, min_size=1, max_size=2), [])),
    )


@st.composite
def worlds(draw):
    holders = draw(st.lists(st.sampled_from(PATHS), min_size=1, max_size=3, unique=True))
    acls = {holder: draw(st.lists(authorizations(holder), min_size=1, max_size=4)) for holder in holders}
    groups = {group: draw(some(PEOPLE + CLIENTS + ISSUERS)) for group in OUTSIDE + INLINE}
    return World(acls, groups, strict_origin=draw(st.integers(0, 3)) == 0)


agents = st.builds(
    Who,
    st.sampled_from([None, *PEOPLE]),
    st.sampled_from([None, *CLIENTS]),
    st.sampled_from([None, *ISSUERS]),
    st.sampled_from([None, *ORIGINS, "https://evil.example"]),
)


def address(path):
    return Address("ann", path)


def iri(path):
    return ox.NamedNode(address(path).iri(BASE))


def quads_of(world, holder):
    """The ACL document of `holder`, with its groups inside where they belong to it."""
    here = address(holder).acl.iri(BASE)
    nodes = {"#inline": ox.NamedNode(f"{here}#inline"), "_:blank": ox.BlankNode("blank")}
    quads = [
        ox.Quad(nodes[group], VCARD["hasMember"], ox.NamedNode(member))
        for group in INLINE
        for member in world.groups[group]
    ]

    def group_node(group):
        return nodes.get(group) or ox.NamedNode(group)

    def add(subject, predicate, values):
        quads.extend(ox.Quad(subject, ACL[predicate], value) for value in values)

    for number, rule in enumerate(world.acls[holder]):
        subject = ox.NamedNode(f"{here}#r{number}") if number % 2 else ox.BlankNode(f"r{number}")
        if rule.typed:
            quads.append(ox.Quad(subject, RDF["type"], ACL["Authorization"]))
        add(subject, "accessTo", map(iri, rule.access_to))
        add(subject, "default", map(iri, rule.default))
        add(subject, "mode", [ACL[mode] for mode in rule.mode])
        add(subject, "agent", map(ox.NamedNode, rule.agent))
        add(subject, "agentGroup", map(group_node, rule.agent_group))
        add(subject, "agentClass", [WORDS[word] for word in rule.agent_class])
        add(subject, "origin", map(ox.NamedNode, rule.origin))
        for position, condition in enumerate(rule.condition):
            node = ox.BlankNode(f"c{number}-{position}")
            add(subject, "condition", [node])
            quads.append(ox.Quad(node, RDF["type"], ACL[f"{condition.kind.capitalize()}Condition"]))
            add(node, condition.kind, map(ox.NamedNode, condition.values))
            add(node, f"{condition.kind}Group", map(group_node, condition.groups))
            add(node, f"{condition.kind}Class", [FOAF["Agent"]] if condition.anyone else [])
    return quads


def granted(world, who, path):
    """What the program grants: it finds the document as its callers do, and reads it as they do."""
    found = [one for one in (address(path), *address(path).ancestors()) if one.path in world.acls]
    if not found:
        return frozenset()
    holder = found[0]
    rules = wac.load(wac.dump(wac.parse(quads_of(world, holder.path), holder.acl.iri(BASE))))
    return wac.granted(
        rules,
        address(path).iri(BASE),
        inherited_from=None if holder.path == path else holder.iri(BASE),
        agent=wac.Agent(who.webid, who.client, who.issuer, who.origin),
        is_member=lambda group, who: who in world.groups.get(group, ()),
        strict_origin=world.strict_origin,
    )


@settings(max_examples=300, deadline=None)
@given(worlds(), agents)
def test_p_the_decision_agrees_with_the_model_for_every_resource_and_mode(world, who):
    for path in PATHS:
        modes = granted(world, who, path)
        for mode in wac.Mode:
            assert (mode in modes) == may(world, who, mode.value.capitalize(), path), (path, mode)


@settings(max_examples=100, deadline=None)
@given(worlds(), agents)
def test_p5_proving_who_one_is_never_takes_away_what_everybody_may(world, who):
    for path in PATHS:
        everybody = granted(world, Who(origin=who.origin, client=who.client, issuer=who.issuer), path)
        if who.origin is None:
            assert everybody <= granted(world, who, path)


@settings(max_examples=100, deadline=None)
@given(worlds(), agents)
def test_p7_an_origin_only_ever_restricts(world, who):
    free = Who(who.webid, who.client, who.issuer)
    for path in PATHS:
        assert granted(world, who, path) <= granted(world, free, path)


@settings(max_examples=100, deadline=None)
@given(worlds(), agents)
def test_s21_without_any_document_nobody_may_do_anything(world, who):
    for path in PATHS:
        assert not granted(World({}, world.groups), who, path)
