"""Entity tags, conditional requests and ranges (RFC 9110 §8.8, §13, §14; H1 to H5 of the Solid checklist).

An entity tag is strong and made of the state of the resource and of the representation: `"state-kind"`.
A write compares states, so that a client may condition it on the tag of whichever representation it
read (H4); a read compares whole tags.
"""

import re
from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from hashlib import sha256
from typing import Final, Protocol, TypeVar

from pod_app.errors import N_, PreconditionFailed, RangeUnsatisfiable, Unreadable

_TAG: Final = re.compile(r'\s*(W/)?(?:"([\x21\x23-\x7e\x80-\xff]*)"|([A-Za-z0-9._=+-]+))\s*(?:,|\Z)')
_RANGE: Final = re.compile(r"\s*bytes\s*=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class State:
    """What conditions are compared with: an opaque tag of the resource's content, and its last change (aware)."""

    tag: str
    modified: datetime


@dataclass(frozen=True, slots=True)
class Tag:
    """One entity tag of a header; `opaque` is without quotes."""

    opaque: str
    weak: bool = False

    @property
    def state(self) -> str:
        """The part that names the state of the resource, whatever the representation."""
        return self.opaque.rpartition("-")[0] or self.opaque


@dataclass(frozen=True, slots=True)
class Tags:
    """The value of `If-Match` or `If-None-Match`: `*`, or a list."""

    anything: bool
    listed: tuple[Tag, ...] = ()

    def name_state(self, state: State | None, *, strongly: bool) -> bool:
        """Whether the resource is there and in a state that is named; a weak tag names nothing strongly."""
        if state is None:
            return False
        return self.anything or any(tag.state == state.tag and not (strongly and tag.weak) for tag in self.listed)


class Headers(Protocol):
    """Request headers, looked up without regard to case."""

    def get(self, key: str, /) -> str | None:
        """Value of a header, or nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Conditions:
    """The conditions of one request; `None` where a header is absent."""

    if_match: Tags | None = None
    if_none_match: Tags | None = None
    if_modified_since: datetime | None = None
    if_unmodified_since: datetime | None = None

    @classmethod
    def of(cls, headers: Headers) -> "Conditions":
        """Read the four headers; dates that cannot be read do not count, tags that cannot raise `Unreadable`."""
        return cls(
            if_match=_tags("If-Match", headers.get("If-Match")),
            if_none_match=_tags("If-None-Match", headers.get("If-None-Match")),
            if_modified_since=_date(headers.get("If-Modified-Since")),
            if_unmodified_since=_date(headers.get("If-Unmodified-Since")),
        )

    def check_write(self, state: State | None) -> None:
        """Raise `PreconditionFailed` unless a write to a resource in this state, or to none, is wanted (H1 to H4)."""
        self._check_unchanged(state)
        if self.if_none_match is not None and self.if_none_match.name_state(state, strongly=False):
            raise PreconditionFailed(
                N_("The request is for something that is not there yet, and it is there."),
                N_("Read it, then decide whether to replace it."),
            )

    def not_modified(self, etag_value: str, modified: datetime) -> bool:
        """Whether a read needs no content (304); raises `PreconditionFailed` (H2, H3)."""
        own = _own(etag_value)
        self._check_unchanged(State(own.state, modified))
        unwanted = self.if_none_match
        if unwanted is not None:
            return unwanted.anything or any(tag.opaque == own.opaque for tag in unwanted.listed)
        return self.if_modified_since is not None and _seconds(modified) <= self.if_modified_since

    def _check_unchanged(self, state: State | None) -> None:
        if not self._is_unchanged(state):
            raise PreconditionFailed(
                N_("The resource is not in the state that the request names."),
                N_("Read it again, then repeat the change."),
            )

    def _is_unchanged(self, state: State | None) -> bool:
        if self.if_match is not None:
            return self.if_match.name_state(state, strongly=True)
        limit = self.if_unmodified_since
        return limit is None or state is None or _seconds(state.modified) <= limit


def etag(tag: str, media_type: str, language: str = "") -> str:
    """Strong entity tag, with quotes, of one representation of a resource whose state is `tag` (B9)."""
    return f'"{tag}-{_kind(media_type.lower(), language.lower())}"'


@lru_cache(maxsize=256)
def _kind(media_type: str, language: str) -> str:
    return sha256(f"{media_type} {language}".encode()).hexdigest()[:8]


def not_modified(headers: Headers, etag_value: str, modified: datetime) -> bool:
    """Whether a GET or HEAD is answered by 304; raises `PreconditionFailed` and `Unreadable`."""
    return Conditions.of(headers).not_modified(etag_value, modified)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes `first` to `last`, both included, of `size`."""

    first: int
    last: int
    size: int

    @property
    def content_range(self) -> str:
        """Value of `Content-Range`."""
        return f"bytes {self.first}-{self.last}/{self.size}"


def range_of(headers: Headers, etag_value: str, modified: datetime, size: int) -> ByteRange | None:
    """Return the part of a body that a GET asks for; nothing for all of it (H5).

    Several ranges, other units and malformed headers are answered whole, as is a range whose
    `If-Range` no longer holds. Raises `RangeUnsatisfiable`.
    """
    match = _RANGE.fullmatch(headers.get("Range") or "")
    if match is None or not (match[1] or match[2]) or not _same_body(headers.get("If-Range"), etag_value, modified):
        return None
    if not match[1]:
        first, last = max(size - int(match[2]), 0), size - 1
        satisfiable = bool(int(match[2]) and size)
    else:
        first, last = int(match[1]), min(int(match[2] or size), size - 1)
        if match[2] and int(match[2]) < first:
            return None
        satisfiable = first < size
    if not satisfiable:
        raise RangeUnsatisfiable(
            N_("The body has {size} bytes and no such part."), N_("Ask for a part inside it."), size=size
        )
    return ByteRange(first, last, size)


class Answer(Protocol):
    """What `apply_range` needs of a web framework's response."""

    status_code: int

    @property
    def headers(self) -> MutableMapping[str, str]:
        """Response headers."""
        ...

    def get_data(self) -> bytes:
        """Return the whole body."""
        ...

    def set_data(self, value: bytes) -> None:
        """Replace the body and its length."""
        ...


A = TypeVar("A", bound=Answer)


def apply_range(headers: Headers, response: A, etag_value: str, modified: datetime) -> A:
    """Cut a 200 answer to a GET down to the part asked for (206), and announce that parts can be had."""
    response.headers["Accept-Ranges"] = "bytes"
    if not headers.get("Range"):
        return response
    body = response.get_data()
    part = range_of(headers, etag_value, modified, len(body))
    if part is not None:
        response.status_code = 206
        response.headers["Content-Range"] = part.content_range
        response.set_data(body[part.first : part.last + 1])
    return response


def _tags(name: str, header: str | None) -> Tags | None:
    if header is None:
        return None
    if header.strip() == "*":
        return Tags(anything=True)
    tags: list[Tag] = []
    position = 0
    while match := _TAG.match(header, position):
        tags.append(Tag(match[2] if match[2] is not None else match[3], weak=bool(match[1])))
        position = match.end()
    if not tags or header[position:].strip(" \t,"):
        raise Unreadable(
            N_("The header {name} is not a list of entity tags."), N_("Send ETags as they came."), name=name
        )
    return Tags(anything=False, listed=tuple(tags))


def _own(etag_value: str) -> Tag:
    return Tag(etag_value.removeprefix("W/").strip('"'))


def _same_body(if_range: str | None, etag_value: str, modified: datetime) -> bool:
    if not if_range:
        return True
    if if_range.startswith(('"', "W/")):
        return if_range == etag_value
    return _date(if_range) == _seconds(modified)


def _date(header: str | None) -> datetime | None:
    """Take an HTTP date; one that cannot be read counts as absent (RFC 9110 §13.1.3)."""
    if not header:
        return None
    try:
        moment = parsedate_to_datetime(header)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None


def _seconds(moment: datetime) -> datetime:
    """HTTP dates have whole seconds."""
    return moment.astimezone(UTC).replace(microsecond=0)
