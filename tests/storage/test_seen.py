"""What a small write has looked up need not be looked up again (decision 0026), until its transaction changes."""

import sqlite3
import struct
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, text

from pod_app.errors import N_, NotFound
from pod_app.storage import outbox, schema
from pod_app.storage import resources as rows
from pod_app.storage.database import Database
from pod_app.storage.resources import StoredResource

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def row(path, body=b"x", **more):
    known = StoredResource("alice", path, "", "", "text/plain", len(body), "ab" * 32, 1, NOW, NOW, body=body)
    return known._replace(**more)


@pytest.fixture
def database(tmp_path):
    opened = Database("", tmp_path / "data")

    def fill(conn):
        said = {"pod": "alice", "kind": "person", "title": "Alice", "language": "fr", "created": 0}
        conn.execute(insert(schema.pods).values(**said))
        for path in ("", "a", "b"):
            rows.put(conn, row(path))

    opened.write(fill)
    yield opened
    opened.close()


@contextmanager
def counted(conn):
    """The statements that read resources within."""
    said = []
    raw = conn.connection.dbapi_connection
    raw.set_trace_callback(lambda statement: said.append(statement) if "FROM resources" in statement else None)
    try:
        yield said
    finally:
        raw.set_trace_callback(None)


def within(database, work):
    """`work` with the connection of a transaction that it has joined."""

    def joined():
        with database.read() as conn, counted(conn) as said:
            return work(conn), len(said)

    return database.join(joined).result(60)


def test_the_same_rows_are_looked_up_once(database):
    def work(conn):
        first = rows.lookup(conn, "alice", ("a", "none"), ahead=lambda: ("b", "c"))
        return first, rows.lookup(conn, "alice", ("a", "b", "c")), rows.get(conn, "alice", "none")

    (first, second, none), looks = within(database, work)
    assert (set(first), set(second), none, looks) == ({"a"}, {"a", "b"}, None, 1)


def test_whether_a_name_is_taken_is_looked_up_once(database):
    def work(conn):
        return [rows.is_taken(conn, "alice", name) for name in ("a", "a/", "c", "c")]

    assert within(database, work) == ([True, True, False, False], 2)


@pytest.mark.parametrize(
    "change",
    [
        lambda conn: rows.put(conn, row("a", b"new", version=2)),
        lambda conn: conn.execute(text("UPDATE resources SET body = x'6e6577' WHERE path = 'a'")),
        lambda conn: conn.connection.dbapi_connection.execute("UPDATE resources SET body = x'6e6577' WHERE path = 'a'"),
    ],
)
def test_whatever_changes_anything_is_seen(database, change):
    def work(conn):
        before = rows.get(conn, "alice", "a").body
        database.write(change)
        return before, rows.get(conn, "alice", "a").body

    assert within(database, work)[0] == (b"x", b"new")


def test_a_change_that_was_refused_has_changed_nothing(database):
    def refused(conn):
        rows.put(conn, row("a", b"new", version=2))
        assert rows.get(conn, "alice", "a").body == b"new"
        raise NotFound(N_("No."), N_("Try."))

    def work(conn):
        with pytest.raises(NotFound):
            database.write(refused)
        return rows.get(conn, "alice", "a").body

    assert within(database, work)[0] == b"x"


def test_nothing_is_remembered_from_one_piece_of_work_to_the_next_nor_elsewhere(database):
    """The next one may be another transaction, before which another process has written."""
    found = within(database, lambda conn: rows.get(conn, "alice", "a").body)
    with sqlite3.connect(database.path) as other:
        other.execute("UPDATE resources SET body = x'6e6577' WHERE path = 'a'")
    other.close()
    assert (found, within(database, lambda conn: rows.get(conn, "alice", "a").body)) == ((b"x", 1), (b"new", 1))
    with database.read() as conn, counted(conn) as said:
        for _ in range(2):
            rows.lookup(conn, "alice", ("a",), ahead=lambda: ("b",))
    assert len(said) == 2
    assert all("'b'" not in statement for statement in said)


def test_a_document_that_is_replaced_costs_its_commit_five_pages(database):
    """Its row, its container's, its pod's, and two of the outbox: no index is touched that nothing changes in."""

    def replace(number):
        def change(conn):
            before = rows.get(conn, "alice", "a")
            rows.keep(conn, row("a", b"%d" % number, version=number), before.size)
            rows.touch(conn, "alice", "", None)
            outbox.append(conn, pod="alice", kind="change", path="a", version=number, verb="Update", at=NOW)

        database.write(change)

    replace(2)
    with sqlite3.connect(database.path) as other:
        assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    other.close()
    replace(3)
    log = database.path.with_name(f"{database.path.name}-wal").read_bytes()
    (size,) = struct.unpack(">I", log[8:12])  # https://sqlite.org/fileformat2.html#walformat
    assert (len(log) - 32) // (size + 24) <= 5


def test_indexes_of_some_rows_are_used(database):
    def plan(conn, statement):
        return " ".join(line[3] for line in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}"))

    with database.read() as conn:
        blobs = plan(conn, "SELECT DISTINCT blob FROM resources WHERE blob IS NOT NULL")
        key = plan(conn, "SELECT seq FROM outbox WHERE idempotency_key = 'x'")
        due = plan(conn, f"{outbox._DUE} AND kind IN ('a', 'b')".replace("?", "1"))
    assert ("ix_resources_blob" in blobs, "ix_outbox_idempotency_key" in key, "ix_outbox_due" in due) == (True,) * 3
