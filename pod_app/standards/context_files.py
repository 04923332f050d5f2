"""JSON-LD contexts are read from this package, never from the network, and each file must match its recorded SHA-256.

A context decides what the words of a signed document mean, so a context fetched at verification
time would let its host change the meaning of signed badges. The files and their licences are in
`contexts/`; `contexts/index.json` maps address to file. See https://www.w3.org/TR/json-ld11/#iana-security.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from pod_app.errors import N_, Damaged, Invalid

_FOLDER: Final = Path(__file__).resolve().parent / "contexts"


class Edition(StrEnum):
    """Which file answers for an address that exists in two versions (see contexts/LICENSES.md)."""

    PUBLISHED = "published"
    NEWER = "newer"


@cache
def _index(edition: Edition) -> Mapping[str, tuple[str, str]]:
    entries = json.loads((_FOLDER / "index.json").read_text(encoding="utf-8"))
    chosen = entries[Edition.PUBLISHED] | entries[edition]
    return MappingProxyType({url: (entry["file"], entry["sha256"]) for url, entry in chosen.items()})


KNOWN: Final[Mapping[str, tuple[str, str]]] = _index(Edition.PUBLISHED)
"""Address of every bundled context → file name and SHA-256."""

REVISED: Final = frozenset(url for url in KNOWN if _index(Edition.NEWER)[url] != KNOWN[url])
"""Addresses whose context exists in a newer edition."""


@cache
def context_text(url: str, edition: Edition = Edition.PUBLISHED) -> str:
    """JSON text of the value under `@context` in the bundled file; Invalid for unknown addresses."""
    if url not in KNOWN:
        raise Invalid(
            N_("The context {url} is not one that this program knows, so its words have no certain meaning here."),
            N_("Use only contexts of the W3C and 1EdTech specifications, written exactly as they are there."),
            url=url[:200],
        )
    name, digest = _index(edition)[url]
    body = (_FOLDER / name).read_bytes()
    if hashlib.sha256(body).hexdigest() != digest:
        raise Damaged(N_("The bundled context {name} has been altered."), N_("Install the program again."), name=name)
    return json.dumps(json.loads(body)["@context"], ensure_ascii=False, separators=(",", ":"))


def context(url: str, edition: Edition = Edition.PUBLISHED) -> dict[str, Any]:
    """Fresh `{"@context": …}` of a bundled, hash-pinned context; Invalid for unknown addresses."""
    return {"@context": json.loads(context_text(url, edition))}


@cache
def terms(url: str, edition: Edition = Edition.PUBLISHED) -> frozenset[str]:
    """Every term that a bundled context defines, at its top or inside a scoped context."""
    return frozenset(_terms_in(json.loads(context_text(url, edition))))


def _terms_in(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _terms_in(item)
    elif isinstance(value, dict):
        for term, definition in value.items():
            if not term.startswith("@"):
                yield term
            if isinstance(definition, dict) and "@context" in definition:
                yield from _terms_in(definition["@context"])
