"""What is said of a group, and how it waits in the outbox until it is delivered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from bot.model.alert import Alert, AlertStatus
from bot.model.errand import Errand, ErrandKind
from bot.model.labels import LabelSet
from bot.model.route import Webhook
from bot.model.telling import Reason
from bot.model.told_group import ToldGroup

_LEADING = ("job", "instance")
"""Labels that alerts of one message are ordered by before all others."""


def heard(webhook: Webhook, alerts: Sequence[Alert], now: datetime) -> Sequence[Alert]:
    """Those of the alerts that this way of telling wants to hear of: without `send_resolved` only what fires."""
    if webhook.send_resolved:
        return alerts
    return [alert for alert in alerts if alert.status(now) is AlertStatus.FIRING]


def said(
    key: str,
    receiver: str,
    group_labels: LabelSet,
    alerts: Sequence[Alert],
    reason: Reason,
    external_url: str,
    max_alerts: int,
    now: datetime,
) -> ToldGroup:
    """The group as it is told at `now`, in Alertmanager's order; `alerts` holds one at least. `max_alerts` 0: all."""
    standing = (_as_it_stands(alert, now) for alert in alerts)
    ordered = sorted(standing, key=lambda alert: in_order(alert.labels))
    shown = tuple(ordered[:max_alerts] if max_alerts else ordered)
    fires = any(alert.ends_at is None for alert in shown)
    return ToldGroup(
        id=hashlib.sha256(f"{receiver}\n{now.isoformat()}\n{key}".encode(errors="surrogatepass")).hexdigest()[:32],
        key=key,
        at=now,
        status=AlertStatus.FIRING if fires else AlertStatus.RESOLVED,
        receiver=receiver,
        group_labels=group_labels,
        common_labels=LabelSet(_common([alert.labels for alert in shown])),
        common_annotations=_common([alert.annotations for alert in shown]),
        external_url=external_url,
        reason=reason,
        alerts=shown,
        truncated=len(ordered) - len(shown),
    )


def errand(telling: ToldGroup, integration: str, *, first: bool = False) -> Errand:
    """What brings it there: those of one group to one integration are delivered one after the other, in order.

    `first`: somebody has to get up for it, so that it does not wait behind those of other groups.
    """
    lane = hashlib.sha256(f"{integration}\n{telling.receiver}\n{telling.key}".encode(errors="surrogatepass"))
    return Errand(
        kind=ErrandKind.TELL_FIRST if first else ErrandKind.TELL_GROUP,
        dedup_key=f"tell {integration} {telling.id}",
        due_at=telling.at,
        payload={"integration": integration, "telling": _written(telling)},
        lane=f"tell {lane.hexdigest()[:32]}",
    )


def read(errand: Errand) -> tuple[str, ToldGroup]:
    """The integration, and what it is to be told: what `errand` wrote."""
    return errand.payload["integration"], _read(json.loads(errand.payload["telling"]))


def _as_it_stands(alert: Alert, now: datetime) -> Alert:
    """An end that has not come yet is nobody's business: it moves with every sign of life of the alert."""
    return replace(alert, ends_at=None) if alert.status(now) is AlertStatus.FIRING else alert


def _common(all_of_them: Sequence[Mapping[str, str]]) -> Mapping[str, str]:
    first, *others = all_of_them
    return {name: value for name, value in first.items() if all(other.get(name) == value for other in others)}


Order = tuple[object, ...]
"""What sorts; of two that are made alike."""


def in_order(labels: LabelSet) -> Order:
    """A key to sort alerts of one group by, in Alertmanager's order: by job, by instance, then by all labels.

    Whoever has no job, or no instance, comes last.
    """
    leading = [labels.get(name, "") for name in _LEADING]
    return (*((not value, value) for value in leading), groups_in_order(labels))


def groups_in_order(labels: LabelSet) -> Order:
    """The same for groups, from the labels that each is grouped by.

    Fewer labels first; then the first name, in order, in which they differ: whoever lacks it comes first.
    """
    return len(labels), tuple([(_backwards(name), value) for name, value in labels.items()])


@lru_cache(maxsize=4096)
def _backwards(name: str) -> tuple[int, ...]:
    """Sorts names from the last to the first: of two label sets the one that has the earlier name comes later."""
    return *(-ord(sign) for sign in name), 1


def _written(telling: ToldGroup) -> str:
    return json.dumps(
        {
            "id": telling.id,
            "key": telling.key,
            "at": telling.at.isoformat(),
            "status": telling.status,
            "receiver": telling.receiver,
            "group_labels": dict(telling.group_labels),
            "common_labels": dict(telling.common_labels),
            "common_annotations": dict(telling.common_annotations),
            "external_url": telling.external_url,
            "reason": telling.reason,
            "alerts": [_written_alert(alert) for alert in telling.alerts],
            "truncated": telling.truncated,
        },
        separators=(",", ":"),
    )


# Any: what becomes JSON.
def _written_alert(alert: Alert) -> dict[str, Any]:
    return {
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "starts_at": alert.starts_at.isoformat(),
        "ends_at": None if alert.ends_at is None else alert.ends_at.isoformat(),
        "generator_url": alert.generator_url,
        "source": alert.source,
        "rule": alert.rule,
        "value": alert.value,
    }


# Any: JSON that we wrote.
def _read(written: Mapping[str, Any]) -> ToldGroup:
    labels = {name: LabelSet(written[name]) for name in ("group_labels", "common_labels")}
    return ToldGroup(
        **{
            **written,
            **labels,
            "at": datetime.fromisoformat(written["at"]),
            "status": AlertStatus(written["status"]),
            "reason": Reason(written["reason"]),
            "alerts": tuple(_read_alert(alert) for alert in written["alerts"]),
        }
    )


# Any: JSON that we wrote.
def _read_alert(written: Mapping[str, Any]) -> Alert:
    ends_at = written["ends_at"]
    return Alert(
        **{
            **written,
            "labels": LabelSet(written["labels"]),
            "starts_at": datetime.fromisoformat(written["starts_at"]),
            "ends_at": None if ends_at is None else datetime.fromisoformat(ends_at),
        }
    )
