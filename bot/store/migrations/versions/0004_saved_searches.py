"""A rule group remembers what a saved search knows of its runs: the last count, quiet times, keys it has seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("rule_groups", sa.Column("memory", sa.Text(), nullable=True))
