"""What was found good stays good: verdicts that depend on nothing but their bytes, kept by digest in bounded memory.

A status list is the same for every badge that names it, and a page shows the same badges again: checking their
words and their proof once is enough. Only what held is remembered, so that whatever fails is always looked at anew.
"""

import hashlib
import json
import threading
from collections import OrderedDict
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")
KEPT: Final = 4096


def digest(*parts: Any) -> bytes | None:
    """32 bytes that stand for these values, or None for what JSON cannot carry exactly."""
    try:
        text = json.dumps(parts, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        return None
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


class Remembered(Generic[T]):
    """At most `most` verdicts, the latest used ones; safe for threads."""

    def __init__(self, most: int = KEPT) -> None:
        self._most = most
        self._kept: OrderedDict[bytes, T] = OrderedDict()
        self._guard = threading.Lock()

    def get(self, name: bytes | None) -> T | None:
        """The verdict that was found before."""
        if name is None:
            return None
        with self._guard:
            if name in self._kept:
                self._kept.move_to_end(name)
            return self._kept.get(name)

    def keep(self, name: bytes | None, verdict: T) -> None:
        """Remember a verdict."""
        if name is None:
            return
        with self._guard:
            self._kept[name] = verdict
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
