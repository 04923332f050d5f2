"""S20: no rules lock an owner out, and the rules of the root never vanish."""

import pytest
from fixtures_pods import people, rules

BROKEN = [
    (b"<broken", "text/turtle", 400),
    (b"\xff\xfe", "text/turtle", 400),
    (b"{", "application/ld+json", 400),
    (b"x", "text/plain", 415),
    (b"<html>", "text/html", 415),
    (b"x", None, 400),
    (b"(" * 3000, "text/turtle", 422),
]


@pytest.fixture
def alice(installation):
    return people(installation, "alice")[0]


@pytest.mark.parametrize("target", ["/alice/.acl", "/alice/profile/.acl", "/alice/private/.acl"])
@pytest.mark.parametrize(("body", "media_type", "status"), BROKEN)
def test_s20_rules_that_cannot_be_read_change_nothing(alice, target, body, media_type, status):
    before = alice.get(target)
    assert alice.put(target, body, media_type).status_code == status
    after = alice.get(target)
    assert (after.status_code, after.content) == (before.status_code, before.content)
    assert alice.get("/alice/private/").status_code == 200


def test_s20_p14_the_root_is_never_left_to_nobody_who_owns_it(installation):
    alice, bob, _ = people(installation, "alice", "bob")
    before = alice.get("/alice/.acl").content
    for grants in ((), ((bob.webid, "Read Write Control"),), (("public", "Read"),), ((alice.webid, "Read Write"),)):
        answer = alice.put("/alice/.acl", rules(alice.pod.iri, *grants))
        assert answer.status_code == 409
        assert "Control" in answer.json()["detail"]
    below = rules(f"{alice.pod.iri}private/", (alice.webid, "Read Write Control"))
    assert alice.put("/alice/.acl", below).status_code == 409
    assert alice.get("/alice/.acl").content == before


@pytest.mark.parametrize("target", ["/alice/profile/", "/alice/private/"])
def test_s20_an_owner_who_forgets_themselves_gets_back_in(installation, target):
    alice, bob, stranger = people(installation, "alice", "bob")
    for grants in ((), ((bob.webid, "Read Write Control"),), (("public", "Read"),)):
        body = rules(f"{installation.base}{target[1:]}", *grants)
        assert alice.put(f"{target}.acl", body).status_code in {201, 204}
        assert alice.get(f"{target}.acl").status_code == 200
        assert stranger.put(f"{target}.acl", body).status_code == 401
    alice.grant(target)
    assert alice.get(target).status_code == 200
    assert bob.get(target).status_code == 403


def test_s20_whoever_was_given_control_cannot_take_the_pod_away(installation):
    alice, bob, _ = people(installation, "alice", "bob")
    alice.grant("/alice/", (bob.webid, "Read Write Control"))
    assert bob.put("/alice/.acl", rules(alice.pod.iri, (bob.webid, "Read Write Control"))).status_code == 409
    both = rules(alice.pod.iri, (bob.webid, "Read Write Control"), (alice.webid, "Control"))
    assert bob.put("/alice/.acl", both).status_code == 204
    assert alice.get("/alice/private/").status_code == 403
    assert bob("DELETE", "/alice/.acl").status_code == 405
    alice.grant("/alice/")
    assert bob.get("/alice/.acl").status_code == 403
    assert alice.get("/alice/private/").status_code == 200


def test_s20_the_rules_of_the_root_are_never_deleted_not_even_with_conditions(alice):
    for headers in ({}, {"If_Match": "*"}, {"If_Match": '"x"'}):
        answer = alice("DELETE", "/alice/.acl", **headers)
        assert answer.status_code in {405, 412}
        assert alice.get("/alice/.acl").status_code == 200


def test_s20_deleting_other_rules_returns_to_those_above(installation):
    alice, _, stranger = people(installation, "alice", "bob")
    assert stranger.get("/alice/profile/card").status_code == 200
    assert alice("DELETE", "/alice/profile/.acl").status_code == 204
    assert stranger.get("/alice/profile/card").status_code == 401
    assert alice.get("/alice/profile/card").status_code == 200
