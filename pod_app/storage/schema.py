"""The tables of the truth: `pod` comes first in every key, so that the same schema can be sharded by pod.

Times are integers, microseconds since 1970 UTC: they order and compare alike on SQLite and PostgreSQL.
Keys are compared byte by byte on both (collation C), because a listing is paged by path.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

LAYOUT: Final = 15
"""Version of these tables; the newest file in `migrations/versions` carries the same number."""

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

KEY: Final = Text().with_variant(Text(collation="C"), "postgresql")
MOMENT: Final = BigInteger()
SEQUENCE: Final = BigInteger().with_variant(Integer(), "sqlite")


def _index_of_some(name: str, *columns: Column[Any], where: ColumnElement[bool], unique: bool = False) -> None:
    """An index of the rows that `where` is true of: each other row spares a page in each commit."""
    Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


meta: Final = Table(
    "meta",
    metadata,
    Column("key", KEY, primary_key=True),
    Column("value", Text, nullable=False),
)

pods: Final = Table(
    "pods",
    metadata,
    Column("pod", KEY, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("created", MOMENT, nullable=False),
    Column("version", BigInteger, nullable=False, server_default="0"),
    Column("bytes_used", BigInteger, nullable=False, server_default="0"),
    Column("deleted", MOMENT),
    Column("webid", KEY),
    Column("storage", Text),
    CheckConstraint("kind IN ('person', 'garden', 'community')", name="kind"),
    Index(None, "webid", unique=True),
)

pod_owners: Final = Table(
    "pod_owners",
    metadata,
    Column("pod", KEY, ForeignKey("pods.pod"), primary_key=True),
    Column("webid", KEY, primary_key=True),
    Index(None, "webid"),
)

resources: Final = Table(
    "resources",
    metadata,
    Column("pod", KEY, ForeignKey("pods.pod"), primary_key=True),
    Column("path", KEY, primary_key=True),
    Column("role", Text, nullable=False, server_default=""),
    Column("slashless", KEY, nullable=False),
    Column("parent", KEY),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("created", MOMENT, nullable=False),
    Column("modified", MOMENT, nullable=False),
    Column("body", LargeBinary),
    Column("blob", Text),
    Column("compiled", Text),
    Column("quads", LargeBinary),
    UniqueConstraint("pod", "slashless"),
    CheckConstraint("role IN ('', 'acl', 'meta')", name="role"),
    CheckConstraint("body IS NULL OR blob IS NULL", name="one_body"),
    Index(None, "pod", "parent", "path"),
)
_index_of_some("ix_resources_blob", resources.c.blob, where=resources.c.blob.is_not(None))

accounts: Final = Table(
    "accounts",
    metadata,
    Column("id", KEY, primary_key=True),
    Column("name", KEY, nullable=False, unique=True),
    Column("password_hash", Text),
    Column("created", MOMENT, nullable=False),
    Column("locale", Text, nullable=False),
)

account_pods: Final = Table(
    "account_pods",
    metadata,
    Column("account", KEY, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("pod", KEY, primary_key=True),
    Index(None, "pod"),
)

client_credentials: Final = Table(
    "client_credentials",
    metadata,
    Column("id", KEY, primary_key=True),
    Column("secret_hash", Text, nullable=False),
    Column("account", KEY, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("webid", Text, nullable=False),
    Column("created", MOMENT, nullable=False),
)

passkeys: Final = Table(
    "passkeys",
    metadata,
    Column("id", KEY, primary_key=True),
    Column("account", KEY, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("created", MOMENT, nullable=False),
    Column("used", MOMENT),
)

recovery_phrases: Final = Table(
    "recovery_phrases",
    metadata,
    Column("account", KEY, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("phrase_hash", Text, nullable=False),
    Column("created", MOMENT, nullable=False),
)

sessions: Final = Table(
    "sessions",
    metadata,
    Column("id_hash", KEY, primary_key=True),
    Column("account", KEY, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created", MOMENT, nullable=False),
    Column("seen", MOMENT, nullable=False),
    Column("expires", MOMENT, nullable=False),
)

keys: Final = Table(
    "keys",
    metadata,
    Column("pod", KEY, ForeignKey("pods.pod"), primary_key=True),
    Column("id", KEY, primary_key=True),
    Column("kind", Text, nullable=False, server_default="issuer"),
    Column("algorithm", Text, nullable=False),
    Column("public", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("created", MOMENT, nullable=False),
    Column("ended", MOMENT),
    CheckConstraint("state IN ('active', 'retired', 'revoked')", name="state"),
)

status_lists: Final = Table(
    "status_lists",
    metadata,
    Column("pod", KEY, ForeignKey("pods.pod"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("purpose", Text, nullable=False),
    Column("bits_used", Integer, nullable=False, server_default="0"),
)

status_entries: Final = Table(
    "status_entries",
    metadata,
    Column("pod", KEY, primary_key=True),
    Column("list", Integer, primary_key=True, autoincrement=False),
    Column("idx", Integer, primary_key=True, autoincrement=False),
    Column("credential", KEY, nullable=False),
    Column("revoked_at", MOMENT),
    Column("reason", Text),
    ForeignKeyConstraint(["pod", "list"], ["status_lists.pod", "status_lists.number"]),
    UniqueConstraint("pod", "credential"),
)

consents: Final = Table(
    "consents",
    metadata,
    Column("community", KEY, primary_key=True),
    Column("purpose", KEY, primary_key=True),
    Column("pod", KEY, ForeignKey("pods.pod"), primary_key=True),
    Column("since", MOMENT, nullable=False),
    Index(None, "pod"),
)

confirmed_addresses: Final = Table(
    "confirmed_addresses",
    metadata,
    Column("pod", KEY, ForeignKey("pods.pod"), primary_key=True),
    Column("address", KEY, primary_key=True),
    Column("at", MOMENT, nullable=False),
)

outbox: Final = Table(
    "outbox",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("pod", KEY, nullable=False),
    Column("kind", KEY, nullable=False),
    Column("path", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("verb", Text, nullable=False),
    Column("agent", Text),
    Column("payload", Text, nullable=False),
    Column("at", MOMENT, nullable=False),
    Column("next_at", MOMENT, nullable=False),
    Column("leased_until", MOMENT),
    Column("leased_by", Text),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("done_at", MOMENT),
    Column("failed", Text),
    Column("idempotency_key", KEY),
    sqlite_autoincrement=True,  # a sequence number is never given twice, not even after the newest row was deleted
)
_index_of_some(
    "ix_outbox_due",
    outbox.c.kind,
    outbox.c.next_at,
    where=outbox.c.done_at.is_(None) & outbox.c.failed.is_(None),
)
_index_of_some(
    "ix_outbox_idempotency_key",
    outbox.c.idempotency_key,
    where=outbox.c.idempotency_key.is_not(None),
    unique=True,
)

provider_keys: Final = Table(
    "provider_keys",
    metadata,
    Column("id", KEY, primary_key=True),
    Column("algorithm", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created", MOMENT, nullable=False),
    Column("ended", MOMENT),
)

oidc_clients: Final = Table(
    "oidc_clients",
    metadata,
    Column("id", KEY, primary_key=True),
    Column("secret_hash", Text),
    Column("about", Text, nullable=False),
    Column("created", MOMENT, nullable=False),
    Column("used", MOMENT, nullable=False, index=True),
)

oidc_grants: Final = Table(
    "oidc_grants",
    metadata,
    Column("id", KEY, primary_key=True),
    Column("account", KEY, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("webid", Text, nullable=False),
    Column("client", KEY, nullable=False),
    Column("scope", Text, nullable=False),
    Column("remembered", Boolean, nullable=False),
    Column("created", MOMENT, nullable=False),
    Column("ended", MOMENT),
    Index(None, "account", "client"),
)

oidc_codes: Final = Table(
    "oidc_codes",
    metadata,
    Column("code_hash", KEY, primary_key=True),
    Column("grant", KEY, ForeignKey("oidc_grants.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("about", Text, nullable=False),
    Column("expires", MOMENT, nullable=False, index=True),
    Column("used", MOMENT),
)

oidc_refreshes: Final = Table(
    "oidc_refreshes",
    metadata,
    Column("token_hash", KEY, primary_key=True),
    Column("grant", KEY, ForeignKey("oidc_grants.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("about", Text, nullable=False),
    Column("jkt", Text),
    Column("expires", MOMENT, nullable=False, index=True),
    Column("used", MOMENT),
)

# Deliberately not durable (unlogged on PostgreSQL): see storage/replays.py, which uses a file of its own beside SQLite.
proofs_used: Final = Table(
    "proofs_used",
    metadata,
    Column("id", KEY, primary_key=True),
    Column("until", BigInteger, nullable=False, index=True),
)

# Not durable either: how often somebody tried, counted per stretch of time.
tries_counted: Final = Table(
    "tries_counted",
    metadata,
    Column("id", KEY, primary_key=True),
    Column("n", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False, index=True),
)

# Notification channels (pods/subscriptions.py) are rows: any process can serve a socket, a restart keeps webhooks.
channels: Final = Table(
    "channels",
    metadata,
    Column("pod", KEY, ForeignKey("pods.pod"), primary_key=True),
    Column("id", KEY, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("holder", KEY, nullable=False, index=True),
    *(Column(name, Text) for name in ("webid", "client", "issuer", "origin")),
    Column("created", MOMENT, nullable=False),
    Column("starts", MOMENT),
    Column("ends", MOMENT, nullable=False, index=True),
    Column("rate", BigInteger),
    Column("accept", Text, nullable=False),
    Column("state", Text),
    Column("send_to", Text),
    Column("seen", BigInteger, nullable=False),
    Column("sent_at", MOMENT),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("pending", Integer, nullable=False, server_default="0"),
)

channel_topics: Final = Table(
    "channel_topics",
    metadata,
    Column("pod", KEY, primary_key=True),
    Column("path", KEY, primary_key=True),
    Column("channel", KEY, primary_key=True),
    ForeignKeyConstraint(["pod", "channel"], ["channels.pod", "channels.id"], ondelete="CASCADE"),
    Index(None, "pod", "channel"),
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def microseconds(moment: datetime) -> int:
    """Return the stored form of an aware datetime; exact, unlike its float timestamp."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(stored: int) -> datetime:
    """Return the aware datetime (UTC) of a stored time."""
    return _EPOCH + timedelta(microseconds=stored)


# The tables of another file are part of the same metadata, for whoever imports this one.
from pod_app.storage import (  # noqa: E402  # they need the names above
    schema_elsewhere,  # noqa: F401
    schema_forge,  # noqa: F401
    schema_hosts,  # noqa: F401
    schema_recognition,  # noqa: F401
    schema_views,  # noqa: F401
)
