"""JSON that every program reads alike: no name twice in one object, no NaN, no bottomless nesting (RFC 8259 §4)."""

import json
from typing import Any

from pod_app.errors import N_, Unreadable


def read(text: str | bytes) -> Any:
    """Read JSON from text or UTF-8. Raises Unreadable, naming line or cause."""
    try:
        return json.loads(_text(text), object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError) as problem:
        raise Unreadable(
            N_("The file is not sound JSON ({problem})."),
            N_("Download it again from where it comes from."),
            problem=f"line {problem.lineno}" if isinstance(problem, json.JSONDecodeError) else str(problem)[:100],
        ) from None


def read_object(text: str | bytes) -> dict[str, Any]:
    """Read JSON that must be one object. Raises Unreadable."""
    found = read(text)
    if not isinstance(found, dict):
        raise Unreadable(N_("The file holds JSON, but not one object."), N_("Send the badge itself."))
    return found


def _text(text: str | bytes) -> str:
    # json.loads would guess UTF-16 and UTF-32 from bytes.
    return text.decode("utf-8-sig") if isinstance(text, bytes) else text


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no number in JSON")
