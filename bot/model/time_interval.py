"""Named times of the week and the year, in Alertmanager's words, and recurring maintenance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model.labels import Matcher


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """From the first to the last, both included. Days of the month may be negative: -1 is the last."""

    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentSet:
    """One entry of a time interval: every part that is given must fit; one without parts always fits.

    `times` are minutes of the day, the end excluded; `weekdays` 0 to 6 from Sunday; `location` an IANA zone.
    """

    times: tuple[Range, ...] = ()
    weekdays: tuple[Range, ...] = ()
    days_of_month: tuple[Range, ...] = ()
    months: tuple[Range, ...] = ()
    years: tuple[Range, ...] = ()
    location: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeInterval:
    """A name, and the moments it stands for: any of its entries."""

    name: str
    moments: tuple[MomentSet, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """Planned work: what matches is not told of while it lasts, once at `starts_at` or again and again by `cron`.

    A local time that a change of clocks leaves out begins when the clocks go on; one that comes twice begins once.
    """

    name: str
    matchers: tuple[Matcher, ...]
    lasts: timedelta
    reason: str
    owner: str = ""
    starts_at: datetime | None = None
    cron: str = ""
    location: str = "UTC"
    until: datetime | None = None
