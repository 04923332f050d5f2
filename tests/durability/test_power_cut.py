"""D2: what was acknowledged survives a power cut, and a test that would not notice a missing sync is refused."""

import hashlib
import random
import threading
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from power_cut_disk import Disk
from sqlalchemy import insert, select

from pod_app.errors import QuotaExceeded, Unavailable
from pod_app.storage import outbox, schema
from pod_app.storage import resources as rows
from pod_app.storage.database import FILE_NAME, Database
from pod_app.storage.resources import StoredResource

WRITERS = 4
CUTS = 12
LONG_RUNS = 8


def stored(name: str, randomness: random.Random) -> StoredResource:
    body = randomness.randbytes(randomness.randrange(200, 6000))
    now = datetime.now(UTC)
    return StoredResource(
        "alice", name, "", "", "text/plain", len(body), hashlib.sha256(body).hexdigest(), 1, now, now, body
    )


def write_one(database, name, randomness):
    one = stored(name, randomness)

    def change(conn):
        rows.put(conn, one)
        outbox.append(conn, pod="alice", kind=outbox.CHANGE, path=name, version=1, verb="Create", at=one.modified)

    database.write(change)


class Load:
    """Threads that write until told to stop, and a list of what was acknowledged to them."""

    def __init__(self, database, seed):
        self.acknowledged: list[str] = []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self._run, args=(database, n, seed)) for n in range(WRITERS)]

    def _run(self, database, number, seed):
        randomness = random.Random(seed + number)
        count = 0
        while not self.stopping.is_set():
            name = f"w{number}-{count}"
            write_one(database, name, randomness)
            self.acknowledged.append(name)
            count += 1

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


def lost_after(folder: Path, acknowledged: list[str]) -> int:
    """Open what the power cut left and say how many acknowledged writes are gone; everything there must be whole."""
    database = Database("", folder)
    with database.read() as conn:
        assert conn.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        found = conn.execute(select(schema.resources.c.path, schema.resources.c.sha256, schema.resources.c.body)).all()
        announced = {row.path for row in outbox.since(conn, 0, limit=10**6)}
        used = rows.bytes_used(conn, "alice")
    database.close()
    assert all(hashlib.sha256(row.body).hexdigest() == row.sha256 for row in found)
    assert announced == {row.path for row in found}, "a resource and its outbox row are one transaction"
    assert used == sum(len(row.body) for row in found)
    return len(set(acknowledged) - announced)


@contextmanager
def opened(folder, disk, synchronous="FULL"):
    """A database on that disk, with one pod."""
    database = Database("", folder, connect=partial(disk.connect, folder / FILE_NAME, synchronous))
    alice = {"pod": "alice", "kind": "person", "title": "Alice", "language": "fr", "created": 1}
    database.write(lambda conn: conn.execute(insert(schema.pods).values(alice)))
    yield database
    database.close()


@pytest.fixture
def disk():
    disk = Disk()
    yield disk
    disk.close()


def run(tmp_path, disk, synchronous, survival, seed):
    """Cut the power several times under load; how many acknowledged writes were lost, of how many."""
    randomness = random.Random(seed)
    lost = total = 0
    with opened(tmp_path / "data", disk, synchronous) as database, Load(database, seed) as load:
        for number in range(CUTS):
            time.sleep(randomness.uniform(0.01, 0.08))
            left = tmp_path / f"left-{number}"
            left.mkdir()
            acknowledged = list(load.acknowledged)  # before the cut: later ones may or may not be there
            disk.cut(left, randomness, survival)
            lost += lost_after(left, acknowledged)
            total += len(acknowledged)
    return lost, total


@pytest.mark.parametrize("runs", [1, pytest.param(LONG_RUNS, marks=pytest.mark.long)])
@pytest.mark.parametrize("survival", [0.0, 0.5, 1.0])
def test_no_acknowledged_write_is_lost_whichever_unsynced_writes_survive(tmp_path, survival, long_form, runs):
    if runs == LONG_RUNS and not long_form:
        pytest.skip("the long form: pytest -m long, or POD_APP_LONG=1")
    for number in range(runs):
        seed = random.randrange(2**32)
        with closing(Disk()) as disk:
            lost, total = run(tmp_path / str(number), disk, "FULL", survival, seed)
        print(f"seed {seed}: lost {lost} of {total}")
        assert total > 0
        assert lost == 0


@pytest.mark.parametrize("synchronous", ["NORMAL", "OFF"])
def test_the_same_test_notices_when_commits_are_not_synced(tmp_path, disk, synchronous):
    """Without this, a disk that forgets nothing would let any program pass the test above."""
    lost, total = run(tmp_path, disk, synchronous, 0.0, seed=1)
    print(f"lost {lost} of {total}")
    assert lost > 0


@pytest.mark.parametrize("number", [0, 1, 2, 5, 9])
def test_when_the_disk_refuses_to_sync_nothing_is_acknowledged_and_no_further_write_is_taken(tmp_path, disk, number):
    """D3: after a failed sync the kernel may believe that lost pages are clean, so only a restart writes again."""
    left = tmp_path / "left"
    left.mkdir()
    acknowledged = []
    with opened(tmp_path / "data", disk) as database:
        disk.syncs_until_failure = number
        with pytest.raises(Unavailable):
            for count in range(100):
                write_one(database, f"n{count}", random.Random(count))
                acknowledged.append(f"n{count}")
        disk.syncs_until_failure = None
        with pytest.raises(Unavailable, match="read-only"):
            write_one(database, "after", random.Random(1))
        with database.read() as conn:
            assert {row.path for row in outbox.since(conn, 0)} >= set(acknowledged)
        disk.cut(left, random.Random(number), 0.0)
    assert lost_after(left, acknowledged) == 0


@pytest.mark.parametrize("failure", ["full", "broken"])
@pytest.mark.parametrize("runs", [25, pytest.param(500, marks=pytest.mark.long)])
def test_d3_whichever_write_to_the_disk_fails_nothing_is_acknowledged_that_is_not_kept(
    tmp_path, failure, long_form, runs
):
    """D3: ENOSPC and EIO at the n-th write; what was acknowledged before and after it survives a power cut, whole."""
    if runs > 25 and not long_form:
        pytest.skip("the long form: pytest -m long, or POD_APP_LONG=1")
    refused = 0
    for number in range(runs):
        left, acknowledged = tmp_path / f"left-{number}", []
        left.mkdir()
        with closing(Disk()) as disk, opened(tmp_path / f"data-{number}", disk) as database:
            disk.failure = failure
            disk.writes_until_failure = number
            for count in range(12):
                try:
                    write_one(database, f"n{count}", random.Random(count))
                except (QuotaExceeded, Unavailable):
                    refused += 1
                else:
                    acknowledged.append(f"n{count}")
            with database.read() as conn:
                assert {row.path for row in outbox.since(conn, 0)} >= set(acknowledged)
            disk.cut(left, random.Random(number), 0.0)
        assert lost_after(left, acknowledged) == 0, number
    assert refused > runs // 2


def test_a_full_disk_refuses_writes_reads_on_and_recovers_without_a_restart(tmp_path, disk):
    """D4"""
    with opened(tmp_path / "data", disk) as database:
        write_one(database, "before", random.Random(1))
        disk.full = True
        for name in ("during", "during again"):
            with pytest.raises(QuotaExceeded):
                write_one(database, name, random.Random(2))
        with database.read() as conn:
            assert rows.get(conn, "alice", "before") is not None
            assert rows.get(conn, "alice", "during") is None
        disk.full = False
        write_one(database, "after", random.Random(3))
        left = tmp_path / "left"
        left.mkdir()
        disk.cut(left, random.Random(1), 0.0)
    assert lost_after(left, ["before", "after"]) == 0
