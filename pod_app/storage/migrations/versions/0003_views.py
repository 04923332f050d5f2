"""Tables of the collective's views, all derived. Frozen: a later change of the tables is a new file."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TEXT = ("measures", sa.Text)


def upgrade() -> None:
    """Create the tables and note the layout."""
    _table("view_partials", ("community", "view", "pod"), ("state", KEY), ("rows", sa.Text), ("at", sa.BigInteger))
    op.create_index("ix_view_partials_pod_community", "view_partials", ["pod", "community"])
    op.create_index("ix_view_partials_community_view_state_at", "view_partials", ["community", "view", "state", "at"])
    _table("view_totals", ("community", "view", "key"), TEXT)
    _table("view_members", ("community", "view", "key", "measure", "member"), ("holders", sa.BigInteger))
    _table("view_moved", ("community", "view", "key", "person"))
    _table("view_published", ("community", "view", "key"), TEXT)
    op.execute("UPDATE meta SET value = '3' WHERE key = 'layout_version'")


def _table(name: str, keys: tuple[str, ...], *columns: tuple[str, Any]) -> None:
    op.create_table(
        name,
        *(sa.Column(key, KEY, nullable=False) for key in keys),
        *(sa.Column(column, kind, nullable=False) for column, kind in columns),
        sa.PrimaryKeyConstraint(*keys, name=f"pk_{name}"),
    )
