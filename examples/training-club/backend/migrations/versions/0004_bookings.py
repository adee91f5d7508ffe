"""Bookings: a member's places in courses."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bookings",
        sa.Column("course_id", sa.Integer, nullable=False),
        sa.Column("member_id", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("course_id", "member_id"),
        sa.ForeignKeyConstraint(
            ["course_id"], ["courses.id"], name="fk_bookings_course_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name="fk_bookings_member_id", ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    op.drop_table("bookings")
