"""Alerts in the form of Alertmanager's webhook, which Grafana's has too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.kit.posted import Part, make_alert
from bot.model.alert import Alert

RESOLVED = "resolved"


def is_form(part: Part, versions: frozenset[str]) -> bool:
    """Whether a body is in this form, and no payload that somebody made up."""
    version, listed = part.fields.get("version"), part.fields.get("alerts")
    return isinstance(version, str) and version in versions and isinstance(listed, list)


def alerts(part: Part) -> Sequence[Part]:
    """Each alert of a body."""
    return part.parts("alerts")


def alert(
    one: Part,
    *,
    source: str,
    received_at: datetime,
    lasts: timedelta | None,
    more: Mapping[str, str],
    value: float | None = None,
) -> Alert:
    """One alert, with `more` annotations.

    The `endsAt` of one that fires is no end; `lasts` is how long it is believed without being posted again.
    """
    starts_at = one.moment("startsAt") or received_at
    if one.needed("status") == RESOLVED:
        ends_at: datetime | None = min(one.moment("endsAt") or received_at, received_at)
    else:
        ends_at = received_at + lasts if lasts else None
    return make_alert(
        source=source,
        labels=one.texts("labels"),
        annotations={**one.texts("annotations"), **more},
        starts_at=starts_at,
        ends_at=ends_at,
        link=one.text("generatorURL"),
        value=value,
    )


def left_out(part: Part) -> str:
    """What a sender that truncates says of the rest; nothing where it said all."""
    count = part.text("truncatedAlerts")
    return f"the sender left out {count} alerts; set its `max_alerts` to 0" if count not in ("", "0") else ""
