"""Courses are listed by time. An index is made while the table is read and written."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_courses_starts_at", "courses", ["starts_at"])


def downgrade() -> None:
    op.drop_index("ix_courses_starts_at", "courses")
