"""The first layout. Frozen: a later change of the tables is a new file, never an edit of this one."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.BigInteger()
SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create every table and note the layout."""
    _meta()
    _pods()
    _resources()
    _accounts()
    _keys()
    _status()
    _outbox()


def _meta() -> None:
    meta = op.create_table(
        "meta",
        sa.Column("key", KEY, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_meta"),
    )
    op.bulk_insert(meta, [{"key": "layout_version", "value": "1"}])


def _pods() -> None:
    op.create_table(
        "pods",
        sa.Column("pod", KEY, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("bytes_used", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("deleted", MOMENT),
        sa.PrimaryKeyConstraint("pod", name="pk_pods"),
        sa.CheckConstraint("kind IN ('person', 'garden', 'community')", name=op.f("ck_pods_kind")),
    )
    op.create_table(
        "pod_owners",
        sa.Column("pod", KEY, nullable=False),
        sa.Column("webid", KEY, nullable=False),
        sa.PrimaryKeyConstraint("pod", "webid", name="pk_pod_owners"),
        sa.ForeignKeyConstraint(["pod"], ["pods.pod"], name="fk_pod_owners_pod"),
    )
    op.create_index("ix_pod_owners_webid", "pod_owners", ["webid"])


def _resources() -> None:
    op.create_table(
        "resources",
        sa.Column("pod", KEY, nullable=False),
        sa.Column("path", KEY, nullable=False),
        sa.Column("role", sa.Text, nullable=False, server_default=""),
        sa.Column("slashless", KEY, nullable=False),
        sa.Column("parent", KEY),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("modified", MOMENT, nullable=False),
        sa.Column("body", sa.LargeBinary),
        sa.Column("blob", sa.Text),
        sa.Column("compiled", sa.Text),
        sa.Column("quads", sa.LargeBinary),
        sa.PrimaryKeyConstraint("pod", "path", name="pk_resources"),
        sa.UniqueConstraint("pod", "slashless", name="uq_resources_pod_slashless"),
        sa.ForeignKeyConstraint(["pod"], ["pods.pod"], name="fk_resources_pod"),
        sa.CheckConstraint("role IN ('', 'acl', 'meta')", name=op.f("ck_resources_role")),
        sa.CheckConstraint("body IS NULL OR blob IS NULL", name=op.f("ck_resources_one_body")),
    )
    op.create_index("ix_resources_pod_parent_path", "resources", ["pod", "parent", "path"])
    op.create_index("ix_resources_blob", "resources", ["blob"])


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("password_hash", sa.Text),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("locale", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("name", name="uq_accounts_name"),
    )
    op.create_table(
        "account_pods",
        sa.Column("account", KEY, nullable=False),
        sa.Column("pod", KEY, nullable=False),
        sa.PrimaryKeyConstraint("account", "pod", name="pk_account_pods"),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="fk_account_pods_account", ondelete="CASCADE"),
    )
    op.create_index("ix_account_pods_pod", "account_pods", ["pod"])
    op.create_table(
        "client_credentials",
        sa.Column("id", KEY, nullable=False),
        sa.Column("secret_hash", sa.Text, nullable=False),
        sa.Column("account", KEY, nullable=False),
        sa.Column("webid", sa.Text, nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_client_credentials"),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="fk_client_credentials_account", ondelete="CASCADE"),
    )
    op.create_index("ix_client_credentials_account", "client_credentials", ["account"])
    op.create_table(
        "sessions",
        sa.Column("id_hash", KEY, nullable=False),
        sa.Column("account", KEY, nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("seen", MOMENT, nullable=False),
        sa.Column("expires", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id_hash", name="pk_sessions"),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="fk_sessions_account", ondelete="CASCADE"),
    )
    op.create_index("ix_sessions_account", "sessions", ["account"])


def _keys() -> None:
    op.create_table(
        "keys",
        sa.Column("pod", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("kind", sa.Text, nullable=False, server_default="issuer"),
        sa.Column("algorithm", sa.Text, nullable=False),
        sa.Column("public", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("ended", MOMENT),
        sa.PrimaryKeyConstraint("pod", "id", name="pk_keys"),
        sa.ForeignKeyConstraint(["pod"], ["pods.pod"], name="fk_keys_pod"),
        sa.CheckConstraint("state IN ('active', 'retired', 'revoked')", name=op.f("ck_keys_state")),
    )


def _status() -> None:
    op.create_table(
        "status_lists",
        sa.Column("pod", KEY, nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("bits_used", sa.Integer, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("pod", "number", name="pk_status_lists"),
        sa.ForeignKeyConstraint(["pod"], ["pods.pod"], name="fk_status_lists_pod"),
    )
    op.create_table(
        "status_entries",
        sa.Column("pod", KEY, nullable=False),
        sa.Column("list", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("idx", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("credential", KEY, nullable=False),
        sa.Column("revoked_at", MOMENT),
        sa.Column("reason", sa.Text),
        sa.PrimaryKeyConstraint("pod", "list", "idx", name="pk_status_entries"),
        sa.UniqueConstraint("pod", "credential", name="uq_status_entries_pod_credential"),
        sa.ForeignKeyConstraint(
            ["pod", "list"], ["status_lists.pod", "status_lists.number"], name="fk_status_entries_pod_list"
        ),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("seq", SEQUENCE, nullable=False, autoincrement=True),
        sa.Column("pod", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("verb", sa.Text, nullable=False),
        sa.Column("agent", sa.Text),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("leased_until", MOMENT),
        sa.Column("leased_by", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("done_at", MOMENT),
        sa.Column("failed", sa.Text),
        sa.Column("idempotency_key", KEY),
        sa.PrimaryKeyConstraint("seq", name="pk_outbox"),
        sa.UniqueConstraint("idempotency_key", name="uq_outbox_idempotency_key"),
        sqlite_autoincrement=True,
    )
    due = sa.text("done_at IS NULL AND failed IS NULL")
    op.create_index("ix_outbox_due", "outbox", ["kind", "next_at"], sqlite_where=due, postgresql_where=due)
