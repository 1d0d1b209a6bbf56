"""Where the ticks of an axis stand, and what they say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.model.sample import Window
from bot.model.wording import BYTES, BYTES_PER_SECOND, SECONDS

_CLOCK_STEPS = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800),
    *(3600, 2 * 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86400, 2 * 86400, 7 * 86400, 14 * 86400, 28 * 86400),
)
_DAY = 86400


def value_ticks(low: float, high: float, unit: str, at_most: int = 6) -> list[float]:
    """Round values between two bounds: by tens, by powers of two for bytes, as clocks have them for long times."""
    span = high - low
    if not (math.isfinite(span) and span > 0):
        return [low]
    step = _step(span / at_most, unit)
    first = math.ceil(low / step - 1e-9)
    count = math.floor(high / step + 1e-9) - first + 1
    return [(first + place) * step for place in range(min(count, at_most + 2))]


def _step(least: float, unit: str) -> float:
    if unit in (BYTES, BYTES_PER_SECOND) and least > 1:
        return 2.0 ** math.ceil(math.log2(least))
    if unit == SECONDS and least >= 20:
        return next((float(step) for step in _CLOCK_STEPS if step >= least), _decimal(least))
    return _decimal(least)


def _decimal(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if factor * power >= least * (1 - 1e-9))


def time_ticks(window: Window, zone: ZoneInfo, at_most: int = 8) -> list[tuple[datetime, str]]:
    """Round local times in the window, each with its text; the first says the date, and so does each of a new day."""
    seconds = max(window.length.total_seconds(), 1)
    step = next((step for step in _CLOCK_STEPS if step >= seconds / at_most), _CLOCK_STEPS[-1])
    ticks: list[tuple[datetime, str]] = []
    dated = None
    for at in _rounded(window, zone, step):
        local = at.astimezone(zone)
        text = f"{local:%H:%M:%S}" if step < 60 else f"{local:%H:%M}"
        if step >= _DAY:
            text = f"{local.day} {local:%b}"
        elif local.date() != dated:
            text += f"\n{local.day} {local:%b}" if dated else f"\n{local.day} {local:%b %Y}"
            dated = local.date()
        ticks.append((at, text))
    return ticks


def _rounded(window: Window, zone: ZoneInfo, step: int) -> Sequence[datetime]:
    """Times whose local clock is a multiple of the step; where a clock is put back or forth they still are."""
    start = window.start.astimezone(zone)
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0, fold=0, tzinfo=None)
    offset = (start.replace(tzinfo=None) - midnight).total_seconds()
    naive = midnight + timedelta(seconds=math.ceil(offset / step) * step)
    found: list[datetime] = []
    while len(found) < 60:
        at = naive.replace(tzinfo=zone).astimezone(window.start.tzinfo)
        if at > window.end:
            break
        if at >= window.start and (not found or at > found[-1]):
            found.append(at)
        naive += timedelta(seconds=step)
    return found
