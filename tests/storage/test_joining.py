"""Work that joins the writer's transaction (decision 0026): all is on disk or nothing, and a refusal undoes little."""

import threading
from concurrent.futures import wait

import pytest
from failing_commits import fail_commits
from sqlalchemy import insert, select, text

from pod_app.brevity import TooLongError, attempt, may_take_long
from pod_app.errors import N_, NotFound, QuotaExceeded, Unavailable
from pod_app.storage import schema
from pod_app.storage.ballast import FILE_NAME as BALLAST
from pod_app.storage.database import Database


@pytest.fixture
def opened(tmp_path):
    database = Database("", tmp_path / "data")
    database.write(lambda _conn: None)
    yield database
    database.close()


def put(conn, key, value=""):
    conn.execute(insert(schema.meta).values(key=key, value=value))


def refuse(conn, key):
    put(conn, key)
    raise NotFound(N_("No."), N_("Try."))


def keys(database):
    with database.read() as conn:
        return set(conn.scalars(select(schema.meta.c.key))) - {"layout"}


def joined(database, work):
    return database.join(lambda: attempt(work)).result(60)


@pytest.fixture
def before(opened):
    return keys(opened)


def test_what_work_reads_is_what_it_has_written(opened, before):
    def work():
        opened.write(lambda conn: put(conn, "a"))
        return keys(opened), threading.current_thread().name

    assert joined(opened, work) == (before | {"a"}, "writer")
    assert keys(opened) == before | {"a"}


def test_a_refusal_undoes_its_own_change_alone(opened, before):
    def work():
        opened.write(lambda conn: put(conn, "kept"))
        with pytest.raises(NotFound):
            opened.write(lambda conn: refuse(conn, "refused"))
        opened.write(lambda conn: put(conn, "after"))
        return "done"

    assert joined(opened, work) == "done"
    assert keys(opened) == before | {"kept", "after"}


@pytest.mark.parametrize("ending", [may_take_long, lambda: 1 // 0])
def test_work_that_ends_otherwise_leaves_nothing(opened, before, ending):
    def work():
        opened.write(lambda conn: put(conn, "undone"))
        ending()

    with pytest.raises((TooLongError, ZeroDivisionError)):
        joined(opened, work)
    assert keys(opened) == before
    opened.write(lambda conn: put(conn, "next"))
    assert keys(opened) == before | {"next"}


def test_what_the_database_says_ends_the_attempt_because_the_ordinary_way_knows_what_to_do(opened, before):
    def twice():
        opened.write(lambda conn: [put(conn, "same"), put(conn, "same")])

    with pytest.raises(TooLongError):
        joined(opened, twice)
    with pytest.raises(TooLongError):
        joined(opened, lambda: opened.write(lambda _: opened.write(lambda conn: put(conn, "inner"))))
    assert keys(opened) == before


def test_those_who_come_together_see_each_other_and_share_a_commit(opened, before):
    begun, go = threading.Event(), threading.Event()

    def slow(conn):
        begun.set()
        go.wait(60)
        put(conn, "first")

    first = threading.Thread(target=opened.write, args=(slow,))
    first.start()
    begun.wait(60)

    def adding(name):
        def work():
            seen = keys(opened)
            opened.write(lambda conn: put(conn, name))
            return seen

        return opened.join(lambda: attempt(work))

    one, refused, two = adding("one"), opened.join(lambda: attempt(may_take_long)), adding("two")
    assert not wait([one, two], timeout=0.05).done, "nothing is told before it is on disk"
    go.set()
    first.join(60)
    assert one.result(60) == before | {"first"}
    assert two.result(60) == before | {"first", "one"}
    assert isinstance(refused.exception(60), TooLongError)
    assert keys(opened) == before | {"first", "one", "two"}


def test_d3_a_commit_that_fails_is_told_to_all_who_were_part_of_it(opened, before, monkeypatch):
    """The value was there already, and nobody gets it."""
    fail_commits(monkeypatch, opened, times=1)
    with pytest.raises((QuotaExceeded, Unavailable)):
        joined(opened, lambda: opened.write(lambda conn: put(conn, "lost")))
    assert keys(opened) == before
    joined(opened, lambda: opened.write(lambda conn: put(conn, "kept")))
    assert keys(opened) == before | {"kept"}


def test_s39_while_the_ballast_is_off_changes_go_the_way_that_takes_it_on_again(opened, before):
    opened._ballast.throw_off()
    with pytest.raises(TooLongError):
        joined(opened, lambda: opened.write(lambda conn: put(conn, "a")))
    opened.write(lambda conn: put(conn, "b"))
    assert (opened.path.parent / BALLAST).exists()
    joined(opened, lambda: opened.write(lambda conn: put(conn, "c")))
    assert keys(opened) == before | {"b", "c"}


def test_the_log_of_changes_tells_those_who_wait_for_commits(opened):
    told = threading.Event()
    opened.on_commit(told.set)
    joined(opened, lambda: keys(opened))
    assert not told.is_set(), "work that changes nothing wakes nobody"
    joined(opened, lambda: opened.write(lambda conn: put(conn, "a")))
    assert told.wait(60)


def test_a_closed_database_takes_no_work(tmp_path):
    database = Database("", tmp_path / "data")
    database.close()
    with pytest.raises(Unavailable):
        database.join(lambda: None)


def test_a_read_elsewhere_sees_nothing_before_the_commit(opened, before):
    seen = []

    def work():
        opened.write(lambda conn: put(conn, "a"))
        other = threading.Thread(target=lambda: seen.append(keys(opened)))
        other.start()
        other.join(60)

    joined(opened, work)
    assert seen == [before]
    with opened.read() as conn:
        assert conn.execute(text("PRAGMA query_only")).scalar() == 1
