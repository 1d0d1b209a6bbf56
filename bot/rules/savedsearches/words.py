"""A saved search in words: when it runs, over what, when it fires, and whom it tells how often."""

from __future__ import annotations

import re

from bot.documents import format_duration
from bot.model.search import Compared, Comparison, Condition, Counted, Dispatch, Relation, SavedSearch, Schedule

_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_THINGS = {Counted.EVENTS: "results", Counted.HOSTS: "hosts", Counted.SOURCES: "sources"}
_HOW_MANY = {
    Relation.GREATER: "more than {quantity} {things}",
    Relation.LESS: "fewer than {quantity} {things}",
    Relation.EQUAL: "exactly {quantity} {things}",
    Relation.NOT_EQUAL: "any number of {things} but {quantity}",
    Relation.DROPS: "{things} drop by {quantity} against the run before",
    Relation.RISES: "{things} rise by {quantity} against the run before",
}
_NUMBER = re.compile(r"\d+")
_EVERY = re.compile(r"\*/(\d+)")
_ANY = "*"


def schedule(schedule: Schedule) -> str:
    """When it runs; what has no short words stays cron."""
    made_up = ", making up for missed runs" if schedule.continuous else ""
    return f"{_cron(schedule.cron)} ({schedule.time_zone}){made_up}"


def window(dispatch: Dispatch) -> str:
    """What it looks at, seen from the time it was due."""
    words = f"{dispatch.earliest or 'the beginning'} to {dispatch.latest or 'now'}"
    if dispatch.index_earliest or dispatch.index_latest:
        words += f", indexed {dispatch.index_earliest or 'the beginning'} to {dispatch.index_latest or 'now'}"
    return words


def condition(search: SavedSearch) -> str:
    """When it fires."""
    if search.comparison is not None:
        return _compared(search.comparison)
    return _counted(search.condition)


def telling(search: SavedSearch) -> str:
    """For what there is an alert, and for how long it is then quiet."""
    suppression = search.suppression
    words = "one alert for all rows" if search.digest else "an alert for each row"
    if suppression is None:
        return words
    by = f" by {', '.join(suppression.fields)}" if suppression.fields else ""
    group = f", with the others of {suppression.group}" if suppression.group else ""
    return f"{words}{by}, then quiet for {format_duration(suppression.period)}{group}"


def _counted(condition: Condition) -> str:
    if condition.counted is Counted.CUSTOM:
        return f"a row comes of: {condition.search}"
    if condition.counted is Counted.ALWAYS:
        return "at every run"
    quantity = f"{condition.quantity:g}{'%' if condition.in_percent else ''}"
    return _HOW_MANY[condition.relation].format(quantity=quantity, things=_THINGS[condition.counted])


def _compared(comparison: Comparison) -> str:
    keys = ", ".join(comparison.keys) or "row"
    many = f"{comparison.threshold:g}"
    match comparison.kind:
        case Compared.CHANGE:
            return f"{comparison.value} is not what it was for the same {keys}"
        case Compared.NEW_TERM:
            return f"a {keys} that was not seen for {format_duration(comparison.span)}"
        case Compared.FLATLINE:
            return f"{comparison.value or 'what comes'} of a known {keys} is below {many}"
        case Compared.SPIKE:
            return f"{comparison.value} of a {keys} is {many} times that of the run before ({comparison.direction})"


def _cron(cron: str) -> str:
    minute, hour, day, month, weekday = cron.split()
    if month == _ANY and day == _ANY and weekday == _ANY and (words := _within_a_day(minute, hour)):
        return words
    at = _clock(minute, hour)
    if at and month == _ANY and day == _ANY and (days := _weekdays(weekday)):
        return f"every {days} at {at}"
    if at and month == _ANY and weekday == _ANY and _NUMBER.fullmatch(day):
        return f"on day {int(day)} of every month at {at}"
    return f"by the schedule {cron}"


def _within_a_day(minute: str, hour: str) -> str:
    """What is the same on every day; empty where it has no short words."""
    if minute == _ANY and hour == _ANY:
        return "every minute"
    if hour == _ANY and (step := _divides(minute, 60)):
        return f"every {step} minutes" if step > 1 else "every minute"
    if not _NUMBER.fullmatch(minute):
        return ""
    if hour == _ANY:
        return f"every hour at :{int(minute):02}"
    if step := _divides(hour, 24):
        return f"every {step} hours at :{int(minute):02}" if step > 1 else f"every hour at :{int(minute):02}"
    at = _clock(minute, hour)
    return f"every day at {at}" if at else ""


def _divides(field: str, whole: int) -> int:
    """The step of `*/5`, where the steps are all equally long; else 0."""
    every = _EVERY.fullmatch(field)
    step = int(every[1]) if every else 0
    return step if step and whole % step == 0 else 0


def _clock(minute: str, hour: str) -> str:
    if _NUMBER.fullmatch(minute) and _NUMBER.fullmatch(hour):
        return f"{int(hour):02}:{int(minute):02}"
    return ""


def _weekdays(field: str) -> str:
    first, dash, last = field.partition("-")
    if dash and first in "01234567" and last in "01234567" and first and last:
        return f"{_DAYS[int(first)]} to {_DAYS[int(last)]}"
    days = field.split(",")
    return (
        ", ".join(dict.fromkeys(_DAYS[int(one)] for one in days))
        if all(re.fullmatch("[0-7]", one) for one in days)
        else ""
    )
