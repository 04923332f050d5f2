"""Awards that wait for an answer, lists of them, what is handed out by code. Frozen: a later change is a new file."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.BigInteger


def _column(name: str, kind: Any, *, empty: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=empty)


def upgrade() -> None:
    """Make the tables and note the layout."""
    _awards()
    _lists()
    _handouts()
    op.execute("UPDATE meta SET value = '10' WHERE key = 'layout_version'")


def _awards() -> None:
    op.create_table(
        "awards",
        *(_column(name, KEY) for name in ("pod", "record", "recipient")),
        *(_column(name, sa.Text) for name in ("achievement", "by", "state")),
        *(_column(name, MOMENT) for name in ("at", "told")),
        *(_column(name, MOMENT, empty=True) for name in ("answered", "reminded")),
        sa.PrimaryKeyConstraint("pod", "record", name="pk_awards"),
        sa.ForeignKeyConstraint(["pod"], ["pods.pod"], name="fk_awards_pod"),
        sa.CheckConstraint("state IN ('pending', 'kept', 'declined')", name="ck_awards_state"),
    )
    op.create_index("ix_awards_recipient", "awards", ["recipient"])


def _lists() -> None:
    op.create_table(
        "award_lists",
        *(_column(name, KEY) for name in ("pod", "id")),
        *(_column(name, sa.Text) for name in ("achievement", "by")),
        _column("at", MOMENT),
        sa.PrimaryKeyConstraint("pod", "id", name="pk_award_lists"),
        sa.ForeignKeyConstraint(["pod"], ["pods.pod"], name="fk_award_lists_pod"),
    )
    op.create_table(
        "award_rows",
        *(_column(name, KEY) for name in ("pod", "list")),
        _column("number", sa.Integer),
        _column("who", sa.Text, empty=True),
        *(_column(name, sa.Text) for name in ("about", "state")),
        _column("result", sa.Text, empty=True),
        sa.PrimaryKeyConstraint("pod", "list", "number", name="pk_award_rows"),
        sa.ForeignKeyConstraint(
            ["pod", "list"], ["award_lists.pod", "award_lists.id"], name="fk_award_rows_pod_list", ondelete="CASCADE"
        ),
        sa.CheckConstraint("state IN ('waiting', 'done', 'refused')", name="ck_award_rows_state"),
    )


def _handouts() -> None:
    op.create_table(
        "handouts",
        *(_column(name, KEY) for name in ("pod", "id")),
        *(_column(name, sa.Text) for name in ("kind", "achievement", "by", "about")),
        _column("room", KEY, empty=True),
        *(_column(name, MOMENT) for name in ("at", "starts", "ends")),
        sa.PrimaryKeyConstraint("pod", "id", name="pk_handouts"),
        sa.ForeignKeyConstraint(["pod"], ["pods.pod"], name="fk_handouts_pod"),
        sa.UniqueConstraint("room", name="uq_handouts_room"),
        sa.CheckConstraint("kind IN ('room', 'codes')", name="ck_handouts_kind"),
    )
    theirs = (["pod", "handout"], ["handouts.pod", "handouts.id"])
    op.create_table(
        "handout_codes",
        *(_column(name, KEY) for name in ("code", "pod", "handout")),
        _column("number", sa.Integer),
        _column("who", sa.Text, empty=True),
        _column("about", sa.Text),
        _column("used", MOMENT, empty=True),
        sa.PrimaryKeyConstraint("code", name="pk_handout_codes"),
        sa.ForeignKeyConstraint(*theirs, name="fk_handout_codes_pod_handout", ondelete="CASCADE"),
        sa.UniqueConstraint("pod", "handout", "number", name="uq_handout_codes_pod_handout_number"),
    )
    op.create_table(
        "claims",
        *(_column(name, KEY) for name in ("pod", "handout", "holder")),
        _column("record", sa.Text),
        _column("at", MOMENT),
        sa.PrimaryKeyConstraint("pod", "handout", "holder", name="pk_claims"),
        sa.ForeignKeyConstraint(*theirs, name="fk_claims_pod_handout", ondelete="CASCADE"),
    )
