"""D1 at the level of storage: processes are killed at random moments, and no promise is broken."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from itertools import count
from pathlib import Path

import ledger
import pytest
from sqlalchemy import insert, select

import pod_app
from pod_app.storage import outbox, schema
from pod_app.storage import resources as rows
from pod_app.storage.blobs import Blobs
from pod_app.storage.database import Database

ROOT = Path(pod_app.__file__).parents[1]
WRITERS = 3
ROUNDS = 10
LONG_ROUNDS = 30


class Writers:
    """Processes that write at once, each with a ledger of its own."""

    def __init__(self, folder: Path, ledgers: Path) -> None:
        self._folder = folder
        self.ledgers = ledgers
        self._numbers = count()
        self.running: list[subprocess.Popen] = []

    def start(self) -> None:
        prefix = f"p{next(self._numbers)}"
        script = Path(__file__).with_name("kill_writer.py")
        command = [sys.executable, str(script), str(self._folder), str(self.ledgers / prefix), prefix]
        self.running.append(subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}))

    def wait_for_promises(self) -> None:
        """Every running process has been promised something, so that a kill falls into its work."""
        until = time.monotonic() + 60
        for process in self.running:
            path = self.ledgers / process.args[-1]
            while not (path.exists() and "promised" in path.read_text()):
                assert process.poll() is None, "a writer ended by itself"
                assert time.monotonic() < until, "a writer does not get through"
                time.sleep(0.01)

    def kill(self, victims: list[subprocess.Popen]) -> None:
        for victim in victims:
            victim.kill()
        for victim in victims:
            assert victim.wait() == -signal.SIGKILL
            self.running.remove(victim)

    def read(self) -> ledger.Record:
        return ledger.read(self.ledgers.iterdir())


@pytest.fixture
def writers(tmp_path):
    (tmp_path / "ledgers").mkdir()
    writers = Writers(tmp_path / "data", tmp_path / "ledgers")
    yield writers
    writers.kill(list(writers.running))


def look(folder: Path) -> tuple[dict[str, bytes], Counter, int, int]:
    """Bodies by name, outbox rows by (name, version), bytes used, and how often the container changed."""
    database, blobs = Database("", folder), Blobs.in_folder(folder / "blobs")
    with database.read() as conn:
        assert conn.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        stored = rows.lookup(conn, "alice", conn.scalars(select(schema.resources.c.path)).all())
        changes = Counter((row.path, row.version) for row in outbox.since(conn, 0, limit=10**6))
        used = rows.bytes_used(conn, "alice")
    database.close()
    container = stored.pop("")
    bodies = {name: blobs.get(one.blob) if one.blob else one.body for name, one in stored.items()}
    return bodies, changes, used, container.version


def verify(writers: Writers, folder: Path) -> ledger.Verdict:
    promised = writers.read()
    bodies, changes, used, container_version = look(folder)
    verdict = ledger.judge(promised, writers.read(), bodies)
    versions = {name: ledger.version_of(body)[1] for name, body in bodies.items()}
    expected = Counter((name, number) for name, newest in versions.items() for number in range(1, newest + 1))
    assert changes == expected, "each version of each resource has exactly one outbox row"
    assert used == sum(map(len, bodies.values()))
    assert container_version == 1 + sum(versions.values())
    return verdict


def prepare(folder: Path) -> None:
    alice = {"pod": "alice", "kind": "person", "title": "Alice", "language": "fr", "created": 1}
    root = {
        "pod": "alice", "path": "", "slashless": "", "media_type": "text/turtle", "size": 0, "sha256": "",
        "version": 1, "created": 1, "modified": 1, "body": b"",
    }  # fmt: skip
    database = Database("", folder)
    database.write(
        lambda conn: [conn.execute(insert(schema.pods), alice), conn.execute(insert(schema.resources), root)]
    )
    database.close()


def rounds(writers: Writers, folder: Path, number: int, randomness: random.Random) -> None:
    prepare(folder)
    for round_number in range(number):
        while len(writers.running) < WRITERS:
            writers.start()
        writers.wait_for_promises()
        time.sleep(randomness.uniform(0.02, 0.4))
        victims = list(writers.running) if randomness.random() < 0.3 else [randomness.choice(writers.running)]
        writers.kill(victims)
        verdict = verify(writers, folder)
        print(f"round {round_number}: killed {len(victims)} of {WRITERS}, {verdict}")
        assert verdict.lost == []
        assert verdict.torn == []


@pytest.mark.parametrize("number", [ROUNDS, pytest.param(LONG_ROUNDS, marks=pytest.mark.long)])
def test_no_promise_is_broken_by_killing_writers(writers, tmp_path, long_form, number):
    if number == LONG_ROUNDS and not long_form:
        pytest.skip("the long form: pytest -m long, or POD_APP_LONG=1")
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    rounds(writers, tmp_path / "data", number, random.Random(seed))


def test_the_judgement_notices_a_lost_a_stale_and_a_torn_write(tmp_path):
    randomness = random.Random(1)
    book = ledger.Ledger(tmp_path / "book")
    bodies = {}
    for name in ("kept", "lost", "stale", "torn"):
        for version in (1, 2):
            bodies[name, version] = ledger.make_body(name, version, 50, randomness)
            book.intend(name, version, bodies[name, version])
            book.promised(name, version)
    found = {
        "kept": bodies["kept", 2],
        "stale": bodies["stale", 1],
        "torn": bodies["torn", 2][:-1] + b"?",
    }
    record = ledger.read([tmp_path / "book"])
    verdict = ledger.judge(record, record, found)
    assert (sorted(verdict.lost), verdict.torn, verdict.promised) == (["lost", "stale"], ["torn"], 4)
