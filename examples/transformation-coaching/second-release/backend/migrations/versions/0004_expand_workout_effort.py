"""Expand: workouts get an effort. Nullable, so the code before it still writes."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("workouts", sa.Column("effort", sa.Integer, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("workouts") as table:
        table.drop_column("effort")
