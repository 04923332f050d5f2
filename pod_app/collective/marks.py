"""Small facts that the views remember in the database: how far changes were read, when numbers were published."""

from typing import Final

from sqlalchemy import Connection, delete, insert, select

from pod_app.storage.schema import meta

SEQUENCE: Final = "views.seq"


def get(conn: Connection, key: str) -> str | None:
    """What is remembered under a key, or None."""
    found: str | None = conn.scalar(select(meta.c.value).where(meta.c.key == key))
    return found


def put(conn: Connection, key: str, value: str) -> None:
    """Remember a value from now on."""
    conn.execute(delete(meta).where(meta.c.key == key))
    conn.execute(insert(meta).values(key=key, value=value))


def published(community: str) -> str:
    """The key of the instant of a community's last publication, in microseconds."""
    return f"views.published:{community}"


def kept_back(community: str, view: str) -> str:
    """The key of how many cells of a view were under the threshold at that instant."""
    return f"views.kept-back:{community}:{view}"
