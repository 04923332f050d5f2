"""The answer to a GET that succeeded: the one answer that is made thousands of times a second."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


_LINES: Final = {int(status): f"{int(status)} {status.phrase}" for status in HTTPStatus}


@dataclass(slots=True)
class Answer:
    """A whole body with its headers; a WSGI callable like Werkzeug's response, at a tenth of its price.

    The header values are ours or were checked when they were stored: they hold no line breaks.
    """

    body: bytes
    headers: dict[str, str]
    status_code: int = HTTPStatus.OK

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return len(self.body) + _length(self.headers)

    def get_data(self) -> bytes:
        """Return the whole body."""
        return self.body

    def set_data(self, value: bytes) -> None:
        """Replace the body."""
        self.body = value

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Send it; a HEAD gets the same headers and no body (RFC 9110 §9.3.2)."""
        headers = [*self.headers.items(), ("Content-Length", str(len(self.body)))]
        start_response(_LINES[self.status_code], headers)
        return () if environ["REQUEST_METHOD"] == "HEAD" else (self.body,)


@dataclass(slots=True)
class Streamed:
    """A body that is read only while it is sent: `read(first, end)` yields its pieces; `size` is None if unknown."""

    size: int | None
    read: Callable[[int, int | None], Iterable[bytes]]
    headers: dict[str, str]
    status_code: int = HTTPStatus.OK
    part: tuple[int, int] | None = None

    def cut(self, first: int, last: int, content_range: str) -> None:
        """Send only the bytes from `first` to `last` (206)."""
        self.part = (first, last + 1)
        self.status_code = HTTPStatus.PARTIAL_CONTENT
        self.headers["Content-Range"] = content_range

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Send it; a HEAD reads nothing."""
        first, end = self.part or (0, self.size)
        headers = [*self.headers.items()]
        if end is not None:
            headers.append(("Content-Length", str(end - first)))
        start_response(_LINES[self.status_code], headers)
        if environ["REQUEST_METHOD"] == "HEAD":
            return ()
        return self.read(0, None) if self.part is None else self.read(first, end)


@dataclass(slots=True)
class Bare:
    """An answer whose headers say everything: 201, 204, 304."""

    status_code: int
    headers: dict[str, str]

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return _length(self.headers)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:  # noqa: ARG002  # WSGI
        """Send it; only 201 could have a body, and says that it has none (RFC 9110 §8.6)."""
        headers = [*self.headers.items()]
        if self.status_code == HTTPStatus.CREATED:
            headers.append(("Content-Length", "0"))
        start_response(_LINES[self.status_code], headers)
        return ()


def _length(headers: dict[str, str]) -> int:
    return sum(len(name) + len(value) for name, value in headers.items())


Sendable = Response | Answer | Bare | Streamed
"""What a handler of pod addresses may return."""
