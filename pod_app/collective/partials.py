"""What each pod last said to each view of a community, and how many pods are in which state.

Statements are written by hand and run straight on the driver: this is the path of every changed pod.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, delete, select

from pod_app.storage.database import ask, tell
from pod_app.storage.schema import metadata, pods
from pod_app.storage.schema_views import (
    view_coverage,
    view_members,
    view_moved,
    view_partials,
    view_pods,
    view_published,
    view_shown,
    view_totals,
)  # fmt: skip

PORTION: Final = 200
_OF_VIEWS: Final = (
    view_partials, view_coverage, view_totals, view_members, view_moved, view_published, view_shown,
)  # fmt: skip
_RUNNING: Final = (view_partials, view_pods, view_coverage, view_totals, view_members)
_STORED: Final = "SELECT view, pod, state, rows FROM view_partials WHERE community = ? AND pod IN ({})"
_COMMUNITIES_OF: Final = "SELECT community FROM view_pods WHERE pod = ?"
_WEBIDS: Final = "http%://%"  # no pod's name holds a colon
_ELSEWHERE: Final = "SELECT pod, at FROM view_pods WHERE community = ? AND pod LIKE ?"
_KEEP: Final = """INSERT INTO view_partials (community, view, pod, state, rows) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (community, view, pod) DO UPDATE SET state = excluded.state, rows = excluded.rows"""
_DROP: Final = "DELETE FROM view_partials WHERE community = ? AND view = ? AND pod = ?"
_ASKED: Final = """INSERT INTO view_pods (community, pod, at) VALUES (?, ?, ?)
ON CONFLICT (community, pod) DO UPDATE SET at = excluded.at"""
_LEFT: Final = "DELETE FROM view_pods WHERE community = ? AND pod = ?"
_COUNT: Final = """INSERT INTO view_coverage (community, view, state, pods) VALUES (?, ?, ?, ?)
ON CONFLICT (community, view, state) DO UPDATE SET pods = view_coverage.pods + excluded.pods"""
_COVERAGE: Final = "SELECT state, pods FROM view_coverage WHERE community = ? AND view = ? AND pods > 0"
_OLDEST: Final = "SELECT MIN(at) FROM view_pods WHERE community = ?"

Said = tuple[str, str]
"""One answer of a pod: its state and its rows in their stored form."""


def stored(conn: Connection, community: str, names: Sequence[str]) -> dict[tuple[str, str], Said]:
    """What was kept, by (view, pod)."""
    found: dict[tuple[str, str], Said] = {}
    for start in range(0, len(names), PORTION):
        portion = names[start : start + PORTION]
        rows = ask(conn, _STORED.format(", ".join("?" * len(portion))), (community, *portion))
        found |= {(view, pod): (state, text) for view, pod, state, text in rows}
    return found


def elsewhere(conn: Connection, community: str) -> set[str]:
    """WebIDs of the pods elsewhere that something is kept about: a pod here goes by its name."""
    return {row[0] for row in ask(conn, _ELSEWHERE, (community, _WEBIDS))}


def asked_at(conn: Connection, community: str) -> dict[str, int]:
    """When each pod elsewhere said what is kept of it, in microseconds."""
    return {row[0]: row[1] for row in ask(conn, _ELSEWHERE, (community, _WEBIDS))}


def communities_here(conn: Connection) -> list[str]:
    """Names of the communities of this installation."""
    here = (pods.c.kind == "community") & pods.c.deleted.is_(None)
    return list(conn.scalars(select(pods.c.pod).where(here).order_by(pods.c.pod)))


def communities_of(conn: Connection, pod: str) -> set[str]:
    """Communities that keep something about a pod."""
    return {row[0] for row in ask(conn, _COMMUNITIES_OF, (pod,))}


def keep(
    conn: Connection,
    community: str,
    before: Mapping[tuple[str, str], Said],
    after: Mapping[tuple[str, str], Said | None],
) -> None:
    """Keep what pods say now where it differs from `before`, None for nothing; the coverage moves by the difference."""
    changed = {place: said for place, said in after.items() if said != before.get(place)}
    counts: Counter[tuple[str, str]] = Counter()
    for (view, pod), said in changed.items():
        old = before.get((view, pod))
        if said is not None:
            counts[view, said[0]] += 1
        if old is not None:
            counts[view, old[0]] -= 1
    tell(conn, _KEEP, [(community, view, pod, *said) for (view, pod), said in changed.items() if said is not None])
    tell(conn, _DROP, [(community, view, pod) for (view, pod), said in changed.items() if said is None])
    tell(conn, _COUNT, [(community, view, state, n) for (view, state), n in sorted(counts.items()) if n])


def note_asked(conn: Connection, community: str, asked: Iterable[tuple[str, int]]) -> None:
    """Remember when these pods were asked: (pod, microseconds)."""
    tell(conn, _ASKED, [(community, pod, at) for pod, at in asked])


def note_left(conn: Connection, community: str, left: Iterable[str]) -> None:
    """Remember no longer that these pods were asked."""
    tell(conn, _LEFT, [(community, pod) for pod in left])


def texts_by_pod(conn: Connection, community: str, view: str) -> dict[str, str]:
    """What every pod keeps for a view, by the pod, without those that keep nothing."""
    here = (view_partials.c.community == community) & (view_partials.c.view == view) & (view_partials.c.rows != "")
    return {row.pod: row.rows for row in conn.execute(select(view_partials.c.pod, view_partials.c.rows).where(here))}


def pods_of(conn: Connection, community: str) -> list[str]:
    """Names of the pods that a community asks."""
    return list(conn.scalars(select(view_pods.c.pod).where(view_pods.c.community == community)))


def coverage(conn: Connection, community: str, view: str) -> tuple[dict[str, int], int | None]:
    """How many pods are in each state, and when the oldest of all was asked (microseconds)."""
    states = {state: int(pods) for state, pods in ask(conn, _COVERAGE, (community, view))}
    return states, ask(conn, _OLDEST, (community,))[0][0]


def communities(conn: Connection) -> list[str]:
    """Communities that something is kept for."""
    return list(conn.scalars(select(view_coverage.c.community).distinct()))


def known_views(conn: Connection, community: str) -> set[str]:
    """Identifiers of the views that something is kept for."""
    return set(conn.scalars(select(view_coverage.c.view).where(view_coverage.c.community == community).distinct()))


def clear(conn: Connection) -> None:
    """Drop everything that is computed from the pods, for all communities; what was published stays.

    Tables that were lost are there again afterwards (D9).
    """
    metadata.create_all(conn, [*_OF_VIEWS, view_pods])
    for table in _RUNNING:
        conn.execute(delete(table))


def forget(conn: Connection, community: str, view: str) -> None:
    """Drop everything kept for a view whose query is another one now."""
    for table in _OF_VIEWS:
        conn.execute(delete(table).where(table.c.community == community, table.c.view == view))
