"""Rows of resources behave alike on SQLite and PostgreSQL."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from pod_app.errors import Conflict, NotFound
from pod_app.storage import resources as rows
from pod_app.storage import schema
from pod_app.storage.resources import StoredResource


@pytest.fixture
def make(now):
    def make(path, body=b"hello", role="", **more):
        parent = None if role or not path else path.removesuffix("/").rpartition("/")[0]
        parent = f"{parent}/" if parent else parent
        row = StoredResource(
            pod="alice", path=path, role=role, parent=parent, media_type="text/turtle", size=len(body or b""),
            sha256=hashlib.sha256(body or b"").hexdigest(), version=1, created=now, modified=now, body=body,
        )  # fmt: skip
        return row._replace(**more)

    return make


@pytest.fixture
def put(database, pod):
    def put(*stored):
        database.write(lambda conn: [rows.put(conn, one) for one in stored])

    return put


def test_a_row_comes_back_as_it_was_put(database, put, make):
    stored = make("a/b", b"\x00\xff bytes", version=7, compiled='{"x": "é"}', quads=b"<a> <b> <c> .\n")
    blob = make("c", None, blob="ab" * 32, size=10**12)
    put(stored, blob)
    with database.read() as conn:
        assert rows.get(conn, "alice", "a/b") == stored
        assert rows.get(conn, "alice", "c") == blob
        assert rows.get(conn, "alice", "absent") is None
        assert rows.get(conn, "bob", "a/b") is None


def test_one_lookup_brings_what_stands_and_leaves_out_what_does_not(database, put, make):
    put(make(""), make(".acl", role="acl"), make("a/"), make("a/b"), make("a/b.acl", role="acl"))
    with database.read() as conn:
        found = rows.lookup(conn, "alice", ["a/b", "a/b/", "a/b.acl", "a/.acl", ".acl", ""])
    assert set(found) == {"a/b", "a/b.acl", ".acl", ""}
    assert {path: row.path for path, row in found.items()} == {path: path for path in found}


def test_children_come_in_byte_order_by_pages_without_bodies_and_without_auxiliaries(database, put, make):
    names = ["B", "a", "Z/", "b-1", "b1", "%C3%A9", "b_1", "0"]
    put(make(""), make("c/"), make("c/.acl", role="acl"), make("c/Z/deep"), *(make(f"c/{name}") for name in names))
    expected = sorted(f"c/{name}" for name in names)
    with database.read() as conn:
        listed = rows.children(conn, "alice", "c/")
        assert [row.path for row in listed] == expected
        assert {row.body for row in listed} == {None}
        assert {row.size for row in listed} == {5}
        paged, after = [], None
        while page := rows.children(conn, "alice", "c/", after, 3):
            paged += [row.path for row in page]
            after = page[-1].path
        assert paged == expected
        assert [row.path for row in rows.children(conn, "alice", "")] == ["c/"]
        assert rows.has_children(conn, "alice", "c/Z/")
        assert not rows.has_children(conn, "alice", "c/a")


@pytest.mark.parametrize(("first", "second"), [("a/x", "a/x/"), ("a/x/", "a/x")])
def test_a_name_with_and_without_a_slash_never_both_stand(database, put, make, first, second):
    """S17"""
    put(make(first))
    with pytest.raises(Conflict):
        put(make(second))
    with database.read() as conn:
        assert set(rows.lookup(conn, "alice", [first, second])) == {first}
        assert rows.bytes_used(conn, "alice") == 5


def test_the_pod_counts_its_bytes_and_its_writes(database, put, make, now):
    put(make("a", b"12345"), make("a.acl", b"123", role="acl"))
    with database.read() as conn:
        assert rows.bytes_used(conn, "alice") == 8
        before = rows.pod_version(conn, "alice")
    put(make("a", b"1"))
    database.write(lambda conn: rows.delete(conn, "alice", "a.acl"))
    with database.read() as conn:
        assert rows.bytes_used(conn, "alice") == 1
        assert rows.pod_version(conn, "alice") == before + 2
        assert rows.bytes_used(conn, "nobody") == rows.pod_version(conn, "nobody") == 0


def test_replacing_keeps_when_it_was_created_and_touching_keeps_the_body(database, put, make, now):
    later = now + timedelta(microseconds=1)
    put(make("c/", version=3))
    put(make("c/", version=4, created=later, modified=later))
    with database.read() as conn:
        stored = rows.get(conn, "alice", "c/")
    assert (stored.created, stored.modified, stored.version) == (now, later, 4)
    database.write(lambda conn: rows.touch(conn, "alice", "c/", None))
    database.write(lambda conn: rows.touch(conn, "alice", "c/", later + timedelta(seconds=1)))
    with database.read() as conn:
        touched = rows.get(conn, "alice", "c/")
    assert touched == stored._replace(version=6, modified=later + timedelta(seconds=1))


def test_deleting_says_whether_anything_stood(database, put, make):
    put(make("a"))
    assert database.write(lambda conn: rows.delete(conn, "alice", "a")) is True
    assert database.write(lambda conn: rows.delete(conn, "alice", "a")) is False
    put(make("a/"))


def test_an_unknown_pod_is_named(put, make):
    with pytest.raises(NotFound, match="bob"):
        put(make("a", pod="bob"))


def test_owners_and_their_pods(database, pod):
    rows_ = [{"pod": pod, "webid": webid} for webid in ("https://b.example/#me", "https://a.example/#me")]
    database.write(lambda conn: conn.execute(insert(schema.pod_owners), rows_))
    with database.read() as conn:
        assert rows.owners(conn, pod) == {"https://a.example/#me", "https://b.example/#me"}
        assert rows.pods_of(conn, "https://a.example/#me") == [pod]
        assert rows.owners(conn, "nobody") == frozenset()
        assert rows.pod_exists(conn, pod)
        assert not rows.pod_exists(conn, "nobody")


def test_blobs_in_use_are_listed_once(database, put, make):
    put(make("a", None, blob="ab" * 32), make("b", None, blob="ab" * 32), make("c"))
    with database.read() as conn:
        assert rows.blobs_in_use(conn) == {"ab" * 32}


def test_many_who_write_one_pod_at_once_all_get_through(database, pod, make):
    """The sum of bytes stays exact although each write changes the same row of the pod (S39)."""
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda number: database.write(lambda conn: rows.put(conn, make(f"n{number}"))), range(60)))
    with database.read() as conn:
        assert rows.bytes_used(conn, "alice") == 60 * 5
        assert rows.pod_version(conn, "alice") == 60
        assert len(conn.execute(select(schema.resources.c.path)).all()) == 60
