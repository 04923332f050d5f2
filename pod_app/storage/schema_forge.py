"""Tables about badges on their way to somebody: awards, lists of them, and what is handed out by code (ADR 0020).

Who was given what stands in the signed records; here is what happens around them. Part of the metadata of `schema`.
"""

from typing import Final

from sqlalchemy import CheckConstraint, Column, ForeignKey, ForeignKeyConstraint, Integer, Table, Text, UniqueConstraint

from pod_app.storage.schema import KEY, MOMENT, metadata

awards: Final = Table(
    "awards",
    metadata,
    Column("pod", KEY, ForeignKey("pods.pod"), primary_key=True),
    Column("record", KEY, primary_key=True),
    Column("recipient", KEY, nullable=False, index=True),
    Column("achievement", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("at", MOMENT, nullable=False),
    Column("told", MOMENT, nullable=False),
    Column("answered", MOMENT),
    Column("reminded", MOMENT),
    CheckConstraint("state IN ('pending', 'kept', 'declined')", name="state"),
)

award_lists: Final = Table(
    "award_lists",
    metadata,
    Column("pod", KEY, ForeignKey("pods.pod"), primary_key=True),
    Column("id", KEY, primary_key=True),
    Column("achievement", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", MOMENT, nullable=False),
)

award_rows: Final = Table(
    "award_rows",
    metadata,
    Column("pod", KEY, primary_key=True),
    Column("list", KEY, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("who", Text),
    Column("about", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("result", Text),
    ForeignKeyConstraint(["pod", "list"], ["award_lists.pod", "award_lists.id"], ondelete="CASCADE"),
    CheckConstraint("state IN ('waiting', 'done', 'refused')", name="state"),
)

handouts: Final = Table(
    "handouts",
    metadata,
    Column("pod", KEY, ForeignKey("pods.pod"), primary_key=True),
    Column("id", KEY, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("achievement", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("room", KEY, unique=True),
    Column("at", MOMENT, nullable=False),
    Column("starts", MOMENT, nullable=False),
    Column("ends", MOMENT, nullable=False),
    Column("shown", Integer),
    CheckConstraint("kind IN ('room', 'codes')", name="kind"),
)

handout_codes: Final = Table(
    "handout_codes",
    metadata,
    Column("code", KEY, primary_key=True),
    Column("pod", KEY, nullable=False),
    Column("handout", KEY, nullable=False),
    Column("number", Integer, nullable=False),
    Column("who", Text),
    Column("about", Text, nullable=False),
    Column("used", MOMENT),
    Column("scanned", MOMENT),
    UniqueConstraint("pod", "handout", "number"),
    ForeignKeyConstraint(["pod", "handout"], ["handouts.pod", "handouts.id"], ondelete="CASCADE"),
)

claims: Final = Table(
    "claims",
    metadata,
    Column("pod", KEY, primary_key=True),
    Column("handout", KEY, primary_key=True),
    Column("holder", KEY, primary_key=True),
    Column("record", Text, nullable=False),
    Column("at", MOMENT, nullable=False),
    ForeignKeyConstraint(["pod", "handout"], ["handouts.pod", "handouts.id"], ondelete="CASCADE"),
)
