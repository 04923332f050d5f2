"""Proofs that were used and tries that were made, shared by every process of an installation, deliberately not durable.

A proof must be refused when it comes a second time, to whatever process (trust.md S13). An fsync for each request
would be absurd, so nothing here survives a power cut; what was made before such a cut is refused as a whole.
On SQLite this is a file of its own in the data folder, on PostgreSQL an unlogged table.
"""

import hashlib
import sqlite3
import threading
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
_FORM: Final = "2"
"""Of these tables: a file of another form is begun again."""
_TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS proofs (until INTEGER, id BLOB, PRIMARY KEY (until, id)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS counted (until INTEGER, id BLOB, n INTEGER, PRIMARY KEY (until, id)) WITHOUT ROWID",
)
"""By time first: what comes goes to the end and what expires leaves the beginning, so that neither costs more when
there is much in between (at 1,500 proofs a second, 180,000)."""
_OUTDATED: Final = ("DROP TABLE IF EXISTS used", "DROP TABLE IF EXISTS tries", "DELETE FROM proofs")
_COUNT: Final = "INSERT INTO counted VALUES (?, ?, 1) ON CONFLICT (until, id) DO UPDATE SET n = n + 1 RETURNING n"
_BYTES: Final = 16
"""Of a hash, by which a proof is known: a second one with the same would take 2⁶⁴ tries."""


class Replays(Protocol):
    """Where used proofs are remembered."""

    since: int
    """Proofs made before this second of 1970 are refused: the store may have forgotten them."""

    def first_use(self, proof: str, until: int, now: int) -> bool:
        """Remember `proof` until a second of 1970; whether it was not known. Exactly one of many callers gets True.

        `until` follows from what the proof says itself: with another one it would be another proof.
        """

    def tries(self, what: str, seconds: int, now: int) -> int:
        """Count one more try of `what`; returns how many there were in this stretch of so many seconds."""

    def close(self) -> None:
        """Let go of files."""


def open_replays(database: Database, folder: Path, now: int) -> Replays:
    """The store that goes with a database."""
    return _OnPostgres(database) if database.dialect == "postgresql" else _InFile(folder / FILE_NAME, now)


class _InFile:
    def __init__(self, path: Path, now: int) -> None:
        self._path = path
        self._idle: deque[sqlite3.Connection] = deque()
        self._turn = threading.Lock()
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
        if (known.get("boot"), known.get("form")) != (boot, _FORM):
            for statement in _OUTDATED:
                conn.execute(statement)
            known = {"boot": boot, "form": _FORM, "since": str(now if known else 0)}
            conn.executemany("INSERT OR REPLACE INTO about VALUES (?, ?)", known.items())
        conn.execute("COMMIT")
        return int(known["since"])

    def first_use(self, proof: str, until: int, now: int) -> bool:
        sweep = next(self._uses) % SWEEP_EVERY == 0
        with self._connection() as conn:
            if sweep:
                for table in ("proofs", "counted"):
                    conn.execute(f"DELETE FROM {table} WHERE until < ?", (now,))  # noqa: S608  # constants
            name = hashlib.sha256(proof.encode()).digest()[:_BYTES]
            found = conn.execute("INSERT INTO proofs VALUES (?, ?) ON CONFLICT DO NOTHING", (until, name))
            return found.rowcount == 1

    def tries(self, what: str, seconds: int, now: int) -> int:
        name, until = _stretch(what, seconds, now)
        with self._connection() as conn:
            [(found,)] = conn.execute(_COUNT, (until, bytes.fromhex(name))).fetchall()
            return int(found)

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """One writer at a time in a process: SQLite makes a second one sleep for milliseconds, a lock wakes it."""
        with self._turn:
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
                for table in ("proofs_used", "tries_counted"):
                    conn.execute(text(f"DELETE FROM {table} WHERE until < :now"), {"now": now})  # noqa: S608  # constants
            statement = text("INSERT INTO proofs_used VALUES (:proof, :until) ON CONFLICT DO NOTHING")
            return conn.execute(statement, {"proof": proof, "until": until}).rowcount == 1

        return self._database.write(within)

    def tries(self, what: str, seconds: int, now: int) -> int:
        name, until = _stretch(what, seconds, now)
        statement = text(
            "INSERT INTO tries_counted VALUES (:name, 1, :until) "
            "ON CONFLICT (id) DO UPDATE SET n = tries_counted.n + 1 RETURNING n"
        )
        return self._database.write(
            lambda conn: int(conn.execute(statement, {"name": name, "until": until}).scalar_one())
        )

    def close(self) -> None:
        """Nothing is held."""


def _stretch(what: str, seconds: int, now: int) -> tuple[str, int]:
    """Name and end of the stretch of time that `now` is in; names hold no secret and no address in clear."""
    begins = now - now % seconds
    return hashlib.sha256(f"{what} {begins}".encode()).hexdigest(), begins + seconds
