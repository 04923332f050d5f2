"""A private PostgreSQL cluster in a temporary folder, reached through a socket file: no port, no password, no traces.

Sorting follows a human language on purpose, so that a listing that forgot to ask for byte order shows.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest

INSTALLATIONS = Path("/usr/lib/postgresql")


class PostgresServer:
    """A running cluster; `new_database` gives the URL of an empty database, or of a copy of another one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = count(1)

    def new_database(self, template: str = "template0") -> str:
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(host=str(self.folder), user="pod_app", dbname="postgres", autocommit=True) as conn:
            conn.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def url(self, name: str) -> str:
        return f"postgresql://pod_app@/{name}?host={self.folder}"


def find_programs() -> Path | None:
    """The newest installation's folder of programs, or None."""
    found = [path for path in INSTALLATIONS.glob("*/bin") if (path / "initdb").exists()]
    if found:
        return max(found, key=lambda path: int(path.parent.name))
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    programs = find_programs()
    if programs is None:
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail("PostgreSQL is not installed, and in CI it must be")
        pytest.skip("PostgreSQL is not installed (no initdb found)")
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    identity = _identity(folder)
    server = None
    try:
        _initialise(programs, folder, identity)
        server = _start(programs, folder, identity)
        _wait_until_ready(folder, server)
        yield PostgresServer(folder)
    finally:
        if server is not None:
            server.terminate()
            try:
                server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _identity(folder: Path) -> dict[str, object]:
    """PostgreSQL refuses to run as root: take another user of this machine, and give them the folder."""
    if os.geteuid() != 0:
        return {}
    names = {user.pw_name: user for user in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    os.chown(folder, user.pw_uid, user.pw_gid)
    folder.chmod(0o755)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _initialise(programs: Path, folder: Path, identity: dict[str, object]) -> None:
    command = [programs / "initdb", "-D", folder / "data", "-U", "pod_app", "-A", "trust", "-E", "UTF8", "--no-sync"]
    options = subprocess.run([programs / "initdb", "--help"], capture_output=True, text=True, check=True).stdout
    if "--icu-locale" in options:
        command += ["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=fr"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **identity)
    assert done.returncode == 0, done.stderr


def _start(programs: Path, folder: Path, identity: dict[str, object]) -> subprocess.Popen:
    settings = ["listen_addresses=", "fsync=off", "max_connections=200"]
    options = [part for setting in settings for part in ("-c", setting)]
    command = [programs / "postgres", "-D", folder / "data", "-k", folder, *options]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log, cwd="/", **identity)


def _wait_until_ready(folder: Path, server: subprocess.Popen) -> None:
    until = time.monotonic() + 180
    while True:
        try:
            psycopg.connect(host=str(folder), user="pod_app", dbname="postgres").close()
        except psycopg.OperationalError:
            assert server.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < until, (folder / "log").read_text()
            time.sleep(0.05)
        else:
            return


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    with running_server() as server:
        yield server
