"""Tables about other hosts of badges (ADR 0023): us as one of their clients, and what people let us do there; sealed.

Part of the metadata of `schema`.
"""

from typing import Final

from sqlalchemy import CheckConstraint, Column, ForeignKey, LargeBinary, Table, Text

from pod_app.storage.schema import KEY, MOMENT, metadata

badge_hosts: Final = Table(
    "badge_hosts",
    metadata,
    Column("api", KEY, primary_key=True),
    Column("name", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created", MOMENT, nullable=False),
)

badge_connections: Final = Table(
    "badge_connections",
    metadata,
    Column("pod", KEY, ForeignKey("pods.pod"), primary_key=True),
    Column("api", KEY, primary_key=True),
    Column("state", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("since", MOMENT, nullable=False),
    Column("report", Text),
    CheckConstraint("state IN ('asked', 'open', 'ended')", name="state"),
)
