"""Tables of the collective's views (collective/partials.py): derived, `pod_app refresh --rebuild` makes them again.

Part of the metadata of `schema`.
"""

from typing import Any, Final

from sqlalchemy import BigInteger, Column, Index, Table, Text

from pod_app.storage.schema import KEY, metadata


def _of_views(name: str, keys: str, *others: Column[Any] | Index) -> Table:
    """A table of what is derived for views: keys first, nothing may be missing."""
    return Table(name, metadata, *(Column(key, KEY, primary_key=True) for key in keys.split()), *others)


def _whole(name: str) -> Column[Any]:
    return Column(name, BigInteger, nullable=False)


def _text(name: str) -> Column[Any]:
    return Column(name, Text, nullable=False)


view_partials: Final = _of_views(
    "view_partials", "community view pod",
    Column("state", KEY, nullable=False), _text("rows"), Index(None, "pod", "community"),
)  # fmt: skip
view_pods: Final = _of_views(
    "view_pods", "community pod", _whole("at"), Index(None, "pod"), Index(None, "community", "at")
)
view_coverage: Final = _of_views("view_coverage", "community view state", _whole("pods"))
view_shown: Final = _of_views(
    "view_shown", "community view",
    Column("name", KEY, nullable=False), _whole("by_default"), _text("query"), _text("parameters"),
    _whole("suppressed"), _whole("at"),
)  # fmt: skip
view_totals: Final = _of_views("view_totals", "community view key", _text("measures"))
view_members: Final = _of_views("view_members", "community view key measure member", _whole("holders"))
view_moved: Final = _of_views("view_moved", "community view key person")
view_published: Final = _of_views("view_published", "community view key", _text("measures"))
