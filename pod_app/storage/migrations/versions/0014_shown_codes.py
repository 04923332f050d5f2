"""Single-use codes that a screen shows one after the other. Frozen: a later change is a new file."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Say which code a screen shows and when each was scanned, and note the layout."""
    op.add_column("handouts", sa.Column("shown", sa.Integer))
    op.add_column("handout_codes", sa.Column("scanned", sa.BigInteger))
    op.execute("UPDATE meta SET value = '14' WHERE key = 'layout_version'")
