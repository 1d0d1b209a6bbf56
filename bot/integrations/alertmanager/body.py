"""Alerts as Prometheus sends them to an Alertmanager: which labels they carry, and how they are written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.model.alert import Alert
from bot.rules.relabel import Relabel, relabel


def relabelled(alerts: Sequence[Alert], steps: Sequence[Relabel]) -> list[Alert]:
    """The alerts with their labels rewritten; those that are dropped are missing."""
    if not steps:
        return list(alerts)
    kept = ((alert, relabel(alert.labels, steps)) for alert in alerts)
    return [replace(alert, labels=labels) for alert, labels in kept if labels is not None]


def body(alerts: Sequence[Alert]) -> bytes:
    """The body of `POST /api/v2/alerts`: what is empty is left out, and times are cut to milliseconds."""
    return json.dumps([_written(alert) for alert in alerts], separators=(",", ":")).encode()


# Any: what becomes JSON.
def _written(alert: Alert) -> dict[str, Any]:
    written: dict[str, Any] = {}
    if alert.annotations:
        written["annotations"] = dict(alert.annotations)
    if alert.ends_at is not None:
        written["endsAt"] = _time(alert.ends_at)
    written["startsAt"] = _time(alert.starts_at)
    if alert.generator_url:
        written["generatorURL"] = alert.generator_url
    written["labels"] = dict(alert.labels)
    return written


def _time(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
