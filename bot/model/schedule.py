"""On-call schedules: layers of people who take turns, and who covers for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.ids import OverrideId
from bot.model.time_interval import MomentSet


class Turn(StrEnum):
    """What a turn is counted in. Days and weeks are the calendar's: a handover keeps its local time."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """People who take turns of `every` times `turn`, the first of them from `starts` on, until `until` (naive, local).

    Each entry of `people` is one turn: a person, some who are on call together, or nobody. `only`: the layer is on call
    within these times alone, and turns go on being counted outside them; nothing: always.
    """

    name: str
    people: tuple[tuple[str, ...], ...]
    starts: datetime
    turn: Turn = Turn.WEEK
    every: int = 1
    only: tuple[MomentSet, ...] = ()
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Somebody is on call instead of whoever it would be, or instead of `instead` alone where that is named.

    With a `calendar` it is an event that was read there: not instead of anybody, but who it would be.
    """

    id: OverrideId
    schedule: str
    person: str
    starts_at: datetime
    ends_at: datetime
    instead: str = ""
    reason: str = ""
    created_by: str = ""
    calendar: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of a calendar, in UTC: what it is called, and the e-mail addresses of who takes part."""

    title: str
    starts_at: datetime
    ends_at: datetime
    attendees: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Who is on call when. Of layers that are on call the last one counts; an override counts before every layer.

    `calendar` names the integration whose events are the schedule, instead of layers.
    """

    name: str
    time_zone: str
    layers: tuple[Layer, ...] = ()
    overrides: tuple[Override, ...] = ()
    title: str = ""
    calendar: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """These people are on call from `starts_at` until before `ends_at`; nobody is: a gap.

    `because` is the layer, the override's id, or the calendar.
    """

    schedule: str
    starts_at: datetime
    ends_at: datetime
    people: tuple[str, ...]
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCall:
    """How a schedule stands at a moment: whose duty it is, and whose the next one is."""

    schedule: Schedule
    duty: Duty
    next: Duty
