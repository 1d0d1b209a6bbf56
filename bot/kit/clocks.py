"""How far the clock of a server is off ours, as `tocsin doctor` says it."""

from __future__ import annotations

import email.utils
from datetime import UTC, datetime, timedelta

from bot.ports.actions import Health


def skew_of(date: str | None, now: datetime) -> timedelta | None:
    """The clock of whoever wrote this `Date` header minus ours, within the second it is exact to; None: it is none."""
    try:
        theirs = email.utils.parsedate_to_datetime(date or "")
    except ValueError:
        return None
    return theirs.replace(tzinfo=theirs.tzinfo or UTC) - now


def clock(skew: timedelta, *, allowed: timedelta, because: str) -> Health:
    """What is said of a clock: well, unless it is off by more than is allowed; then `because` says why it matters."""
    is_off = abs(skew) > allowed
    way = "ahead of" if skew > timedelta(0) else "behind"
    return Health(
        what="clock",
        ok=not is_off,
        detail=f"its clock is {abs(skew).total_seconds():.1f} s {way} ours",
        hint=f"let both machines keep time by NTP: {because}" if is_off else "",
        skew=skew,
    )
