"""What a database's own errors mean to us; what is not listed here is a mistake of the program and stays as it is."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from pod_app.errors import N_, Damaged, PodAppError, QuotaExceeded, Unavailable

_FULL: Final = frozenset({sqlite3.SQLITE_FULL})
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_CLOSED_TO_US: Final = frozenset(
    {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}
)
_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_INTERRUPT})

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_NO_ACCESS: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.EIO})

_DISK_FULL: Final = "53100"
_AWAY: Final = ("08", "53", "57", "25006")  # no connection, no resources, shutting down, a standby
_PG_DAMAGED: Final = "XX"
RETRIED: Final = frozenset({"40001", "40P01", "23505"})  # serialization, deadlock, and the unique key of a race


def translate(error: BaseException, where: object) -> PodAppError | None:
    """Find the error to raise instead of a driver's, or None when it is not about the state of disk or server.

    `where` names the database for the person who must act: a path or a URL without its password.
    """
    orig = getattr(error, "orig", None) or error
    code = getattr(orig, "sqlite_errorcode", None)
    if code is not None:
        return _of_sqlite(code & 0xFF, orig, where)
    state = getattr(orig, "sqlstate", None)
    if state is not None:
        return _of_postgresql(state, orig, where)
    # A connection that was refused or has broken carries no code.
    gone = getattr(error, "connection_invalidated", False) or isinstance(error, (PoolTimeoutError, OperationalError))
    return _away(orig, where) if gone else None


def io_failed(error: BaseException) -> bool:
    """Whether the disk itself refused: what SQLite believes to be in the page cache may then not be on disk."""
    code = getattr(getattr(error, "orig", None) or error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF == sqlite3.SQLITE_IOERR


def sqlstate(error: BaseException) -> str | None:
    """PostgreSQL's code of an error, for deciding whether to try again."""
    return getattr(getattr(error, "orig", None) or error, "sqlstate", None)


def disk_full(where: object) -> QuotaExceeded:
    """Refuse a write for want of room; nothing of it was kept."""
    return QuotaExceeded(
        N_("The disk that holds {where} is full; nothing of this was kept."),
        N_("Free some space: no restart is needed afterwards."),
        where=where,
    )


def damaged(where: object, problem: object) -> Damaged:
    """Say that the database can be reached and not be understood."""
    return Damaged(
        N_("The database {where} cannot be read: {problem}."),
        N_("Run pod_app doctor, then restore the last backup with pod_app restore."),
        where=where,
        problem=problem,
    )


def closed_to_us(where: object, problem: object) -> Damaged:
    """Say that this user may not use a file or folder as needed."""
    return Damaged(
        N_("{where} cannot be opened for reading and writing: {problem}."),
        N_("Check that the folder exists and that this user may write in it."),
        where=where,
        problem=problem,
    )


@contextmanager
def told(where: object) -> Iterator[None]:
    """Turn a driver's errors about disk, file or server into sentences."""
    try:
        yield
    except Exception as error:
        known = translate(error, where)
        if known is None:
            raise
        raise known from error


@contextmanager
def told_of_system(where: object) -> Iterator[None]:
    """Turn the system's errors about disk and rights into sentences; others (a connection reset) are the caller's."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise disk_full(where) from error
        if error.errno in _NO_ACCESS:
            raise closed_to_us(where, error.strerror) from error
        raise


def _of_sqlite(code: int, error: BaseException, where: object) -> PodAppError | None:
    if code in _FULL:
        return disk_full(where)
    if code in _DAMAGED:
        return damaged(where, error)
    if code in _CLOSED_TO_US:
        return closed_to_us(where, error)
    if code in _BUSY:
        return Unavailable(
            N_("The database {where} is held by another program."),
            N_("Try again; stop other programs that write to that file."),
            where=where,
        )
    if code == sqlite3.SQLITE_IOERR:
        return Unavailable(
            N_("The disk that holds {where} refused to work: {problem}."),
            N_("Check the disk."),
            where=where,
            problem=error,
        )
    return None


def _of_postgresql(state: str, error: BaseException, where: object) -> PodAppError | None:
    if state == _DISK_FULL:
        return disk_full(where)
    if state.startswith(_AWAY):
        return _away(error, where)
    if state.startswith(_PG_DAMAGED):
        return damaged(where, str(error).strip())
    return None


def _away(error: BaseException, where: object) -> Unavailable:
    return Unavailable(
        N_("The database {where} does not answer: {problem}."),
        N_("Try again in a moment; check that the database server runs."),
        where=where,
        problem=str(error).strip().rstrip("."),
    )
