"""A file that takes up room so that, on a full disk, something can still be deleted.

SQLite must grow its log even for a DELETE and refuses it on a full disk (trust.md §1.12). Then the ballast
is thrown off; it comes back once the disk has room again.
"""

import logging
import os
from pathlib import Path
from typing import Final

LOG: Final = logging.getLogger("pod_app.storage")
FILE_NAME: Final = "ballast"
SIZE: Final = 4 * 2**20
AMPLE: Final = 4 * SIZE
"""Bytes that must be free before the ballast is taken on again."""


class Ballast:
    """The ballast of one data folder, which several processes share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / FILE_NAME
        self.missing = not self._path.exists()

    def throw_off(self) -> bool:
        """Make room; whether there was any ballast left to throw off."""
        self.missing = True
        try:
            self._path.unlink()
        except FileNotFoundError:
            return False
        return True

    def take_on(self) -> None:
        """Take the ballast on again if it is missing and there is room; one look at a flag when it is there."""
        if not self.missing:
            return
        try:
            if _free(self._folder) >= AMPLE:
                self.missing = False
                self._fill()
        except FileExistsError:
            return  # another thread or process was quicker
        except OSError as error:  # the write that it follows is on disk: nobody else may hear of this
            LOG.warning("the ballast of %s could not be taken on: %s", self._folder, error)

    def _fill(self) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, SIZE)
        except OSError:
            self._path.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)


def _free(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
