"""What rule groups remember between evaluations, and the record of each evaluation.

Most rules are plainly inactive most of the time: no alerts, evaluated in the group's last slot, nothing unknown. Only
what differs from that is written, so that an idle group costs one small row changed and one added.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Integer, bindparam, delete, select, update

from bot.errors import Conflict
from bot.model.evaluation import LATE, EvaluationRecord, RuleFinding, Sighting
from bot.model.labels import LabelSet
from bot.model.rule import GroupStatus, RuleState, RuleStatus
from bot.model.search import SearchMemory
from bot.store.codec import from_json, to_json
from bot.store.columns import Instant, Words, span_micros
from bot.store.repositories.repository import Found, Repository, Values
from bot.store.tables import EvaluationRow, RuleGroupRow, table

_groups = table(RuleGroupRow)
_evaluations = table(EvaluationRow)
_ONE = select(_groups).where(_groups.c.key == bindparam("group", type_=Words))
_ADVANCE = update(_groups).where(
    _groups.c.key == bindparam("group", type_=Words), _groups.c.slot < bindparam("after", type_=Instant)
)
_EVALUATED = (
    select(_evaluations)
    .where(
        _evaluations.c.group_key == bindparam("group", type_=Words),
        _evaluations.c.slot >= bindparam("since", type_=Instant),
    )
    .order_by(_evaluations.c.slot.desc())
    .limit(bindparam("most", type_=Integer))
)

MOST_SIGHTINGS = 20
"""Alerts of one rule that the record of one evaluation holds."""
_NOTHING = timedelta(0)


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
        "memory": None if status.memory is None else to_json(status.memory),
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
        memory=None if row.memory is None else from_json(SearchMemory, row.memory),
    )


def evaluation_row(status: GroupStatus) -> Values:
    """The record of one evaluation; nothing but its time where all rules were plainly inactive and it was on time."""
    found = [_finding(place, rule, status.slot) for place, rule in enumerate(status.rules)]
    told = [to_json(one) for one in found if one is not None]
    late = status.evaluated_at - status.slot if status.evaluated_at is not None else _NOTHING
    said = {"rules": told, **({"late": span_micros(late)} if late >= LATE else {})}
    return {
        "slot": status.slot,
        "group_key": status.key,
        "took": status.took,
        "findings": said if told or late >= LATE else None,
    }


def evaluation_noun(row: Found) -> EvaluationRecord:
    """The evaluation in a row."""
    said = row.findings or {"rules": []}
    if not isinstance(said.get("rules"), list):  # written before 0003: by name, without samples
        said = {"rules": [{"rule": name, "place": -1, **found} for name, found in said.items()]}
    return EvaluationRecord(
        group_key=row.group_key,
        slot=row.slot,
        took=row.took,
        late=timedelta(microseconds=said.get("late", 0)),
        findings=tuple(from_json(RuleFinding, found) for found in said["rules"]),
    )


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

    def evaluations(self, group_key: str, since: datetime, limit: int) -> Sequence[EvaluationRecord]:
        """Those of one group from `since` on, the newest first."""
        wanted = {"group": group_key, "since": since, "most": limit}
        return [evaluation_noun(row) for row in self._all(_EVALUATED, wanted)]

    def forget(self, keys: Sequence[str]) -> None:
        """Drops groups that no longer exist; the record of their evaluations stays as long as any."""
        for key in keys:
            self._change(delete(_groups).where(_groups.c.key == key))


def _calm(rule: str, labels: LabelSet, at: datetime | None) -> RuleStatus:
    """A rule that was evaluated with its group and is plainly inactive."""
    return RuleStatus(rule=rule, labels=labels, evaluated_at=at)


def _finding(place: int, rule: RuleStatus, slot: datetime) -> RuleFinding | None:
    """What is worth remembering of a rule; nothing of one that is plainly inactive."""
    said = [alert for alert in rule.alerts if alert.state is not RuleState.INACTIVE or alert.resolved_at == slot]
    if not said and rule.state is RuleState.INACTIVE and not rule.last_error:
        return None
    changed = [alert for alert in said if slot in (alert.active_at, alert.fired_at, alert.resolved_at)]
    rest = [alert for alert in said if slot not in (alert.active_at, alert.fired_at, alert.resolved_at)]
    rest.sort(key=lambda alert: alert.state is not RuleState.FIRING)
    return RuleFinding(
        rule=rule.rule,
        place=place,
        state=rule.state,
        alerts=Counter(alert.state.value for alert in said if alert.state is not RuleState.INACTIVE),
        error=rule.last_error,
        sightings=tuple(
            Sighting(
                fingerprint=alert.labels.fingerprint,
                state=alert.state,
                value=alert.value,
                labels=alert.labels if at < len(changed) else None,
            )
            for at, alert in enumerate([*changed, *rest][:MOST_SIGHTINGS])
        ),
    )
