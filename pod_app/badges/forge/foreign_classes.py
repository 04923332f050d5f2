"""What other forges give badges for, read from whatever they let out (issue 6, part 8).

A BadgeClass of Open Badges 1 or 2, an Achievement of version 3, the class inside any badge (baked or not), lists of
them, the lines of an Open Badge Factory export, the answers of Badgr's interface. Nothing is believed but the words.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any, Final

from pod_app.badges.verifier.case import Look
from pod_app.badges.verifier.reading import read as read_badge
from pod_app.errors import N_, Invalid, PodAppError, TooLarge, Unreadable
from pod_app.standards import baking, open_badges_2, strict_json
from pod_app.standards.open_badges_shape import listed

ACCEPT: Final = "application/ld+json, application/json, application/x-ndjson;q=0.9, image/png;q=0.5, */*;q=0.1"
MOST: Final = 500
MAX_FILE: Final = 16 * 2**20
_LISTS: Final = (
    "badges",
    "result",
    "results",
    "items",
    "data",
    "badgeclasses",
    "badge_classes",
    "achievements",
    "@graph",
)
_ID: Final = ("openBadgeId", "id", "url", "json")
_CLASSES: Final = frozenset({"BadgeClass", "Achievement"})
_LANGUAGE: Final = re.compile(r"[a-z]{2}(-[A-Za-z]{2})?\Z")


@dataclass(frozen=True, slots=True)
class ForeignClass:
    """One kind of badge of another forge; `source` is where it stands there, `picture` its address or data IRI."""

    name: str
    description: str
    criteria: str
    source: str
    tags: tuple[str, ...] = ()
    alignments: tuple[Mapping[str, str], ...] = ()
    picture: str = ""
    language: str = ""
    issuer: str = ""


def classes_in(file: bytes, look: Look, found_at: str = "") -> list[ForeignClass]:
    """The kinds of badges that a file tells of; badges by reference are fetched through `look`.

    Raises `Unreadable`, `TooLarge`, `Invalid` when there are none.
    """
    if len(file) > MAX_FILE:
        raise TooLarge(N_("The file is larger than {megabytes} MB."), N_("Send it in parts."), megabytes=16)
    found = [one for part in _documents(file, look) if (one := _class(part, found_at)) is not None]
    if not found:
        raise Invalid(
            N_("There is no kind of badge in this file."),
            N_("Send a BadgeClass or an Achievement, a list of them, or a badge of that kind."),
        )
    unlike = {(one.source or one.name): one for one in reversed(found)}
    return list(reversed(unlike.values()))[:MOST]


def picture_bytes(source: str) -> bytes | None:
    """The picture in a data IRI; None when it is none."""
    head, comma, body = source.partition(",")
    if not comma or not head.startswith("data:image/") or not head.endswith(";base64"):
        return None
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        return None


# -- from a file to documents ----------------------------------------------------------------------


def _documents(file: bytes, look: Look) -> Iterator[Mapping[str, Any]]:
    if baking.is_image(file):
        yield from _of_badge(file, look)
        return
    try:
        value = strict_json.read(file)
    except Unreadable:
        value = _lines(file)
    if value is None:
        yield from _of_badge(file, look)  # a token, perhaps
        return
    yield from _walked(value, look, 0)


def _lines(file: bytes) -> list[Any] | None:
    """One JSON object on each line, as Open Badge Factory lets its badges out."""
    try:
        lines = [line for line in file.decode("utf-8-sig").splitlines() if line.strip()]
    except UnicodeDecodeError:
        return None
    if len(lines) > MOST or not all(line.lstrip().startswith("{") for line in lines):
        return None
    return [strict_json.read(line) for line in lines]


def _walked(value: Any, look: Look, depth: int) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list) and depth < 4:  # noqa: PLR2004  # lists of pages of lists, and no more
        for one in value[:MOST]:
            yield from _walked(one, look, depth + 1)
    elif isinstance(value, str) and depth and open_badges_2.is_web(value):
        yield from _fetched(value, look)
    elif isinstance(value, Mapping):
        inner = next((value[name] for name in _LISTS if isinstance(value.get(name), list)), None)
        if inner is not None and not _types(value) & _CLASSES:
            yield from _walked(inner, look, depth + 1)
        elif _is_badge(value):
            yield from _of_document(value, look)
        else:
            yield value


def _is_badge(value: Mapping[str, Any]) -> bool:
    return "credentialSubject" in value or ("badge" in value and "recipient" in value)


def _of_badge(file: bytes, look: Look) -> Iterator[Mapping[str, Any]]:
    yield from _of_document(read_badge(file).document, look)


def _of_document(document: Mapping[str, Any], look: Look) -> Iterator[Mapping[str, Any]]:
    """The class inside a badge, or that to which it points."""
    if set(document) <= {"type", "id"}:
        yield from _fetched(str(document.get("id")), look)
        return
    for subject in listed(document.get("credentialSubject")):
        if isinstance(subject, Mapping) and isinstance(subject.get("achievement"), Mapping):
            yield subject["achievement"]
    badge = document.get("badge")
    if isinstance(badge, Mapping):
        yield badge
    elif open_badges_2.is_web(badge):
        yield from _fetched(str(badge), look)


def _fetched(url: str, look: Look) -> Iterator[Mapping[str, Any]]:
    try:
        found, _ = look.document(url, ACCEPT)
    except PodAppError:
        return
    if _is_badge(found):
        badge = found.get("badge")
        yield from ([badge] if isinstance(badge, Mapping) else [])
        if open_badges_2.is_web(badge) and badge != url:
            yield from _fetched(str(badge), look)
        return
    yield {"id": url, **found}


# -- from a document to a class --------------------------------------------------------------------


def _class(found: Mapping[str, Any], found_at: str) -> ForeignClass | None:
    name, description = _text(found.get("name")), _text(found.get("description"))
    types = _types(found)
    if not name or (types and not types & _CLASSES and "criteria" not in found and "criteria_html" not in found):
        return None
    source = next((str(found[key]) for key in _ID if open_badges_2.is_web(found.get(key))), found_at)
    image, issuer = found.get("image"), found.get("issuer") or found.get("creator")
    language = str(found.get("inLanguage") or found.get("@language") or found.get("language") or "")
    return ForeignClass(
        name=name[:200],
        description=(description or name)[:2_000],
        criteria=_criteria(found, source)[:10_000],
        source=source,
        tags=tuple(_text(one)[:100] for one in _tags(found))[:30],
        alignments=tuple(_alignments(found)),
        picture=image if isinstance(image, str) else str(image.get("id") or "") if isinstance(image, Mapping) else "",
        language=language if _LANGUAGE.match(language) else "",
        issuer=_text(issuer.get("name")) if isinstance(issuer, Mapping) else str(issuer or ""),
    )


def _types(found: Mapping[str, Any]) -> set[str]:
    said = [*listed(found.get("type")), *listed(found.get("@type")), *listed(found.get("entityType"))]
    return {str(one) for one in said if isinstance(one, str)}


def _criteria(found: Mapping[str, Any], source: str) -> str:
    """What it takes, in Markdown; an address alone becomes a link."""
    said = found.get("criteria")
    of = said if isinstance(said, Mapping) else {}
    narrative = of.get("narrative") or found.get("criteriaNarrative") or found.get("criteria_html")
    if isinstance(narrative, str) and narrative.strip():
        return _without_tags(narrative)
    address = said if isinstance(said, str) else of.get("id") or found.get("criteriaUrl") or source
    if open_badges_2.is_web(address):
        return f"<{address}>"
    return _without_tags(str(address)) if address else _text(found.get("description")) or "-"


def _tags(found: Mapping[str, Any]) -> list[str]:
    return [str(one) for one in [*listed(found.get("tag")), *listed(found.get("tags"))] if isinstance(one, str) and one]


def _alignments(found: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    given = (one for name in ("alignment", "alignments") for one in listed(found.get(name)))
    for one in list(given)[:30]:
        if not isinstance(one, Mapping):
            continue
        name, url = one.get("targetName") or one.get("name"), one.get("targetUrl") or one.get("url")
        if isinstance(name, str) and name and open_badges_2.is_web(url):
            yield {"type": ["Alignment"], "targetName": name[:200], "targetUrl": str(url)}  # type: ignore[dict-item]


class _Words(HTMLParser):
    """The words of HTML, one line for each block; what scripts and styles hold is no word."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._mute = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._mute += tag in {"script", "style"}
        self.said += (
            ["\n- "] if tag == "li" else ["\n"] if tag in {"p", "br", "div", "ul", "ol", "h1", "h2", "h3"} else []
        )

    def handle_endtag(self, tag: str) -> None:
        self._mute = max(0, self._mute - (tag in {"script", "style"}))

    def handle_data(self, data: str) -> None:
        self.said += [] if self._mute else [data]


def _without_tags(text: str) -> str:
    if "<" not in text:
        return text.strip()
    words = _Words()
    words.feed(text)
    words.close()
    return re.sub(r"\n{3,}", "\n\n", "".join(words.said)).strip() or "-"


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
