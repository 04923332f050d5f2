"""The one SQL database: reads see one consistent moment, a write returns once it is on disk.

SQLite in the data folder by default, PostgreSQL by URL; the same functions over a SQLAlchemy `Connection`
run on both. On SQLite writes pass through the one writer thread (`storage/writer.py`); on PostgreSQL
they are serializable transactions in the calling thread, tried again when they collide.
"""

import logging
import os
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError

from pod_app.brevity import may_take_long
from pod_app.errors import N_, QuotaExceeded, Unavailable
from pod_app.settings import DATABASE_FILE, Settings
from pod_app.storage import failures, layout
from pod_app.storage.ballast import Ballast
from pod_app.storage.durable import make_folder, sync_folder
from pod_app.storage.writer import FairLock, GroupWriter

T = TypeVar("T")
LOG: Final = logging.getLogger("pod_app.storage")
FILE_NAME: Final = DATABASE_FILE
KEPT_READERS: Final = 32
BUSY_MILLISECONDS: Final = 10_000
ATTEMPTS: Final = 12
MIGRATING: Final = 7_206_001  # numbers of PostgreSQL's advisory locks; storage/outbox.py has another one
RETRYING: Final = 7_206_002
_CHANGED: Final = "SELECT pg_current_xact_id_if_assigned() IS NOT NULL"
_DURABLE: Final = (
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
)
_PRAGMAS: Final = ("synchronous = FULL", "foreign_keys = ON", f"busy_timeout = {BUSY_MILLISECONDS}")


class Database:
    """One database, shared by the threads of a process; nothing runs before the first use."""

    def __init__(self, url: str, folder: Path, *, connect: Callable[[], Any] | None = None) -> None:
        """Open and, where needed, migrate.

        `folder` holds the SQLite file (when `url` is empty) and the lock of its writers. `connect` makes
        DB-API connections of an SQLite built with other parts (tests cut the power below it). Raises
        `Damaged` for what cannot be read, or was written by a newer program, and `Unavailable` for a
        server that does not answer.
        """
        self.path: Path | None = None if url else folder / FILE_NAME
        self.dialect = "postgresql" if url else "sqlite"
        self.where = make_url(url).render_as_string(hide_password=True) if url else str(self.path)
        self._hints: list[Callable[[], None]] = []
        self._colliding = threading.Lock()
        self._idle: deque[Connection] = deque()
        self._watching: Connection | None = None
        self._closed = False
        self._lock: FairLock | None = None
        self._writer: GroupWriter | None = None
        self._ballast = Ballast(folder)
        with failures.told(self.where), failures.told_of_system(self.where):
            make_folder(folder)
            self._engine = _postgresql(url) if url else _sqlite(folder / FILE_NAME, connect)
            if url:
                self._reading = self._engine.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
                self._writing = self._engine.execution_options(isolation_level="SERIALIZABLE")
            try:
                if not url:
                    self._lock = FairLock(folder)
                    self._writer = GroupWriter(self._connect, self._lock, self.where, self._hint)
                self._migrate(folder)
            except BaseException:
                self.close()
                raise

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open the database that the settings name."""
        return cls(settings.database_url, settings.data)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Lend a connection that sees one moment of the database, whatever is written meanwhile, and cannot write.

        Keep it short: while one is open the log of SQLite cannot be folded. Raises `Damaged`, `Unavailable`.
        Work that has joined a transaction sees that one.
        """
        joined = None if self._writer is None else self._writer.joined
        with failures.told(self.where):
            if joined is not None:
                yield joined
            elif self.dialect == "postgresql":
                with self._reading.begin() as conn:
                    yield conn
            else:
                yield from self._read_sqlite()

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Lend a connection to one moment that may be read for minutes.

        On SQLite it is a copy beside the database, made in one step: a long read would keep the log from being folded,
        and a copy page by page never ends while others write (trust.md §1.9).
        """
        if self.path is None:
            with self.read() as conn:
                yield conn
            return
        copy = self.path.with_name(f"{self.path.name}.copy-{os.getpid()}-{threading.get_ident()}")
        engine = _sqlite(copy, None)
        try:
            with failures.told(self.where), self._connect() as source, engine.connect() as target:
                target.exec_driver_sql("PRAGMA synchronous = OFF").close()
                raw: Any = source.connection.dbapi_connection
                raw.backup(target.connection.dbapi_connection, pages=-1)
                yield target
        finally:
            engine.dispose()
            for end in ("", "-wal", "-shm", "-journal"):
                copy.with_name(copy.name + end).unlink(missing_ok=True)

    def compact(self) -> None:
        """Leave no trace of deleted rows on disk: SQLite writes itself anew, PostgreSQL does so by and by."""
        if self._lock is None:
            return
        with failures.told(self.where), self._lock.held(), self._connect() as conn:
            conn.exec_driver_sql("VACUUM").close()
            conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").close()

    def write(self, change: Callable[[Connection], T], *, frees: bool = False) -> T:
        """Run `change` in a transaction and return its value after COMMIT, with the data on disk.

        `change` may be run several times (PostgreSQL tries again after a collision) and must neither
        write elsewhere nor call `write`. Its exceptions undo it and are raised here. Raises
        `Unavailable` when it could not be committed and `QuotaExceeded` when the disk is full. A change that
        `frees` room is then tried once more, with the ballast thrown off.
        """
        if self._writer is not None and not self._ballast.missing and (joined := self._writer.joined) is not None:
            within: T = self._writer.within(joined, change)
            return within
        may_take_long()
        if self._writer is not None:
            return self._write_sqlite(self._writer, change, frees=frees)
        with failures.told(self.where):
            return self._write_postgresql(change)

    def join(self, work: Callable[[], T]) -> "Future[T]":
        """Run short `work` in the writer's thread: what it reads and writes here is part of one transaction (ADR 0026).

        SQLite only; see `GroupWriter.join`.
        """
        assert self._writer is not None, "work joins only where there is one writer"  # noqa: S101  # callers look at `dialect`
        return self._writer.join(work)

    def stamp(self) -> int:
        """A number that is another one after each commit, whoever made it: SQLite only, in one thread at a time.

        Raises `Unavailable`, `Damaged`. See https://sqlite.org/pragma.html#pragma_data_version.
        """
        with failures.told(self.where):
            if self._watching is None:
                self._watching = self._reader()
            raw: Any = self._watching.connection.dbapi_connection
            return int(raw.execute("PRAGMA data_version").fetchone()[0])

    def on_commit(self, hint: Callable[[], None]) -> None:
        """Call `hint` after commits of this process, in any thread: a wake-up that may be lost, so sweep as well."""
        self._hints.append(hint)

    def close(self) -> None:
        """Finish the writes that were asked for and let go of threads, files and connections."""
        self._closed = True
        if self._writer is not None:
            self._writer.close()
        if self._watching is not None:
            self._idle.append(self._watching)
            self._watching = None
        while self._idle:
            self._idle.pop().close()
        self._engine.dispose()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _hint(self) -> None:
        for hint in self._hints:
            try:
                hint()
            except Exception:
                LOG.exception("a listener for commits failed; it is only a hint")

    # -- SQLite ----------------------------------------------------------------------------------

    def _connect(self) -> Connection:
        return self._engine.connect()

    def _read_sqlite(self) -> Iterator[Connection]:
        conn = self._reader()
        raw: Any = conn.connection.dbapi_connection
        raw.execute("BEGIN")
        try:
            yield conn
        finally:
            self._give_back(conn, raw)

    def _give_back(self, conn: Connection, raw: Any) -> None:
        try:
            raw.rollback()
        except Exception:
            conn.invalidate()  # whatever state it is in, nobody inherits it
            conn.close()
            raise
        if self._closed or len(self._idle) >= KEPT_READERS:
            conn.close()
        else:
            self._idle.append(conn)

    def _reader(self) -> Connection:
        """Take a kept connection: a fresh checkout would cost more than the look-up it is for."""
        if self._closed:
            raise Unavailable(N_("The database {where} has been closed."), N_("Try again."), where=self.where)
        try:
            return self._idle.pop()
        except IndexError:
            conn = self._connect()
            conn.exec_driver_sql("PRAGMA query_only = ON")
            return conn

    def _write_sqlite(self, writer: GroupWriter, change: Callable[[Connection], T], *, frees: bool) -> T:
        try:
            value: T = writer.run(change)
        except QuotaExceeded:
            if not (frees and self._ballast.throw_off()):
                raise
            value = writer.run(change)
        else:
            self._ballast.take_on()
        return value

    # -- PostgreSQL ------------------------------------------------------------------------------

    def _write_postgresql(self, change: Callable[[Connection], T]) -> T:
        for attempt in range(ATTEMPTS):
            try:
                value, changed = self._attempt(change, queue=attempt > 1)
            except Exception as error:
                if failures.sqlstate(error) not in failures.RETRIED or attempt == ATTEMPTS - 1:
                    raise
                time.sleep(random.uniform(0, 0.004 * 2 ** min(attempt, 5)))  # noqa: S311  # only spreads the crowd
            else:
                if changed:
                    self._hint()
                return value
        raise AssertionError  # the last attempt returns or raises

    def _attempt(self, change: Callable[[Connection], T], *, queue: bool) -> tuple[T, bool]:
        """One transaction, and whether it changed anything.

        Those that have collided twice queue for a lock, so that one of them always gets through.
        """
        with self._queue() if queue else nullcontext(), self._writing.begin() as conn:
            value = change(conn)
            changed = bool(self._hints) and bool(conn.exec_driver_sql(_CHANGED).scalar())
        return value, changed

    @contextmanager
    def _queue(self) -> Iterator[None]:
        """Let one thread of this process wait for the server's lock, so that those who wait do not use up the pool."""
        with self._colliding, _session_lock(self._engine, RETRYING):
            yield

    # -- layout ----------------------------------------------------------------------------------

    def _migrate(self, folder: Path) -> None:
        with self._connect() as conn:
            logged = self.dialect != "sqlite" or conn.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            if layout.is_current(conn, self.where) and logged:
                return
        if self._lock is not None:
            with self._lock.held():
                self._migrate_sqlite(folder)
        else:
            with _session_lock(self._engine, MIGRATING):
                self._attempt(self._step, queue=False)

    def _migrate_sqlite(self, folder: Path) -> None:
        with self._connect() as conn:
            conn.exec_driver_sql("PRAGMA journal_mode = WAL").close()
            conn.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                self._step(conn)
                conn.exec_driver_sql("COMMIT")
            except BaseException:
                conn.invalidate()  # closing the connection rolls back
                raise
        sync_folder(folder)  # SQLite syncs the file it has made, not the name of it

    def _step(self, conn: Connection) -> None:
        if layout.is_current(conn, self.where):
            return
        try:
            layout.migrate(conn)
        except DBAPIError as error:
            if failures.translate(error, self.where) is not None:
                raise
            raise layout.stuck(self.where, error) from error


def fetch(conn: Connection, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Rows of a hand-written statement, straight from the driver: 9 µs where `exec_driver_sql` takes 22.

    Only for statements of the hottest paths, whose placeholders fit the driver (`?` or `%s`).
    """
    cursor = conn.connection.cursor()
    cursor.execute(statement, values)
    rows: list[tuple[Any, ...]] = cursor.fetchall()  # type: ignore[assignment]  # typed as a Sequence
    cursor.close()
    return rows


def run(conn: Connection, statement: str, values: Sequence[Any]) -> int:
    """`fetch` for a statement that changes rows: how many there were."""
    cursor = conn.connection.cursor()
    cursor.execute(statement, values)
    changed = cursor.rowcount
    cursor.close()
    return changed


def ask(conn: Connection, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """`fetch` for statements whose placeholders are written `?`, whatever the driver calls them."""
    return fetch(conn, _placed(statement) if conn.dialect.name == "postgresql" else statement, values)


def tell(conn: Connection, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run a hand-written statement (placeholders `?`) once for each of `rows`, straight from the driver."""
    if rows:
        cursor = conn.connection.cursor()
        cursor.executemany(_placed(statement) if conn.dialect.name == "postgresql" else statement, rows)
        cursor.close()


@lru_cache(maxsize=256)
def _placed(statement: str) -> str:
    return statement.replace("?", "%s")


def _sqlite(path: Path, connect: Callable[[], Any] | None) -> Engine:
    """Prepare an engine whose driver opens no transactions; `synchronous = FULL` makes a commit survive a power cut."""
    how: dict[str, Any] = {"creator": connect} if connect else {"connect_args": {"check_same_thread": False}}
    engine = create_engine(
        URL.create("sqlite", database=str(path)), poolclass=NullPool, isolation_level="AUTOCOMMIT", **how
    )

    def prepare(connection: Any, _record: object) -> None:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").close()

    event.listen(engine, "connect", prepare)
    return engine


def _postgresql(url: str) -> Engine:
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), pool_size=10, max_overflow=20)

    def prepare(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_DURABLE)
        connection.commit()

    event.listen(engine, "connect", prepare)
    return engine


@contextmanager
def _session_lock(engine: Engine, number: int) -> Iterator[None]:
    """Hold a lock of the server by a connection, so that it ends with its process."""
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as conn:
        conn.exec_driver_sql("SELECT pg_advisory_lock(%s)", (number,))
        try:
            yield
        finally:
            conn.exec_driver_sql("SELECT pg_advisory_unlock(%s)", (number,))
