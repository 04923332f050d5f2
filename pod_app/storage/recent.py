"""What others answered lately, kept in this process for minutes; a failure for seconds.

So neither a dead host nor a stranger's made-up address costs more than one request.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from pod_app.errors import PodAppError

KEPT: Final = timedelta(minutes=5)
KEPT_FAILURE: Final = timedelta(seconds=10)
AT_MOST: Final = 1024
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    value: T | None
    made: datetime
    until: datetime


class Recent(Generic[T]):
    """Answers by address, the oldest dropped first; threads may share it."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, _Kept[T]] = OrderedDict()
        self._guard = threading.Lock()

    def get(self, name: str, make: Callable[[], T], *, afresh: bool = False) -> T | None:
        """The value of a name, made when it is not known or too old; None when it could not be made lately.

        Not made is what raises a `PodAppError` or a `ValueError`. `afresh` asks again unless that was done just now.
        """
        now = self._clock()
        with self._guard:
            kept = self._kept.get(name)
        if kept is not None and now < kept.until and not (afresh and now - kept.made > KEPT_FAILURE):
            return kept.value
        try:
            made = _Kept(make(), now, now + KEPT)
        except (PodAppError, ValueError):
            made = _Kept(None, now, now + KEPT_FAILURE)
        with self._guard:
            self._kept[name] = made
            self._kept.move_to_end(name)
            while len(self._kept) > AT_MOST:
                self._kept.popitem(last=False)
        return made.value

    def is_fresh(self, name: str) -> bool:
        """Whether `get` would answer without making anything."""
        with self._guard:
            kept = self._kept.get(name)
        return kept is not None and self._clock() < kept.until

    def last(self, name: str, within: timedelta) -> T | None:
        """The value of a name as it was known at last, if that is no longer ago than `within`; never asks."""
        with self._guard:
            kept = self._kept.get(name)
        return kept.value if kept is not None and self._clock() - kept.made <= within else None
