"""Schedules as the document says them, what is wrong in them, and when nobody would be on call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from bot.config.oncall_schema import LayerEntry, OverrideEntry, ScheduleEntry
from bot.config.schema import Config
from bot.documents import Path, format_duration, suggest
from bot.incidents import oncall
from bot.kit.plugin import Integration
from bot.model.moments import zone
from bot.model.schedule import Duty, Schedule

Found = Iterator[tuple[Path, str]]
_AHEAD = timedelta(weeks=8)
"""How far ahead gaps are looked for."""


def schedules(config: Config) -> Mapping[str, Schedule]:
    """By name."""
    return {entry.name: entry.noun(config.time_zone) for entry in config.schedules}


def mistakes(config: Config) -> Found:
    """Names that are there twice or mean nobody, and times that run backwards."""
    names = [entry.name for entry in config.schedules]
    people = [person.name for person in config.people]
    for index, entry in enumerate(config.schedules):
        place: Path = ("schedules", index)
        if entry.name in names[:index]:
            yield (*place, "name"), f"there is another schedule {entry.name!r}; give one of them another name"
        if bool(entry.layers) == bool(entry.calendar):
            yield place, "it is made of layers or of a calendar: write either `layers` or `calendar`"
        yield from _layers(entry, place, people, entry.noun(config.time_zone))
        for number, override in enumerate(entry.overrides):
            yield from _override(override, (*place, "overrides", number), people, entry.time_zone or config.time_zone)


def calendar_mistakes(config: Config, manifests: Mapping[str, Integration]) -> Found:
    """Calendars that are no integration, or one that is no calendar."""
    able = [name for name, manifest in manifests.items() if "calendar" in manifest.provides]
    for index, entry in enumerate(config.schedules):
        name, place = entry.calendar, ("schedules", index, "calendar")
        if name and name not in config.integrations:
            near = suggest(name, able) or f"; add `{name}: {{use: ical, file: ...}}` to `integrations`"
            yield place, f"no integration is called {name!r}{near}"
        elif name in manifests and name not in able:
            yield place, f"{name!r} ({manifests[name].name}) is no calendar; name one that uses `ical`"


def unwise(config: Config, now: datetime) -> Found:
    """Schedules that leave times in the weeks ahead to nobody. What a calendar says is not known here."""
    for index, schedule in enumerate(schedules(config).values()):
        found = [] if schedule.calendar else oncall.gaps(schedule, (), now, now + _AHEAD)
        if found:
            yield ("schedules", index), _gaps(found, schedule, now)


def _gaps(gaps: Sequence[Duty], schedule: Schedule, now: datetime) -> str:
    first, last = (at.astimezone(zone(schedule.time_zone)) for at in (gaps[0].starts_at, gaps[0].ends_at))
    if gaps[0].ends_at >= now + _AHEAD:
        until = "on" if gaps[0].starts_at > now else "on, for weeks at least"
        return f"nobody is on call from {first:%a %Y-%m-%d %H:%M %Z} {until}"
    whole = sum((gap.ends_at - gap.starts_at for gap in gaps), timedelta())
    more = f"; {len(gaps)} gaps, {format_duration(_rounded(whole))}, in the next 8 weeks" if len(gaps) > 1 else ""
    return f"nobody is on call from {first:%a %Y-%m-%d %H:%M} to {last:%a %Y-%m-%d %H:%M %Z}{more}"


def _rounded(length: timedelta) -> timedelta:
    return timedelta(minutes=length // timedelta(minutes=1))


def _layers(entry: ScheduleEntry, place: Path, people: list[str], schedule: Schedule) -> Found:
    names = [layer.name for layer in schedule.layers]
    for number, (layer, made) in enumerate(zip(entry.layers, schedule.layers, strict=True)):
        here: Path = (*place, "layers", number)
        if made.name in names[:number]:
            yield (*here, "name"), f"there is another layer {made.name!r}; give one of them another name"
        if made.until is not None and made.until <= made.starts:
            yield (*here, "until"), "it is over before it begins: this is not after `starts`"
        yield from _unknown(layer, here, people)


def _unknown(layer: LayerEntry, place: Path, people: list[str]) -> Found:
    for number, turn in enumerate(layer.people):
        here: Path = (*place, "people", number)
        if isinstance(turn, str):
            yield from _nobody(turn, here, people)
        else:
            for which, name in enumerate(turn):
                yield from _nobody(name, (*here, which), people)


def _override(entry: OverrideEntry, place: Path, people: list[str], location: str) -> Found:
    yield from _nobody(entry.person, (*place, "person"), people)
    if entry.instead:
        yield from _nobody(entry.instead, (*place, "instead"), people)
    made = entry.noun("", location)
    if made.ends_at <= made.starts_at:
        yield (*place, "until"), "it is over before it begins: this is not after `from`"


def _nobody(name: str, place: Path, people: list[str]) -> Found:
    if name not in people:
        yield place, f"nobody in `people` is called {name!r}{suggest(name, people) or '; add them there'}"
