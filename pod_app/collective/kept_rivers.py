"""Rivers as they are kept: beside the published cell of their skill, moving only when its number does (ADR 0016).

Whoever no longer lets the community count disappears from a river when it is read.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from pod_app.collective import partials, plans, shown
from pod_app.collective.cascades import VIEW, Node, River
from pod_app.collective.library import View
from pod_app.storage.schema_views import view_published

_EDGES: Final = "/edges"


def publish(
    conn: Connection, community: str, view: View, rivers: Mapping[str, River], visible: Sequence[str],
    gone: Sequence[str],
) -> None:  # fmt: skip
    """Keep the rivers of the cells that are shown from now on, and drop those of the cells that are gone."""
    table = view_published
    here = table.c.community == community
    conn.execute(delete(table).where(here, table.c.view.like(f"{VIEW}@%{_EDGES}"), table.c.view != view.id + _EDGES))
    for key in (*visible, *gone):
        conn.execute(delete(table).where(here, table.c.view == view.id + _EDGES, table.c.key == key))
    for key in visible:
        values = {"community": community, "view": view.id + _EDGES, "key": key, "measures": _dump(rivers[key])}
        conn.execute(insert(table).values(values))


def published(conn: Connection, community: str, view: View, skill: str) -> River | None:
    """The river of a skill as it was published, without whoever is no longer counted; None when there is none."""
    table, stands = view_published, shown.standing(conn, community, view)
    if stands is None:
        return None
    where = (table.c.view == stands.view + _EDGES, table.c.key == plans.key([f"<{skill}>"]))
    stored = conn.scalar(select(table.c.measures).where(table.c.community == community, *where))
    return None if stored is None else _load(stored).among(partials.pods_of(conn, community))


def _dump(made: River) -> str:
    pods = list(Counter(node.pod for node in made.nodes))
    places = {pod: place for place, pod in enumerate(pods)}
    nodes = [[node.person, node.parent, places[node.pod]] for node in made.nodes]
    return json.dumps({"pods": pods, "nodes": nodes, "ignored": made.ignored, "since": made.since}, ensure_ascii=False)


def _load(text: str) -> River:
    kept = json.loads(text)
    nodes = tuple(Node(person, parent, kept["pods"][pod]) for person, parent, pod in kept["nodes"])
    return River(nodes, kept["ignored"], kept["since"])
