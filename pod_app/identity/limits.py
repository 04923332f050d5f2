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
LOOKING_UP: Final = Limit(60, 900)
"""Addresses of other places that somebody wants to come in with, each of which costs us requests."""
JOINING: Final = Limit(60, 3600)
ASKING: Final = Limit(30, 3600)
"""Requests for recognition of one person."""
ANSWERING: Final = Limit(120, 900)
"""Links that one address opens or answers: a whole meeting may share one, guessing 192 bits may not."""
CLAIMING: Final = Limit(2000, 3600)
"""New notebooks for one badge that is handed out: whoever opens one holds a code of it."""
GUESSING: Final = Limit(100, 900)
"""Codes that opened nothing, from one address."""
RULES: Final = Limit(120, 3600)
"""Pages on which one person looks how far they are with rules."""
SECRETS: Final = Limit(60, 60)
"""Secrets of an application or a script."""
API: Final = Limit(600, 60)
"""Requests of one host of badges for one person."""
VERIFYING: Final = Limit(120, 60)
"""Badges that one address has checked."""


class Limits:
    """The limits of one installation."""

    def __init__(self, replays: Replays, clock: Callable[[], datetime]) -> None:
        self._replays = replays
        self._clock = clock

    def count(self, limit: Limit, *what: str) -> None:
        """One more try; raises `TooOften` with the seconds to wait."""
        if wait := self._wait(limit, *what):
            raise TooOften(
                N_("There were too many tries from here."),
                N_("Wait {minutes} minutes, then go on. Nothing is lost."), seconds=wait, minutes=-(-wait // 60),
            )  # fmt: skip

    def count_unproved(self, most: int, address: str) -> None:
        """One more notification whose sender proves nothing (contracts.md §5)."""
        if wait := self._wait(Limit(most, 3600), "unproved", address):
            raise TooOften(
                N_("From this address {most} notifications without proof of their sender have come within an hour."),
                N_("Wait {minutes} minutes, or sign in or sign the request. This one was not kept."),
                most=most, seconds=wait, minutes=-(-wait // 60),
            )  # fmt: skip

    def _wait(self, limit: Limit, *what: str) -> int:
        """Seconds to wait after one more try; 0 when it is within the limit."""
        now = int(self._clock().timestamp())
        tries = self._replays.tries(" ".join(what), limit.seconds, now)
        return limit.seconds - now % limit.seconds if tries > limit.most else 0

    def count_sign_in(self, name: str, address: str) -> None:
        """A password or phrase is being tried."""
        name = name.strip().lower()
        self.count(ADDRESS, "address", address)
        self.count(SIGN_IN, "sign-in", name, address)
        self.count(SIGN_IN_BY_NAME, "sign-in", name)
