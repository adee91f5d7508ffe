"""Expand: workouts get notes. Nullable and with a default, so the code before it still writes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("workouts", sa.Column("notes", sa.Text, nullable=True, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("workouts") as table:
        table.drop_column("notes")
