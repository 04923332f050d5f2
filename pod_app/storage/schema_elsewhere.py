"""Tables about people whose pod is on another server (ADR 0018): what is here is sealed, waits to be sent, or was read.

Where that pod is stands in `pods.webid` and `pods.storage`. Part of the metadata of `schema`.
"""

from typing import Final

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Integer, LargeBinary, Table, Text

from pod_app.storage.schema import KEY, MOMENT, metadata

sign_ins_elsewhere: Final = Table(
    "sign_ins_elsewhere",
    metadata,
    Column("state_hash", KEY, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("expires", MOMENT, nullable=False, index=True),
)

registrations_elsewhere: Final = Table(
    "registrations_elsewhere",
    metadata,
    Column("issuer", KEY, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("created", MOMENT, nullable=False),
)

tokens_elsewhere: Final = Table(
    "tokens_elsewhere",
    metadata,
    Column("pod", KEY, ForeignKey("pods.pod"), primary_key=True),
    Column("sealed", LargeBinary),
    Column("since", MOMENT, nullable=False),
    Column("renewing_until", MOMENT),
)

tray: Final = Table(
    "tray",
    metadata,
    Column("pod", KEY, ForeignKey("pods.pod"), primary_key=True),
    Column("id", KEY, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("body", LargeBinary),
    Column("sharing", Text, nullable=False),
    Column("created", MOMENT, nullable=False),
    Column("next_at", MOMENT, nullable=False, index=True),
    Column("leased_until", MOMENT),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("reason", Text),
    Column("ended", MOMENT),
    CheckConstraint("kind IN ('document', 'access')", name="kind"),
)

readings_elsewhere: Final = Table(
    "readings_elsewhere",
    metadata,
    Column("pod", KEY, ForeignKey("pods.pod"), primary_key=True),
    Column("community", KEY, primary_key=True),
    Column("state", Text, nullable=False),
    Column("at", MOMENT),
    Column("next_at", MOMENT, nullable=False, index=True),
    Column("failures", Integer, nullable=False, server_default="0"),
)

documents_elsewhere: Final = Table(
    "documents_elsewhere",
    metadata,
    Column("pod", KEY, ForeignKey("pods.pod"), primary_key=True),
    Column("community", KEY, primary_key=True),
    Column("url", KEY, primary_key=True),
    Column("etag", Text, nullable=False),
    Column("public", Boolean, nullable=False),
    Column("triples", LargeBinary, nullable=False),
)
