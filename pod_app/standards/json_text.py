"""JSON as this program writes it: readable, in the order in which it was built; these bytes are what is kept."""

import json
from collections.abc import Mapping
from typing import Any

__all__ = ["dump", "object_in", "read"]


def dump(document: Mapping[str, Any]) -> bytes:
    """UTF-8 of a JSON object, indented, with a final newline."""
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def read(data: str | bytes) -> Any:
    """Somebody's JSON; whatever is wrong with it, bottomless nesting too, is a `ValueError`."""
    try:
        return json.loads(data)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def object_in(data: bytes) -> dict[str, Any]:
    """The JSON object that `data` holds, an empty one when it holds anything else: people may store any bytes."""
    try:
        found = read(data)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
