"""Answers that hold until the next commit, for who asks the same to the letter (ADR 0027).

A kept answer is never older than what it tells: before it is sent, the database is asked whether anybody has
committed anything since, in whatever process. All of it is on the event loop.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from pod_app.errors import PodAppError
from pod_app.web.serving.inflow import Headers

LASTING: Final = "pod_app.lasting"
"""Set in the environ by an application whose answer depends on the request and the database alone."""
MOST_TOGETHER: Final = 4 * 2**20
MOST_EACH: Final = 64 * 2**10
"""Bytes of a body that is kept."""
_MOST_ASKED: Final = 2 * 2**10
_READS: Final = frozenset({"GET", "HEAD"})
_PERSONAL: Final = frozenset({b"authorization", b"cookie"})
_UNSEEN: Final = frozenset(
    (b"user-agent", b"referer", b"via", b"x-forwarded-for", b"x-real-ip", b"x-request-id", b"traceparent")
)
"""No read looks at these, and proxies make them different for each client."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and the state of the database that was seen when it came."""

    key: tuple[Any, ...]
    stamp: int
    size: int


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it is sent."""

    status: int
    headers: Headers
    body: bytes


class KeptAnswers:
    """What was answered since the last commit; `stamp` is another number after each, and without it nothing is kept."""

    def __init__(self, stamp: Callable[[], int] | None) -> None:
        self._stamp_now = stamp
        self._stamp = 0
        self._kept: dict[tuple[Any, ...], Kept] = {}
        self._size = 0

    def asked(self, scope: Mapping[str, Any]) -> Asked | None:
        """What an anonymous read asks; None for all else, and when the database does not answer."""
        headers: Headers = scope["headers"]
        if self._stamp_now is None or scope["method"] not in _READS or any(name in _PERSONAL for name, _ in headers):
            return None
        size = len(scope["raw_path"]) + len(scope["query_string"]) + _length(headers)
        if size > _MOST_ASKED:
            return None
        try:
            stamp = self._stamp_now()
        except PodAppError:  # whoever reads is told
            return None
        if stamp != self._stamp:
            self._forget()
            self._stamp = stamp
        target = (scope["method"], scope["scheme"], scope["raw_path"], scope["query_string"])
        return Asked((*target, *(pair for pair in headers if pair[0] not in _UNSEEN)), stamp, size)

    def find(self, asked: Asked) -> Kept | None:
        """The answer to the same request, if nothing was committed since."""
        return self._kept.get(asked.key)

    def keep(self, asked: Asked, answer: Kept) -> None:
        """Keep an answer that was made from what stood at `asked.stamp` or later; a failure may pass by itself."""
        size = asked.size + len(answer.body) + _length(answer.headers)
        if asked.stamp != self._stamp or len(answer.body) > MOST_EACH or answer.status >= HTTPStatus.BAD_REQUEST:
            return
        if self._size + size > MOST_TOGETHER:
            self._forget()
        self._kept[asked.key] = answer
        self._size += size

    def _forget(self) -> None:
        self._kept.clear()
        self._size = 0


def _length(headers: Headers) -> int:
    return sum(len(name) + len(value) for name, value in headers)
