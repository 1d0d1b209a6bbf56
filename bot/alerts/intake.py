"""Deduplicates by fingerprint: decides what is new, still firing, or over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.alert import Alert, AlertStatus
from bot.model.ids import Fingerprint


class Change(StrEnum):
    """What a received alert means, beside what we knew."""

    NEW = "new"
    """Firing, and it was not."""
    STILL = "still"
    """Firing, and it was."""
    OVER = "over"
    """It was firing, and is no more."""
    STALE = "stale"
    """Over, and we knew, or never heard of it firing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """An alert as it stands after intake, and what changed."""

    alert: Alert
    change: Change


def take_in(known: Mapping[Fingerprint, Alert], batch: Sequence[Alert], now: datetime) -> tuple[Taken, ...]:
    """Each alert of the batch beside its known state; the last one wins where a batch repeats itself."""
    latest: dict[Fingerprint, Alert] = {alert.fingerprint: alert for alert in batch}
    return tuple(_beside(known.get(fingerprint), alert, now) for fingerprint, alert in latest.items())


def worth_writing(taken: Iterable[Taken], known: Mapping[Fingerprint, Alert]) -> tuple[Alert, ...]:
    """Those that say something new: begun, over, or with other words than before."""
    kept = []
    for one in taken:
        before = known.get(one.alert.fingerprint)
        if one.change in (Change.NEW, Change.OVER) or before is None or _differs(before, one.alert):
            kept.append(one.alert)
    return tuple(kept)


def _beside(before: Alert | None, alert: Alert, now: datetime) -> Taken:
    was_firing = before is not None and before.status(now) is AlertStatus.FIRING
    if alert.status(now) is AlertStatus.FIRING:
        return Taken(alert=alert, change=Change.STILL if was_firing else Change.NEW)
    return Taken(alert=alert, change=Change.OVER if was_firing else Change.STALE)


def _differs(before: Alert, alert: Alert) -> bool:
    return before.annotations != alert.annotations or before.starts_at != alert.starts_at
