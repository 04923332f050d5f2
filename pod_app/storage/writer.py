"""One writer thread per process, whose commits are shared by everybody who waits: SQLite allows one writer at a time.

Processes queue for a kernel lock before `BEGIN IMMEDIATE`: through `busy_timeout` alone two processes
starve each other (494 against 9,694 commits measured). Requests that arrive while one commit is being
synced share the next one; each runs in its own savepoint, so that a failing one fails only its caller.
"""

import fcntl
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from pod_app.brevity import TooLongError
from pod_app.errors import N_, PodAppError, Unavailable
from pod_app.storage import failures, seen

LOG: Final = logging.getLogger("pod_app.storage")
GROUP_SIZE: Final = 64
GROUP_SECONDS: Final = 0.005
IDLE_SECONDS: Final = 1.0

Change = Callable[[Connection], Any]
_Job = tuple[Change, "Future[Any]"]


class FairLock:
    """A lock between processes that is handed on in turn.

    Linux wakes all who wait for a `flock` and lets them race, and the process that has just let go is
    already running. So there are two locks: only the holder of the turnstile waits for the lock, and
    whoever wants it again must first queue at the turnstile.
    """

    def __init__(self, folder: Path) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        self._turnstile = os.open(folder / "writer.turn", flags, 0o600)
        self._lock = os.open(folder / "writer.lock", flags, 0o600)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait for the turn and keep the lock."""
        fcntl.flock(self._turnstile, fcntl.LOCK_EX)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        finally:
            fcntl.flock(self._turnstile, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of both files."""
        os.close(self._turnstile)
        os.close(self._lock)


class _Joined(threading.local):
    conn: Connection | None = None


class GroupWriter:
    """Runs changes one after the other in a thread of its own, which starts with the first of them."""

    def __init__(
        self, connect: Callable[[], Connection], lock: FairLock, where: object, hint: Callable[[], None]
    ) -> None:
        self._connect = connect
        self._lock = lock
        self._where = where
        self._hint = hint
        self._joined = _Joined()
        self._jobs: deque[_Job] = deque()
        self._ready = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._disk_error: BaseException | None = None
        self._unwritten = False  # commits since the log was last folded into the database

    def run(self, change: Change) -> Any:
        """Run `change` and return its value once it is on disk; what it raises is raised here.

        Raises `Unavailable` when the commit failed or the database is closed, `QuotaExceeded` when
        the disk is full. Must not be called from within a change.
        """
        if threading.current_thread() is self._thread:
            raise RuntimeError("a change must not start another one: use the connection it was given")
        return self._submit(change).result()

    def join(self, work: Callable[[], Any]) -> "Future[Any]":
        """Run `work` in the writer's thread; what it changes and reads belongs to the transaction of a group.

        The future has the value once everything is on disk, or what `work` raised, or why it could not be kept.
        Nobody may wait for this writer while holding a lock that `work` could want.
        """
        return self._submit(partial(self._as_part, work))

    @property
    def joined(self) -> Connection | None:
        """The transaction that the work at hand in this thread has joined."""
        return self._joined.conn

    def within(self, conn: Connection, change: Change) -> Any:
        """Run a change of work that has joined, so that a refusal undoes this change alone.

        What the database itself says ends the attempt: `run` knows what to do about it.
        """
        raw: Any = conn.connection.dbapi_connection
        self._joined.conn = None  # a change must not start another one here either
        raw.execute("SAVEPOINT change")
        try:
            value = change(conn)
        except PodAppError:
            raw.execute("ROLLBACK TO change")
            raw.execute("RELEASE change")
            seen.begin(conn)  # what was seen within is no more, and SQLite does not count backwards
            raise
        except Exception as error:
            raise TooLongError from error
        else:
            raw.execute("RELEASE change")
            return value
        finally:
            self._joined.conn = conn

    def _submit(self, change: Change) -> "Future[Any]":
        job: _Job = (change, Future())
        with self._ready:
            if self._closed:
                raise Unavailable(N_("The database {where} has been closed."), N_("Try again."), where=self._where)
            self._jobs.append(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="writer", daemon=True)
                self._thread.start()
            self._ready.notify()
        return job[1]

    def close(self) -> None:
        """Finish what was asked for, then end the thread."""
        with self._ready:
            self._closed = True
            self._ready.notify()
        if self._thread is not None:
            self._thread.join()

    # -- in the writer's thread ------------------------------------------------------------------

    def _as_part(self, work: Callable[[], Any], conn: Connection) -> Any:
        self._joined.conn = conn
        seen.begin(conn)
        try:
            return work()
        finally:
            seen.end(conn)
            self._joined.conn = None

    def _loop(self) -> None:
        conn: Connection | None = None
        while (job := self._wait(conn)) is not None:
            try:
                conn = conn or self._connect()
                fit = self._group(conn, job)
            except Exception as error:  # noqa: BLE001  # told to the one who waits for it
                job[1].set_exception(failures.translate(error, self._where) or error)
            else:
                if not fit:
                    conn.invalidate()
                    conn.close()
                    conn = None
        if conn is not None:
            self._fold(conn)
            conn.close()

    def _wait(self, conn: Connection | None) -> _Job | None:
        """Wait for the next job, None when closed; a quiet second is used to fold the log into the database."""
        while True:
            with self._ready:
                if not self._jobs and not self._closed:
                    self._ready.wait(IDLE_SECONDS if self._unwritten else None)
                if self._jobs:
                    return self._jobs.popleft()
                if self._closed:
                    return None
            if self._unwritten and conn is not None:
                self._fold(conn)

    def _group(self, conn: Connection, first: _Job) -> bool:
        """Run and deliver one group; False when the connection is no longer fit for use."""
        if self._disk_error is not None:
            raise _read_only(self._where, self._disk_error)
        raw: Any = conn.connection.dbapi_connection
        done: list[tuple[_Job, Any]] = []
        try:
            with self._lock.held():
                before = raw.total_changes
                error = self._transaction(conn, raw, first, done)
                changed = raw.total_changes != before
        except BaseException as failure:  # noqa: BLE001  # told to every caller of the group
            error, changed = failure, False
            if not done and not first[1].done():
                done.append((first, None))
        self._deliver(done, error, changed=changed)
        return not raw.in_transaction

    def _transaction(
        self, conn: Connection, raw: Any, first: _Job, done: list[tuple[_Job, Any]]
    ) -> BaseException | None:
        """Run the first job and those that wait, and commit; the error that ended the transaction, if one did."""
        execute: Callable[[str], Any] = raw.execute
        execute("BEGIN IMMEDIATE")
        until = time.monotonic() + GROUP_SECONDS
        error = self._one(conn, execute, first, done)
        for _ in range(GROUP_SIZE - 1):
            job = self._next_waiting() if error is None and time.monotonic() < until else None
            if job is None:
                break
            error = self._one(conn, execute, job, done)
        if error is None:
            error = self._commit(execute)
        if error is not None and raw.in_transaction:
            execute("ROLLBACK")
        return error

    def _next_waiting(self) -> _Job | None:
        with self._ready:
            return self._jobs.popleft() if self._jobs else None

    def _one(
        self, conn: Connection, execute: Callable[[str], Any], job: _Job, done: list[tuple[_Job, Any]]
    ) -> BaseException | None:
        """Run one job in its savepoint. Returns an error only when SQLite gave up the whole transaction."""
        change, future = job
        try:
            execute("SAVEPOINT one")
            value = change(conn)
            execute("RELEASE one")
        except BaseException as error:  # noqa: BLE001  # told to the caller who waits for it
            try:
                execute("ROLLBACK TO one")
                execute("RELEASE one")
            except Exception:  # noqa: BLE001  # the whole transaction is gone, and the first error says why
                done.append((job, None))
                return error
            future.set_exception(failures.translate(error, self._where) or error)
        else:
            done.append((job, value))
        return None

    def _commit(self, execute: Callable[[str], Any]) -> BaseException | None:
        try:
            execute("COMMIT")
        except Exception as error:  # noqa: BLE001  # told to every caller of the group
            if failures.io_failed(error):
                self._disk_error = error
            return error
        self._unwritten = True
        return None

    def _deliver(self, done: Sequence[tuple[_Job, Any]], error: BaseException | None, *, changed: bool) -> None:
        for (_, future), value in done:
            if error is None:
                future.set_result(value)
            else:
                future.set_exception(_not_kept(self._where, error))
        if error is None and changed:  # an empty look for work must not wake the one who looks
            self._hint()

    def _fold(self, conn: Connection) -> None:
        """Fold the log into the database and shorten it; readers who are in the way are not waited for."""
        self._unwritten = False
        try:
            with self._lock.held():
                conn.exec_driver_sql("PRAGMA busy_timeout = 0")
                conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").close()
                conn.exec_driver_sql("PRAGMA busy_timeout = 10000")
        except Exception:  # only space is at stake: every commit is already on disk
            LOG.warning("the log of %s could not be folded", self._where, exc_info=True)


def _not_kept(where: object, error: BaseException) -> BaseException:
    """Make a fresh exception for each caller of a group that could not be committed."""
    known = failures.translate(error, where)
    if known is None:
        known = Unavailable(
            N_("A change could not be written to {where}: {problem}."), N_("Try again."), where=where, problem=error
        )
    known.__cause__ = error
    return known


def _read_only(where: object, error: BaseException) -> Unavailable:
    return Unavailable(
        N_("{where} is read-only since the disk failed: {problem}."),
        N_("Check the disk, then start pod_app again."),
        where=where,
        problem=error,
    )
