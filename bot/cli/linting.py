"""What lint has to ask others for: which series a source has, and which alerts nobody acted on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from bot.cli.client import Answer
from bot.errors import IntegrationError
from bot.model.rule import AlertRule
from bot.ports.metrics import MetricSource
from bot.rules.dependencies import ALERTS, FOR_STATE
from bot.rules.inlining import recorded_names
from bot.rules.lint import Advice, Read, rules_of
from bot.rules.selectors import Selector, selectors

_AT_ONCE = 20
_LOOK_BACK = "1h"
_LEAST = 3
"""Incidents of one alert before it is said that nobody acts on it."""
_ABSENT = re.compile(r"\babsent(_over_time)?\s*\(")
_ALERTNAME = re.compile(r'alertname="((?:[^"\\]|\\.)*)"')


async def no_series(files: Sequence[Read], source: MetricSource, now: datetime) -> Sequence[Advice]:
    """Selectors of alert rules that found nothing in the last hour. Raises what the source raises."""
    recorded = recorded_names([group for file in files for group in file.groups]) | {ALERTS, FOR_STATE}
    asked: dict[str, list[Advice]] = {}
    for file in files:
        for _, rule, path in rules_of(file):
            if not isinstance(rule, AlertRule) or _ABSENT.search(rule.expr):
                continue  # absent() looks for what is not there
            for selector in selectors(rule.expr):
                if selector.name and selector.name not in recorded:
                    seen = f"nothing fits {_written(selector)} in the last hour"
                    advice = Advice(
                        check="no-series", rule=rule.name, document=file.document, path=(*path, "expr"), seen=seen
                    )
                    asked.setdefault(_written(selector), []).append(advice)
    there = await _there(list(asked), source, now)
    return [advice for text, found in asked.items() if not there[text] for advice in found]


async def _there(texts: Sequence[str], source: MetricSource, now: datetime) -> Mapping[str, bool]:
    found: dict[str, bool] = {}
    for start in range(0, len(texts), _AT_ONCE):
        portion = texts[start : start + _AT_ONCE]
        exprs = [f"count(last_over_time({text}[{_LOOK_BACK}]))" for text in portion]
        for text, answer in zip(portion, await source.query_all(exprs, now), strict=True):
            if isinstance(answer, IntegrationError):
                raise answer
            found[text] = bool(answer.samples)
    return found


def _written(selector: Selector) -> str:
    """The selector with those of its conditions that ask for something to be there."""
    labels = [("__name__", "=", selector.name), *selector.labels]
    return "{" + ", ".join(f"{_label(name)}{op}{json.dumps(value)}" for name, op, value in labels) + "}"


def _label(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_]\w*", name) else json.dumps(name)


def nobody_acted(files: Sequence[Read], incidents: Sequence[Answer], since: datetime) -> Iterator[Advice]:
    """Alerts with several incidents since then, none of which anybody acknowledged."""
    known: dict[str, list[Answer]] = {}
    for one in incidents:
        named = _ALERTNAME.search(one["group_key"])
        if named and datetime.fromisoformat(one["opened_at"]) >= since:
            known.setdefault(named[1], []).append(one)
    for file in files:
        for _, rule, path in rules_of(file):
            found = known.get(rule.name, []) if isinstance(rule, AlertRule) else []
            if len(found) >= _LEAST and not any(one["acknowledged_at"] for one in found):
                seen = f"{len(found)} incidents, none of them acknowledged"
                yield Advice(check="nobody-acted", rule=rule.name, document=file.document, path=path, seen=seen)
