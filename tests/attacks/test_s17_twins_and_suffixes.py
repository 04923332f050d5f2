"""S17: `x` and `x/` never both stand, and names that look like rules of access are rules or nothing."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from fixtures_pods import people, rules
from sqlalchemy import select

from pod_app.storage import schema

SUFFIXED = ["a.acl/", "a.acl/b", "a.meta/", "a.meta.acl", "a.acl.meta", "a.acl.acl", ".acl.acl", ".meta.meta", ".acl/"]
LOOK_LIKE = ["a.ACL", ".ACL", "a.acl%20", "a.%61cl%00", "a.acl;x", "a%2Eacl.", "acl", "a.acll", "xacl"]


@pytest.fixture
def alice(installation):
    return people(installation, "alice")[0]


def paths(alice):
    with alice.installation.services.resources.reading() as conn:
        wanted = select(schema.resources.c.path).where(schema.resources.c.pod == "alice")
        return set(conn.scalars(wanted))


@pytest.mark.parametrize("name", SUFFIXED)
def test_s17_nothing_stands_at_the_name_of_a_rule_of_a_rule(alice, name):
    alice.put("/alice/private/a", b"x", "text/plain")
    before = paths(alice)
    for body, media_type in (
        (rules(alice.pod.iri, ("public", "Read Write Control")), "text/turtle"),
        (b"x", "text/plain"),
    ):
        assert alice.put(f"/alice/private/{name}", body, media_type).status_code in {404, 409, 415}
    assert paths(alice) == before


@pytest.mark.parametrize("name", LOOK_LIKE)
def test_s17_a_name_that_only_resembles_a_rule_gives_nobody_access(installation, name):
    alice, bob, stranger = people(installation, "alice", "bob")
    alice.put("/alice/private/a", b"x", "text/plain")
    body = rules(f"{alice.pod.iri}private/a", ("public", "Read"), (bob.webid, "Read Write Control"))
    body += rules(f"{alice.pod.iri}private/", ("public", "Read")).replace(b"@prefix", b"#")
    assert alice.put(f"/alice/private/{name}", body).status_code in {201, 400}
    for target in ("/alice/private/a", "/alice/private/", "/alice/private/a.acl"):
        assert stranger.get(target).status_code == 401
        assert bob.get(target).status_code == 403


def test_s17_an_escape_in_the_suffix_is_the_suffix(installation):
    alice, _, stranger = people(installation, "alice", "bob")
    alice.put("/alice/private/a", b"x", "text/plain")
    body = rules(f"{alice.pod.iri}private/a", (alice.webid, "Control"), ("public", "Read"))
    assert stranger.put("/alice/private/a%2eacl", body).status_code == 401
    assert alice.put("/alice/private/a%2E%61cl", body).status_code == 201
    assert "private/a.acl" in paths(alice)
    assert stranger.get("/alice/private/a").status_code == 200


def test_s17_appending_to_a_container_never_makes_its_rules(installation):
    alice, bob, _ = people(installation, "alice", "bob")
    alice.put("/alice/private/c/", b"")
    alice.grant("/alice/private/c/", (bob.webid, "Read Write Append"))
    alice.put("/alice/private/c/mine", b"x", "text/plain")
    body = rules(f"{alice.pod.iri}private/c/mine", (bob.webid, "Read Write Control"))
    for target in ("mine.acl", ".acl", "mine%2eacl"):
        assert bob.put(f"/alice/private/c/{target}", body).status_code == 403
        assert bob("DELETE", f"/alice/private/c/{target}").status_code == 403


def test_s17_of_twins_put_at_the_same_time_one_stands(alice):
    seed = random.randrange(2**32)
    print("seed", seed)
    order = [f"/alice/private/n{number}{slash}" for number in range(15) for slash in ("", "/")]
    random.Random(seed).shuffle(order)
    with ThreadPoolExecutor(8) as pool:
        answers = dict(zip(order, pool.map(lambda target: alice.put(target, b"").status_code, order), strict=True))
    for number in range(15):
        pair = [answers[f"/alice/private/n{number}"], answers[f"/alice/private/n{number}/"]]
        assert sorted(pair) == [201, 409]
        assert len({f"private/n{number}", f"private/n{number}/"} & paths(alice)) == 1
