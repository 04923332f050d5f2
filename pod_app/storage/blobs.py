"""Large bodies by the hash of their content, in a folder or a bucket; what is named here is on disk already.

`put` returns only when the bytes would survive a power cut, so that a transaction may refer to them.
obstore's own writer to a folder neither syncs the file nor its directory (seen with strace, 0.12.1), so
files are written here and obstore reads and lists; a bucket is durable once it has answered.
"""

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, Final, Self

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

from pod_app.brevity import may_take_long
from pod_app.errors import N_, Damaged, Unavailable
from pod_app.settings import Settings
from pod_app.storage import failures
from pod_app.storage.durable import make_folder, sync_folder

FOLDER: Final = "blobs"
INCOMING: Final = "incoming"
_PLACING: Final = "incoming.lock"
CHUNK: Final = 256 * 2**10
GRACE: Final = timedelta(days=1)
"""An unreferenced blob younger than this may belong to a write that has not committed yet."""
ABANDONED: Final = timedelta(hours=1)
"""An upload that has not grown for so long was broken off with its process."""
_HEXADECIMAL: Final = frozenset("0123456789abcdef")
_HASH_LENGTH: Final = 64


class Blobs:
    """The blob store of one installation."""

    def __init__(self, store: Any, folder: Path | None, where: str) -> None:
        self._store = store
        self._folder = folder
        self._where = where

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open the bucket that `blobs_url` names, or the folder `blobs` in the data folder."""
        if settings.blobs_url:
            return cls(from_url(settings.blobs_url), None, settings.blobs_url.partition("?")[0])
        return cls.in_folder(settings.data / FOLDER)

    @classmethod
    def in_folder(cls, folder: Path) -> Self:
        """Open a store in `folder`, which is created when missing; raises `Damaged` when it cannot be."""
        with _told(folder):
            make_folder(folder)
            make_folder(folder / INCOMING)
            return cls(LocalStore(folder), folder, str(folder))

    def put(self, content: bytes | Iterable[bytes]) -> tuple[str, int]:
        """Keep `content` and return its sha256 (hexadecimal) and its size in bytes, once it is on disk.

        Writing what is there already heals a damaged copy. Raises `QuotaExceeded` for a full disk and
        `Unavailable` for a bucket that does not take it.
        """
        may_take_long()
        chunks = (content,) if isinstance(content, bytes) else content
        with _told(self._where):
            if self._folder is not None:
                return self._put_file(self._folder, chunks)
            return self._put_object(chunks)

    def get(self, sha256: str, start: int = 0, end: int | None = None) -> bytes:
        """Return the bytes from `start` up to and without `end`; a whole blob is compared with its hash.

        Raises `Damaged`, naming the blob, when it is missing, too short or altered.
        """
        if start or end is not None:
            return self._part(sha256, start, end)
        return b"".join(self.stream(sha256))

    def stream(self, sha256: str, chunk: int = CHUNK, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield the bytes from `start` up to and without `end` in pieces of about `chunk` bytes, never all at once.

        A whole blob is compared with its hash, and its last piece is held back until they fit, so that a reader
        who counts bytes notices. Raises `Damaged` when they do not, or when the blob is missing or too short.
        """
        whole = start == 0 and end is None
        digest = hashlib.sha256()
        held = b""
        with self._found(sha256):
            for piece in self._pieces(sha256, chunk, start, end):
                if whole:
                    digest.update(piece)
                if held:
                    yield held
                held = piece
        if whole and digest.hexdigest() != sha256:
            raise _altered(self._where, sha256)
        if held:
            yield held

    def exists(self, sha256: str) -> bool:
        """Whether there is a blob of this name, whatever it holds."""
        try:
            with _told(self._where):
                obstore.head(self._store, _name(sha256))
        except FileNotFoundError:
            return False
        return True

    def names(self) -> Iterator[tuple[str, datetime]]:
        """Every blob and when it was written last."""
        for batch in obstore.list(self._store):
            for entry in batch:
                sha256 = entry["path"].replace("/", "")
                if len(sha256) == _HASH_LENGTH and _HEXADECIMAL.issuperset(sha256):
                    yield sha256, entry["last_modified"]

    def delete_unreferenced(self, known: Container[str], now: datetime, grace: timedelta = GRACE) -> list[str]:
        """Remove blobs that are not `known` and older than `grace`, and what broken uploads left behind."""
        old = [sha256 for sha256, written in self.names() if sha256 not in known and now - written > grace]
        gone = [sha256 for sha256 in old if self._delete(sha256, now - grace)]
        if self._folder is not None:
            for left in (self._folder / INCOMING).iterdir():
                with suppress(FileNotFoundError):  # an upload that ended well meanwhile
                    if now.timestamp() - left.stat().st_mtime > ABANDONED.total_seconds():
                        left.unlink()
        return gone

    def discard(self, names: Iterable[str]) -> None:
        """Remove blobs that nothing refers to any more, now: somebody has left."""
        for sha256 in names:
            with suppress(FileNotFoundError):
                self._delete(sha256, datetime.now(UTC))

    # -- steps -----------------------------------------------------------------------------------

    def _put_file(self, folder: Path, chunks: Iterable[bytes]) -> tuple[str, int]:
        descriptor, name = tempfile.mkstemp(dir=folder / INCOMING)
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                sha256, size = _copy(chunks, file)
                file.flush()
                os.fsync(file.fileno())
            shelf = folder / sha256[:2]
            make_folder(shelf)
            with self._placing(fcntl.LOCK_SH):
                temporary.rename(folder / _name(sha256))
            sync_folder(shelf)
            sync_folder(folder)  # another process may have made the shelf a moment ago
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        return sha256, size

    def _pieces(self, sha256: str, chunk: int, start: int, end: int | None) -> Iterator[bytes]:
        if self._folder is None:
            wanted: Any = (
                {} if (start, end) == (0, None) else {"range": {"offset": start} if end is None else (start, end)}
            )
            for piece in obstore.get(self._store, _name(sha256), options=wanted).stream(min_chunk_size=chunk):
                yield bytes(piece)
            return
        with (self._folder / _name(sha256)).open("rb", buffering=0) as file:
            file.seek(start)
            left = (os.fstat(file.fileno()).st_size if end is None else end) - start
            while left > 0:
                piece = file.read(min(chunk, left))
                if not piece:
                    raise _altered(self._where, sha256)
                left -= len(piece)
                yield piece

    def _delete(self, sha256: str, before: datetime) -> bool:
        """Remove a blob unless somebody has put the same content again meanwhile."""
        if self._folder is None:
            obstore.delete(self._store, _name(sha256))
            return True
        path = self._folder / _name(sha256)
        with self._placing(fcntl.LOCK_EX):
            if path.stat().st_mtime > before.timestamp():
                return False
            path.unlink()
        return True

    @contextmanager
    def _placing(self, how: int) -> Iterator[None]:
        """Nobody puts a blob in its place (shared) while a removal (exclusive) stands between its look and its deed."""
        descriptor = os.open(f"{self._folder}/{_PLACING}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, how)
            yield
        finally:
            os.close(descriptor)

    def _put_object(self, chunks: Iterable[bytes]) -> tuple[str, int]:
        with tempfile.SpooledTemporaryFile(max_size=8 * 2**20) as file:
            sha256, size = _copy(chunks, file)
            file.seek(0)
            obstore.put(self._store, _name(sha256), file)
        return sha256, size

    def _part(self, sha256: str, start: int, end: int | None) -> bytes:
        with self._found(sha256):
            size = obstore.head(self._store, _name(sha256))["size"]
            stop = size if end is None else end
            if not 0 <= start <= stop <= size:
                raise _altered(self._where, sha256)
            return bytes(obstore.get_range(self._store, _name(sha256), start=start, end=stop)) if start < stop else b""

    @contextmanager
    def _found(self, sha256: str) -> Iterator[None]:
        try:
            with _told(self._where):
                yield
        except FileNotFoundError as error:
            raise Damaged(
                N_("The blob {sha256} is missing from {where}."),
                N_("Restore it from the last backup: its file name is its content's hash."),
                sha256=sha256,
                where=self._where,
            ) from error


def _copy(chunks: Iterable[bytes], file: IO[bytes] | Any) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        digest.update(chunk)
        file.write(chunk)
        size += len(chunk)
    return digest.hexdigest(), size


def _name(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:]}"


def _altered(where: str, sha256: str) -> Damaged:
    return Damaged(
        N_("The blob {sha256} in {where} no longer holds what was stored."),
        N_("Restore it from the last backup: its file name is its content's hash."),
        sha256=sha256,
        where=where,
    )


@contextmanager
def _told(where: object) -> Iterator[None]:
    try:
        with failures.told_of_system(where):
            yield
    except BaseError as error:
        raise Unavailable(
            N_("The blob store {where} does not answer: {problem}."), N_("Try again in a moment."), where=where,
            problem=str(error).partition("\n")[0],
        ) from error  # fmt: skip
