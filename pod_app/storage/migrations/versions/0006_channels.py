"""Notification channels and their topics. Frozen: a later change of the tables is a new file."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the tables and note the layout."""
    op.create_table(
        "channels",
        sa.Column("pod", KEY, sa.ForeignKey("pods.pod", name="fk_channels_pod"), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("holder", KEY, nullable=False),
        *(sa.Column(name, sa.Text) for name in ("webid", "client", "issuer", "origin")),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("starts", sa.BigInteger),
        sa.Column("ends", sa.BigInteger, nullable=False),
        sa.Column("rate", sa.BigInteger),
        sa.Column("accept", sa.Text, nullable=False),
        sa.Column("state", sa.Text),
        sa.Column("send_to", sa.Text),
        sa.Column("seen", sa.BigInteger, nullable=False),
        sa.Column("sent_at", sa.BigInteger),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("pending", sa.Integer, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("pod", "id", name="pk_channels"),
    )
    op.create_index("ix_channels_holder", "channels", ["holder"])
    op.create_index("ix_channels_ends", "channels", ["ends"])
    op.create_table(
        "channel_topics",
        *(sa.Column(name, KEY, nullable=False) for name in ("pod", "path", "channel")),
        sa.PrimaryKeyConstraint("pod", "path", "channel", name="pk_channel_topics"),
        sa.ForeignKeyConstraint(
            ["pod", "channel"],
            ["channels.pod", "channels.id"],
            name="fk_channel_topics_pod_channel",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_channel_topics_pod_channel", "channel_topics", ["pod", "channel"])
    op.execute("UPDATE meta SET value = '6' WHERE key = 'layout_version'")
