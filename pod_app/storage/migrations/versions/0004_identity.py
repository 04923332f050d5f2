"""Tables of the Solid-OIDC provider. Frozen: a later change of the tables is a new file, never an edit of this one."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT = sa.BigInteger


def upgrade() -> None:
    """Create the tables and note the layout."""
    op.create_table(
        "provider_keys",
        sa.Column("id", KEY, nullable=False),
        sa.Column("algorithm", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("ended", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_provider_keys"),
    )
    op.create_table(
        "oidc_clients",
        sa.Column("id", KEY, nullable=False),
        sa.Column("secret_hash", sa.Text),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("used", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_oidc_clients"),
    )
    op.create_index("ix_oidc_clients_used", "oidc_clients", ["used"])
    _grants()
    _proofs()
    op.execute("UPDATE meta SET value = '4' WHERE key = 'layout_version'")


def _grants() -> None:
    op.create_table(
        "oidc_grants",
        sa.Column("id", KEY, nullable=False),
        sa.Column("account", KEY, nullable=False),
        sa.Column("webid", sa.Text, nullable=False),
        sa.Column("client", KEY, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("remembered", sa.Boolean, nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("ended", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_oidc_grants"),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="fk_oidc_grants_account", ondelete="CASCADE"),
    )
    op.create_index("ix_oidc_grants_account_client", "oidc_grants", ["account", "client"])
    _tokens("oidc_codes", "code_hash")
    _tokens("oidc_refreshes", "token_hash", sa.Column("jkt", sa.Text))


def _tokens(name: str, key: str, *more: sa.Column[str]) -> None:
    op.create_table(
        name,
        sa.Column(key, KEY, nullable=False),
        sa.Column("grant", KEY, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        *more,
        sa.Column("expires", MOMENT, nullable=False),
        sa.Column("used", MOMENT),
        sa.PrimaryKeyConstraint(key, name=f"pk_{name}"),
        sa.ForeignKeyConstraint(["grant"], ["oidc_grants.id"], name=f"fk_{name}_grant", ondelete="CASCADE"),
    )
    op.create_index(f"ix_{name}_grant", name, ["grant"])
    op.create_index(f"ix_{name}_expires", name, ["expires"])


def _proofs() -> None:
    """An unlogged table costs no fsync and is emptied after a crash of the server."""
    op.create_table(
        "proofs_used",
        sa.Column("id", KEY, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_proofs_used"),
        prefixes=["UNLOGGED"] if op.get_bind().dialect.name == "postgresql" else [],
    )
    op.create_index("ix_proofs_used_until", "proofs_used", ["until"])
