"""Because of which named time intervals a route tells nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.model.moments import contains
from bot.model.route import Route
from bot.model.time_interval import TimeInterval


def muted(route: Route, intervals: Mapping[str, TimeInterval], now: datetime) -> tuple[str, ...]:
    """The intervals because of which this route tells nothing now; (): it tells.

    Outside all of its active intervals those are the reason; otherwise the mute intervals that it is in.
    """
    active = route.active_time_intervals
    if active and not any(contains(intervals[name], now) for name in active):
        return active
    return tuple(name for name in route.mute_time_intervals if contains(intervals[name], now))
