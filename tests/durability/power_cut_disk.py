"""A disk that forgets what was not synced: an SQLite VFS that remembers which bytes have really been promised.

Every write reaches the real file, so that the running program sees it; beside it, `Disk` keeps what a
power cut would leave: the content at the last sync of each file, plus, by choice of the test, some or none
of the later writes, in any order, torn at sectors. It can also refuse to sync, or be full. `connect` gives
DB-API connections over it.
"""

import random
import threading
from pathlib import Path

import apsw

SECTOR = 512


class Disk:
    """What is promised (`synced`) and what is not (`pending`) of every file."""

    def __init__(self):
        self.guard = threading.Lock()
        self.synced: dict[str, bytearray] = {}
        self.pending: dict[str, list[tuple[int, bytes | None]]] = {}
        self.syncs_until_failure: int | None = None
        self.full = False
        self.writes_until_failure: int | None = None
        self.failure = "full"
        self.vfs = _Vfs(self)

    def write(self, name, data, offset):
        with self.guard:
            self.pending.setdefault(name, []).append((offset, bytes(data)))

    def before_write(self):
        """Refuse, for ever when `full`, or exactly the write that was counted down to."""
        with self.guard:
            count = self.writes_until_failure
            if count is not None:
                self.writes_until_failure = count - 1
        if self.full or (count == 0 and self.failure == "full"):
            raise _error(apsw.FullError, apsw.SQLITE_FULL)
        if count == 0:
            raise _error(apsw.IOError, apsw.SQLITE_IOERR_WRITE)

    def truncate(self, name, size):
        with self.guard:
            self.pending.setdefault(name, []).append((size, None))

    def sync(self, name):
        with self.guard:
            if self.syncs_until_failure is not None:
                self.syncs_until_failure -= 1
                if self.syncs_until_failure < 0:
                    raise _error(apsw.IOError, apsw.SQLITE_IOERR_FSYNC)
            content = self.synced.setdefault(name, bytearray())
            for change in self.pending.pop(name, []):
                _apply(content, change)

    def delete(self, name):
        with self.guard:
            self.synced.pop(name, None)
            self.pending.pop(name, None)

    def cut(self, folder: Path, randomness: random.Random, survival: float) -> None:
        """Write into `folder` what is left; each unsynced change survives with probability `survival`."""
        with self.guard:
            for name, content in self.synced.items():
                left = bytearray(content)
                for change in self.pending.get(name, []):
                    if randomness.random() < survival:
                        _apply(left, _torn(change, randomness))
                (folder / Path(name).name).write_bytes(left)

    def connect(self, path: Path, synchronous: str = "FULL"):
        """A DB-API connection whose `synchronous` is what the test says, whatever the program asks for."""
        connection = _Connection(apsw.Connection(str(path), vfs=self.vfs.vfs_name), synchronous)
        if synchronous == "FULL":
            connection.execute("PRAGMA wal_autocheckpoint = 40")  # so that cuts fall into foldings of the log too
        return connection

    def close(self):
        self.vfs.unregister()


def _error(kind, code):
    error = kind("as the test wants it")
    error.extendedresult = code  # what SQLite is told
    return error


def _apply(content, change):
    offset, data = change
    if data is None:
        del content[offset:]
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


def _torn(change, randomness):
    """Half of the surviving writes are cut short at a sector."""
    offset, data = change
    if data is None or len(data) <= SECTOR or randomness.random() < 0.5:
        return change
    return offset, data[: SECTOR * randomness.randrange(1, len(data) // SECTOR + 1)]


class _Vfs(apsw.VFS):
    def __init__(self, disk):
        self.disk = disk
        self.vfs_name = f"power-cut-{id(disk)}"
        super().__init__(self.vfs_name, "")

    def xOpen(self, name, flags):  # noqa: N802  # SQLite's own name
        return _File(self.disk, name, flags)

    def xDelete(self, filename, syncdir):  # noqa: N802  # as above
        super().xDelete(filename, syncdir)
        self.disk.delete(filename)


class _File(apsw.VFSFile):
    def __init__(self, disk, name, flags):
        super().__init__("", name, flags)
        self.disk = disk
        self.name = name.filename() if isinstance(name, apsw.URIFilename) else name

    def xWrite(self, data, offset):  # noqa: N802  # as above
        self.disk.before_write()
        super().xWrite(data, offset)
        self.disk.write(self.name, data, offset)

    def xTruncate(self, newsize):  # noqa: N802  # as above
        super().xTruncate(newsize)
        self.disk.truncate(self.name, newsize)

    def xSync(self, flags):  # noqa: N802  # as above
        super().xSync(flags)
        self.disk.sync(self.name)


class _Connection:
    """As much of the sqlite3 module's connection as SQLAlchemy and the program use."""

    isolation_level = None

    def __init__(self, inner, synchronous):
        self.inner = inner
        self.synchronous = synchronous

    def cursor(self):
        return _Cursor(self)

    def execute(self, statement, values=()):
        return self.cursor().execute(statement, values)

    def commit(self):
        if self.in_transaction:
            self.execute("COMMIT")

    def rollback(self):
        if self.in_transaction:
            self.execute("ROLLBACK")

    def close(self):
        self.inner.close()

    def create_function(self, name, count, function, **_):
        self.inner.create_scalar_function(name, function, count)

    @property
    def in_transaction(self):
        return self.inner.in_transaction

    @property
    def total_changes(self):
        return self.inner.total_changes()


class _Cursor:
    arraysize = 1
    description = None
    rowcount = -1
    lastrowid = None

    def __init__(self, connection):
        self.connection = connection
        self.rows = iter(())

    def execute(self, statement, values=()):
        if "synchronous" in statement:
            statement = f"PRAGMA synchronous = {self.connection.synchronous}"
        inner = self.connection.inner
        cursor = inner.cursor()
        cursor.exec_trace = self._describe
        before = inner.total_changes()
        try:
            self.rows = iter(list(cursor.execute(statement, tuple(values))))
        except apsw.Error as error:
            error.sqlite_errorcode = error.extendedresult  # the name that the sqlite3 module gives it
            raise
        self.rowcount = inner.total_changes() - before
        self.lastrowid = inner.last_insert_rowid()
        return self

    def executemany(self, statement, many):
        for values in many:
            self.execute(statement, values)
        return self

    def _describe(self, cursor, _statement, _bindings):
        self.description = [(*column, None, None, None, None, None) for column in cursor.get_description()] or None
        return True

    def fetchone(self):
        return next(self.rows, None)

    def fetchall(self):
        return list(self.rows)

    def fetchmany(self, size=1):
        return [row for row, _ in zip(self.rows, range(size), strict=False)]

    def close(self):
        self.rows = iter(())
