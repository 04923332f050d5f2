"""Indexes hold only the rows that have what they are about. Frozen: a later change is a new file.

Nearly no resource has a blob and nearly no row of the outbox a key, and each write made a page of either index anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_KEPT = (
    "seq, pod, kind, path, version, verb, agent, payload, at, next_at, leased_until, leased_by, attempts, done_at, "
    "failed, idempotency_key"
)


def upgrade() -> None:
    """Make both indexes anew, with the outbox itself where a constraint cannot be dropped, and note the layout."""
    op.drop_index("ix_resources_blob", "resources")
    _index("ix_resources_blob", "resources", ["blob"], "blob IS NOT NULL")
    if op.get_bind().dialect.name == "sqlite":
        _outbox_anew()
    else:
        op.drop_constraint("uq_outbox_idempotency_key", "outbox", type_="unique")
    _index("ix_outbox_idempotency_key", "outbox", ["idempotency_key"], "idempotency_key IS NOT NULL", unique=True)
    op.execute("UPDATE meta SET value = '15' WHERE key = 'layout_version'")


def _index(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    only = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=only, postgresql_where=only)


def _outbox_anew() -> None:
    """SQLite keeps a constraint for as long as its table. No number is ever given twice: the counter moves along."""
    op.create_table(
        "outbox_anew",
        sa.Column("seq", sa.Integer, nullable=False, autoincrement=True),
        sa.Column("pod", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("verb", sa.Text, nullable=False),
        sa.Column("agent", sa.Text),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.Column("leased_until", sa.BigInteger),
        sa.Column("leased_by", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("done_at", sa.BigInteger),
        sa.Column("failed", sa.Text),
        sa.Column("idempotency_key", sa.Text),
        sa.PrimaryKeyConstraint("seq", name="pk_outbox"),
        sqlite_autoincrement=True,
    )
    op.execute(f"INSERT INTO outbox_anew ({_KEPT}) SELECT {_KEPT} FROM outbox")  # noqa: S608  # constants
    op.execute("DELETE FROM sqlite_sequence WHERE name = 'outbox_anew'")
    op.execute("INSERT INTO sqlite_sequence SELECT 'outbox_anew', seq FROM sqlite_sequence WHERE name = 'outbox'")
    op.drop_table("outbox")
    op.rename_table("outbox_anew", "outbox")
    due = sa.text("done_at IS NULL AND failed IS NULL")
    op.create_index("ix_outbox_due", "outbox", ["kind", "next_at"], sqlite_where=due)
