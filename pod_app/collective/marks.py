"""Small facts that the views remember in the database: how far changes were read, when numbers were published."""

from typing import Final

from sqlalchemy import Connection

from pod_app.storage.database import ask, tell

SEQUENCE: Final = "views.seq"
FILLING: Final = "views.filling"
"""JSON: the identifiers of the views that are `complete`; or of those being computed, and after which pod."""
_PUBLISHED: Final = "views.published:"
_GET: Final = "SELECT value FROM meta WHERE key = ?"
_PUT: Final = "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
_INSTANTS: Final = "SELECT key, value FROM meta WHERE key >= ? AND key < ?"


def get(conn: Connection, key: str) -> str | None:
    """What is remembered under a key, or None."""
    return next((row[0] for row in ask(conn, _GET, (key,))), None)


def put(conn: Connection, key: str, value: str) -> None:
    """Remember a value from now on."""
    tell(conn, _PUT, [(key, value)])


def published(community: str) -> str:
    """The key of the instant of a community's last publication, in microseconds."""
    return f"{_PUBLISHED}{community}"


def publications(conn: Connection) -> dict[str, int]:
    """The instant of each community's last publication, in microseconds."""
    rows = ask(conn, _INSTANTS, (_PUBLISHED, _PUBLISHED[:-1] + ";"))
    return {key.removeprefix(_PUBLISHED): int(value) for key, value in rows}
