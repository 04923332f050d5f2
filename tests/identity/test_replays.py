"""A proof counts once, in whatever process and thread (trust.md S13)."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from pod_app.storage import replays
from pod_app.storage.database import Database
from pod_app.storage.replays import open_replays

ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
CHILD = """
import sys
from pathlib import Path
from pod_app.storage.database import Database
from pod_app.storage.replays import open_replays
database = Database(sys.argv[1], Path(sys.argv[2]))
store = open_replays(database, Path(sys.argv[2]), 1000)
print(sum(store.first_use(f"proof-{n}", 2000, 1000) for n in range(200)))
store.close(); database.close()
"""


@pytest.fixture(params=ENGINES)
def where(request, tmp_path):
    url = request.getfixturevalue("postgres_server").new_database() if request.param == "postgresql" else ""
    return url, tmp_path


@pytest.fixture
def store(where):
    database = Database(*where)
    made = open_replays(database, where[1], 1000)
    yield made
    made.close()
    database.close()


def test_s13_a_proof_is_new_once(store):
    assert store.first_use("a", 2000, 1000)
    assert not store.first_use("a", 2000, 1001)
    assert store.first_use("b", 2000, 1000)


def test_s13_fifty_at_once_have_one_success(store):
    with ThreadPoolExecutor(16) as threads:
        assert sum(threads.map(lambda _: store.first_use("same", 2000, 1000), range(50))) == 1


def test_s13_two_processes_share_what_was_used(where, store):
    command = [sys.executable, "-c", CHILD, where[0], str(where[1])]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    counts = [int(one.communicate(timeout=60)[0]) for one in running]
    assert sum(counts) == 200
    assert not store.first_use("proof-7", 2000, 1000)


def test_s13_what_expired_is_swept(store):
    for number in range(replays.SWEEP_EVERY + 1):
        store.first_use(f"old-{number}", 1100, 1000)
    for number in range(replays.SWEEP_EVERY):
        store.first_use(f"new-{number}", 3000, 2000)
    assert store.first_use("old-1", 3000, 2000)


def test_s40_what_expired_is_found_without_a_look_at_all_that_has_not(tmp_path):
    """At 1,500 proofs a second there are 180,000."""
    database = Database("", tmp_path)
    open_replays(database, tmp_path, 1000).close()
    with sqlite3.connect(tmp_path / replays.FILE_NAME) as reader:
        plans = [
            reader.execute(f"EXPLAIN QUERY PLAN DELETE FROM {table} WHERE until < 5").fetchone()[3]
            for table in ("proofs", "counted")
        ]
    reader.close()
    database.close()
    assert [plan.partition(" ")[0] for plan in plans] == ["SEARCH", "SEARCH"]


def test_s13_after_a_restart_of_the_machine_older_proofs_are_refused(tmp_path, monkeypatch):
    database = Database("", tmp_path)
    first = open_replays(database, tmp_path, 1000)
    assert first.since == 0
    first.close()
    boot = tmp_path / "boot"
    boot.write_text("another boot")
    monkeypatch.setattr(replays, "_BOOT", boot)
    again = open_replays(database, tmp_path, 5000)
    assert again.since == 5000
    again.close()
    database.close()


def test_a_spoilt_store_is_begun_again(tmp_path):
    (tmp_path / replays.FILE_NAME).write_bytes(b"no database at all" * 100)
    database = Database("", tmp_path)
    store = open_replays(database, tmp_path, 1000)
    assert store.first_use("a", 2000, 1000)
    store.close()
    database.close()
    assert sqlite3.connect(tmp_path / replays.FILE_NAME).execute("SELECT count(*) FROM proofs").fetchone() == (1,)


def test_s13_a_store_of_an_earlier_program_is_begun_again_and_trusts_nothing_older(tmp_path):
    """What it remembered is not read: whatever was made before this moment may have been used."""
    with sqlite3.connect(tmp_path / replays.FILE_NAME) as earlier:
        earlier.execute("CREATE TABLE used (id TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID")
        earlier.execute("CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")
        earlier.executemany("INSERT INTO about VALUES (?, ?)", [("boot", _boot()), ("since", "0")])
    earlier.close()
    database = Database("", tmp_path)
    store = open_replays(database, tmp_path, 5000)
    assert store.since == 5000
    assert store.first_use("a", 6000, 5000)
    store.close()
    again = open_replays(database, tmp_path, 7000)
    assert again.since == 5000
    again.close()
    database.close()


def _boot():
    return replays._BOOT.read_text("ascii").strip() if replays._BOOT.exists() else ""
