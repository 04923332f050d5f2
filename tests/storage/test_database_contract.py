"""What every caller may rely on, the same on SQLite and PostgreSQL."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError

from pod_app.errors import Conflict, Damaged, PodAppError, Unavailable
from pod_app.storage import layout, schema
from pod_app.storage.database import Database


def put_meta(conn, key, value):
    conn.execute(insert(schema.meta).values(key=key, value=value))


def keys_of(database):
    with database.read() as conn:
        return set(conn.scalars(select(schema.meta.c.key))) - {"layout_version"}


def test_a_write_returns_its_value_and_is_there_for_every_reader(database):
    assert database.write(lambda conn: put_meta(conn, "a", "1") or "value") == "value"
    assert keys_of(database) == {"a"}


def test_what_a_change_raises_reaches_its_caller_with_its_own_lines_and_undoes_it(database):
    def fails(conn):
        put_meta(conn, "a", "1")
        raise Conflict("no")

    with pytest.raises(Conflict) as caught:
        database.write(fails)
    assert "fails" in [entry.name for entry in caught.traceback]
    assert keys_of(database) == set()


def test_a_failing_change_fails_only_its_caller_however_many_share_a_commit(database):
    start = threading.Barrier(16)

    def attempt(number):
        def change(conn):
            put_meta(conn, f"key {number}", "")
            if number % 3 == 0:
                raise Conflict("every third")
            if number % 5 == 0:
                put_meta(conn, f"key {number}", "twice, which the table refuses")

        start.wait()
        try:
            database.write(change)
        except (Conflict, DBAPIError):
            return None
        return f"key {number}"

    with ThreadPoolExecutor(16) as pool:
        kept = set(pool.map(attempt, range(16))) - {None}
    assert kept == {f"key {number}" for number in range(16) if number % 3 and number % 5}
    assert keys_of(database) == kept


def test_a_read_sees_one_moment_whatever_is_written_meanwhile(database):
    with database.read() as conn:
        before = conn.scalar(select(schema.meta.c.value).where(schema.meta.c.key == "a"))
        database.write(lambda writer: put_meta(writer, "a", "1"))
        assert conn.scalar(select(schema.meta.c.value).where(schema.meta.c.key == "a")) is before is None
    assert keys_of(database) == {"a"}


def test_a_read_can_be_opened_inside_another_one(database):
    with database.read() as outer, database.read() as inner:
        assert outer.scalar(text("SELECT 1")) == inner.scalar(text("SELECT 1")) == 1


def test_a_reader_that_raises_leaves_a_usable_database(database):
    for _ in range(50):
        with pytest.raises(Conflict), database.read() as conn:
            conn.execute(select(schema.meta))
            raise Conflict("no")
    assert keys_of(database) == set()


def test_a_connection_for_reading_cannot_write(database):
    with pytest.raises((PodAppError, DBAPIError)), database.read() as conn:
        put_meta(conn, "a", "1")
    assert keys_of(database) == set()


def test_no_increment_is_lost_between_threads(database):
    database.write(lambda conn: put_meta(conn, "count", "0"))

    def increment(_):
        def change(conn):
            seen = int(conn.scalar(select(schema.meta.c.value).where(schema.meta.c.key == "count")))
            conn.execute(update(schema.meta).where(schema.meta.c.key == "count").values(value=str(seen + 1)))

        database.write(change)

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(increment, range(120)))
    with database.read() as conn:
        assert conn.scalar(select(schema.meta.c.value).where(schema.meta.c.key == "count")) == "120"


def test_check_then_insert_is_safe_against_the_same_check_elsewhere(database):
    """S19: the check that another request runs at the same time sees this one, or is run again."""

    def claim(number):
        def change(conn):
            taken = set(conn.scalars(select(schema.meta.c.key).where(schema.meta.c.key.like("slug%"))))
            name = next(f"slug-{i}" for i in range(100) if f"slug-{i}" not in taken)
            put_meta(conn, name, str(number))
            return name

        return database.write(change)

    with ThreadPoolExecutor(10) as pool:
        names = list(pool.map(claim, range(40)))
    assert sorted(names) == sorted(f"slug-{i}" for i in range(40))


def test_a_commit_wakes_listeners_and_an_empty_look_does_not(database):
    woken = []
    database.on_commit(lambda: woken.append(1))
    database.write(lambda conn: put_meta(conn, "a", "1"))
    assert len(woken) == 1
    database.write(lambda conn: conn.execute(update(schema.meta).where(schema.meta.c.key == "none").values(value="")))
    assert len(woken) == 1


def test_a_listener_that_fails_harms_nobody(database, caplog):
    database.on_commit(lambda: 1 / 0)
    database.write(lambda conn: put_meta(conn, "a", "1"))
    assert keys_of(database) == {"a"}


def test_foreign_keys_are_enforced(database):
    with pytest.raises(DBAPIError):
        database.write(lambda conn: conn.execute(insert(schema.pod_owners).values(pod="nobody", webid="x")))


def test_closing_keeps_what_was_written_and_refuses_more(database, database_url, tmp_path):
    database.write(lambda conn: put_meta(conn, "a", "1"))
    database.close()
    database.close()
    again = Database(database_url, tmp_path / "data")
    assert keys_of(again) == {"a"}
    again.close()
    if database.dialect == "sqlite":
        with pytest.raises(Unavailable):
            again.write(lambda conn: put_meta(conn, "b", "1"))
        with pytest.raises(Unavailable):
            keys_of(again)


def test_the_migrations_lead_to_exactly_these_tables(database):
    with database.read() as conn:
        context = MigrationContext.configure(conn, opts={"target_metadata": schema.metadata})
        assert compare_metadata(context, schema.metadata) == []
        assert layout.current(conn) == schema.LAYOUT
        assert conn.scalar(select(schema.meta.c.value)) == str(schema.LAYOUT)


def test_the_newest_migration_carries_the_number_of_the_layout():
    assert ScriptDirectory(str(layout.MIGRATIONS)).get_heads() == [layout.HEAD]


def test_a_database_of_a_newer_program_is_refused_and_left_alone(database, database_url, tmp_path):
    """D7: the sentence names both layouts and what to do."""
    database.write(lambda conn: conn.execute(text("UPDATE alembic_version SET version_num = '0042'")))
    database.close()
    with pytest.raises(Damaged) as caught:
        Database(database_url, tmp_path / "data")
    assert "layout 42" in caught.value.detail
    assert f"up to {schema.LAYOUT}" in caught.value.detail
    assert "Install the newer program" in caught.value.remedy


def test_several_databases_open_at_once_agree_on_one_layout(request, tmp_path, database_url):
    url = database_url and request.getfixturevalue("postgres_server").new_database()
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda _: Database(url, tmp_path / "fresh"), range(4)))
    for number, one in enumerate(opened):
        one.write(lambda conn, number=number: put_meta(conn, f"by {number}", ""))
    assert keys_of(opened[0]) == {f"by {number}" for number in range(4)}
    for one in opened:
        one.close()


def test_a_server_that_is_not_there_is_told_without_its_password(tmp_path):
    with pytest.raises(Unavailable) as caught:
        Database(f"postgresql://pod_app:topsecret@/nothing?host={tmp_path}", tmp_path / "data")
    assert "does not answer" in caught.value.detail
    assert "topsecret" not in str(caught.value)


@pytest.mark.postgres
def test_a_server_that_went_away_costs_one_refusal_and_no_restart(postgres_server, migrated_postgres, tmp_path):
    database = Database(postgres_server.new_database(migrated_postgres), tmp_path / "data")
    end_others = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()")
    with pytest.raises(Unavailable):
        database.write(lambda conn: conn.execute(end_others))
    until = time.monotonic() + 60
    while True:
        try:
            database.write(lambda conn: put_meta(conn, "after", "1"))
        except Unavailable:
            assert time.monotonic() < until
        else:
            break
    assert keys_of(database) == {"after"}
    database.close()


@pytest.mark.postgres
def test_commits_are_durable_even_when_the_server_says_otherwise(postgres_server, migrated_postgres, tmp_path):
    """P1: `synchronous_commit = off` in the server's settings would acknowledge what a crash then loses."""
    url = postgres_server.new_database(migrated_postgres)
    name = url.partition("@/")[2].partition("?")[0]
    database = Database(url, tmp_path / "data")
    database.write(lambda conn: conn.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = off")))
    database.close()
    database = Database(url, tmp_path / "data")
    assert database.write(lambda conn: conn.scalar(text("SHOW synchronous_commit"))) == "on"
    database.close()
