"""A ZIP of badges that somebody sends: opened with care, one entry at a time (trust.md S8).

What its directory claims is believed for nothing but names: sizes are counted while reading, and the directory
itself is measured before Python's reader takes it apart, because each of its entries costs memory.
"""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO, Final

from pod_app.errors import N_, TooLarge, Unreadable
from pod_app.standards import baking

SIGNATURES: Final = (b"PK\x03\x04", b"PK\x05\x06")
MAX_ENTRIES: Final = 5_000
MAX_ARCHIVE: Final = 512 * 2**20
ENDINGS: Final = (".json", ".jsonld", ".png", ".svg", ".jwt", ".jws", ".txt", "")
_MAX_DIRECTORY: Final = 4 * 2**20
_END: Final = b"PK\x05\x06"
_END_SIZE: Final = 22
_TAIL: Final = _END_SIZE + 2**16
_NOT_BADGES: Final = ("manifest.json", "index.html", "README.txt")


def is_archive(file: bytes) -> bool:
    """Whether the bytes begin as a ZIP does."""
    return file.startswith(SIGNATURES)


@contextmanager
def opened(source: IO[bytes]) -> Iterator[zipfile.ZipFile]:
    """A ZIP whose directory is small enough. Raises `Unreadable`, `TooLarge`."""
    _measure(source)
    try:
        with zipfile.ZipFile(source) as archive:
            if len(archive.infolist()) > MAX_ENTRIES:
                raise _too_many()
            yield archive
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError):
        raise _broken() from None


def names(archive: zipfile.ZipFile) -> list[str]:
    """The entries that may be badges, in the order of the archive; a name that stands twice counts once."""
    found = (info.filename for info in archive.infolist() if not info.is_dir())
    return list(dict.fromkeys(name for name in found if _may_be_a_badge(PurePosixPath(name))))


def read(archive: zipfile.ZipFile, name: str) -> bytes:
    """One entry, at most 8 MiB. Raises `Unreadable`, `TooLarge`."""
    try:
        with archive.open(name) as entry:
            data = entry.read(baking.MAX_IMAGE + 1)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, KeyError, OSError):
        raise Unreadable(
            N_("{name} cannot be taken out of the ZIP: it is damaged, or locked with a password."),
            N_("Pack the badges again, without a password."), name=name[:200],
        ) from None  # fmt: skip
    if len(data) > baking.MAX_IMAGE:
        raise TooLarge(
            N_("{name} is larger than {megabytes} MB."), N_("Send the badge itself."), name=name[:200], megabytes=8
        )
    return data


def _may_be_a_badge(path: PurePosixPath) -> bool:
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    aside = path.name in _NOT_BADGES or path.name.endswith(".documents.json")
    return not hidden and not aside and path.suffix.lower() in ENDINGS


def _measure(source: IO[bytes]) -> None:
    """Refuse a directory that is too long before it is read (what it says of itself is all that the reader reads)."""
    size = source.seek(0, 2)
    if size > MAX_ARCHIVE:
        raise TooLarge(N_("The ZIP is larger than {megabytes} MB."), N_("Send it in parts."), megabytes=512)
    source.seek(max(0, size - _TAIL))
    tail = source.read(_TAIL)
    source.seek(0)
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_SIZE:
        raise _broken()
    if int.from_bytes(tail[at + 12 : at + 16], "little") > _MAX_DIRECTORY:
        raise _too_many()


def _too_many() -> TooLarge:
    return TooLarge(N_("The ZIP holds more than {number} files."), N_("Send it in parts."), number=MAX_ENTRIES)


def _broken() -> Unreadable:
    return Unreadable(N_("The ZIP cannot be opened: it is damaged or not whole."), N_("Pack it again."))
