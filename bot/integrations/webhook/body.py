"""The body of Alertmanager's webhook, payload version 4: every field of it, in its words and its order."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from bot.model.alert import Alert, AlertStatus
from bot.model.told_group import ToldGroup

_NO_TIME = "0001-01-01T00:00:00Z"
_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")


def body(telling: ToldGroup) -> bytes:
    """What is posted."""
    return json.dumps(written(telling), separators=(",", ":")).encode()


# Any: what becomes JSON.
def written(telling: ToldGroup) -> dict[str, Any]:
    """The same, not yet text."""
    return {
        # Alertmanager says it as the text of a regular expression, and receivers compare with what it says
        "receiver": _SPECIAL.sub(r"\\\g<0>", telling.receiver),
        "status": str(telling.status),
        "alerts": [_alert(alert) for alert in telling.alerts],
        "notification_reason": str(telling.reason),
        "groupLabels": dict(telling.group_labels),
        "commonLabels": dict(telling.common_labels),
        "commonAnnotations": dict(telling.common_annotations),
        "externalURL": telling.external_url,
        "version": "4",
        "groupKey": telling.key,
        "truncatedAlerts": telling.truncated,
    }


# Any: what becomes JSON.
def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "status": str(AlertStatus.FIRING if alert.ends_at is None else AlertStatus.RESOLVED),
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "startsAt": _time(alert.starts_at),
        "endsAt": _NO_TIME if alert.ends_at is None else _time(alert.ends_at),
        "generatorURL": alert.generator_url,
        "fingerprint": alert.fingerprint,
    }


def _time(at: datetime) -> str:
    """As Go writes it: as many digits of the second as there are."""
    text = at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    return text.rstrip("0").rstrip(".") + "Z"
