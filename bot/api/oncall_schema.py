"""What goes over the wire of who is on call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, StringConstraints

from bot.api.bodies import In, Text
from bot.api.schema import Out
from bot.model.schedule import OnCall

_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _is_near(at: datetime) -> datetime:
    if not _FIRST <= at <= _LAST:
        raise ValueError("it must be between the years 2000 and 2200")
    return at.astimezone(UTC)


Near = Annotated[AwareDatetime, AfterValidator(_is_near)]
"""A time that somebody can be on call at."""
_Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class DutyOut(Out):
    """These people are on call for so long; nobody is: a gap. `because` is a layer, an override, or `calendar`."""

    schedule: str
    starts_at: datetime
    ends_at: datetime
    people: list[str]
    because: str


class OnCallOut(Out):
    """How a schedule stands."""

    schedule: str
    title: str
    time_zone: str
    duty: DutyOut
    next: DutyOut

    @classmethod
    def of(cls, found: OnCall) -> Self:
        """From the noun."""
        schedule = found.schedule
        return cls(
            schedule=schedule.name,
            title=schedule.title,
            time_zone=schedule.time_zone,
            duty=DutyOut.model_validate(found.duty),
            next=DutyOut.model_validate(found.next),
        )


class OnCalls(Out):
    """Every schedule at that time."""

    at: datetime
    schedules: Sequence[OnCallOut]


class Duties(Out):
    """Duties one after the other; the first and the last are cut off at the time that was asked for."""

    duties: Sequence[DutyOut]


class OverrideOut(Out):
    """Who covers for whom. Without an id it stands in tocsin.yaml."""

    id: str
    schedule: str
    person: str
    starts_at: datetime
    ends_at: datetime
    instead: str
    reason: str
    created_by: str


class Overrides(Out):
    """By their start."""

    overrides: Sequence[OverrideOut]


class Dropped(Out):
    """It counts no more."""

    id: str


class CoverIn(In):
    """Who covers, from when (now) until when; instead of one person, or of whoever it would be."""

    person: _Name
    starts_at: Near | None = None
    ends_at: Near
    instead: Annotated[str, StringConstraints(max_length=200)] = ""
    reason: Text = ""


class AddressIn(In):
    """`anew`: another one from now on; the old one leads nowhere any more."""

    anew: bool = False


class Address(Out):
    """Where it is, below the address of this Tocsin."""

    path: str
