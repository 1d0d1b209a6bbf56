"""Alerts, rules and answers built by hand."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.evidence.collector import SignalAnswer
from bot.evidence.questions import SignalQuestion
from bot.model.alert import Alert
from bot.model.ids import IncidentId
from bot.model.labels import LabelSet
from bot.model.rule import AlertRule, RuleGroup, Signal
from bot.model.sample import Series, Window
from bot.model.setup import Setup

START = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
INCIDENT = IncidentId("INC-1")
KEY = "shop.yml;shop;ServiceFails"
EXPR = (
    'sum by (service) (rate(shop_requests_total{code="500"}[10s])) / sum by (service) (rate(shop_requests_total[10s]))'
)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def rule(op: str = ">", threshold: float | None = 0.05, expr: str = EXPR, **changes: Any) -> AlertRule:
    one = AlertRule(
        name="ServiceFails",
        expr=f"{expr} {op} {threshold}",
        signal=Signal(expr=expr, op=op, threshold=threshold),
        hold=timedelta(seconds=3),
        labels={"severity": "critical"},
    )
    return replace(one, **changes)


def alert(service: str = "checkout", **changes: Any) -> Alert:
    one = Alert(
        labels=LabelSet({"alertname": "ServiceFails", "service": service, "severity": "critical"}),
        annotations={},
        starts_at=at(600),
        rule=KEY,
        source="prom",
    )
    return replace(one, **changes)


def setup(one: AlertRule | None = None) -> Setup:
    rules = (one or rule(),)
    return Setup(
        groups=(RuleGroup(file="shop.yml", name="shop", source="prom", interval=timedelta(seconds=15), rules=rules),)
    )


def question(one: AlertRule | None = None, *alerts: Alert, **changes: Any) -> SignalQuestion:
    asked = SignalQuestion(
        incident=INCIDENT,
        key=KEY,
        rule=one or rule(),
        alerts=alerts or (alert(),),
        source="prom",
        window=Window(start=at(0), end=at(100)),
        step=timedelta(seconds=10),
    )
    return replace(asked, **changes)


def series(values: Sequence[float | None] | Callable[[int], float | None], **labels: str) -> Series:
    """One value every 10 s from the start on; None is a missing one."""
    made = [values(place) for place in range(11)] if callable(values) else values
    points = tuple((at(10 * place), value) for place, value in enumerate(made) if value is not None)
    return Series(labels=LabelSet(labels or {"service": "checkout"}), points=points)


def answer(*found: Series, asked: SignalQuestion | None = None, **changes: Any) -> SignalAnswer:
    one = SignalAnswer(question=asked or question(), series=found, link="https://prom.example/graph")
    return replace(one, **changes)
