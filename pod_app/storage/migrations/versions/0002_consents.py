"""Who consents to what. Frozen: a later change of the tables is a new file, never an edit of this one."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the table and note the layout."""
    op.create_table(
        "consents",
        sa.Column("community", KEY, nullable=False),
        sa.Column("purpose", KEY, nullable=False),
        sa.Column("pod", KEY, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("community", "purpose", "pod", name="pk_consents"),
        sa.ForeignKeyConstraint(["pod"], ["pods.pod"], name="fk_consents_pod"),
    )
    op.create_index("ix_consents_pod", "consents", ["pod"])
    op.execute("UPDATE meta SET value = '2' WHERE key = 'layout_version'")
