"""Runs know what began them, what they lock and what became of the signal; automation has a switch and a memory."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_COUNT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _runs()
    op.add_column("approvals", _text("wants", "[]"))
    op.add_column("approvals", _text("covers", "[]"))
    op.create_table(
        "automation_pause",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_automation_pause"),
    )
    op.create_table(
        "trusts",
        sa.Column("runbook", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("autonomy", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("does", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("runbook", "environment", name="pk_trusts"),
    )
    op.create_table(
        "output_chunks",
        sa.Column("seq", _COUNT, nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_output_chunks"),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name="fk_output_chunks_run"),
    )
    op.create_index("ix_output_chunks_run", "output_chunks", ["run", "seq"])


def _text(name: str, default: str = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def _runs() -> None:
    """A column that may not be NULL can be added to rows that are there only with a default."""
    op.add_column("runs", _text("runbook_name"))
    for name in ("began_by", "service", "environment", "lock", "parent_step", "verdict"):
        op.add_column("runs", _text(name))
    op.add_column("runs", _text("autonomy", "suggest"))
    op.add_column("runs", sa.Column("parent", sa.Text(), nullable=True))
    op.add_column("runs", sa.Column("depth", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("runs", sa.Column("changed_at", sa.BigInteger(), nullable=True))
    op.add_column("runs", sa.Column("verdict_after", sa.BigInteger(), nullable=True))
    op.create_index("ix_runs_lock", "runs", ["lock", "ended_at"])
    op.create_index("ix_runs_service", "runs", ["service", "ended_at"])
    op.create_index("ix_runs_changed_at", "runs", ["changed_at"])
    op.create_index("ix_runs_parent", "runs", ["parent"])
    op.create_index("ix_runs_runbook_name", "runs", ["runbook_name", "environment", "ended_at"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute("UPDATE runs SET runbook_name = json_extract(runbook, '$.name')")
    else:
        op.execute("UPDATE runs SET runbook_name = CAST(runbook AS json) ->> 'name'")
