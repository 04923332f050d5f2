"""Cross-origin requests (solid.md L): any origin may ask, because access is decided by who asks, not from where.

The origin is always echoed, never `*`, on every answer and above all on refusals, which an application
could not read otherwise. Credentials may be allowed everywhere here: pod addresses never look at cookies
(B16), and what holds a session is not answered through this module.
"""

import re
from collections.abc import Iterable
from typing import Final, Protocol

EXPOSED: Final = (
    "Accept-Patch, Accept-Post, Accept-Put, Accept-Ranges, Age, Allow, Cache-Control, Content-Disposition, "
    "Content-Language, Content-Length, Content-Location, Content-Range, Content-Security-Policy, Content-Type, "
    "Cross-Origin-Resource-Policy, DPoP-Nonce, Date, ETag, Last-Modified, Link, Location, Retry-After, Updates-Via, "
    "Vary, WAC-Allow, WWW-Authenticate, X-Content-Type-Options"
)
"""Every header that an answer may carry, by name (L2): `*` would not count for requests with credentials."""
MAX_AGE: Final = "86400"
ANY: Final = "GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE"
_ORIGIN: Final = re.compile(
    r"null|[a-z][a-z0-9+.-]*://(?:[a-z0-9._~-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?", re.IGNORECASE
)
_NAME: Final = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_METHOD: Final = re.compile(_NAME)
_NAMES: Final = re.compile(rf"\s*{_NAME}(?:\s*,\s*{_NAME})*\s*")
_LONGEST: Final = 8192


class Headers(Protocol):
    """Response headers, Werkzeug's or a plain dictionary."""

    def __setitem__(self, key: str, value: str, /) -> None:
        """Replace a header."""
        ...


def origin_of(header: str | None) -> str | None:
    """The origin that asks; one that cannot be read counts as none (L6)."""
    return header if header and len(header) < _LONGEST and _ORIGIN.fullmatch(header) else None


def open_to(origin: str, headers: Headers) -> None:
    """Let an application from `origin` read this answer (L1, L2, L5). `Vary: Origin` is the caller's."""
    headers["Access-Control-Allow-Origin"] = origin
    headers["Access-Control-Allow-Credentials"] = "true"
    headers["Access-Control-Expose-Headers"] = EXPOSED


def open_reading_to(origin: str, headers: Headers) -> None:
    """Let any application read what the program publishes for everybody, never with a session's cookie."""
    headers["Access-Control-Allow-Origin"] = origin
    headers["Access-Control-Expose-Headers"] = EXPOSED


def preflight(asked_method: str | None, asked_headers: str | None, allowed: Iterable[str]) -> dict[str, str]:
    """What an OPTIONS adds when a browser asks before it sends (L3, L4); nothing when it does not ask.

    Names of headers are echoed as they came, because their spelling is compared; what is no list of names is
    left out. A method that the address lacks may be sent as well: its refusal is then readable.
    """
    if not asked_method or not _METHOD.fullmatch(asked_method):
        return {}
    methods = dict.fromkeys([*allowed, asked_method])
    told = {"Access-Control-Allow-Methods": ", ".join(methods), "Access-Control-Max-Age": MAX_AGE}
    if asked_headers and len(asked_headers) < _LONGEST and _NAMES.fullmatch(asked_headers):
        told["Access-Control-Allow-Headers"] = asked_headers.strip()
    return told
