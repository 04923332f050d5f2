"""Take in what pods say: their answers are kept, the totals move by the difference to the answers kept before.

This is the one place where answers become totals, whether pods are here or elsewhere.
"""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection

from pod_app.collective import partial_rows, partials, unions
from pod_app.collective.library import View
from pod_app.collective.partial_rows import Cell, Cells
from pod_app.collective.partials import Total
from pod_app.collective.sources import Source


def take_in(conn: Connection, community: str, views: Iterable[View], sources: Sequence[Source], at: int) -> None:
    """Keep what these pods say to a community from now on; `at` is when they were asked, in microseconds."""
    before = partials.stored(conn, community, [source.pod for source in sources])
    for view in views:
        if view.file.scope == "pod":
            _move(conn, community, view, sources, before)
    for source in sources:
        partials.replace(
            conn, community, source.pod,
            [
                {"view": k, "state": s, "rows": source.texts[k], "at": source.at.get(k, at)}
                for k, s in source.states.items()
            ],
        )  # fmt: skip


def totals(conn: Connection, community: str, view: View) -> list[Total]:
    """Every cell of a view as it is now, before any threshold.

    Those of a view over the union are computed here, which costs what its union costs; all others are kept.
    """
    if view.file.scope == "pod":
        return partials.totals(conn, community, view.id)
    return unions.totals(view.file, view.plan, partials.texts(conn, community, view.id))


def _move(
    conn: Connection, community: str, view: View, sources: Sequence[Source], before: Mapping[tuple[str, str], str]
) -> None:
    changed: Cells = {}
    moved: list[tuple[str, str]] = []
    for source in sources:
        old = partial_rows.loads(before.get((view.id, source.pod)))
        for key, cell in partial_rows.difference(old, source.cells.get(view.id, {})).items():
            changed.setdefault(key, Cell()).add(cell)
            moved.append((key, source.person or source.pod))
    if changed:
        partials.move(conn, community, view.id, view.plan, changed)
        if view.file.threshold:
            partials.note_moved(conn, community, view.id, moved)
