"""Badges that look like one that is about to be made: the same skill and kind, or the same name (product.md).

A warning, never a refusal: a shared «moule» that several gardens give says more than five twins of it.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, select

from pod_app.badges.forge.achievements import PLACE, readable_name
from pod_app.pods.resources import Resources
from pod_app.standards import rdf
from pod_app.standards.addresses import Address
from pod_app.standards.json_text import object_in
from pod_app.standards.open_badges_shape import listed
from pod_app.standards.wac import ANONYMOUS, Mode
from pod_app.storage import schema

MOST = 6


def alike(
    resources: Resources, conn: Connection, *, name: str, kind: str, language: str, targets: Collection[str]
) -> list[dict[str, Any]]:
    """At most six public achievements of this installation that are near duplicates, those by name first.

    `kind` is the achievementType, `targets` the addresses of the skills it is aligned to.
    """
    called = readable_name(name)
    by_name, by_skill = [], []
    for document in _public(resources, conn):
        if document.get("inLanguage", language) != language:
            continue
        if readable_name(str(document.get("name", ""))) == called:
            by_name.append(document)
        elif document.get("achievementType") == kind and _targets(document) & set(targets):
            by_skill.append(document)
    return [*by_name, *by_skill][:MOST]


def _public(resources: Resources, conn: Connection) -> Iterator[dict[str, Any]]:
    table = schema.resources
    wanted = (
        select(table.c.pod, table.c.path)
        .join(schema.pods, schema.pods.c.pod == table.c.pod)
        .where(table.c.parent == PLACE, table.c.media_type == rdf.JSON_LD, schema.pods.c.deleted.is_(None))
    )
    for row in conn.execute(wanted).all():
        address = Address(row.pod, row.path)
        if resources.decide_within(conn, ANONYMOUS, address).allows(Mode.READ):
            yield object_in(resources.data(resources.read_within(conn, ANONYMOUS, address).stored))


def _targets(document: Mapping[str, Any]) -> set[str]:
    found = listed(document.get("alignment"))
    return {str(one.get("targetUrl")) for one in found if isinstance(one, Mapping) and one.get("targetUrl")}
