"""JSON as this program writes it: readable, in the order in which it was built; these bytes are what is kept."""

import json
from collections.abc import Mapping
from typing import Any


def dump(document: Mapping[str, Any]) -> bytes:
    """UTF-8 of a JSON object, indented, with a final newline."""
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
