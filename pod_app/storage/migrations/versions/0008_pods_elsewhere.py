"""People whose pod is elsewhere: sealed tokens, the tray, what was read. Frozen: a later change is a new file."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.BigInteger
Parts = list[Any]


def upgrade() -> None:
    """Make the tables and note the layout."""
    op.add_column("pods", sa.Column("webid", KEY))
    op.add_column("pods", sa.Column("storage", sa.Text))
    op.create_index("ix_pods_webid", "pods", ["webid"], unique=True)
    _signing_in()
    _tray()
    _reading()
    op.execute("UPDATE meta SET value = '8' WHERE key = 'layout_version'")


def _signing_in() -> None:
    sealed = sa.Column("sealed", sa.LargeBinary, nullable=False)
    _table("sign_ins_elsewhere", ["state_hash"], [sealed, sa.Column("expires", MOMENT, nullable=False)])
    op.create_index("ix_sign_ins_elsewhere_expires", "sign_ins_elsewhere", ["expires"])
    sealed = sa.Column("sealed", sa.LargeBinary, nullable=False)
    _table("registrations_elsewhere", ["issuer"], [sealed, sa.Column("created", MOMENT, nullable=False)])
    _table(
        "tokens_elsewhere",
        ["pod"],
        [
            sa.Column("sealed", sa.LargeBinary),
            sa.Column("since", MOMENT, nullable=False),
            sa.Column("renewing_until", MOMENT),
        ],
    )


def _tray() -> None:
    texts = [sa.Column(name, sa.Text, nullable=False) for name in ("kind", "path", "title", "media_type")]
    _table(
        "tray",
        ["pod", "id"],
        [
            *texts,
            sa.Column("body", sa.LargeBinary),
            sa.Column("sharing", sa.Text, nullable=False),
            sa.Column("created", MOMENT, nullable=False),
            sa.Column("next_at", MOMENT, nullable=False),
            sa.Column("leased_until", MOMENT),
            sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
            sa.Column("reason", sa.Text),
            sa.Column("ended", MOMENT),
            sa.CheckConstraint("kind IN ('document', 'access')", name="ck_tray_kind"),
        ],
    )
    op.create_index("ix_tray_next_at", "tray", ["next_at"])


def _reading() -> None:
    _table(
        "readings_elsewhere",
        ["pod", "community"],
        [
            sa.Column("state", sa.Text, nullable=False),
            sa.Column("at", MOMENT),
            sa.Column("next_at", MOMENT, nullable=False),
            sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        ],
    )
    op.create_index("ix_readings_elsewhere_next_at", "readings_elsewhere", ["next_at"])
    _table(
        "documents_elsewhere",
        ["pod", "community", "url"],
        [
            sa.Column("etag", sa.Text, nullable=False),
            sa.Column("public", sa.Boolean, nullable=False),
            sa.Column("triples", sa.LargeBinary, nullable=False),
        ],
    )


def _table(name: str, keys: list[str], columns: Parts) -> None:
    owned = [sa.ForeignKeyConstraint(["pod"], ["pods.pod"], name=f"fk_{name}_pod")] if "pod" in keys else []
    op.create_table(
        name,
        *(sa.Column(key, KEY, nullable=False) for key in keys),
        *columns,
        sa.PrimaryKeyConstraint(*keys, name=f"pk_{name}"),
        *owned,
    )
