"""A page knows when it was handed over, and which one it left with; a schedule's calendar has an address."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("pages", sa.Column("left_at", sa.BigInteger(), nullable=True))
    op.add_column("pages", sa.Column("bundle", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "calendar_keys",
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("schedule", name="pk_calendar_keys"),
    )
    op.create_index("ix_pages_person", "pages", ["person", "status", "left_at"])
