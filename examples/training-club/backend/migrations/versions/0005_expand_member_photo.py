"""Expand: members get a photo, a file's name. Nullable, so the code before it still writes."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("members", sa.Column("photo", sa.String(64), nullable=True))


def downgrade() -> None:
    op.drop_column("members", "photo")
