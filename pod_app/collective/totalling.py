"""Take in what pods say: their answers are kept, the totals move by the difference to the answers kept before.

This is the one place where answers become totals, whether pods are here or elsewhere.
"""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection

from pod_app.collective import partial_rows, partials, running, shown, unions
from pod_app.collective.library import View
from pod_app.collective.partial_rows import Cells
from pod_app.collective.partials import PORTION, Said
from pod_app.collective.running import Total
from pod_app.collective.sources import Source
from pod_app.storage.database import ask

Before = Mapping[tuple[str, str], Said]


def take_in(conn: Connection, community: str, views: Iterable[View], sources: Sequence[Source], at: int) -> None:
    """Keep what these pods say to a community from now on; `at` is when they were asked, in microseconds.

    A pod of this installation that was written to since it was asked is left to that change, which is still to be
    followed.
    """
    sources = _fresh(conn, sources)
    before = partials.stored(conn, community, [source.pod for source in sources])
    for view in views:
        if view.file.scope == "pod":
            _move(conn, community, view, sources, before)
    partials.keep(conn, community, before, _after(sources, before))
    partials.note_asked(conn, community, [(one.pod, one.at or at) for one in sources if one.said])
    partials.note_left(conn, community, [source.pod for source in sources if not source.said])


def totals(conn: Connection, community: str, view: View) -> list[Total]:
    """Every cell of a view as it is now, before any threshold.

    Those of a view over the union are computed here, which costs what its union costs; all others are kept.
    """
    if view.file.scope == "pod":
        return running.totals(conn, community, view.id)
    return unions.totals(view.file, view.plan, view.parameters, partials.texts_by_pod(conn, community, view.id))


def _fresh(conn: Connection, sources: Sequence[Source]) -> list[Source]:
    asked = {source.pod: source.version for source in sources if source.version is not None}
    names = sorted(asked)
    now: dict[str, int] = {}
    for start in range(0, len(names), PORTION):
        portion = names[start : start + PORTION]
        marks = ", ".join("?" * len(portion))
        now |= dict(ask(conn, f"SELECT pod, version FROM pods WHERE pod IN ({marks})", portion))  # noqa: S608  # marks
    return [source for source in sources if source.version is None or source.version == now.get(source.pod)]


def _after(sources: Iterable[Source], before: Before) -> dict[tuple[str, str], Said | None]:
    """What is to be kept: the answers, and nothing for all that was kept of pods that no longer count."""
    after: dict[tuple[str, str], Said | None] = {}
    left = {source.pod for source in sources if not source.said}
    after |= {(view, pod): None for view, pod in before if pod in left}
    for source in sources:
        after |= {(view, source.pod): said for view, said in source.said.items()}
    return after


def _move(conn: Connection, community: str, view: View, sources: Sequence[Source], before: Before) -> None:
    changes: list[Cells] = []
    moved: list[tuple[str, str]] = []
    for source in sources:
        old, new = before.get((view.id, source.pod), ("", ""))[1], source.said.get(view.id, ("", ""))[1]
        if old != new:
            changes.append(partial_rows.difference_of_texts(old, new))
            moved += [(key, source.person or source.pod) for key in changes[-1]]
    changed = changes[0] if len(changes) == 1 else running.merged(changes)
    if changed:
        running.move(conn, community, view.id, view.plan, changed)
        if view.file.threshold:
            shown.note_moved(conn, community, view.id, moved)
