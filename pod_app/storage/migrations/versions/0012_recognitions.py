"""Requests for recognition and the links by which peers answer. Frozen: a later change is a new file."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create both tables and note the layout."""
    op.create_table(
        "recognitions",
        *(sa.Column(name, KEY, nullable=False) for name in ("pod", "id", "achievement", "reviewer", "claim")),
        sa.Column("sentence", sa.Text, nullable=False),
        sa.Column("trace", sa.Text),
        sa.Column("rule_held", sa.Boolean, nullable=False),
        sa.Column("state", KEY, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("decided", sa.BigInteger),
        sa.Column("decided_by", sa.Text),
        sa.Column("badge", KEY),
        sa.Column("reason", sa.Text),
        sa.PrimaryKeyConstraint("pod", "id", name="pk_recognitions"),
        sa.ForeignKeyConstraint(["pod"], ["pods.pod"], name="fk_recognitions_pod"),
        sa.CheckConstraint("state IN ('open', 'awarded', 'declined', 'withdrawn')", name="ck_recognitions_state"),
    )
    for columns in (["claim"], ["badge"], ["reviewer", "state", "created"]):
        op.create_index(f"ix_recognitions_{'_'.join(columns)}", "recognitions", columns)
    op.create_table(
        "recognition_links",
        *(sa.Column(name, KEY, nullable=False) for name in ("pod", "id")),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("token_hash", KEY, nullable=False),
        sa.Column("address", KEY),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("asked", "ends")),
        *(sa.Column(name, sa.BigInteger) for name in ("reminded", "answered")),
        *(sa.Column(name, sa.Text) for name in ("answer", "by", "name", "words", "endorsement")),
        sa.PrimaryKeyConstraint("pod", "id", "number", name="pk_recognition_links"),
        sa.ForeignKeyConstraint(
            ["pod", "id"], ["recognitions.pod", "recognitions.id"], name="fk_recognition_links_pod_id"
        ),
        sa.UniqueConstraint("token_hash", name="uq_recognition_links_token_hash"),
    )
    op.create_index("ix_recognition_links_address", "recognition_links", ["address"])
    op.execute("UPDATE meta SET value = '12' WHERE key = 'layout_version'")
