"""Who is on call when: layers of people who take turns, what a calendar says, and who covers for whom.

A duty begins at its local time, once, whatever clocks do: when they go on at a time they leave out, and the first time
at one that comes twice. Turns of hours are counted in time that passes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from bot.model.moments import is_on, moment, zone
from bot.model.schedule import Duty, Layer, OnCall, Override, Schedule, Turn
from bot.model.time_interval import MomentSet

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_LOOKS = tuple(timedelta(days=days) for days in (2, 9, 36, 144, 400))
"""How far around a moment is looked for the begin and the end of its duty."""


@dataclass(frozen=True, slots=True)
class _Standing:
    """Who has it at a moment, and what makes it one duty: `turn` differs from one handover to the next."""

    people: tuple[str, ...] = ()
    because: str = ""
    turn: tuple[object, ...] = ()


def people(schedule: Schedule, overrides: Sequence[Override], at: datetime) -> tuple[str, ...]:
    """Who is on call then; nobody: (). `overrides` are those kept beside the schedule's own, of any schedule."""
    return _standing(schedule, _in_order(schedule, overrides), at).people


def on_duty(schedule: Schedule, overrides: Sequence[Override], at: datetime) -> Duty:
    """The duty that `at` falls into, from handover to handover; nobody's, where nobody is on call.

    What lies further away than some 400 days is not looked for: such a duty is told to begin, or to end, there.
    """
    kept = _in_order(schedule, overrides)
    looks = (_around(schedule, kept, at, look) for look in _LOOKS[:-1])
    whole = (
        found
        for look, found in zip(_LOOKS, looks, strict=False)
        if at - look < found.starts_at and found.ends_at < at + look
    )
    return next(whole, None) or _around(schedule, kept, at, _LOOKS[-1])


def standing(schedule: Schedule, overrides: Sequence[Override], at: datetime) -> OnCall:
    """The duty that `at` falls into, and the one after it."""
    duty = on_duty(schedule, overrides, at)
    return OnCall(schedule=schedule, duty=duty, next=on_duty(schedule, overrides, duty.ends_at))


def _around(schedule: Schedule, overrides: Sequence[Override], at: datetime, look: timedelta) -> Duty:
    """Whole days of UTC are looked at, so that who asks again in a moment is told the same."""
    today = at.replace(hour=0, minute=0, second=0, microsecond=0)
    found = _duties(schedule, overrides, today - look, today + _DAY + look)
    return next(one for one in found if one.starts_at <= at < one.ends_at)


def duties(schedule: Schedule, overrides: Sequence[Override], since: datetime, until: datetime) -> Sequence[Duty]:
    """All duties from `since` until before `until`, one after the other without a hole, gaps among them.

    The first and the last are cut off there.
    """
    return list(_duties(schedule, _in_order(schedule, overrides), since, until))


def gaps(schedule: Schedule, overrides: Sequence[Override], since: datetime, until: datetime) -> Sequence[Duty]:
    """The duties of that time that nobody has."""
    return [one for one in duties(schedule, overrides, since, until) if not one.people]


def _duties(schedule: Schedule, overrides: Sequence[Override], since: datetime, until: datetime) -> Iterator[Duty]:
    edges = {since, until, *_edges(schedule, overrides, since, until)}
    begun, standing = since, _standing(schedule, overrides, since)
    for edge in sorted(edges)[1:]:
        there = _standing(schedule, overrides, edge)
        if edge < until and there == standing:
            continue
        yield Duty(
            schedule=schedule.name, starts_at=begun, ends_at=edge, people=standing.people, because=standing.because
        )
        begun, standing = edge, there


def _in_order(schedule: Schedule, overrides: Sequence[Override]) -> Sequence[Override]:
    """Those of this schedule; of two at the same time the one made last counts, and so it comes last."""
    kept = [one for one in overrides if one.schedule == schedule.name]
    return [*schedule.overrides, *sorted(kept, key=lambda one: (len(one.id), one.id))]


def _standing(schedule: Schedule, overrides: Sequence[Override], at: datetime) -> _Standing:
    open_now = [one for one in overrides if one.starts_at <= at < one.ends_at]
    standing = _of_calendar(open_now) if schedule.calendar else _of_layers(schedule, at)
    for one in open_now:
        if one.calendar:
            continue
        if not one.instead:
            standing = _Standing((one.person,), _name(one), (one.id, one.starts_at))
        elif one.instead in standing.people:
            others = (each for each in standing.people if each != one.instead)
            together = tuple(dict.fromkeys((*others, one.person)))
            standing = _Standing(together, _name(one), (*standing.turn, one.id, one.starts_at))
    return standing


def _name(override: Override) -> str:
    return override.id or "override"


def _of_calendar(open_now: Sequence[Override]) -> _Standing:
    """Whoever has an event then; several are on call together."""
    events = [one for one in open_now if one.calendar]
    turn = tuple((one.person, one.starts_at) for one in events)
    return _Standing(tuple(dict.fromkeys(one.person for one in events)), "calendar" if events else "", turn)


def _of_layers(schedule: Schedule, at: datetime) -> _Standing:
    for layer in reversed(schedule.layers):
        number = _turn(layer, schedule.time_zone, at)
        who = layer.people[number % len(layer.people)] if number >= 0 else ()
        if who and not _is_over(layer, schedule.time_zone, at) and _is_within(layer.only, at):
            return _Standing(who, layer.name, (layer.name, number))
    return _Standing()


def _is_over(layer: Layer, location: str, at: datetime) -> bool:
    return layer.until is not None and at >= moment(layer.until, location)


def _turn(layer: Layer, location: str, at: datetime) -> int:
    """Which turn runs then, the first being 0; -1: none has begun."""
    if layer.turn is Turn.HOUR:
        return max(-1, (at - moment(layer.starts, location)) // (layer.every * _HOUR))
    local = at.astimezone(zone(location)).replace(tzinfo=None)
    number = (local - layer.starts) // _length(layer)
    # clocks may show a time before or after the one that the calendar has the handover at
    while handover(layer, location, number + 1) <= at:
        number += 1
    while number >= 0 and handover(layer, location, number) > at:
        number -= 1
    return max(-1, number)


def handover(layer: Layer, location: str, number: int) -> datetime:
    """When the turn of this number begins; the first is 0."""
    if layer.turn is Turn.HOUR:
        return moment(layer.starts, location) + number * layer.every * _HOUR
    return moment(layer.starts + number * _length(layer), location)


def _length(layer: Layer) -> timedelta:
    return layer.every * (_DAY if layer.turn is Turn.DAY else 7 * _DAY)


def _is_within(only: Sequence[MomentSet], at: datetime) -> bool:
    return not only or any(
        start <= at < end for moments in only for start, end in _windows(moments, _day(at, moments.location))
    )


def _day(at: datetime, location: str) -> date:
    """The day of the calendar, which begins once: where clocks go back over midnight, the first time."""
    day = at.astimezone(zone(location)).date()
    return next(one for one in (day + _DAY, day, day - _DAY) if _minute(one, 0, location) <= at)


def _minute(day: date, minutes: int, location: str) -> datetime:
    return moment(datetime.combine(day, time()) + minutes * _MINUTE, location)


def _windows(moments: MomentSet, day: date) -> Iterator[tuple[datetime, datetime]]:
    """From when until when these moments are on this day."""
    if not is_on(moments, day):
        return
    for first, last in [(part.first, part.last) for part in moments.times] or [(0, 24 * 60)]:
        yield _minute(day, first, moments.location), _minute(day, last, moments.location)


def _edges(schedule: Schedule, overrides: Sequence[Override], since: datetime, until: datetime) -> Iterator[datetime]:
    """Every moment between the two at which somebody else may have it."""
    found = [edge for one in overrides for edge in (one.starts_at, one.ends_at)]
    for layer in () if schedule.calendar else schedule.layers:
        found += _of_layer(layer, schedule.time_zone, since, until)
    return (edge for edge in found if since < edge < until)


def _of_layer(layer: Layer, location: str, since: datetime, until: datetime) -> Iterator[datetime]:
    if layer.until is not None:
        yield moment(layer.until, location)
    number = max(0, _turn(layer, location, since))
    while (edge := handover(layer, location, number)) < until:
        yield edge
        number += 1
    for moments in layer.only:
        day, last = _day(since, moments.location), _day(until, moments.location)
        while day <= last:
            for start, end in _windows(moments, day):
                yield start
                yield end
            day += _DAY


def newcomers(duties: Sequence[Duty]) -> Iterator[tuple[Duty, Duty]]:
    """Of duties in order, each change of who is on call: the duty before, and the one that begins."""
    for before, after in pairwise(duties):
        if set(before.people) != set(after.people):
            yield before, after
