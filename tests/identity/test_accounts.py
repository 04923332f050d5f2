"""Accounts: a name and a password that open one's own pod (trust.md S43)."""

import pytest
from sqlalchemy import select

from pod_app.errors import Conflict, Invalid, Unauthenticated
from pod_app.storage import schema

PASSWORD = "un jardin au bout du chemin"


def test_an_account_comes_with_its_own_pod_and_webid(installation):
    account, pod = installation.services.accounts.create("alice", PASSWORD, title="Alice Dupré")
    assert account.name == "alice"
    assert account.pods == ("alice",)
    assert pod.webid == "https://garden.example/alice/profile/card#me"
    assert installation.services.catalogue.of_webid(pod.webid) == pod
    assert installation.services.accounts.of_pod("alice") == account
    assert installation.services.accounts.of_pod("nobody") is None


@pytest.mark.parametrize("name", ["alice", " alice", "ALICE "])
def test_name_and_password_together_open_it(installation, name):
    account, _ = installation.services.accounts.create("alice", PASSWORD)
    assert installation.services.accounts.check(name, PASSWORD) == account


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("alice", "wrong"),
        ("alice", ""),
        ("alice", PASSWORD + " "),
        ("alice", PASSWORD.upper()),
        ("nobody", PASSWORD),
        ("", ""),
        ("script", PASSWORD),
        ("script", ""),
        ("alice'--", PASSWORD),
        ("alice\x00", PASSWORD),
        ("alice", "x" * 100_000),
    ],
)
def test_s43_every_refusal_has_the_same_words(installation, name, password):
    installation.services.accounts.create("alice", PASSWORD)
    installation.services.accounts.create("script", None)
    with pytest.raises(Unauthenticated, match=r"^This name and this password do not belong together\. Try again\.$"):
        installation.services.accounts.check(name, password)


def test_the_end_of_a_very_long_password_counts_too(installation):
    longest = "a" * 1024
    installation.services.accounts.create("alice", longest)
    assert installation.services.accounts.check("alice", longest).name == "alice"
    for other in (longest + "b", longest[:-1], "a" * 5000):
        with pytest.raises(Unauthenticated):
            installation.services.accounts.check("alice", other)


@pytest.mark.parametrize("password", ["", "1234567", "x" * 1025])
def test_a_password_has_a_length_and_a_refused_one_leaves_no_pod(installation, password):
    with pytest.raises(Invalid, match="8 to 1024"):
        installation.services.accounts.create("alice", password)
    assert installation.services.catalogue.find("alice") is None
    installation.services.accounts.create("alice", PASSWORD)


@pytest.mark.parametrize(
    "name", ["a", "Alice", "al ice", "../x", "me", "-a", "é" * 4, "a" * 64, "verify", ".well-known"]
)
def test_a_name_that_no_pod_may_have_makes_no_account(installation, name):
    with pytest.raises(Invalid):
        installation.services.accounts.create(name, PASSWORD)
    with installation.services.resources.reading() as conn:
        assert conn.execute(select(schema.accounts)).all() == []
        assert conn.execute(select(schema.pods)).all() == []


def test_a_name_is_given_once_to_accounts_and_pods_alike(installation):
    accounts = installation.services.accounts
    _, alice = accounts.create("alice", PASSWORD)
    installation.services.catalogue.create("verger", "garden", owners=[alice.webid])
    for name in ("alice", "verger"):
        with pytest.raises(Conflict, match="already taken"):
            accounts.create(name, PASSWORD)
    with installation.services.resources.reading() as conn:
        assert conn.scalars(select(schema.accounts.c.name)).all() == ["alice"]


def test_s43_passwords_are_kept_as_argon2id_only(installation):
    installation.services.accounts.create("alice", PASSWORD)
    installation.services.accounts.create("bertille", PASSWORD)
    with installation.services.resources.reading() as conn:
        kept = conn.scalars(select(schema.accounts.c.password_hash)).all()
    assert len(set(kept)) == 2
    assert all(one.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for one in kept)
    for file in installation.services.settings.data.rglob("*"):
        assert not file.is_file() or PASSWORD.encode() not in file.read_bytes()
