"""What `tocsin.yaml` may say of who is on call: `schedules`, with their layers and overrides."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from bot.config.fields import Name, Zone
from bot.config.times_schema import MomentsEntry, MomentText
from bot.documents import Strict
from bot.model.ids import OverrideId
from bot.model.moments import moment, zone
from bot.model.schedule import Layer, Override, Schedule, Turn
from bot.model.time_interval import MomentSet

ScheduleName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")]
"""It stands in addresses and on command lines."""
_EVERY = re.compile(r"([1-9]\d{0,3})([hdw])", re.ASCII)
_TURNS = {"h": Turn.HOUR, "d": Turn.DAY, "w": Turn.WEEK}


def _is_turn(text: str) -> str:
    if not _EVERY.fullmatch(text):
        raise ValueError(f"no length of a turn: {text!r}; write it in hours, days or weeks: 12h, 1d or 2w")
    return text


def _local(text: str, location: str) -> datetime:
    """What clocks show there, without a zone."""
    read = datetime.fromisoformat(text)
    return read.astimezone(zone(location)).replace(tzinfo=None) if read.tzinfo else read


def _moment(text: str, location: str) -> datetime:
    read = datetime.fromisoformat(text)
    return read.astimezone(UTC) if read.tzinfo else moment(read, location)


class LayerEntry(Strict):
    """People who take turns."""

    name: Name = Field(default="", description="What it is called where it counts. Default: `layer 1` and so on.")
    people: tuple[Name | tuple[Name, ...], ...] = Field(
        min_length=1,
        description="Who takes turns, in this order; `[ann, ben]` in place of a name: both at once; `[]`: nobody, it is"
        " left to the layers above.",
    )
    starts: MomentText = Field(
        description="When the first of them begins, such as `2027-01-04 09:00`; handovers are at this time of the day."
    )
    every: Annotated[str, AfterValidator(_is_turn)] = Field(
        default="1w",
        description="How long a turn is: `12h`, `1d`, `2w`. Days and weeks are the calendar's: their handovers keep"
        " their time when clocks change.",
    )
    only: tuple[MomentsEntry, ...] = Field(
        default=(),
        description="When the layer is on call at all: any of these. Default: always. Their `location` is the"
        " schedule's zone unless they say another.",
    )
    until: MomentText | None = Field(default=None, description="From when on it is over. Default: never.")

    def noun(self, location: str, number: int) -> Layer:
        """The same for the rest of Tocsin; `number` counts from 1."""
        return Layer(
            name=self.name or f"layer {number}",
            people=tuple((one,) if isinstance(one, str) else one for one in self.people),
            starts=_local(self.starts, location),
            turn=_TURNS[self.every[-1]],
            every=int(self.every[:-1]),
            only=tuple(_moments(one, location) for one in self.only),
            until=_local(self.until, location) if self.until else None,
        )


class OverrideEntry(Strict):
    """Somebody is on call instead of others. `tocsin oncall override` makes one while Tocsin runs."""

    person: Name = Field(description="Who covers.")
    from_: MomentText = Field(alias="from", description="From when, such as `2027-12-24 09:00`.")
    until: MomentText = Field(description="Until when.")
    instead: str = Field(default="", description="Instead of this person alone. Default: of whoever it would be.")
    reason: str = Field(default="", description="Why, for those who wonder.")

    def noun(self, schedule: str, location: str) -> Override:
        """The same for the rest of Tocsin."""
        return Override(
            id=OverrideId(""), schedule=schedule, person=self.person, starts_at=_moment(self.from_, location),
            ends_at=_moment(self.until, location), instead=self.instead, reason=self.reason,
        )  # fmt: skip


class ScheduleEntry(Strict):
    """Who is on call when: layers of people who take turns, or a calendar."""

    name: ScheduleName = Field(description="What commands, addresses and escalations call it.")
    title: str = Field(default="", description="What people call it.")
    time_zone: Zone | None = Field(
        default=None, description="The zone of its times. Default: `time_zone` of this file."
    )
    layers: tuple[LayerEntry, ...] = Field(
        default=(), description="Of those that are on call at a moment the last one counts."
    )
    overrides: tuple[OverrideEntry, ...] = Field(
        default=(), description="Who covers for whom, before every layer; of several the last one counts."
    )
    calendar: str = Field(
        default="",
        description="In place of layers, an integration that uses `ical`: whoever has an event in it is on call.",
    )

    def noun(self, time_zone: str) -> Schedule:
        """The same for the rest of Tocsin; `time_zone` is that of the file."""
        location = self.time_zone or time_zone
        return Schedule(
            name=self.name,
            title=self.title,
            time_zone=location,
            layers=tuple(one.noun(location, number) for number, one in enumerate(self.layers, 1)),
            overrides=tuple(one.noun(self.name, location) for one in self.overrides),
            calendar=self.calendar,
        )


def _moments(entry: MomentsEntry, location: str) -> MomentSet:
    return entry.noun if "location" in entry.model_fields_set else replace(entry.noun, location=location)
