"""Proofs that were used already, shared by every process of an installation and deliberately not durable.

A proof must be refused when it comes a second time, to whatever process (trust.md S13). An fsync for each request
would be absurd, so nothing here survives a power cut; what was made before such a cut is refused as a whole.
On SQLite this is a file of its own in the data folder, on PostgreSQL an unlogged table.
"""

import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy import Connection, text

from pod_app.storage.database import Database

FILE_NAME: Final = "replays.sqlite3"
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
SWEEP_EVERY: Final = 500
"""After so many uses, those that have expired are forgotten."""
_TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS used (id TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
)


class Replays(Protocol):
    """Where used proofs are remembered."""

    since: int
    """Proofs made before this second of 1970 are refused: the store may have forgotten them."""

    def first_use(self, proof: str, until: int, now: int) -> bool:
        """Remember `proof` until a second of 1970; whether it was not known. Exactly one of many callers gets True."""

    def close(self) -> None:
        """Let go of files."""


def open_replays(database: Database, folder: Path, now: int) -> Replays:
    """The store that goes with a database."""
    return _OnPostgres(database) if database.dialect == "postgresql" else _InFile(folder / FILE_NAME, now)


class _InFile:
    def __init__(self, path: Path, now: int) -> None:
        self._path = path
        self._idle: deque[sqlite3.Connection] = deque()
        self._uses = count(1)
        self.since = self._begin(now)

    def _begin(self, now: int) -> int:
        """What was written before the machine last started may be incomplete: begin again, and trust nothing older."""
        boot = _BOOT.read_text("ascii").strip() if _BOOT.exists() else ""
        try:
            with self._connection() as conn:
                return self._since(conn, boot, now)
        except sqlite3.DatabaseError:
            for name in (self._path, *(self._path.with_name(self._path.name + end) for end in ("-wal", "-shm"))):
                name.unlink(missing_ok=True)
            with self._connection() as conn:
                return self._since(conn, boot, now)

    def _since(self, conn: sqlite3.Connection, boot: str, now: int) -> int:
        conn.execute("BEGIN IMMEDIATE")
        for statement in _TABLES:
            conn.execute(statement)
        known = dict(conn.execute("SELECT key, value FROM about").fetchall())
        if known.get("boot") != boot:
            conn.execute("DELETE FROM used")
            known = {"boot": boot, "since": str(now if known else 0)}
            conn.executemany("INSERT OR REPLACE INTO about VALUES (?, ?)", known.items())
        conn.execute("COMMIT")
        return int(known["since"])

    def first_use(self, proof: str, until: int, now: int) -> bool:
        sweep = next(self._uses) % SWEEP_EVERY == 0
        with self._connection() as conn:
            if sweep:
                conn.execute("DELETE FROM used WHERE until < ?", (now,))
            found = conn.execute("INSERT INTO used VALUES (?, ?) ON CONFLICT DO NOTHING", (proof, until))
            return found.rowcount == 1

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            conn = self._idle.pop()
        except IndexError:
            conn = self._connect()
        try:
            yield conn
        except BaseException:
            conn.close()
            raise
        self._idle.append(conn)

    def _connect(self) -> sqlite3.Connection:
        conn = sqlite3.connect(self._path, timeout=10, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode = WAL", "synchronous = OFF", "busy_timeout = 10000"):
            conn.execute(f"PRAGMA {pragma}")
        return conn


class _OnPostgres:
    """An unlogged table is emptied by the server after a crash of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._uses = count(1)
        self.since = 0

    def first_use(self, proof: str, until: int, now: int) -> bool:
        sweep = next(self._uses) % SWEEP_EVERY == 0

        def within(conn: Connection) -> bool:
            if sweep:
                conn.execute(text("DELETE FROM proofs_used WHERE until < :now"), {"now": now})
            statement = text("INSERT INTO proofs_used VALUES (:proof, :until) ON CONFLICT DO NOTHING")
            return conn.execute(statement, {"proof": proof, "until": until}).rowcount == 1

        return self._database.write(within)

    def close(self) -> None:
        """Nothing is held."""
