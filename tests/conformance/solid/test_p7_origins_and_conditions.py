"""Origins and conditions in access rules (solid.md P7, P18)."""

import pytest
from fixtures_pods import ACL, TEXT, links, settled, written

from pod_app.standards.addresses import Address
from pod_app.standards.wac import Agent, Mode

BOX = "/alice/private/"
HERE = "https://garden.example/alice/private/"
APP = "https://app.example"
CONDITION = f"{ACL}condition"


def by_origin(person, *origins):
    named = " ; ".join(f"<{ACL}origin> <{origin}>" for origin in origins)
    return (
        f"<#o> a <{ACL}Authorization>; <{ACL}agent> <{person.webid}>; <{ACL}accessTo> <{HERE}t.txt>; "
        f"<{ACL}mode> <{ACL}Read>; {named} ."
    )


def test_p7_an_origin_counts_once_a_rule_names_one(village):
    alice, bob, _ = village
    alice.grant(TEXT, (bob.webid, "Read"), default=False)
    assert bob.get(TEXT, Origin="https://tester.example").status_code == 200
    written(alice, TEXT, by_origin(bob, APP))
    assert bob.get(TEXT).status_code == 200
    assert bob.get(TEXT, Origin=APP).status_code == 200
    assert bob.get(TEXT, Origin="https://evil.example").status_code == 403
    assert bob.get(TEXT, Origin=f"{APP}.evil.example").status_code == 403
    assert bob.get(TEXT, Origin="null").status_code == 403
    assert alice.get(TEXT, Origin="https://evil.example").status_code == 200


def test_p7_what_is_given_to_everybody_from_one_origin_is_given_to_nobody_from_another(village):
    alice, bob, stranger = village
    everybody = f"<{ACL}agentClass> <http://xmlns.com/foaf/0.1/Agent>"
    written(alice, TEXT, by_origin(bob, APP).replace(f"<{ACL}agent> <{bob.webid}>", everybody))
    for person, refused in ((bob, 403), (stranger, 401)):
        assert person.get(TEXT, Origin=APP).status_code == 200
        assert person.get(TEXT, Origin="https://evil.example").status_code == refused


def test_p7_what_everybody_may_do_is_bound_to_no_origin(village):
    alice, bob, stranger = village
    alice.grant(TEXT, ("public", "Read"), default=False)
    for person in (bob, stranger):
        assert person.get(TEXT, Origin="https://evil.example").status_code == 200


def test_p7_strict_installations_ask_for_the_origin_always_save_of_those_they_trust(make_installation):
    alice, bob, stranger = settled(make_installation(strict_origin=True, trusted_origins=(APP,)))
    alice.grant(TEXT, (bob.webid, "Read"), default=False)
    assert bob.get(TEXT).status_code == 200
    assert bob.get(TEXT, Origin=APP).status_code == 200
    assert bob.get(TEXT, Origin="https://tester.example").status_code == 403
    assert stranger.get("/alice/profile/card", Origin="https://tester.example").status_code == 200


def conditional(kind, detail):
    return (
        f"<#c> a <{ACL}Authorization>; <{ACL}agentClass> <http://xmlns.com/foaf/0.1/Agent>; "
        f"<{ACL}accessTo> <{HERE}t.txt>; <{ACL}mode> <{ACL}Read>; "
        f"<{CONDITION}> [ a <{ACL}{kind}>; {detail} ] ."
    )


@pytest.mark.parametrize(
    ("kind", "detail", "agent", "may"),
    [
        ("ClientCondition", f"<{ACL}client> <https://app.example/id>", Agent(client="https://app.example/id"), True),
        ("ClientCondition", f"<{ACL}client> <https://app.example/id>", Agent(client="https://other.example/id"), False),
        ("ClientCondition", f"<{ACL}client> <https://app.example/id>", Agent(), False),
        ("ClientCondition", f"<{ACL}clientClass> <http://xmlns.com/foaf/0.1/Agent>", Agent(), True),
        ("ClientCondition", f"<{ACL}clientGroup> <{HERE}apps#all>", Agent(client="https://app.example/id"), True),
        ("IssuerCondition", f"<{ACL}issuer> <https://login.example/>", Agent(issuer="https://login.example/"), True),
        ("IssuerCondition", f"<{ACL}issuer> <https://login.example/>", Agent(issuer="https://evil.example/"), False),
        ("IssuerCondition", f"<{ACL}issuer> <https://login.example/>", Agent(client="https://app.example/id"), False),
        ("WeatherCondition", f"<{ACL}client> <https://app.example/id>", Agent(), True),
    ],
)
def test_p18_a_rule_counts_only_where_all_its_announced_conditions_hold(alice, kind, detail, agent, may):
    group = "<#all> <http://www.w3.org/2006/vcard/ns#hasMember> <https://app.example/id>."
    alice.put(f"{BOX}apps", group.encode())
    written(alice, TEXT, conditional(kind, detail))
    decision = alice.installation.services.resources.decide(
        Agent("https://bob.example/#me", agent.client, agent.issuer), Address("alice", "private/t.txt")
    )
    assert decision.allows(Mode.READ) == may


def test_p18_the_conditions_that_count_are_announced_on_the_rules(alice):
    for method in ("GET", "HEAD"):
        told = links(alice(method, "/alice/.acl"), CONDITION)
        assert told == [f"{ACL}ClientCondition", f"{ACL}IssuerCondition"]
    assert links(alice.get(TEXT), CONDITION) == []
