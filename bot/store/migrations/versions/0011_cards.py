"""What chats show of incidents and of questions to people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "cards",
        sa.Column("integration", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=True),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("wanted_at", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("card", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("integration", "key", name="pk_cards"),
    )
    op.create_index("ix_cards_due_at", "cards", ["due_at"])
    op.create_index("ix_cards_incident", "cards", ["incident"])
    op.create_index("ix_cards_made_at", "cards", ["made_at"])
