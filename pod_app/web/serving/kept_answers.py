"""Answers that hold until the next commit, for who asks the same to the letter (ADR 0027).

A kept answer is never older than what it tells: before it is sent, the database is asked whether anybody has
committed anything since, in whatever process. All of it is on the event loop.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Generic, TypeVar

from pod_app.errors import PodAppError
from pod_app.web.serving.inflow import Headers

T = TypeVar("T")
LASTING: Final = "pod_app.lasting"
"""Set in the environ by an application whose answer depends on the request, who asks and the database alone."""
ASKED: Final = "pod_app.asked"
"""What somebody asks who says who they are: there for an application that can find that out, and keep its answers."""
MOST_TOGETHER: Final = 4 * 2**20
MOST_EACH: Final = 64 * 2**10
"""Bytes of an answer that is kept."""
_MOST_ASKED: Final = 2 * 2**10
_READS: Final = frozenset({"GET", "HEAD"})
_PROOF: Final = b"authorization"
_UNSEEN: Final = frozenset(
    (b"user-agent", b"referer", b"via", b"x-forwarded-for", b"x-real-ip", b"x-request-id", b"traceparent")
) | {_PROOF, b"dpop"}
"""No read looks at these, but for proofs, and proxies make them different for each client."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request without its proof of who asks, and the state of the database that was seen when it came."""

    key: tuple[Any, ...]
    stamp: int
    size: int
    personal: bool = False

    def by(self, who: Hashable) -> "Asked":
        """The same, asked by this one."""
        return Asked((who, *self.key), self.stamp, self.size, self.personal)


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it is sent."""

    status: int
    headers: Headers
    body: bytes

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return len(self.body) + _length(self.headers)


class Questions:
    """What requests ask; `stamp` is another number after each commit, and without it nothing can be kept."""

    def __init__(self, stamp: Callable[[], int] | None) -> None:
        self._stamp = stamp

    def of(self, scope: Mapping[str, Any]) -> Asked | None:
        """What a read asks; None for all else, for who has a cookie, and when the database does not answer."""
        headers: Headers = scope["headers"]
        if self._stamp is None or scope["method"] not in _READS or any(name == b"cookie" for name, _ in headers):
            return None
        seen = [pair for pair in headers if pair[0] not in _UNSEEN]
        size = len(scope["raw_path"]) + len(scope["query_string"]) + _length(seen)
        if size > _MOST_ASKED:
            return None
        try:
            stamp = self._stamp()
        except PodAppError:  # whoever reads is told
            return None
        key = (scope["method"], scope["scheme"], scope["raw_path"], scope["query_string"], *seen)
        return Asked(key, stamp, size, personal=any(name == _PROOF for name, _ in headers))


class KeptAnswers(Generic[T]):
    """What was answered since the last commit, within a bound of memory."""

    def __init__(self) -> None:
        self._stamp = 0
        self._kept: dict[tuple[Any, ...], T] = {}
        self._size = 0

    def find(self, asked: Asked) -> T | None:
        """The answer to the same request, if nothing was committed since."""
        if asked.stamp != self._stamp:
            self._forget()
            self._stamp = asked.stamp
        return self._kept.get(asked.key)

    def keep(self, asked: Asked, answer: T, status: int, size: int) -> None:
        """Keep an answer of so many bytes, made from what stood at `asked.stamp` or later; a failure may pass."""
        if asked.stamp != self._stamp or size > MOST_EACH or status >= HTTPStatus.BAD_REQUEST:
            return
        if self._size + asked.size + size > MOST_TOGETHER:
            self._forget()
        self._kept[asked.key] = answer
        self._size += asked.size + size

    def _forget(self) -> None:
        self._kept.clear()
        self._size = 0


def _length(headers: Headers) -> int:
    return sum(len(name) + len(value) for name, value in headers)
