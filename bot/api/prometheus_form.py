"""Rule groups in the form of Prometheus' API: field for field, numbers and times as Go writes them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.model.rule import AlertRule, GroupStatus, RecordingRule, RuleAlert, RuleGroup, RuleState, RuleStatus
from bot.rules.evaluator import by_rule
from bot.rules.promql_text import canonical
from bot.rules.selection import Selection

# Any: what becomes JSON, in a shape that Prometheus decided.
Json = dict[str, Any]
_NEVER = "0001-01-01T00:00:00Z"
_NOTHING = timedelta(0)
_ACTIVE = (RuleState.PENDING, RuleState.FIRING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be shown of all rules. `most` 0: all groups. `token`: where to begin, from the page before."""

    kinds: tuple[type, ...] = (AlertRule, RecordingRule)
    names: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    selections: Sequence[Selection] = ()
    with_alerts: bool = True
    most: int = 0
    token: str = ""

    def has_group(self, group: RuleGroup) -> bool:
        """Whether anything of this group may be shown."""
        return (not self.groups or group.name in self.groups) and (not self.files or group.file in self.files)

    def has_rule(self, rule: AlertRule | RecordingRule) -> bool:
        """Whether this rule of such a group is shown."""
        return (
            isinstance(rule, self.kinds)
            and (not self.names or rule.name in self.names)
            and (not self.selections or any(selection.fits(rule.labels) for selection in self.selections))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A group as it is set up now, and what its last evaluation made of it; None before the first."""

    group: RuleGroup
    status: GroupStatus | None

    @property
    def token(self) -> str:
        """What names this group as the beginning of a page."""
        return hashlib.sha1(self.group.key.encode(), usedforsecurity=False).hexdigest()

    def rules(self) -> Iterator[tuple[AlertRule | RecordingRule, RuleStatus]]:
        """Each rule with what is known of it."""
        return zip(self.group.rules, by_rule(self.group, self.status), strict=True)


def page(standings: Sequence[Standing], wanted: Wanted) -> Json:
    """The groups of a page, by file and name, and where the next one begins. ValueError: no group has the token."""
    in_order = sorted(standings, key=lambda one: (one.group.file, one.group.name))
    first = 0
    if wanted.token:
        first = next((at for at, one in enumerate(in_order) if one.token == wanted.token), -1)
        if first < 0:
            raise ValueError(f"invalid group_next_token '{wanted.token}'. were rule groups changed?")
    shown: list[Json] = []
    for standing in in_order[first:]:
        group = _group(standing, wanted)
        if not group["rules"]:
            continue
        if wanted.most and len(shown) == wanted.most:
            return {"groups": shown, "groupNextToken": standing.token}
        shown.append(group)
    return {"groups": shown}


def alerts(standings: Sequence[Standing]) -> list[Json]:
    """Every pending and firing alert."""
    return [alert for standing in standings for _, status in standing.rules() for alert in _alerts(status)]


def _group(standing: Standing, wanted: Wanted) -> Json:
    group, status = standing.group, standing.status
    rules = standing.rules() if wanted.has_group(group) else ()
    return {
        "name": group.name,
        "file": group.file,
        "rules": [
            {**_rule(rule, of, status, with_alerts=wanted.with_alerts), "query": _query(group, rule)}
            for rule, of in rules
            if wanted.has_rule(rule)
        ],
        "interval": _seconds(group.interval),
        "limit": group.limit,
        "evaluationTime": _seconds(status.took if status else _NOTHING),
        "lastEvaluation": _time(status.evaluated_at if status else None),
    }


def _rule(rule: AlertRule | RecordingRule, status: RuleStatus, group: GroupStatus | None, *, with_alerts: bool) -> Json:
    common: Json = {"name": rule.name, "query": ""}
    if rule.labels or isinstance(rule, AlertRule):
        common["labels"] = dict(rule.labels)
    common["health"] = _health(status)
    if status.last_error:
        common["lastError"] = status.last_error
    common["evaluationTime"] = _seconds(group.took if group else _NOTHING)  # the rules of a group are asked together
    common["lastEvaluation"] = _time(status.evaluated_at)
    if isinstance(rule, RecordingRule):
        return {**common, "type": "recording"}
    return {
        "state": str(_state(status)),
        **common,
        "duration": _seconds(rule.hold),
        "keepFiringFor": _seconds(rule.keep_firing_for),
        "annotations": dict(rule.annotations),
        "alerts": list(_alerts(status)) if with_alerts else None,
        "type": "alerting",
    }


def _query(group: RuleGroup, rule: AlertRule | RecordingRule) -> str:
    """PromQL as Prometheus prints it; a saved search as it is written."""
    return rule.expr if group.search is not None else canonical(rule.expr)


def _alerts(status: RuleStatus) -> Iterator[Json]:
    for alert in status.alerts:
        if alert.state in _ACTIVE:
            yield _alert(alert)


def _alert(alert: RuleAlert) -> Json:
    written: Json = {
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "state": str(alert.state),
        "activeAt": _time(alert.active_at),
    }
    if alert.keep_firing_since is not None:
        written["keepFiringSince"] = _time(alert.keep_firing_since)
    return {**written, "value": number(alert.value)}


def _state(status: RuleStatus) -> RuleState:
    """The gravest of its alerts' states. That the source cannot be seen is its health, and changes no state."""
    if status.evaluated_at is None:
        return RuleState.UNKNOWN
    states = {alert.state for alert in status.alerts}
    return next((state for state in (RuleState.FIRING, RuleState.PENDING) if state in states), RuleState.INACTIVE)


def _health(status: RuleStatus) -> str:
    if status.evaluated_at is None:
        return "unknown"
    return "err" if status.unknown_since is not None else "ok"


def number(value: float) -> str:
    """Go's `FormatFloat(value, 'e', -1, 64)`: the fewest digits that are still this number, `1e+00`."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{'+' if value > 0 else '-'}Inf"
    digits = repr(abs(value)).partition("e")[0].replace(".", "").strip("0")
    return f"{value:.{max(0, len(digits) - 1)}e}"


def _time(at: datetime | None) -> str:
    """RFC 3339, with as much of the second as there is."""
    if at is None:
        return _NEVER
    text = at.astimezone(UTC).replace(tzinfo=None).isoformat()
    return f"{text.rstrip('0') if '.' in text else text}Z"


def _seconds(length: timedelta) -> float:
    seconds = length.total_seconds()
    return int(seconds) if seconds.is_integer() else seconds
