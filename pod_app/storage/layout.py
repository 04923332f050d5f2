"""Bring the tables of a data folder to the layout of this program, and refuse what is newer.

Alembic is imported only when there is something to do: an installation that is up to date opens
without it. A migration is one transaction, so killing it leaves the old layout whole.
"""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from pod_app.errors import N_, Damaged
from pod_app.storage.schema import LAYOUT

HEAD: Final = f"{LAYOUT:04d}"
MIGRATIONS: Final = Path(__file__).resolve().parent / "migrations"
_TABLES: Final = {
    "sqlite": "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'",
    "postgresql": "SELECT count(*) WHERE to_regclass('alembic_version') IS NOT NULL",
}


def current(conn: Connection) -> int:
    """Read the layout number that the database is in; 0 when it is empty."""
    if not conn.scalar(text(_TABLES[conn.dialect.name])):
        return 0
    found = conn.scalar(text("SELECT version_num FROM alembic_version"))
    return int(found) if found is not None else 0


def is_current(conn: Connection, where: object) -> bool:
    """Whether nothing has to be migrated; raises `Damaged` for a layout that this program does not know."""
    try:
        found = current(conn)
    except ValueError as error:
        raise _unknown(where, error) from error
    if found > LAYOUT:
        raise Damaged(
            N_("{where} was written by a newer program: it has layout {found}, this program knows up to {known}."),
            N_("Install the newer program again, or restore a backup made before the update."),
            where=where,
            found=found,
            known=LAYOUT,
        )
    return found == LAYOUT


def migrate(conn: Connection) -> None:
    """Take every missing step within the transaction that `conn` is in; the caller commits."""
    from alembic import command  # noqa: PLC0415  # 0.4 s that an ordinary start does not pay
    from alembic.config import Config  # noqa: PLC0415  # as above

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = conn
    command.upgrade(config, "head")


def stuck(where: object, error: DBAPIError) -> Damaged:
    """The error for a step that these tables do not allow, because somebody changed them by hand."""
    return Damaged(
        N_("{where} cannot be brought to layout {known}: {problem}. Nothing has been changed."),
        N_("Use the program that wrote it, or restore a backup made before its tables were changed by hand."),
        where=where,
        known=LAYOUT,
        problem=str(error.orig).strip().rstrip("."),
    )


def server_version(conn: Connection) -> str:
    """Name and version of the database engine."""
    if conn.dialect.name == "sqlite":
        return f"SQLite {conn.scalar(text('SELECT sqlite_version()'))}"
    try:
        return f"PostgreSQL {conn.scalar(text('SHOW server_version'))}"
    except DBAPIError:
        return "PostgreSQL"


def _unknown(where: object, error: ValueError) -> Damaged:
    return Damaged(
        N_("{where} has a layout that this program does not know: {problem}."),
        N_("Check that the folder belongs to pod_app, or restore a backup."),
        where=where,
        problem=error,
    )
