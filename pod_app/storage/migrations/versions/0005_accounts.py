"""Passkeys, recovery phrases and counted tries. Frozen: a later change of the tables is a new file."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.BigInteger


def upgrade() -> None:
    """Create the tables and note the layout."""
    op.create_table(
        "passkeys",
        sa.Column("id", KEY, nullable=False),
        sa.Column("account", KEY, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("used", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_passkeys"),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="fk_passkeys_account", ondelete="CASCADE"),
    )
    op.create_index("ix_passkeys_account", "passkeys", ["account"])
    op.create_table(
        "recovery_phrases",
        sa.Column("account", KEY, nullable=False),
        sa.Column("phrase_hash", sa.Text, nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("account", name="pk_recovery_phrases"),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="fk_recovery_phrases_account", ondelete="CASCADE"),
    )
    op.create_table(
        "tries_counted",
        sa.Column("id", KEY, nullable=False),
        sa.Column("n", sa.BigInteger, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tries_counted"),
        prefixes=["UNLOGGED"] if op.get_bind().dialect.name == "postgresql" else [],
    )
    op.create_index("ix_tries_counted_until", "tries_counted", ["until"])
    op.execute("UPDATE meta SET value = '5' WHERE key = 'layout_version'")
