"""D1 over HTTP: the server is killed at random moments under load, and no acknowledged write is lost (P1, P2)."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import ledger
import live_server
import pytest
from sqlalchemy import select

from pod_app.storage import schema
from pod_app.storage.database import Database

ROUNDS = 10
LONG_ROUNDS = 30


class Server:
    """`pod_app serve` on one folder and port, killed and started again."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._port = port
        self.base = f"http://localhost:{port}/"
        self._child: subprocess.Popen | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "pod_app", "serve", "--port", str(self._port)]
        with (self._folder.parent / "server.log").open("ab") as log:
            self._child = subprocess.Popen(
                command, env=live_server.environment(self._folder), stdout=log, stderr=log, start_new_session=True
            )
        until = time.monotonic() + live_server.HANG_GUARD
        while True:
            try:
                assert live_server.get(f"{self.base}healthz").status_code == 200
            except httpx.TransportError:
                assert time.monotonic() < until, "the server does not come back"
                time.sleep(0.02)
            else:
                return

    def kill(self) -> None:
        if self._child is not None:
            os.killpg(self._child.pid, signal.SIGKILL)
            assert self._child.wait() == -signal.SIGKILL
            self._child = None


@pytest.fixture
def server(tmp_path):
    served = Server(tmp_path / "data", live_server.free_port())
    yield served
    served.kill()


@pytest.fixture
def writer(tmp_path, server):
    """The load, and its ledger: four threads that put and replace resources of one container."""
    made = live_server.run(
        tmp_path / "data", "account", "create", "alice", "--client-credentials", "--json", "--base-url", server.base
    )
    assert made.returncode == 0, made.stderr
    token = json.loads(made.stdout)["token"]
    script = Path(__file__).with_name("kill_http_writer.py")
    book = tmp_path / "ledger"
    arguments = [sys.executable, str(script), f"{server.base}alice/public/", token, str(book), "w"]
    server.start()
    child = subprocess.Popen(arguments)
    yield child, book
    child.kill()
    child.wait()


def promises(book: Path) -> int:
    return book.read_text().count("promised") if book.exists() else 0


def wait_for_more(child: subprocess.Popen, book: Path) -> None:
    before, until = promises(book), time.monotonic() + live_server.HANG_GUARD
    while promises(book) < before + 5:
        assert child.poll() is None, "the writer ended by itself"
        assert time.monotonic() < until, "the writer does not get through"
        time.sleep(0.01)


def look(server: Server, names: list[str]) -> dict[str, bytes]:
    found = {}
    with httpx.Client(timeout=live_server.HANG_GUARD) as client:
        for name in names:
            answer = client.get(f"{server.base}alice/public/{name}")
            if answer.status_code == 200:
                found[name] = answer.content
    return found


@pytest.mark.parametrize("number", [ROUNDS, pytest.param(LONG_ROUNDS, marks=pytest.mark.long)])
def test_no_acknowledged_write_is_lost_by_killing_the_server(server, writer, tmp_path, long_form, number):
    if number == LONG_ROUNDS and not long_form:
        pytest.skip("the long form: pytest -m long, or POD_APP_LONG=1")
    child, book = writer
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    randomness = random.Random(seed)
    for round_number in range(number):
        wait_for_more(child, book)
        time.sleep(randomness.uniform(0.02, 0.3))
        server.kill()
        promised = ledger.read([book])
        server.start()
        found = look(server, sorted(promised.promised))
        verdict = ledger.judge(promised, ledger.read([book]), found)
        print(f"round {round_number}: {verdict}")
        assert verdict.lost == []
        assert verdict.torn == []
    child.kill()
    child.wait()
    server.kill()
    nothing_is_half_done(tmp_path / "data")


def nothing_is_half_done(folder: Path) -> None:
    """Each version of each resource has its outbox row, and the structure of the database is whole."""
    database = Database("", folder)
    resources, outbox = schema.resources, schema.outbox
    with database.read() as conn:
        assert conn.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        stored = dict(
            conn.execute(select(resources.c.path, resources.c.version).where(resources.c.path.like("public/w-%"))).all()
        )
        changes = conn.execute(select(outbox.c.path, outbox.c.version).where(outbox.c.path.like("public/w-%"))).all()
    database.close()
    assert sorted((row.path, row.version) for row in changes) == sorted(
        (path, version) for path, newest in stored.items() for version in range(1, newest + 1)
    )
