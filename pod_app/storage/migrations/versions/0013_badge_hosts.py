"""Other hosts of badges: us as their client, and what people let us do there. Frozen: a later change is a new file."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables and note the layout."""
    op.create_table(
        "badge_hosts",
        sa.Column("api", KEY, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("api", name="pk_badge_hosts"),
    )
    op.create_table(
        "badge_connections",
        sa.Column("pod", KEY, sa.ForeignKey("pods.pod", name="fk_badge_connections_pod"), nullable=False),
        sa.Column("api", KEY, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("report", sa.Text),
        sa.PrimaryKeyConstraint("pod", "api", name="pk_badge_connections"),
        sa.CheckConstraint("state IN ('asked', 'open', 'ended')", name="ck_badge_connections_state"),
    )
    op.execute("UPDATE meta SET value = '13' WHERE key = 'layout_version'")
