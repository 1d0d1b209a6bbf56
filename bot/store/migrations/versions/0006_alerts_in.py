"""Alerts are a log first: the log holds bytes, groups are derived from it, and what was told is kept.

Active alerts are carried on into the new log; the old batches were of no use but to rebuild them. Errands get lanes:
those of one are done in order.
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_COUNT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    carried, at = _carried()
    op.drop_table("alert_groups")
    op.drop_table("alert_log")
    op.create_table(
        "alert_log",
        sa.Column("seq", _COUNT, nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("writer", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_alert_log"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alert_log_received_at", "alert_log", ["received_at"])
    log = sa.table("alert_log", *(sa.column(name) for name in ("received_at", "kind", "writer", "since", "body")))
    if carried:
        body = json.dumps(carried, separators=(",", ":"), ensure_ascii=False).encode()
        op.execute(log.insert().values(received_at=at, kind="carried", writer="", since=0, body=body))
    op.drop_index("ix_alerts_log_seq", table_name="alerts")
    op.drop_column("alerts", "log_seq")
    op.add_column("outbox", sa.Column("lane", sa.Text(), nullable=False, server_default=""))
    op.add_column("outbox", sa.Column("waits", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index("ix_outbox_lane", "outbox", ["lane", "seq"])
    op.create_index("ix_outbox_waits", "outbox", ["waits", "due_at"])
    # groups come from the log now, and nobody does these errands any more
    op.execute("UPDATE outbox SET due_at = NULL, payload = '{}' WHERE kind = 'group_ready'")
    _what_is_told()
    _what_comes_in()


def _carried() -> tuple[list[dict[str, object]], int]:
    """The alerts that are not over, as the log writes them, and when the last word on any came."""
    at = op.get_bind().execute(sa.text("SELECT max(received_at) FROM alert_log")).scalar() or 0
    rows = op.get_bind().execute(
        sa.text(
            "SELECT labels, annotations, starts_at, ends_at, generator_url, source, rule, value FROM alerts "
            "WHERE ends_at IS NULL OR ends_at > :at"
        ),
        {"at": at},
    )
    return [_logged(row) for row in rows], at


def _logged(row: sa.Row[Any]) -> dict[str, object]:  # Any: the columns of a query that is text
    logged = {
        "labels": _json(row.labels), "annotations": _json(row.annotations), "startsAt": row.starts_at / 1e6,
        "generatorURL": row.generator_url, "source": row.source, "rule": row.rule, "value": _number(row.value),
    }  # fmt: skip
    return logged if row.ends_at is None else {**logged, "endsAt": row.ends_at / 1e6}


def _json(value: object) -> object:
    return json.loads(value) if isinstance(value, str | bytes) else value


def _number(value: object) -> str:
    number = _json(value)
    return "" if number is None else repr(float(str(number)))


def _what_is_told() -> None:
    op.create_table(
        "silences",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("matchers", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("annotations", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_silences"),
    )
    op.create_index("ix_silences_seq", "silences", ["seq"])
    op.create_index("ix_silences_ends_at", "silences", ["ends_at"])
    op.create_table(
        "tellings",
        sa.Column("group_key", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("firing", sa.Text(), nullable=False),
        sa.Column("resolved", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("group_key", "way", name="pk_tellings"),
    )
    op.create_index("ix_tellings_at", "tellings", ["at"])
    op.create_table(
        "decisions",
        sa.Column("seq", _COUNT, nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_decisions"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_decisions_about_seq", "decisions", ["about", "seq"])
    op.create_index("ix_decisions_at", "decisions", ["at"])


def _what_comes_in() -> None:
    op.create_table(
        "posted",
        sa.Column("seq", _COUNT, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("alerts", sa.Integer(), nullable=False),
        sa.Column("became", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_posted"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_posted_source_delivery", "posted", ["source", "delivery"], unique=True)
    op.create_index("ix_posted_received_at", "posted", ["received_at"])
    op.create_table(
        "deadmen",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("missing_since", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_deadmen"),
    )
