"""The contexts of badges without the words that a document does not use: pyoxigraph reads them anew each time.

Leaving out a definition changes no triple of a document in which its name does not occur, neither as a key nor as a
value nor before a colon, and which no kept definition names. Used where a second reading with the whole contexts
stands beside it (signing), and to derive triples; a proof is always checked with the whole contexts.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from pod_app.standards.context_files import context_text

VC_2: Final = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES_3: Final = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
EXCERPTED: Final = frozenset((VC_2, OPEN_BADGES_3))
_STRING: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')
_PREFIXED: Final = re.compile(r"([A-Za-z_][\w.-]*):(?!//)")


def excerpts(urls: Any, text: str) -> str | None:
    """JSON of the contexts at `urls` as far as the JSON `text` of a document needs them; None for any others."""
    if not isinstance(urls, list) or not urls or not EXCERPTED.issuperset(url for url in urls if isinstance(url, str)):
        return None
    if not all(isinstance(url, str) for url in urls):
        return None
    names = frozenset(_names(text))
    return f"[{','.join(_excerpt(url, names & _terms(url)) for url in urls)}]"


def _names(text: str) -> Iterator[str]:
    """Every string of a JSON text, and what stands before its colon."""
    for found in _STRING.findall(text):
        yield found
        prefix, colon, _ = found.partition(":")
        if colon:
            yield prefix


@lru_cache(maxsize=8)
def _terms(url: str) -> frozenset[str]:
    return frozenset(_defined(json.loads(context_text(url))))


@lru_cache(maxsize=256)
def _excerpt(url: str, names: frozenset[str]) -> str:
    text, terms = context_text(url), _terms(url)
    kept, wanted = "", names | frozenset(_PREFIXED.findall(text))
    while True:  # a definition may name other terms, which are kept too
        kept = json.dumps(_pruned(json.loads(text), wanted), ensure_ascii=False, separators=(",", ":"))
        more = wanted | (terms & frozenset(_names(kept)))
        if more == wanted:
            return kept
        wanted = more


def _pruned(value: Any, names: frozenset[str]) -> Any:
    if isinstance(value, list):
        return [_pruned(item, names) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {
        term: {**definition, "@context": _pruned(definition["@context"], names)}
        if isinstance(definition, Mapping) and "@context" in definition
        else definition
        for term, definition in value.items()
        if term.startswith("@") or term in names
    }


def _defined(value: Any) -> Iterator[str]:
    for context in value if isinstance(value, list) else [value]:
        for term, definition in context.items() if isinstance(context, Mapping) else ():
            yield term
            if isinstance(definition, Mapping) and "@context" in definition:
                yield from _defined(definition["@context"])
