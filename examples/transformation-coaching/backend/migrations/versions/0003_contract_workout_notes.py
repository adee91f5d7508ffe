"""Contract: notes are never NULL. For the release after 0002, when no old code writes NULL."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE workouts SET notes = '' WHERE notes IS NULL")
    with op.batch_alter_table("workouts") as table:
        table.alter_column(
            "notes", existing_type=sa.Text, existing_server_default="", nullable=False
        )


def downgrade() -> None:
    with op.batch_alter_table("workouts") as table:
        table.alter_column(
            "notes", existing_type=sa.Text, existing_server_default="", nullable=True
        )
