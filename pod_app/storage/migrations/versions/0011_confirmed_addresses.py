"""Addresses that are known to be somebody's. Frozen: a later change of the table is a new file."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the table and note the layout."""
    op.create_table(
        "confirmed_addresses",
        sa.Column("pod", KEY, nullable=False),
        sa.Column("address", KEY, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("pod", "address", name="pk_confirmed_addresses"),
        sa.ForeignKeyConstraint(["pod"], ["pods.pod"], name="fk_confirmed_addresses_pod"),
    )
    op.execute("UPDATE meta SET value = '11' WHERE key = 'layout_version'")
