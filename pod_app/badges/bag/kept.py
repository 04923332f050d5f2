"""A badge as a bag keeps it: the bytes that came in, and beside them what its issuer's hosts said on which day.

Badges of version 3 are kept as `application/vc` or, signed as a token, as `application/vc+jwt`; those of earlier
versions as `application/json` or `application/jose`. The documents stand beside it at `{name}.documents`, because
hosted badges die with their host (open-badges.md §5.10).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pod_app.badges.verifier import earlier_versions, tokens, verifying
from pod_app.badges.verifier.case import Look
from pod_app.badges.verifier.reading import Reading, read
from pod_app.badges.verifier.report import Fetch, Fetched
from pod_app.errors import N_, PodAppError, Unreachable
from pod_app.standards import open_badges_2, rdf
from pod_app.standards.json_text import dump, object_in
from pod_app.standards.open_badges import moment, whole_seconds

TOKEN: Final = "application/vc+jwt"  # noqa: S105  # a media type
OLD: Final = "application/json"
OLD_TOKEN: Final = "application/jose"  # noqa: S105  # as above
OLD_TYPES: Final = (OLD, OLD_TOKEN)
MEDIA_TYPES: Final = (rdf.VC, TOKEN, OLD, OLD_TOKEN)
DOCUMENTS: Final = ".documents"
IMAGE_SUFFIXES: Final[Mapping[str, str]] = {"image/png": ".png", "image/svg+xml": ".svg"}
BESIDE: Final = (DOCUMENTS, *IMAGE_SUFFIXES.values())
MAX_KEPT: Final = 256 * 2**10
"""Bytes of one remote document that are kept; larger ones (pictures inside) are named and left out."""


@dataclass(slots=True)
class Documents:
    """Remote documents with the day on which they were had, and since when one could not be had any more."""

    found: dict[str, Fetched] = field(default_factory=dict)
    lost: dict[str, datetime] = field(default_factory=dict)

    def asking(self, fetch: Fetch, at: datetime) -> Fetch:
        """`fetch`, noting what it brings and what it does not; what was had earlier stays."""

        def asked(url: str, accept: str) -> Fetched:
            try:
                got = fetch(url, accept)
            except Unreachable:
                self.lost.setdefault(url, at)
                raise
            self.lost.pop(url, None)
            self.found[url] = Fetched(got.url, got.media_type, got.body, got.fetched_at or at)
            return got

        return asked

    def only(self, beyond: Fetch | None = None) -> Fetch:
        """Answers from here, then from `beyond`: for showing a badge without asking anybody."""

        def kept(url: str, accept: str) -> Fetched:
            if url in self.found:
                return self.found[url]
            if beyond is not None:
                return beyond(url, accept)
            raise Unreachable(N_("{url} was not kept."), N_("Verify the badge again."), url=url)

        return kept

    @property
    def checked_at(self) -> datetime | None:
        """The latest day on which anything was had."""
        return max((one.fetched_at for one in self.found.values() if one.fetched_at), default=None)

    @property
    def gone_since(self) -> datetime | None:
        """The first day on which something that had been there was not."""
        return min((at for url, at in self.lost.items() if url in self.found), default=None)

    def to_bytes(self) -> bytes:
        """As it is kept."""
        listed = [
            {"url": url, "at": one.url, "mediaType": one.media_type, "fetchedAt": _when(one.fetched_at), **_body(one)}
            for url, one in self.found.items()
        ]
        lost = {url: whole_seconds(at) for url, at in self.lost.items()}
        return dump({"documents": listed, "notHadSince": lost})


def documents_in(data: bytes) -> Documents:
    """What was kept; whatever somebody else put there instead is nothing."""
    kept, found = object_in(data), Documents()
    for one in _list(kept.get("documents")):
        url, text, at = one.get("url"), one.get("body"), moment(one.get("fetchedAt"))
        if isinstance(url, str) and isinstance(text, str) and at is not None:
            place, media_type = str(one.get("at") or url), str(one.get("mediaType") or "")
            found.found[url] = Fetched(place, media_type, text.encode("utf-8", "surrogatepass"), at)
    lost = kept.get("notHadSince")
    for url, said in (lost if isinstance(lost, dict) else {}).items():
        at = moment(said)
        if at is not None:
            found.lost[url] = at
    return found


def media_type_of(reading: Reading) -> str:
    """The media type under which a badge that was read is kept."""
    if reading.is_open_badges_2:
        return OLD if reading.token is None else OLD_TOKEN
    return rdf.VC if reading.token is None else TOKEN


@dataclass(frozen=True, slots=True)
class Incoming:
    """A badge on its way into a bag: its bytes, how it reads, the picture it came in, what its hosts said."""

    data: bytes
    media_type: str
    credential: Mapping[str, Any]
    image: tuple[bytes, str] | None = None
    documents: Documents | None = None

    def files(self, path: str) -> dict[str, tuple[bytes, str]]:
        """Everything to be kept, by path: bytes and media type."""
        found = {path: (self.data, self.media_type)}
        if self.image is not None:
            found[f"{path}{IMAGE_SUFFIXES[self.image[1]]}"] = self.image
        if self.documents is not None:
            found[f"{path}{DOCUMENTS}"] = (self.documents.to_bytes(), OLD)
        return found


def described(data: bytes, media_type: str, documents: Callable[[], Documents]) -> Mapping[str, Any]:
    """The badge under the names of version 3, for pages and lists; empty when it is none."""
    if media_type == rdf.VC:
        return object_in(data)
    try:
        if media_type == TOKEN:
            return tokens.read(data.decode()).credential
        reading = read(data)
    except (PodAppError, UnicodeDecodeError):
        return {}
    is_award = reading.is_open_badges_2 and open_badges_2.kind(reading.document) == open_badges_2.AWARD
    return earlier_versions.checks(reading, Look(documents().only(), _NEVER))[1] if is_award else {}


_NEVER: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")  # nothing is judged, so any time will do


def report(data: bytes, documents: Documents, beyond: Fetch, at: datetime) -> verifying.Report:
    """What can be said about a kept badge without asking anybody outside."""
    return verifying.verify(data, fetch=documents.only(beyond), at=at)


def _when(at: datetime | None) -> str | None:
    return None if at is None else whole_seconds(at)


def _body(one: Fetched) -> dict[str, object]:
    if len(one.body) > MAX_KEPT:
        return {"omitted": len(one.body)}
    return {"body": one.body.decode("utf-8", "replace")}


def _list(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
