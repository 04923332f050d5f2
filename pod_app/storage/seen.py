"""What a small write has looked up in its transaction (ADR 0026), good for as long as that transaction changes nothing.

A write decides about access, asks which shape governs and looks at what it replaces: three looks at the same few rows.
In a transaction that one request has for itself the second and the third need not be made. SQLite counts every row
that a connection changes, whoever asks for it, so that no writer can forget to say that what was seen is old; only
whoever undoes changes says so (`GroupWriter.within`).
"""

from collections.abc import Callable, Hashable
from typing import Any, Final, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")
_NAME: Final = "pod_app.seen"


class Seen:
    """Answers by question, for one connection."""

    def __init__(self, raw: Any) -> None:
        """`raw` is the connection of Python's sqlite3, whose `total_changes` tells whether anything was changed."""
        self._raw = raw
        self._changes = raw.total_changes
        self._known: dict[Hashable, Any] = {}

    def known(self) -> dict[Hashable, Any]:
        """Everything that still holds, to be read and added to."""
        if self._raw.total_changes != self._changes:
            self._changes = self._raw.total_changes
            self._known = {}
        return self._known


def begin(conn: Connection) -> None:
    """From now on what is looked up through `conn` is remembered: its transaction belongs to one piece of work.

    What was remembered before is forgotten.
    """
    conn.info[_NAME] = Seen(conn.connection.dbapi_connection)


def end(conn: Connection) -> None:
    """The transaction goes on with something else, or ends."""
    conn.info.pop(_NAME, None)


def seen(conn: Connection) -> dict[Hashable, Any] | None:
    """What this transaction has looked up, or None where nothing is remembered."""
    found: Seen | None = conn.info.get(_NAME)
    return None if found is None else found.known()


def once(conn: Connection, question: Hashable, look: Callable[[], T]) -> T:
    """What `look` finds, looked at once."""
    known = seen(conn)
    if known is None:
        return look()
    if question not in known:
        known[question] = look()
    answer: T = known[question]
    return answer
