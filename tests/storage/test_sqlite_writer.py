"""What only SQLite needs: one writer at a time, fairly shared, and files that may be damaged or full."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

import pod_app
from pod_app.errors import Damaged, QuotaExceeded, Unavailable
from pod_app.storage import schema, writer
from pod_app.storage.database import FILE_NAME, Database

ROOT = Path(pod_app.__file__).parents[1]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def opened(folder):
    database = Database("", folder)
    yield database
    database.close()


def run(script, *arguments):
    """Start a Python process that can import the program."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)], env=environment, stdout=subprocess.PIPE
    )


def put_meta(conn, key, value=""):
    conn.execute(insert(schema.meta).values(key=key, value=value))


def count_meta(database):
    with database.read() as conn:
        return len(conn.execute(select(schema.meta.c.key)).all()) - 1


def test_nothing_runs_before_the_first_write(folder):
    before = set(threading.enumerate())

    def begun():
        """Threads of ours: those of other tests may be ending meanwhile."""
        return set(threading.enumerate()) - before

    database = Database("", folder)
    with database.read() as conn:
        conn.execute(text("SELECT 1"))
    assert begun() == set()
    database.write(lambda conn: put_meta(conn, "a"))
    assert len(begun()) == 1
    database.close()
    assert begun() == set()


def test_commits_are_synced_and_the_log_is_used(opened):
    with opened.read() as conn:
        assert conn.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    pragmas = opened.write(
        lambda conn: [conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("synchronous", "foreign_keys")]
    )
    assert pragmas == [2, 1], "FULL, on"


def test_requests_that_arrive_together_share_a_commit(opened):
    """One commit for many: the number of synced commits is smaller than the number of writes."""
    begun = threading.Event()
    go = threading.Event()

    def slow(conn):
        begun.set()
        go.wait(60)
        put_meta(conn, "first")

    with ThreadPoolExecutor(33) as pool:
        first = pool.submit(opened.write, slow)
        begun.wait(60)
        others = [pool.submit(opened.write, lambda conn, n=n: put_meta(conn, f"k{n}")) for n in range(32)]
        while len(opened._writer._jobs) < 32:
            time.sleep(0.001)
        wal_before = (opened.path.parent / f"{FILE_NAME}-wal").stat().st_size
        go.set()
        first.result(60)
        for other in others:
            other.result(60)
    frames = ((opened.path.parent / f"{FILE_NAME}-wal").stat().st_size - wal_before) // 4120
    assert count_meta(opened) == 33
    assert frames < 33, "33 commits would have written at least one page each"


def test_a_change_that_starts_another_one_is_told_so_instead_of_waiting_for_ever(opened):
    with pytest.raises(RuntimeError, match="connection it was given"):
        opened.write(lambda _: opened.write(lambda conn: put_meta(conn, "a")))
    assert count_meta(opened) == 0


def test_the_log_is_folded_into_the_database_when_all_is_quiet(folder, monkeypatch):
    monkeypatch.setattr(writer, "IDLE_SECONDS", 0.05)
    database = Database("", folder)
    database.write(lambda conn: put_meta(conn, "a", "x" * 50_000))
    log = folder / f"{FILE_NAME}-wal"
    until = time.monotonic() + 60
    while log.stat().st_size and time.monotonic() < until:
        time.sleep(0.02)
    assert log.stat().st_size == 0
    assert count_meta(database) == 1
    database.write(lambda conn: put_meta(conn, "b"))
    database.close()


def test_closing_finishes_what_was_asked_for(folder):
    database = Database("", folder)
    with ThreadPoolExecutor(8) as pool:
        writes = [pool.submit(database.write, lambda conn, n=n: put_meta(conn, f"k{n}")) for n in range(200)]
        database.close()
        kept = 0
        for write in writes:
            try:
                write.result(60)
                kept += 1
            except Unavailable:
                continue
    again = Database("", folder)
    assert count_meta(again) == kept
    again.close()


def test_a_full_database_refuses_writes_and_reads_on_and_recovers_without_a_restart(opened):
    """D4, with the database's own limit instead of a full disk."""
    opened.write(lambda conn: put_meta(conn, "kept", "x" * 10_000))
    pages = opened.write(lambda conn: conn.exec_driver_sql("PRAGMA page_count").scalar())
    opened.write(lambda conn: conn.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}").close())
    for attempt in range(3):
        with pytest.raises(QuotaExceeded, match="full"):
            opened.write(lambda conn, n=attempt: put_meta(conn, f"too much {n}", "x" * 100_000))
    assert count_meta(opened) == 1
    opened.write(lambda conn: conn.execute(text("DELETE FROM meta WHERE key = 'kept'")))
    opened.write(lambda conn: conn.exec_driver_sql("PRAGMA max_page_count = 1000000").close())
    opened.write(lambda conn: put_meta(conn, "after", "x" * 100_000))
    assert count_meta(opened) == 1


def test_a_database_held_by_another_program_is_unavailable_not_lost(opened, monkeypatch):
    opened.write(lambda conn: conn.exec_driver_sql("PRAGMA busy_timeout = 50").close())
    other = sqlite3.connect(opened.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="another program"):
        opened.write(lambda conn: put_meta(conn, "a"))
    other.execute("ROLLBACK")
    other.close()
    opened.write(lambda conn: put_meta(conn, "a"))


def test_what_is_not_a_database_is_refused_with_what_to_do(folder):
    folder.mkdir()
    (folder / FILE_NAME).write_bytes(b"This is a letter, not a database. " * 500)
    with pytest.raises(Damaged, match="cannot be read") as caught:
        Database("", folder)
    assert "restore" in caught.value.remedy


def test_a_folder_that_is_a_file_is_refused_with_what_to_do(tmp_path):
    (tmp_path / "data").write_text("")
    with pytest.raises(Damaged, match="data") as caught:
        Database("", tmp_path / "data")
    assert "Check that the folder exists" in caught.value.remedy


def test_a_torn_page_is_told_as_damage(folder):
    """D5"""
    Database("", folder).close()
    path = folder / FILE_NAME
    empty = path.stat().st_size  # the layout's own pages stay whole, so that it can be opened
    database = Database("", folder)
    for number in range(50):
        database.write(lambda conn, n=number: put_meta(conn, f"k{n:03}", "x" * 3000))
    database.close()
    content = bytearray(path.read_bytes())
    content[empty:] = os.urandom(len(content) - empty)
    path.write_bytes(content)
    again = Database("", folder)
    with pytest.raises(Damaged), again.read() as conn:
        conn.execute(text("SELECT sum(length(value)) FROM meta")).all()
    again.close()


def test_a_new_data_folder_is_closed_to_other_users(folder, opened):
    assert folder.stat().st_mode & 0o077 == 0


MIGRATE_AND_DIE = """
import os, signal, sys
from pathlib import Path
from pod_app.storage import layout
from pod_app.storage.database import Database
migrate = layout.migrate
def dies(conn):
    migrate(conn)
    os.kill(os.getpid(), signal.SIGKILL)
layout.migrate = dies
Database("", Path(sys.argv[1]))
"""


def test_a_migration_that_was_killed_leaves_the_old_layout_and_the_next_start_finishes_it(folder):
    """D7"""
    died = run(MIGRATE_AND_DIE, folder)
    assert died.wait(60) == -signal.SIGKILL
    died.stdout.close()
    raw = sqlite3.connect(folder / FILE_NAME)
    assert raw.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    raw.close()
    database = Database("", folder)
    database.write(lambda conn: put_meta(conn, "a"))
    assert count_meta(database) == 1
    database.close()


WRITE_FOR_A_WHILE = """
import sys, time
from pathlib import Path
from sqlalchemy import text
from pod_app.storage.database import Database
database = Database("", Path(sys.argv[1]))
database.write(lambda conn: None)
print("ready", flush=True)
sys.stdin.readline() if len(sys.argv) > 3 else None
until, count = time.monotonic() + float(sys.argv[2]), 0
while time.monotonic() < until:
    key = f"{sys.argv[3]} {count}"
    database.write(lambda conn: conn.execute(text("INSERT INTO meta VALUES (:key, '')"), {"key": key}))
    count += 1
database.close()
print(count)
"""


def test_two_processes_share_the_writing_fairly(folder, opened):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", WRITE_FOR_A_WHILE, str(folder), "1.5"]
    both = [
        subprocess.Popen([*command, name], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name in ("a", "b")
    ]
    for one in both:
        assert one.stdout.readline() == "ready\n"
    for one in both:
        one.stdin.write("go\n")
        one.stdin.flush()
    counts = [int(one.communicate(timeout=60)[0]) for one in both]
    assert count_meta(opened) == sum(counts)
    assert min(counts) >= 0.2 * sum(counts), counts


def test_a_start_with_nothing_to_migrate_does_not_import_alembic(folder, opened):
    opened.close()
    script = (
        "import sys; from pathlib import Path; from pod_app.storage.database import Database; "
        "Database('', Path(sys.argv[1])).close(); print('alembic' in sys.modules)"
    )
    process = run(script, folder)
    assert process.communicate(timeout=60)[0] == b"False\n"
