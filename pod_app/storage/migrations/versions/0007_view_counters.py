"""Coverage of the views as counters, and which numbers are shown. Frozen: a later change is a new file.

Everything about views is derived: it is dropped here, and computed again by whoever follows the changes.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHOLE = sa.BigInteger


def upgrade() -> None:
    """Make the tables anew and note the layout."""
    op.drop_table("view_partials")
    for name in ("view_totals", "view_members", "view_moved", "view_published"):
        op.execute(f"DELETE FROM {name}")  # noqa: S608  # constants
    op.execute("DELETE FROM meta WHERE key = 'views.seq'")
    _table("view_partials", ("community", "view", "pod"), ("state", KEY), ("rows", sa.Text))
    op.create_index("ix_view_partials_pod_community", "view_partials", ["pod", "community"])
    _table("view_pods", ("community", "pod"), ("at", WHOLE))
    op.create_index("ix_view_pods_pod", "view_pods", ["pod"])
    op.create_index("ix_view_pods_community_at", "view_pods", ["community", "at"])
    _table("view_coverage", ("community", "view", "state"), ("pods", WHOLE))
    _table(
        "view_shown", ("community", "view"),
        ("name", KEY), ("by_default", WHOLE), ("query", sa.Text), ("parameters", sa.Text), ("suppressed", WHOLE),
        ("at", WHOLE),
    )  # fmt: skip
    op.execute("UPDATE meta SET value = '7' WHERE key = 'layout_version'")


def _table(name: str, keys: tuple[str, ...], *columns: tuple[str, Any]) -> None:
    op.create_table(
        name,
        *(sa.Column(key, KEY, nullable=False) for key in keys),
        *(sa.Column(column, kind, nullable=False) for column, kind in columns),
        sa.PrimaryKeyConstraint(*keys, name=f"pk_{name}"),
    )
