"""Incidents that are reopened, merged and linked; tasks, reminders, updates; escalations, pages, overrides."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_COUNT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _incidents()
    _groups()
    _merges()
    op.add_column("timeline", sa.Column("amends", sa.BigInteger(), nullable=False, server_default="0"))
    _work()
    _paging()
    _others()
    _firings()


def _text(name: str, default: str = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def _incidents() -> None:
    """A column that may not be NULL can be added to rows that are there only with a default."""
    added = (
        _text("kind", "normal"), _text("team"), _text("declared_by"), _text("roles", "{}"), _text("custom", "{}"),
        sa.Column("reopened", sa.BigInteger(), nullable=False, server_default="0"),
    )  # fmt: skip
    for column in added:
        op.add_column("incidents", column)
    for name in ("detected_at", "updated_at", "reopened_at", "merged_at"):
        op.add_column("incidents", sa.Column(name, sa.BigInteger(), nullable=True))
    for name in ("merged_into", "duplicate_of", "parent"):
        op.add_column("incidents", sa.Column(name, sa.Text(), nullable=True))
        op.create_index(f"ix_incidents_{name}", "incidents", [name])
    op.create_index("ix_incidents_service", "incidents", ["service", "status", "opened_at"])
    op.drop_index("ix_incidents_group_key", table_name="incidents")
    op.drop_column("incidents", "commander")  # nothing ever wrote it


def _groups() -> None:
    op.create_table(
        "incident_groups",
        sa.Column("group_key", sa.Text(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False, server_default="0"),
        _text("service"),
        _text("shares"),
        _text("apart"),
        sa.PrimaryKeyConstraint("group_key", name="pk_incident_groups"),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_incident_groups_incident"),
    )
    op.create_index("ix_incident_groups_incident", "incident_groups", ["incident"])
    op.create_index("ix_incident_groups_service", "incident_groups", ["service", "began_at"])
    op.create_index("ix_incident_groups_shares", "incident_groups", ["shares", "began_at"])
    op.execute(
        "INSERT INTO incident_groups (group_key, incident) SELECT group_key, max(id) FROM incidents AS one "
        "WHERE group_key <> '' AND opened_at = (SELECT max(opened_at) FROM incidents AS other "
        "WHERE other.group_key = one.group_key) GROUP BY group_key"
    )


def _merges() -> None:
    op.create_table(
        "merges",
        sa.Column("other", sa.Text(), nullable=False),
        sa.Column("into", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("signal", sa.Text(), nullable=False),
        sa.Column("detected_at", sa.BigInteger(), nullable=True),
        sa.Column("alerts", sa.Text(), nullable=False),
        sa.Column("firing", sa.Text(), nullable=False),
        sa.Column("groups", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("other", name="pk_merges"),
        sa.ForeignKeyConstraint(["other"], ["incidents.id"], name="fk_merges_other"),
        sa.ForeignKeyConstraint(["into"], ["incidents.id"], name="fk_merges_into"),
    )


def _work() -> None:
    op.create_table(
        "tasks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("due", sa.Text(), nullable=True),
        sa.Column("aim", sa.Text(), nullable=True),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.Column("dropped", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tasks"),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_tasks_incident"),
    )
    op.create_index("ix_tasks_incident", "tasks", ["incident"])
    op.create_index("ix_tasks_done_at_due", "tasks", ["done_at", "due"])
    op.create_table(
        "reminders",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("told", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.Column("snoozed_until", sa.BigInteger(), nullable=True),
        sa.Column("stopped_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("incident", "kind", name="pk_reminders"),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_reminders_incident"),
    )
    op.create_index("ix_reminders_due_at", "reminders", ["due_at"])
    op.create_table(
        "updates",
        sa.Column("seq", _COUNT, nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name="pk_updates"),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_updates_incident"),
    )
    op.create_index("ix_updates_incident", "updates", ["incident", "seq"])


def _paging() -> None:
    op.create_table(
        "escalations",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("incident", name="pk_escalations"),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_escalations_incident"),
    )
    op.create_index("ix_escalations_due_at", "escalations", ["due_at"])
    op.create_table(
        "pages",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("integration", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("contact", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pages"),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_pages_incident"),
    )
    op.create_index("ix_pages_incident", "pages", ["incident"])
    op.create_index("ix_pages_created_at", "pages", ["created_at"])
    op.create_table(
        "overrides",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("instead", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_overrides"),
    )
    op.create_index("ix_overrides_ends_at", "overrides", ["ends_at"])


def _others() -> None:
    op.create_table(
        "refs",
        sa.Column("integration", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("integration", "ref", name="pk_refs"),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_refs_incident"),
    )
    op.create_index("ix_refs_incident", "refs", ["incident"])
    op.create_table(
        "marks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_marks"),
    )


def _firings() -> None:
    """Which rules fired in earlier incidents nobody knows: statistics about rules begin here."""
    op.create_table(
        "firings",
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("fires", sa.BigInteger(), nullable=False),
        sa.Column("again", sa.BigInteger(), nullable=False),
        sa.Column("first", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("incident", "rule", name="pk_firings"),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_firings_incident"),
    )
