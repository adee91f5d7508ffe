"""Expand: courses say where they are. With a default, so the code before it still writes."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("place", sa.String(120), nullable=False, server_default="")
    op.add_column("courses", column)


def downgrade() -> None:
    op.drop_column("courses", "place")
