"""Web Access Control, sentence by sentence (solid.md P; trust.md S20, S21)."""

import pyoxigraph as ox
import pytest

from pod_app.errors import Damaged, Invalid
from pod_app.standards import rdf, wac
from pod_app.standards.wac import ANONYMOUS, Agent, Mode, Operation

BASE = "http://localhost:8000/"
DOCUMENT = f"{BASE}alice/notes"
CONTAINER = f"{BASE}alice/c/"
ALICE = f"{BASE}alice/profile/card#me"
BOB = "https://bob.example/profile#me"
READ, WRITE, APPEND, CONTROL = Mode.READ, Mode.WRITE, Mode.APPEND, Mode.CONTROL
PREFIXES = """@prefix acl: <http://www.w3.org/ns/auth/acl#> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix vcard: <http://www.w3.org/2006/vcard/ns#> . """
HERE = "[] a acl:Authorization; acl:accessTo <notes>; "


def rules_of(turtle, iri=DOCUMENT):
    acl = f"{iri}.acl"
    return wac.parse(rdf.parse((PREFIXES + turtle).encode(), rdf.TURTLE, acl), acl)


def modes(turtle, agent=ANONYMOUS, iri=DOCUMENT, *, inherited_from=None, groups=None, **options):
    rules = rules_of(turtle, inherited_from or iri)
    return wac.granted(
        rules,
        iri,
        inherited_from=inherited_from,
        agent=agent,
        is_member=lambda group, webid: webid in (groups or {}).get(group, ()),
        **options,
    )


BOBS = Agent(webid=BOB)
FOR_BOB = f"{HERE}acl:agent <{BOB}>; acl:mode "


def test_p2_access_to_does_not_inherit_and_default_is_not_for_the_container_itself():
    text = f"[] a acl:Authorization; acl:accessTo <{CONTAINER}>; acl:agent <{BOB}>; acl:mode acl:Read . "
    below = f"[] a acl:Authorization; acl:default <{CONTAINER}>; acl:agent <{BOB}>; acl:mode acl:Append ."
    assert modes(text + below, BOBS, CONTAINER) == {READ}
    assert modes(text + below, BOBS, f"{CONTAINER}x", inherited_from=CONTAINER) == {APPEND}
    assert modes(text + below, BOBS, f"{CONTAINER}d/x", inherited_from=CONTAINER) == {APPEND}


def test_p2_a_default_of_another_container_does_not_count():
    text = f"[] a acl:Authorization; acl:default <{BASE}alice/>; acl:agent <{BOB}>; acl:mode acl:Read ."
    assert modes(text, BOBS, f"{CONTAINER}x", inherited_from=CONTAINER) == set()


@pytest.mark.parametrize(
    "turtle",
    [
        f"[] acl:accessTo <notes>; acl:agent <{BOB}>; acl:mode acl:Read .",
        f"[] a acl:Other; acl:accessTo <notes>; acl:agent <{BOB}>; acl:mode acl:Read .",
        f"[] a acl:Authorization; acl:agent <{BOB}>; acl:mode acl:Read .",
        f"{HERE}acl:agent <{BOB}> .",
        f"{HERE}acl:mode acl:Read .",
        f"[] a acl:Authorization; acl:accessTo 'notes'; acl:agent <{BOB}>; acl:mode acl:Read .",
        f"{HERE}acl:agent '{BOB}'; acl:mode acl:Read .",
        f"[] a acl:Authorization; acl:accessTo <notes#part>; acl:agent <{BOB}>; acl:mode acl:Read .",
        f"{HERE}acl:agent <{BOB}>; acl:mode acl:Fly, 'Read', ( acl:Read ) .",
        f"{HERE}acl:agentClass <{BOB}>; acl:mode acl:Read .",
        f"{HERE}acl:agent <{BOB}>; acl:mode acl:read .",
        "",
    ],
)
def test_p3_p4_s21_a_rule_that_is_not_whole_grants_nothing(turtle):
    assert modes(turtle, BOBS) == set()


def test_p4_write_implies_append_and_control_implies_nothing():
    assert modes(f"{FOR_BOB} acl:Write .", BOBS) == {WRITE, APPEND}
    assert modes(f"{FOR_BOB} acl:Control .", BOBS) == {CONTROL}
    assert modes(f"{FOR_BOB} acl:Read, acl:Fly .", BOBS) == {READ}


def test_p5_agents_are_named_exactly():
    turtle = f"{FOR_BOB} acl:Read ."
    assert modes(turtle, BOBS) == {READ}
    for other in (ANONYMOUS, Agent(BOB.upper()), Agent(f"{BOB}2"), Agent(BOB.partition("#")[0]), Agent("")):
        assert modes(turtle, other) == set()


def test_p5_everybody_and_everybody_who_signed_in_differ():
    everybody = f"{HERE}acl:agentClass foaf:Agent; acl:mode acl:Read ."
    signed_in = everybody.replace("foaf:Agent", "acl:AuthenticatedAgent")
    assert modes(everybody) == modes(everybody, BOBS) == {READ}
    assert modes(signed_in) == set()
    assert modes(signed_in, BOBS) == {READ}


def test_p5_a_group_elsewhere_is_asked_about_and_fails_closed():
    turtle = f"{HERE}acl:agentGroup <https://g.example/x#us>; acl:mode acl:Read ."
    assert modes(turtle, BOBS, groups={"https://g.example/x#us": [BOB]}) == {READ}
    assert modes(turtle, BOBS) == set()
    assert modes(turtle, ANONYMOUS, groups={"https://g.example/x#us": [None]}) == set()


@pytest.mark.parametrize(
    "turtle",
    [
        f"<#g> a vcard:Group; vcard:hasMember <{BOB}> . {HERE}acl:agentGroup <#g>; acl:mode acl:Read .",
        f"{HERE}acl:agentGroup [ vcard:hasMember <{BOB}> ]; acl:mode acl:Read .",
    ],
)
def test_p6_a_group_may_be_described_in_the_document_itself(turtle):
    assert modes(turtle, BOBS) == {READ}
    assert modes(turtle, Agent(ALICE)) == set()


def test_p6_a_group_of_another_document_is_not_believed_here():
    group = f"<https://g.example/x#us> vcard:hasMember <{BOB}> ."
    turtle = f"{group} {HERE}acl:agentGroup <https://g.example/x#us>; acl:mode acl:Read ."
    assert modes(turtle, BOBS) == set()


FROM_APP = Agent(BOB, origin="https://app.example")
FROM_EVIL = Agent(BOB, origin="https://evil.example")


def test_p7_an_origin_that_no_rule_names_restricts_nobody_unless_strict():
    turtle = f"{FOR_BOB} acl:Read ."
    assert modes(turtle, FROM_EVIL) == {READ}
    assert modes(turtle, FROM_EVIL, strict_origin=True) == set()
    assert modes(turtle, FROM_EVIL, strict_origin=True, trusted_origins=frozenset({"https://evil.example"})) == {READ}
    assert modes(turtle, BOBS, strict_origin=True) == {READ}


def test_p7_a_named_origin_restricts_the_agent_of_the_rule():
    turtle = f"{FOR_BOB} acl:Read; acl:origin <https://app.example> ."
    assert modes(turtle, FROM_APP) == {READ}
    assert modes(turtle, FROM_EVIL) == set()
    assert modes(turtle, BOBS) == {READ}


def test_p7_a_rule_about_an_origin_alone_lets_nobody_in_and_limits_everybody():
    turtle = f"{HERE}acl:origin <https://app.example/>; acl:mode acl:Read ."
    assert modes(turtle, FROM_APP) == set()
    assert modes(f"{turtle} {FOR_BOB} acl:Read, acl:Write .", FROM_APP) == {READ}
    assert modes(f"{turtle} {FOR_BOB} acl:Read, acl:Write .", FROM_EVIL) == set()


def test_p7_what_the_public_may_do_needs_no_origin():
    public = f"{HERE}acl:agentClass foaf:Agent; acl:mode acl:Read ."
    mine = f"{FOR_BOB} acl:Write; acl:origin <https://app.example> ."
    assert modes(f"{public} {mine}", FROM_EVIL) == {READ}
    assert modes(f"{public} {mine}", FROM_EVIL, strict_origin=True) == {READ}
    assert modes(f"{public} {mine}", FROM_APP) == {READ, WRITE, APPEND}


def test_p7_everybody_from_one_origin_is_not_everybody_from_anywhere():
    turtle = f"{HERE}acl:agentClass foaf:Agent; acl:origin <https://app.example>; acl:mode acl:Read ."
    assert modes(turtle) == {READ}
    for webid in (None, BOB):
        assert modes(turtle, Agent(webid, origin="https://app.example")) == {READ}
        assert modes(turtle, Agent(webid, origin="https://evil.example")) == set()


def test_p7_a_rule_for_an_empty_group_is_not_one_about_origins_alone():
    empty = f"{HERE}acl:agentGroup <#nobody>; acl:origin <https://app.example>; acl:mode acl:Read ."
    assert modes(f"{empty} {FOR_BOB} acl:Read .", FROM_EVIL) == {READ}
    assert modes(empty, Agent("")) == set()


CLIENT = "acl:condition [ a acl:ClientCondition; acl:client <https://app.example/id> ]"


@pytest.mark.parametrize(
    ("condition", "agent", "expected"),
    [
        (CLIENT, Agent(BOB, client="https://app.example/id"), {READ}),
        (CLIENT, Agent(BOB, client="https://other.example/id"), set()),
        (CLIENT, Agent(BOB), set()),
        ("acl:condition [ a acl:ClientCondition; acl:clientClass foaf:Agent ]", Agent(BOB), {READ}),
        ("acl:condition [ a acl:ClientCondition ]", Agent(BOB, client="x:y"), set()),
        (
            "acl:condition [ a acl:IssuerCondition; acl:issuer <https://login.example/> ]",
            Agent(BOB, issuer="https://login.example/"),
            {READ},
        ),
        (
            "acl:condition [ a acl:IssuerCondition; acl:issuer <https://login.example/> ]",
            Agent(BOB, client="https://login.example/"),
            set(),
        ),
        ("acl:condition [ a acl:WeatherCondition; acl:weather 'sunny' ]", Agent(BOB), {READ}),
        ("acl:condition <https://elsewhere.example/condition>", Agent(BOB), set()),
        (
            f"{CLIENT}, [ a acl:IssuerCondition; acl:issuer <https://i.example/> ]",
            Agent(BOB, client="https://app.example/id"),
            set(),
        ),
        (
            f"{CLIENT}, [ a acl:IssuerCondition; acl:issuer <https://i.example/> ]",
            Agent(BOB, client="https://app.example/id", issuer="https://i.example/"),
            {READ},
        ),
        (
            "acl:condition [ a acl:ClientCondition, acl:IssuerCondition; acl:client <c:c>; acl:issuer <i:i> ]",
            Agent(BOB, client="c:c"),
            set(),
        ),
    ],
)
def test_p18_a_rule_with_conditions_counts_only_when_all_announced_ones_hold(condition, agent, expected):
    assert modes(f"{FOR_BOB} acl:Read; {condition} .", agent) == expected


def test_p13_rules_about_other_targets_simply_do_not_match():
    other = f"[] a acl:Authorization; acl:accessTo <https://other.example/x>; acl:agent <{BOB}>; acl:mode acl:Read ."
    turtle = f"{other} {FOR_BOB} acl:Append ."
    assert modes(turtle, BOBS) == {APPEND}


@pytest.mark.parametrize("spelling", ["caf%c3%a9", "caf\u00e9", "c%61f%C3%A9", f"{BASE}alice/caf%C3%A9"])
def test_c6_another_spelling_of_a_target_names_the_same_resource(spelling):
    turtle = f"[] a acl:Authorization; acl:accessTo <{spelling}>; acl:agent <{BOB}>; acl:mode acl:Read ."
    assert modes(turtle, BOBS, f"{BASE}alice/caf%C3%A9") == {READ}


def test_rules_in_named_graphs_do_not_count():
    iri = f"{DOCUMENT}.acl"
    trig = f"{PREFIXES} <#g> {{ {FOR_BOB} acl:Read . }}"
    assert wac.parse(rdf.parse(trig.encode(), rdf.TRIG, iri), iri) == ()


def test_an_acl_in_json_ld_says_the_same_as_in_turtle():
    iri = f"{DOCUMENT}.acl"
    quads = rdf.parse((PREFIXES + FOR_BOB + "acl:Read, acl:Control .").encode(), rdf.TURTLE, iri)
    again = rdf.parse(rdf.serialize(quads, rdf.JSON_LD), rdf.JSON_LD, iri)
    assert wac.parse(again, iri) == wac.parse(quads, iri)


def test_compiled_rules_survive_the_database_and_do_not_depend_on_the_order_of_triples():
    inherited = "[] a acl:Authorization; acl:default <c/>; acl:agentClass foaf:Agent; acl:mode acl:Append ."
    turtle = f"{FOR_BOB} acl:Read; acl:origin <https://app.example>; {CLIENT} . {inherited}"
    quads = rdf.parse((PREFIXES + turtle).encode(), rdf.TURTLE, f"{DOCUMENT}.acl")
    forward, backward = wac.parse(quads, f"{DOCUMENT}.acl"), wac.parse(quads[::-1], f"{DOCUMENT}.acl")
    assert len(forward) == 2
    assert wac.dump(forward) == wac.dump(backward)
    assert wac.load(wac.dump(forward)) == forward


@pytest.mark.parametrize("text", ["", "{}x", "null", "[1]", "[{}]", '[{"access_to": 3}]', '{"a": 1}', '["x"]'])
def test_s21_a_spoilt_row_raises_instead_of_granting(text):
    with pytest.raises(Damaged):
        wac.load(text)


@pytest.mark.parametrize(
    ("operation", "target", "parent"),
    [
        (Operation.READ, {READ}, set()),
        (Operation.WRITE_EXISTING, {WRITE}, set()),
        (Operation.CREATE, {WRITE}, {APPEND}),
        (Operation.APPEND, {APPEND}, set()),
        (Operation.DELETE_DOCUMENT, {WRITE}, {WRITE}),
        (Operation.DELETE_CONTAINER, {READ, WRITE}, {WRITE}),
        (Operation.CONTROL, {CONTROL}, set()),
    ],
)
def test_p8_every_operation_needs_the_modes_of_the_table(operation, target, parent):
    assert wac.required(operation) == wac.Needs(frozenset(target), frozenset(parent))


@pytest.mark.parametrize(
    ("parts", "target", "parent"),
    [
        ({}, {APPEND}, set()),
        ({"creates": True}, {APPEND}, {APPEND}),
        ({"where": True}, {APPEND, READ}, set()),
        ({"deletes": True}, {APPEND, READ, WRITE}, set()),
        ({"creates": True, "where": True, "deletes": True}, {APPEND, READ, WRITE}, {APPEND}),
    ],
)
def test_p8_i10_a_patch_needs_modes_by_what_it_contains(parts, target, parent):
    flags = {"creates": False, "where": False, "deletes": False} | parts
    assert wac.required_for_patch(**flags) == wac.Needs(frozenset(target), frozenset(parent))


def test_a_written_acl_gives_what_it_was_asked_to_give():
    group = f"{BASE}garden/members/group#members"
    text = wac.write_rules(
        CONTAINER,
        owners=[ALICE],
        readers=[BOB],
        groups={group: ["read", "append"]},
        public=["append"],
        inherit_public=False,
    )
    rules = wac.parse(rdf.parse(text.encode(), rdf.TURTLE, f"{CONTAINER}.acl"), f"{CONTAINER}.acl")

    def on(iri, agent):
        inherited = None if iri == CONTAINER else CONTAINER
        return wac.granted(
            rules,
            iri,
            inherited_from=inherited,
            agent=agent,
            is_member=lambda g, w: (g, w) == (group, "https://carol.example/#me"),
        )

    assert on(CONTAINER, Agent(ALICE)) == set(Mode)
    assert on(f"{CONTAINER}x", Agent(ALICE)) == set(Mode)
    assert on(CONTAINER, BOBS) == {READ, APPEND}
    assert on(f"{CONTAINER}x", BOBS) == {READ}
    assert on(f"{CONTAINER}x", Agent("https://carol.example/#me")) == {READ, APPEND}
    assert on(CONTAINER, ANONYMOUS) == {APPEND}
    assert on(f"{CONTAINER}x", ANONYMOUS) == set()


def test_the_acl_of_a_document_has_no_defaults():
    text = wac.write_rules(DOCUMENT, owners=[ALICE], agents={BOB: [Mode.READ]}, authenticated=["read"], public=["read"])
    rules = wac.parse(ox.parse(text, format=ox.RdfFormat.TURTLE), f"{DOCUMENT}.acl")
    assert len(rules) == 4
    assert not any(rule.default for rule in rules)


@pytest.mark.parametrize("iri", ["", "not an iri", "https://x.example/> . <#evil> a <x:y"])
def test_an_acl_is_never_written_for_what_is_no_iri(iri):
    with pytest.raises(Invalid):
        wac.write_rules(DOCUMENT, owners=[iri])
