"""How often somebody may try a secret: per account and address, counted in all processes together (trust.md S43)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pod_app.errors import N_, TooOften
from pod_app.storage.replays import Replays


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many tries in so many seconds."""

    most: int
    seconds: int


SIGN_IN: Final = Limit(10, 900)
"""Per name and address: an attacker far away does not lock out whom they attack."""
SIGN_IN_BY_NAME: Final = Limit(100, 900)
ADDRESS: Final = Limit(300, 900)
"""Everything from one address: a whole meeting may share one."""
JOINING: Final = Limit(60, 3600)
SECRETS: Final = Limit(60, 60)
"""Secrets of an application or a script."""


class Limits:
    """The limits of one installation."""

    def __init__(self, replays: Replays, clock: Callable[[], datetime]) -> None:
        self._replays = replays
        self._clock = clock

    def count(self, limit: Limit, *what: str) -> None:
        """One more try; raises `TooOften` with the seconds to wait."""
        now = int(self._clock().timestamp())
        if self._replays.tries(" ".join(what), limit.seconds, now) > limit.most:
            raise TooOften(
                N_("There were too many tries from here."),
                N_("Wait {minutes} minutes, then go on. Nothing is lost."),
                seconds=limit.seconds - now % limit.seconds,
                minutes=-(-(limit.seconds - now % limit.seconds) // 60),
            )

    def count_sign_in(self, name: str, address: str) -> None:
        """A password or phrase is being tried."""
        name = name.strip().lower()
        self.count(ADDRESS, "address", address)
        self.count(SIGN_IN, "sign-in", name, address)
        self.count(SIGN_IN_BY_NAME, "sign-in", name)
