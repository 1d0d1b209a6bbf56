"""Rule groups, and the record of their evaluations."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger
from sqlmodel import Field

from bot.store.columns import Instant
from bot.store.tables.row import Duration, JsonList, JsonObject, JsonOrNull, Moment, MomentOrNull, TableRow, TextKey


class RuleGroupRow(TableRow, table=True):
    """A rule group after its last evaluation; `states` holds only rules that are not plainly inactive.

    `memory` is what a saved search knows of its runs.
    """

    __tablename__ = "rule_groups"
    key: TextKey
    slot: Moment
    missed: int = Field(sa_type=BigInteger)
    took: Duration
    rules: JsonList
    states: JsonObject
    evaluated_at: MomentOrNull
    memory: JsonOrNull


class EvaluationRow(TableRow, table=True):
    """That a group was evaluated for a slot; `findings` tells only what was not plainly inactive, or late."""

    __tablename__ = "evaluations"
    __table_args__ = ({"sqlite_with_rowid": False},)
    slot: datetime = Field(sa_type=Instant, primary_key=True)
    group_key: TextKey
    took: Duration
    findings: JsonOrNull
