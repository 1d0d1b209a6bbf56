"""Runs know what their runbook did. Of those that are there already nobody knows: they count for no runbook of now."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("runs", sa.Column("does", sa.Text(), nullable=False, server_default=""))
