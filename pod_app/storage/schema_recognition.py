"""The tables of requests for recognition (badges/recognition/requests.py), beside those of `schema`."""

from typing import Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
)

from pod_app.storage.schema import KEY, MOMENT, metadata

# What somebody asked to be recognised for (its asking.py); their pod has it in its own words, at `requests/{id}`.
recognitions: Final = Table(
    "recognitions",
    metadata,
    Column("pod", KEY, ForeignKey("pods.pod"), primary_key=True),
    Column("id", KEY, primary_key=True),
    Column("achievement", KEY, nullable=False),
    Column("reviewer", KEY, nullable=False),
    Column("claim", KEY, nullable=False, index=True),
    Column("sentence", Text, nullable=False),
    Column("trace", Text),
    Column("rule_held", Boolean, nullable=False),
    Column("state", KEY, nullable=False),
    Column("created", MOMENT, nullable=False),
    Column("decided", MOMENT),
    Column("decided_by", Text),
    Column("badge", KEY, index=True),
    Column("reason", Text),
    CheckConstraint("state IN ('open', 'awarded', 'declined', 'withdrawn')", name="state"),
    Index(None, "reviewer", "state", "created"),
)

# Whom they asked, by a link: the address is erased with the answer, or after thirty days.
recognition_links: Final = Table(
    "recognition_links",
    metadata,
    Column("pod", KEY, primary_key=True),
    Column("id", KEY, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("token_hash", KEY, nullable=False, unique=True),
    Column("address", KEY, index=True),
    Column("asked", MOMENT, nullable=False),
    Column("ends", MOMENT, nullable=False),
    Column("reminded", MOMENT),
    Column("answered", MOMENT),
    *(Column(name, Text) for name in ("answer", "by", "name", "words", "endorsement")),
    ForeignKeyConstraint(["pod", "id"], ["recognitions.pod", "recognitions.id"]),
)
