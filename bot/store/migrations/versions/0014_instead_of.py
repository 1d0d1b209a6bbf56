"""An escalation whose policy cannot be followed knows which one that was, and goes on by another."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("escalations", sa.Column("instead_of", sa.Text(), nullable=False, server_default=""))
