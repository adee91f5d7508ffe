"""Expand: a note may say when to come back to it. Nullable, so the code before it still writes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notes", sa.Column("follow_up_on", sa.Date, nullable=True))


def downgrade() -> None:
    op.drop_column("notes", "follow_up_on")
