"""Where the files that ship with the program are: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path
from typing import Final, Literal

_PACKAGE: Final = Path(__file__).resolve().parent


def folder(name: Literal["vocab", "shapes", "queries"]) -> Path:
    """Path of one of the top-level folders of vocabulary, shapes or queries."""
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name
