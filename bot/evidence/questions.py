"""What to ask, for an incident's alerts, of which source."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.model.alert import Alert
from bot.model.ids import IncidentId
from bot.model.rule import AlertRule, RuleGroup, Signal
from bot.model.sample import Window
from bot.model.search import Counted, Relation, SavedSearch
from bot.model.setup import Setup

LEAD = timedelta(minutes=10)
"""The least a chart shows of the time before."""
LONGEST_LEAD = timedelta(hours=6)
TAIL = timedelta(minutes=2)
"""The least a chart shows of the time after the recovery, once it has passed."""
POINTS = 240
"""The most points a series is asked for: more cannot be told apart on a chart."""
_RUNS_BEFORE = 10
"""Runs of a saved search that its chart shows at least, where there were so many."""
_COUNTS = frozenset({Counted.EVENTS, Counted.HOSTS, Counted.SOURCES})
_OPS = {Relation.GREATER: ">", Relation.LESS: "<", Relation.EQUAL: "==", Relation.NOT_EQUAL: "!="}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalQuestion:
    """What did the expression behind these alerts do around the incident?

    `expr` is the rule's own, without its comparison, and as written: no label of an alert becomes part of it.
    `alerts` are the incident's alerts of this rule, never none. `runs`: it is a saved search, which no one can ask for
    the past; its own runs say what it counted, `step` apart at most.
    """

    incident: IncidentId
    key: str
    rule: AlertRule
    alerts: tuple[Alert, ...]
    source: str
    window: Window
    step: timedelta
    runs: bool = False

    @property
    def expr(self) -> str:
        """What the source is asked for."""
        return self.rule.signal.expr

    @property
    def text(self) -> str:
        """The question in words."""
        return f"What did the signal of {self.rule.name} do?"


def signal_questions(
    incident: IncidentId, alerts: Sequence[Alert], setup: Setup, now: datetime
) -> tuple[SignalQuestion, ...]:
    """One question for each rule of ours behind the alerts, in the order of the alerts.

    An alert that others sent, or whose rule is gone, has no expression we could stand for: it makes no question.
    """
    by_rule: dict[str, list[Alert]] = {}
    for alert in alerts:
        by_rule.setdefault(alert.rule, []).append(alert)
    questions = []
    for key, found in by_rule.items():
        behind = setup.rule(key)
        if behind is not None:
            group, rule = behind
            question = signal_question(incident, key, rule, found, group.source, now)
            questions.append(question if group.search is None else of_search(question, group, group.search))
    return tuple(questions)


def signal_question(
    incident: IncidentId, key: str, rule: AlertRule, alerts: Sequence[Alert], source: str, now: datetime
) -> SignalQuestion:
    """The question for one rule: a window with enough before and after to compare with, in at most `POINTS` steps."""
    window = signal_window(rule, alerts, now)
    step = _step(window.length)
    start = datetime.fromtimestamp(math.floor(window.start.timestamp() / step) * step, UTC)
    return SignalQuestion(
        incident=incident,
        key=key,
        rule=rule,
        alerts=tuple(alerts),
        source=source,
        window=Window(start=start, end=window.end),
        step=timedelta(seconds=step),
    )


def of_search(question: SignalQuestion, group: RuleGroup, search: SavedSearch) -> SignalQuestion:
    """The same about a saved search: what it counts, beside the number that it is compared with."""
    condition = search.condition
    op = _OPS.get(condition.relation, "") if condition.counted in _COUNTS else ""
    signal = Signal(expr=search.search, op=op, threshold=condition.quantity if op else None)
    start = min(question.window.start, question.window.end - _RUNS_BEFORE * group.interval)
    return replace(
        question,
        rule=replace(question.rule, signal=signal),
        window=replace(question.window, start=start),
        step=group.interval,
        runs=True,
    )


def signal_window(rule: AlertRule, alerts: Sequence[Alert], now: datetime) -> Window:
    """From well before the rule first saw it to a little after its end, or to now.

    Before: as long as it lasted, at least `LEAD`, at most `LONGEST_LEAD`. After: a quarter of that, at least `TAIL`.
    """
    began = min(alert.starts_at for alert in alerts) - rule.hold
    ends = [alert.ends_at for alert in alerts]
    ended = max(end for end in ends if end) if all(ends) else now
    lasted = max(ended - began, timedelta(0))
    lead = min(max(LEAD, lasted), LONGEST_LEAD)
    tail = max(TAIL, min(lasted, LONGEST_LEAD) / 4)
    start = began - lead
    return Window(start=start, end=max(min(now, ended + tail), start + timedelta(seconds=1)))


def _step(length: timedelta) -> int:
    """Whole seconds."""
    return max(1, math.ceil(length.total_seconds() / POINTS))
