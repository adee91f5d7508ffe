"""Coaches, their clients, notes and documents."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "coaches",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("email", sa.String(254), nullable=False, unique=True),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "clients",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "coach_id", sa.Integer, sa.ForeignKey("coaches.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
    op.create_index("ix_clients_coach_id", "clients", ["coach_id"])
    op.create_table(
        "notes",
        sa.Column("id", sa.Integer, primary_key=True),
        _client(),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("indexed_with", sa.String(100), nullable=True),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
    op.create_index("ix_notes_client_id", "notes", ["client_id"])
    op.create_table(
        "documents",
        sa.Column("id", sa.Integer, primary_key=True),
        _client(),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("stored_as", sa.String(32), nullable=False, unique=True),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
    op.create_index("ix_documents_client_id", "documents", ["client_id"])


def _client() -> sa.Column[int]:
    return sa.Column(
        "client_id", sa.Integer, sa.ForeignKey("clients.id", ondelete="CASCADE"), nullable=False
    )


def downgrade() -> None:
    for table in ("documents", "notes", "clients", "coaches"):
        op.drop_table(table)
