"""Which group an alert is told in, and when the group is ready to be told: functions of `now`."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.alerts.routing import destinations, group_key
from bot.model.alert import Alert, AlertGroup, Route


def groups_of(root: Route, alert: Alert, now: datetime) -> tuple[AlertGroup, ...]:
    """The groups this alert belongs to, one for each route it ends at, as they would be if they began now."""
    found = []
    for path, route in destinations(root, alert.labels):
        key, shared = group_key(path, route, alert.labels)
        found.append(
            AlertGroup(
                key=key,
                receiver=route.receiver,
                labels=shared,
                ready_at=now + route.group_wait,
                alerts=(alert.fingerprint,),
            )
        )
    return tuple(found)


def join(standing: AlertGroup | None, fresh: AlertGroup) -> AlertGroup:
    """The standing group with the fresh one's alerts; its time to be told does not move while any of them fires."""
    if standing is None or not standing.alerts:
        return fresh
    added = tuple(alert for alert in fresh.alerts if alert not in standing.alerts)
    return replace(standing, alerts=standing.alerts + added, receiver=fresh.receiver)


def leave(standing: AlertGroup, alert: Alert) -> AlertGroup:
    """The group without an alert that is over."""
    return replace(standing, alerts=tuple(one for one in standing.alerts if one != alert.fingerprint))
