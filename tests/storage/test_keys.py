"""Signing keys: sealed, bound to their pod, and never outside their module (S41)."""

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import insert, select, update

from pod_app.errors import Conflict, Damaged, NotFound
from pod_app.settings import Settings
from pod_app.storage import schema
from pod_app.storage.keys import Keys, RootKey, root_key

ROOT = bytes(range(32))


@pytest.fixture
def keys(database, pod):
    return Keys(database, RootKey(ROOT))


@pytest.fixture
def first(database, keys, pod, now):
    return database.write(lambda conn: keys.create(conn, pod, now))


def test_a_signature_verifies_with_the_public_half_and_with_no_other(database, keys, first, pod, now):
    other = database.write(lambda conn: keys.create(conn, pod, now + timedelta(seconds=1)))
    with database.read() as conn:
        signature = keys.sign(conn, pod, b"data", key_id=first.id)
        again = keys.sign(conn, pod, b"data", key_id=first.id)
    assert len(signature) == 64
    assert again == signature, "Ed25519 is deterministic, from the database and from memory"
    Ed25519PublicKey.from_public_bytes(first.public_key).verify(signature, b"data")
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(other.public_key).verify(signature, b"data")


def test_a_key_can_sign_in_the_transaction_that_made_it(database, keys, pod, now):
    def change(conn):
        key = keys.create(conn, pod, now)
        return key, keys.sign(conn, pod, b"data", key_id=key.id)

    key, signature = database.write(change)
    Ed25519PublicKey.from_public_bytes(key.public_key).verify(signature, b"data")
    assert key.id.startswith("z6Mk")


def test_the_newest_active_key_signs_and_ended_ones_stay_listed(database, keys, first, pod, now):
    later = now + timedelta(days=1)
    second = database.write(lambda conn: keys.create(conn, pod, later))
    with database.read() as conn:
        assert keys.active(conn, pod) == second
    database.write(lambda conn: keys.retire(conn, pod, first.id, later))
    database.write(lambda conn: keys.revoke(conn, pod, second.id, later))
    with database.read() as conn:
        listed = keys.all(conn, pod)
        assert [(key.id, key.state, key.revoked) for key in listed] == [
            (first.id, "retired", None),
            (second.id, "revoked", later),
        ]
        with pytest.raises(NotFound):
            keys.active(conn, pod)


def test_a_key_that_has_ended_signs_no_more_not_even_from_memory(database, keys, first, pod, now):
    with database.read() as conn:
        keys.sign(conn, pod, b"data", key_id=first.id)
    database.write(lambda conn: keys.revoke(conn, pod, first.id, now))
    with pytest.raises(Conflict, match="revoked"), database.read() as conn:
        keys.sign(conn, pod, b"data", key_id=first.id)


def test_unknown_keys_are_named(database, keys, pod, now):
    with pytest.raises(NotFound, match="z6Mkabsent"), database.read() as conn:
        keys.sign(conn, pod, b"data", key_id="z6Mkabsent")
    with pytest.raises(NotFound):
        database.write(lambda conn: keys.retire(conn, pod, "z6Mkabsent", now))


def test_the_database_never_holds_a_private_half_in_clear(database, first):
    with database.read() as conn:
        sealed = conn.scalar(select(schema.keys.c.sealed))
    opened = RootKey(ROOT).unseal(sealed, f"alice|{first.id}")
    assert len(opened) == 32
    assert opened not in sealed


def test_another_root_key_is_refused_at_once_with_what_to_do(database, first):
    with pytest.raises(Damaged, match="alice") as caught:
        Keys(database, RootKey(bytes(32)))
    assert "root.key" in caught.value.remedy


def test_a_row_moved_to_another_pod_does_not_open(database, first, now):
    mallory = {"pod": "mallory", "kind": "person", "title": "M", "language": "fr", "created": 1}
    database.write(lambda conn: conn.execute(insert(schema.pods).values(mallory)))
    database.write(lambda conn: conn.execute(update(schema.keys).values(pod="mallory")))
    with pytest.raises(Damaged):
        Keys(database, RootKey(ROOT))


def test_the_cache_of_open_keys_is_bounded(database, keys, pod, now, monkeypatch):
    monkeypatch.setattr("pod_app.storage.keys.KEPT_OPEN", 3)
    made = [database.write(lambda conn: keys.create(conn, pod, now)) for _ in range(6)]
    with database.read() as conn:
        for key in made * 2:
            keys.sign(conn, pod, b"data", key_id=key.id)
    assert len(keys._open) == 3


def test_secrets_derived_for_different_purposes_have_nothing_in_common():
    root = RootKey(ROOT)
    assert root.derive("a") == root.derive("a") != root.derive("b")
    assert len(root.derive("a")) == 32


def test_the_root_key_file_is_made_once_for_its_owner_alone(tmp_path):
    settings = Settings(data=tmp_path / "data")
    with ThreadPoolExecutor(8) as pool:
        roots = list(pool.map(lambda _: root_key(settings), range(8)))
    assert len({root.derive("x") for root in roots}) == 1
    path = tmp_path / "data" / "root.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["root.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_root_key_that_others_can_read_is_refused_with_the_command_that_helps(tmp_path, mode):
    root_key(Settings(data=tmp_path))
    (tmp_path / "root.key").chmod(mode)
    with pytest.raises(Damaged, match="chmod 600"):
        root_key(Settings(data=tmp_path))


@pytest.mark.parametrize("text", ["", "00", "g" * 64, "0" * 66, "é" * 32])
def test_a_malformed_root_key_is_refused(tmp_path, text):
    path = tmp_path / "root.key"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(Damaged, match="64 hexadecimal"):
        root_key(Settings(data=tmp_path))


def test_the_setting_comes_before_the_file(tmp_path):
    given = root_key(Settings(data=tmp_path, root_key=ROOT.hex()))
    assert given.derive("x") == RootKey(ROOT).derive("x")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(Damaged, match="POD_APP_ROOT_KEY"):
        root_key(Settings(data=tmp_path, root_key="too short"))
