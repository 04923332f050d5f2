"""What another host of badges says of itself, and what it answers, read without believing more than is needed.

Open Badges 3.0 §6.2 and §6.1 (open-badges.md §5.9): the service description names the addresses of OAuth; a page of
badges is taken apart without touching a byte of them, because each has a proof of its own.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from json import JSONDecoder
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from pod_app.errors import N_, Invalid
from pod_app.standards import badge_api, strict_json

_DISCOVERY: Final = "discovery"
_SPACE: Final = " \t\r\n"
_TOKENS: Final = ("compactJwsString", "compactJwsStrings")
_LONGEST_NAME: Final = 60


@dataclass(frozen=True, slots=True)
class Host:
    """Another host: `api` without closing slash, `revocation` empty where it tells none."""

    api: str
    name: str
    registration: str
    authorization: str
    token: str
    refresh: str
    revocation: str
    scopes: tuple[str, ...]

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every address that a browser or we will be sent to."""
        told = (self.registration, self.authorization, self.token, self.refresh, self.revocation)
        return tuple(one for one in told if one)


def api_of(address: str) -> str:
    """Where the API of a host stands, by what somebody typed: its front page, the API, or its description."""
    text = address.strip()
    text = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.username:
        raise Invalid(
            N_("{address} is not the address of a host of badges."), N_("Copy its address, such as https://badges.example/."),
            address=address[:200],
        )  # fmt: skip
    path = parts.path.rstrip("/").removesuffix(f"/{_DISCOVERY}")
    if not path.endswith(f"/{badge_api.PATH}"):
        path = f"{path}/{badge_api.PATH}"
    return urlunsplit((parts.scheme, parts.netloc.lower(), path, "", ""))


def discovery(api: str) -> str:
    """Address of the service description."""
    return f"{api}/{_DISCOVERY}"


def host(document: Mapping[str, Any], api: str) -> Host:
    """A host by its service description. Raises `Invalid` when an address or our scopes are missing."""
    scheme = _mapping(_mapping(document.get("components")).get("securitySchemes"), badge_api.SCHEME)
    flow = _mapping(scheme.get("flows"), "authorizationCode")
    token = _text(flow, "tokenUrl")
    offered = flow.get("scopes")
    scopes = tuple(one for one in badge_api.SCOPES if isinstance(offered, Mapping) and one in offered)
    made = Host(
        api=api,
        name=_name(document, api),
        registration=_text(scheme, "x-imssf-registrationUrl"),
        authorization=_text(flow, "authorizationUrl"),
        token=token,
        refresh=_text(flow, "refreshUrl") or token,
        revocation=_text(scheme, "x-imssf-revocationUrl"),
        scopes=scopes,
    )
    if not (made.registration and made.authorization and made.token) or badge_api.READ_CREDENTIALS not in scopes:
        raise Invalid(
            N_("{host} does not say how to be let in."),
            N_("Ask the people who run it for the address of its badge API."),
            host=urlsplit(api).netloc,
        )  # fmt: skip
    return made


def badges_in(body: bytes) -> list[bytes]:
    """The badges of one page, each with its own bytes; tokens as text. Raises `Unreadable` for what is no such page."""
    strict_json.read_object(body)
    text = body.decode("utf-8-sig")
    found = []
    for name, raw in _items(text):
        if name == "credential" and raw.startswith("{"):
            found.append(raw.encode())
        elif name in _TOKENS and raw.startswith('"'):
            found.append(json.loads(raw).encode("utf-8", "replace"))
    return found


def refusal(body: bytes) -> str:
    """What a host says is wrong, in its own words; empty when it says nothing that can be read."""
    try:
        told = json.loads(body)
    except ValueError:
        return ""
    words = told.get("imsx_description") if isinstance(told, dict) else None
    return "".join(one for one in words if one.isprintable())[:300] if isinstance(words, str) else ""


# -- steps ---------------------------------------------------------------------------------------


def _items(text: str) -> Iterator[tuple[str, str]]:
    """Member of the top object and text of each item of its array; the text is known to be sound JSON."""
    place = _skip(text, text.index("{") + 1)
    while text[place] == '"':
        name, place = JSONDecoder().raw_decode(text, place)
        place = _skip(text, _skip(text, place) + 1)
        if text[place] == "[":
            place = _skip(text, place + 1)
            while text[place] != "]":
                end = _end(text, place)
                yield name, text[place:end]
                place = _skip(text, end)
                place = _skip(text, place + 1) if text[place] == "," else place
            place += 1
        else:
            place = _end(text, place)
        place = _skip(text, place)
        if text[place] == ",":
            place = _skip(text, place + 1)


def _end(text: str, place: int) -> int:
    return JSONDecoder().raw_decode(text, place)[1]


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place] in _SPACE:
        place += 1
    return place


def _mapping(value: object, name: str | None = None) -> Mapping[str, Any]:
    found = value.get(name) if name is not None and isinstance(value, Mapping) else value
    return found if isinstance(found, Mapping) else {}


def _text(values: Mapping[str, Any], name: str) -> str:
    found = values.get(name)
    is_address = isinstance(found, str) and found.startswith(("https://", "http://")) and found.isprintable()
    return str(found) if is_address and " " not in str(found) else ""


def _name(document: Mapping[str, Any], api: str) -> str:
    title = _mapping(document.get("info")).get("title")
    words = "".join(one for one in title if one.isprintable()).strip() if isinstance(title, str) else ""
    return words[:_LONGEST_NAME] or urlsplit(api).netloc
