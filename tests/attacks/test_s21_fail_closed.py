"""S21: rules that are missing, spoilt or cannot be read give nobody access; owners can still repair them."""

import pytest
from fixtures_pods import people
from sqlalchemy import delete, update

from pod_app.storage import schema

SPOILT = [
    None,
    "",
    "null",
    "{}",
    "[",
    "[1]",
    '[{"modes": ["read"]}]',
    '{"access_to": "*"}',
    "\x00",
    "[null]",
    '"x"',
    "true",
]


@pytest.fixture
def village(installation):
    alice, bob, stranger = people(installation, "alice", "bob")
    alice.put("/alice/public/x", b"x", "text/plain")
    alice.grant("/alice/public/", (bob.webid, "Read"), ("public", "Read"))
    assert stranger.get("/alice/public/x").status_code == 200
    return alice, bob, stranger


def spoil(installation, path, compiled):
    here = (schema.resources.c.pod == "alice") & (schema.resources.c.path == path)
    change = update(schema.resources).where(here).values(compiled=compiled)
    assert installation.services.database.write(lambda conn: conn.execute(change).rowcount) == 1


@pytest.mark.parametrize("compiled", SPOILT)
def test_s21_spoilt_rules_let_nobody_in_but_the_owner_to_repair_them(village, installation, compiled):
    alice, bob, stranger = village
    spoil(installation, "public/.acl", compiled)
    for target in ("/alice/public/x", "/alice/public/"):
        for method in ("GET", "HEAD", "PUT", "DELETE"):
            body = b"x" if method == "PUT" else None
            assert stranger(method, target, body, "text/plain").status_code == 401
            assert bob(method, target, body, "text/plain").status_code == 403
    alice.grant("/alice/public/", ("public", "Read"))
    assert stranger.get("/alice/public/x").status_code == 200


@pytest.mark.parametrize("compiled", [None, "[", "[]"])
def test_s21_spoilt_rules_are_not_passed_over_for_those_above(village, installation, compiled):
    alice, bob, _ = village
    alice.grant("/alice/", (bob.webid, "Read"))
    spoil(installation, "public/.acl", compiled)
    assert bob.get("/alice/public/x").status_code == 403


def test_s21_without_any_rules_nobody_gets_in(village, installation):
    _, bob, stranger = village
    installation.services.database.write(
        lambda conn: conn.execute(delete(schema.resources).where(schema.resources.c.path.endswith(".acl")))
    )
    for target in ("/alice/public/x", "/alice/profile/card", "/alice/", "/alice/did.json"):
        assert stranger.get(target).status_code == 401
        assert bob.get(target).status_code == 403


def test_s21_a_store_that_cannot_be_read_is_an_error_and_never_an_answer(village, installation):
    _, _, stranger = village
    installation.services.database.write(lambda conn: conn.exec_driver_sql("ALTER TABLE resources RENAME TO hidden"))
    answer = stranger.get("/alice/public/x")
    assert answer.status_code == 500
    assert "hidden" not in answer.text
    assert "resources" not in answer.text
    installation.services.database.write(lambda conn: conn.exec_driver_sql("ALTER TABLE hidden RENAME TO resources"))
    assert stranger.get("/alice/public/x").status_code == 200
