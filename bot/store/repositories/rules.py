"""What rule groups remember between evaluations, and the record of each evaluation.

Most rules are plainly inactive most of the time: no alerts, evaluated in the group's last slot, nothing unknown. Only
what differs from that is written, so that an idle group costs one small row changed and one added.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, select, update

from bot.errors import Conflict
from bot.model.labels import LabelSet
from bot.model.rule import GroupStatus, RuleStatus
from bot.store.codec import from_json, to_json
from bot.store.columns import Instant, Words
from bot.store.repositories.repository import Found, Repository, Values
from bot.store.tables import EvaluationRow, RuleGroupRow, table

_groups = table(RuleGroupRow)
_evaluations = table(EvaluationRow)
_ONE = select(_groups).where(_groups.c.key == bindparam("group", type_=Words))
_ADVANCE = update(_groups).where(
    _groups.c.key == bindparam("group", type_=Words), _groups.c.slot < bindparam("after", type_=Instant)
)


def group_row(status: GroupStatus) -> Values:
    """A group's state as a row."""
    return {
        "key": status.key,
        "slot": status.slot,
        "missed": status.missed,
        "took": status.took,
        "evaluated_at": status.evaluated_at,
        "rules": [[rule.rule, dict(rule.labels)] for rule in status.rules],
        "states": {
            str(index): to_json(rule)
            for index, rule in enumerate(status.rules)
            if rule != _calm(rule.rule, rule.labels, status.evaluated_at)
        },
    }


def group_noun(row: Found) -> GroupStatus:
    """The group's state in a row."""
    return GroupStatus(
        key=row.key,
        slot=row.slot,
        missed=row.missed,
        took=row.took,
        evaluated_at=row.evaluated_at,
        rules=tuple(
            from_json(RuleStatus, row.states[str(index)])
            if str(index) in row.states
            else _calm(name, LabelSet(labels), row.evaluated_at)
            for index, (name, labels) in enumerate(row.rules)
        ),
    )


def evaluation_row(status: GroupStatus) -> Values:
    """The record of one evaluation: of rules that are not calm, the state and how many alerts are in which."""
    findings = {
        rule.rule: _finding(rule) for rule in status.rules if rule != _calm(rule.rule, rule.labels, status.evaluated_at)
    }
    return {"slot": status.slot, "group_key": status.key, "took": status.took, "findings": findings or None}


class Rules(Repository):
    """See `bot.ports.store.Rules`."""

    def status(self, key: str) -> GroupStatus | None:
        """The group's state after its last evaluation."""
        row = self._first(_ONE, {"group": key})
        return row and group_noun(row)

    def statuses(self) -> Sequence[GroupStatus]:
        """All groups' states, by key."""
        return [group_noun(row) for row in self._all(select(_groups).order_by(_groups.c.key))]

    def save(self, status: GroupStatus) -> None:
        """Moves the group on to this slot; Conflict when it is there already, or further."""
        row = group_row(status)
        if not self._change(_ADVANCE, {**row, "group": status.key, "after": status.slot}):
            if self.status(status.key):
                raise Conflict(f"rule group {status.key} was already evaluated for {status.slot.isoformat()}")
            self._insert(_groups, row)
        self._insert(_evaluations, evaluation_row(status))

    def forget(self, keys: Sequence[str]) -> None:
        """Drops groups that no longer exist; the record of their evaluations stays as long as any."""
        for key in keys:
            self._change(delete(_groups).where(_groups.c.key == key))


def _calm(rule: str, labels: LabelSet, at: datetime | None) -> RuleStatus:
    """A rule that was evaluated with its group and is plainly inactive."""
    return RuleStatus(rule=rule, labels=labels, evaluated_at=at)


def _finding(rule: RuleStatus) -> dict[str, object]:
    counts = Counter(str(alert.state) for alert in rule.alerts)
    return {"state": rule.state, "alerts": counts, **({"error": rule.last_error} if rule.last_error else {})}
