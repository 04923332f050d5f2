"""Expanding JSON-LD without ever asking the network, and inlining contexts for the engine that cannot look them up.

Two engines read the same documents: PyLD expands (here), pyoxigraph parses (rdf.py and
data_integrity.py) after `inline` has put the context objects in place of their addresses, because
it has no loader. Use it through `jsonld`. https://www.w3.org/TR/json-ld11-api/
"""

import json
import threading
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from cachetools import LRUCache
from pyld import ContextResolver
from pyld import jsonld as pyld

from pod_app.errors import N_, Invalid, PodAppError, TooComplex, TooLarge
from pod_app.standards.context_excerpts import excerpts
from pod_app.standards.context_files import Edition, context, context_text

DEEPEST: Final = 64
LARGEST: Final = 64 * 1024
Expansion = list[dict[str, Any]]


def inline(document: Any, edition: Edition = Edition.PUBLISHED) -> Any:
    """Copy in which every context address, at any depth, is replaced by the context; Invalid for unknown ones.

    Inline context objects stay as they are. TooComplex beyond 64 levels.
    """
    return _inline(document, edition, 0)


def inline_text(document: Mapping[str, Any], edition: Edition = Edition.PUBLISHED, *, excerpt: bool = False) -> str:
    """JSON text of `inline(document)`, made without serialising the same contexts again for each document.

    As an `excerpt` the contexts of badges lack what the document does not use (`context_excerpts`).
    """
    rest = {key: _inline(value, edition, 1) for key, value in document.items() if key != "@context"}
    text = _dumps(rest)
    if "@context" not in document:
        return text
    contexts = excerpts(document["@context"], text) if excerpt and edition is Edition.PUBLISHED else None
    head = f'{{"@context":{contexts or _context_text(document["@context"], edition)}'
    return f"{head},{text[1:]}" if rest else head + "}"


def _inline(value: Any, edition: Edition, depth: int) -> Any:
    if depth > DEEPEST:
        raise _too_deep()
    if isinstance(value, list):
        return [_inline(item, edition, depth + 1) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {
        key: json.loads(_context_text(item, edition)) if key == "@context" else _inline(item, edition, depth + 1)
        for key, item in value.items()
    }


def _context_text(value: Any, edition: Edition) -> str:
    if isinstance(value, str):
        return context_text(value, edition)
    if isinstance(value, list):
        return f"[{','.join(_context_text(item, edition) for item in value)}]"
    return _dumps(_inline_scoped(value, edition, 0))


def _inline_scoped(value: Any, edition: Edition, depth: int) -> Any:
    """Inline context object: addresses may hide in the contexts of its terms; `@import` cannot be honoured."""
    if isinstance(value, Mapping) and "@import" in value:
        raise Invalid(
            N_("The context of this document imports {url}, which is not followed."),
            N_("List the contexts of the specifications by their addresses."),
            url=str(value["@import"])[:200],
        )
    return _inline(value, edition, depth)


def _dumps(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as problem:
        raise Invalid(
            N_("This document holds a value that JSON cannot carry: {problem}."),
            N_("Correct that value."),
            problem=problem,
        ) from problem
    except RecursionError as problem:
        raise _too_deep() from problem


def _too_deep() -> TooComplex:
    return TooComplex(
        N_("This document is nested more than {limit} levels deep."), N_("Make it flatter."), limit=DEEPEST
    )


class _Processor(pyld.JsonLdProcessor):  # type: ignore[misc]  # PyLD has no types
    """PyLD, remembering what scoped contexts come to: it works out those of types anew for every node.

    Contexts inside term definitions and active contexts live as long as the caches that hold them and never change,
    so that a pair of them always gives the same. Signing a badge takes a quarter less time.
    """

    def __init__(
        self, on_dropped: Callable[[str | None], Any], kept: LRUCache[tuple[Any, ...], tuple[Any, Any, Any]]
    ) -> None:
        super().__init__(on_property_dropped=on_dropped)
        self._kept = kept

    def _process_context(self, active_ctx: Any, local_ctx: Any, options: Any, **how: Any) -> Any:
        if not isinstance(local_ctx, Mapping) or "cycles" in how:
            return super()._process_context(active_ctx, local_ctx, options, **how)
        key = (id(active_ctx), id(local_ctx), *(how.get(name) for name in _HOW))
        kept = self._kept.get(key)
        if kept is None:  # both contexts stay alive with the entry, so that nobody else gets their numbers
            kept = self._kept[key] = (
                active_ctx, local_ctx, super()._process_context(active_ctx, local_ctx, options, **how)
            )  # fmt: skip
        return kept[2]


class _OfExpanded(pyld.JsonLdProcessor):  # type: ignore[misc]  # as above
    """PyLD for what it has expanded already: expanding it once more would give the same."""

    def expand(self, input_: Any, _options: Any) -> Any:
        return input_


_HOW: Final = ("override_protected", "propagate", "validate_scoped")


class _Expander:
    """PyLD with our contexts; its caches of processed contexts are not thread-safe, hence the lock."""

    def __init__(self, edition: Edition) -> None:
        self._edition = edition
        self._lock = threading.Lock()
        self._cache: LRUCache[str, Any] = LRUCache(maxsize=64)
        self._processed: LRUCache[tuple[Any, ...], tuple[Any, Any, Any]] = LRUCache(maxsize=512)

    def expand(self, document: Any, on_dropped: Callable[[str | None], Any]) -> Expansion:
        with self._lock:
            # A resolver remembers what one document resolved; the cache behind it serves all.
            options = {
                "documentLoader": self._load,
                "contextResolver": ContextResolver(self._cache, self._load),
                "expandContext": {"@base": None},  # else PyLD completes relative ids with an address of its own
            }
            expanded: Expansion = _Processor(on_dropped, self._processed).expand(document, options)
        return expanded

    def canonical(self, expanded: Expansion) -> str:
        """RDFC-1.0 N-Quads of an expanded document (PyLD calls the algorithm by its older name)."""
        options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": self._load}
        with self._lock:
            return str(_OfExpanded().normalize(expanded, options))

    def _load(self, url: str, _options: object) -> dict[str, Any]:
        document = context(url, self._edition)
        return {
            "contentType": "application/ld+json",
            "contextUrl": None,
            "documentUrl": url,
            "document": document,
            "tag": "static",
        }


@cache
def _expander(edition: Edition) -> _Expander:
    return _Expander(edition)


def expand(document: Any, edition: Edition = Edition.PUBLISHED) -> Expansion:
    """PyLD's expanded form, contexts from the bundle, never the network.

    Invalid for unknown contexts and for what is not JSON-LD, TooComplex beyond 64 levels.
    """
    return expand_noting(document, lambda _term: None, edition)


def expand_noting(
    document: Any, on_dropped: Callable[[str | None], Any], edition: Edition = Edition.PUBLISHED
) -> Expansion:
    """`expand`, calling `on_dropped` once for every property that no context defines."""
    require_shallow(document)
    _require_known_contexts(document)
    try:
        return _expander(edition).expand(document, on_dropped)
    except (pyld.JsonLdError, TypeError, AttributeError, KeyError, ValueError) as problem:
        raise _told(problem) from problem
    except RecursionError as problem:
        raise _too_deep() from problem


def _require_known_contexts(document: Any) -> None:
    """Invalid for an address that is not exactly a known one; PyLD would complete and shorten it first."""
    left = [document]
    while left:
        value = left.pop()
        if isinstance(value, Mapping):
            left.extend(value.values())
            listed = value.get("@context")
            for entry in listed if isinstance(listed, list) else [listed]:
                if isinstance(entry, str):
                    context_text(entry)
        elif isinstance(value, list):
            left.extend(value)


def canonical_by_pyld(expanded: Expansion) -> str:
    """PyLD's canonical N-Quads of an expanded document; the caller has checked its complexity."""
    return _expander(Edition.PUBLISHED).canonical(expanded)


def require_shallow(document: Any) -> None:
    """TooComplex beyond 64 levels of nesting, found without recursion."""
    level = [document]
    for _ in range(DEEPEST + 1):
        level = [
            child
            for value in level
            if isinstance(value, (list, Mapping))
            for child in (value.values() if isinstance(value, Mapping) else value)
        ]
        if not level:
            return
    raise _too_deep()


def require_small(document: Any) -> None:
    """TooLarge when the JSON text, contexts as addresses, is longer than 64 kB; Invalid for NaN and the like."""
    size = len(_dumps(document).encode("utf-8", "replace"))
    if size > LARGEST:
        raise TooLarge(
            N_("This document is {size} bytes long; signed documents may have {limit}."),
            N_("Link to large parts instead of including them."),
            size=size,
            limit=LARGEST,
        )


def _told(problem: BaseException) -> PodAppError:
    """Our own error when one is behind PyLD's, else PyLD's innermost sentence."""
    innermost = problem
    while innermost.__cause__ is not None and not isinstance(innermost, PodAppError):
        innermost = innermost.__cause__
    if isinstance(innermost, PodAppError):
        return innermost
    return Invalid(
        N_("This is not a valid JSON-LD document: {problem}"),
        N_("Correct it, for instance with the JSON-LD Playground, and send it again."),
        problem=str(innermost).split("\n", 1)[0][:300],
    )
