"""Alerts as Prometheus sends them to an Alertmanager: which labels they carry, and how they are written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.model.alert import Alert
from bot.rules.relabel import Relabel, relabel


def labelled(alerts: Sequence[Alert], external: Mapping[str, str], steps: Sequence[Relabel]) -> list[Alert]:
    """The alerts with the external labels that they lack, relabelled; those that are dropped are missing."""
    kept = []
    for alert in alerts:
        labels = relabel({**external, **alert.labels}, steps)
        if labels is not None:
            kept.append(replace(alert, labels=labels))
    return kept


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
