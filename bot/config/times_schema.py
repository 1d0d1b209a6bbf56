"""What `tocsin.yaml` may say of times: `time_intervals`, in Alertmanager's words, and `maintenance`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from bot.alerts import maintenance
from bot.config.fields import MatcherText, Name, Some, Theirs, Zone, matchers_of
from bot.documents import Strict, suggest
from bot.model.moments import moment
from bot.model.time_interval import Maintenance, MomentSet, Range, TimeInterval

_CLOCK = re.compile(r"(?:([01]\d|2[0-3]):([0-5]\d))|24:00", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,4}", re.ASCII)
WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_LONGEST_MONTH = 31


def minutes_of(text: str) -> int:
    """`17:30` as minutes of the day; `24:00` is its end. ValueError says how to write it."""
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise ValueError(f"not a time of the day: {text!r}; write it like 09:00, 17:30 or 24:00")
    return int(match[1]) * 60 + int(match[2]) if match[1] else 24 * 60


def weekdays_of(text: str) -> Range:
    """`monday`, or `monday:friday`: 0 is Sunday. ValueError says what is wrong."""
    return _range(text, partial(_named, words=WEEKDAYS, first=0), "weekday")


def months_of(text: str) -> Range:
    """`january`, `1`, or `may:august`. ValueError says what is wrong."""
    return _range(text, _month, "month")


def years_of(text: str) -> Range:
    """`2026`, or `2026:2028`. ValueError says what is wrong."""
    return _range(text, partial(_number, low=1, high=9999, what="year"), "year")


def days_of_month_of(text: str) -> Range:
    """`1`, `1:5`, or from the end of the month `-3:-1`. ValueError says what is wrong."""
    first, last = _ends(text, partial(_number, low=-_LONGEST_MONTH, high=_LONGEST_MONTH, what="day of the month"))
    if not first or not last:
        raise ValueError("0 is no day of the month; they go from 1, and backwards from -1")
    if first < 0 < last:
        raise ValueError(f"{text!r} begins before it ends only by chance; count both from the end of the month")
    if first > (last if last > 0 or first < 0 else _LONGEST_MONTH + last + 1):
        raise ValueError(f"{text!r} runs backwards; put the earlier day first")
    return Range(first=first, last=last)


def _range(text: str, number: Callable[[str], int], what: str) -> Range:
    first, last = _ends(text, number)
    if first > last:
        raise ValueError(f"{text!r} runs backwards; put the earlier {what} first, or write two ranges")
    return Range(first=first, last=last)


def _ends(text: str, number: Callable[[str], int]) -> tuple[int, int]:
    first, colon, last = text.partition(":")
    return number(first), number(last if colon else first)


def _named(text: str, *, words: tuple[str, ...], first: int) -> int:
    try:
        return words.index(text.lower()) + first
    except ValueError:
        near = suggest(text.lower(), words) or f"; write it like {words[1]} or {words[1]}:{words[5]}"
        raise ValueError(f"no such day or month: {text!r}{near}") from None


def _month(text: str) -> int:
    if _NUMBER.fullmatch(text):
        return _number(text, low=1, high=12, what="month")
    return _named(text, words=MONTHS, first=1)


def _number(text: str, *, low: int, high: int, what: str) -> int:
    if not _NUMBER.fullmatch(text) or not low <= int(text) <= high:
        raise ValueError(f"no such {what}: {text!r}; write a number from {low} to {high}, or a range such as 1:5")
    return int(text)


def _checked(read: Callable[[str], object], text: str) -> str:
    read(text)
    return text


class TimesEntry(Theirs):
    """A part of the day."""

    start_time: Annotated[str, AfterValidator(partial(_checked, minutes_of))] = Field(
        description="From when, such as `09:00`."
    )
    end_time: Annotated[str, AfterValidator(partial(_checked, minutes_of))] = Field(
        description="Until when, excluded; `24:00` is the end of the day."
    )

    @model_validator(mode="after")
    def _goes_on(self) -> TimesEntry:
        if minutes_of(self.start_time) >= minutes_of(self.end_time):
            raise ValueError("it ends before it begins; across midnight, write two: until 24:00, and from 00:00")
        return self


class MomentsEntry(Theirs):
    """Moments: every key that is there must fit."""

    times: tuple[TimesEntry, ...] = Field(default=(), min_length=1, description="Parts of the day.")
    weekdays: tuple[Annotated[str, AfterValidator(partial(_checked, weekdays_of))], ...] = Field(
        default=(), min_length=1, description="Such as `saturday` or `monday:friday`; the week begins on Sunday."
    )
    days_of_month: tuple[Annotated[str, AfterValidator(partial(_checked, days_of_month_of))], ...] = Field(
        default=(), min_length=1, description="Such as `1`, `1:5`, or `-3:-1` for the last three."
    )
    months: tuple[Annotated[str, AfterValidator(partial(_checked, months_of))], ...] = Field(
        default=(), min_length=1, description="Such as `december`, `1:3` or `may:august`."
    )
    years: tuple[Annotated[str, AfterValidator(partial(_checked, years_of))], ...] = Field(
        default=(), min_length=1, description="Such as `2026` or `2026:2028`."
    )
    location: Zone = Field(default="UTC", description="The zone of all of these, such as `Europe/Berlin`.")

    @property
    def noun(self) -> MomentSet:
        """The same for the rest of Tocsin."""
        return MomentSet(
            times=tuple(Range(first=minutes_of(one.start_time), last=minutes_of(one.end_time)) for one in self.times),
            weekdays=tuple(weekdays_of(text) for text in self.weekdays),
            days_of_month=tuple(days_of_month_of(text) for text in self.days_of_month),
            months=tuple(months_of(text) for text in self.months),
            years=tuple(years_of(text) for text in self.years),
            location=self.location,
        )


class TimeIntervalEntry(Theirs):
    """A name for times of the week and the year."""

    name: Name = Field(description="What routes call it.")
    time_intervals: tuple[MomentsEntry, ...] = Field(default=(), description="What it stands for: any of these.")

    @property
    def noun(self) -> TimeInterval:
        """The same for the rest of Tocsin."""
        return TimeInterval(name=self.name, moments=tuple(entry.noun for entry in self.time_intervals))


def _is_cron(text: str) -> str:
    maintenance.validate(text)
    return text


def _read_moment(text: str) -> datetime:
    """A date, with or without a time of the day and a zone. ValueError says how to write it."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"not a date: {text!r}; write it like 2027-01-31, or 2027-01-31 22:00") from None


MomentText = Annotated[str, AfterValidator(partial(_checked, _read_moment))]


class MaintenanceEntry(Strict):
    """Planned work: what matches is not told of while it lasts."""

    name: Name = Field(description="What it is called wherever it holds something back.")
    matchers: tuple[MatcherText, ...] = Field(
        min_length=1, description='Which alerts are not told, such as `service="db"`. All must match.'
    )
    starts_at: MomentText | None = Field(
        default=None, description="When it begins, once: a date and a time, such as `2027-01-31 22:00`."
    )
    cron: Annotated[str, AfterValidator(_is_cron)] | None = Field(
        default=None,
        description="When it begins, again and again: minute, hour, day of the month, month, day of the week."
        " A time that a change of clocks leaves out begins when the clocks go on; one that comes twice begins once.",
    )
    lasts: Some = Field(description="How long it lasts, such as `2h`.")
    time_zone: Zone | None = Field(
        default=None, description="The zone of its times. Default: `time_zone` of this file."
    )
    until: MomentText | None = Field(default=None, description="From when on it does not begin any more.")
    reason: Name = Field(description="Why, for those who wonder.")
    owner: str = Field(default="", description="Whose work it is.")

    @model_validator(mode="after")
    def _begins(self) -> MaintenanceEntry:
        if (self.starts_at is None) == (self.cron is None):
            raise ValueError("it begins once or again and again: write either `starts_at` or `cron`")
        return self

    def noun(self, time_zone: str) -> Maintenance:
        """The same for the rest of Tocsin; `time_zone` is that of the file."""
        location = self.time_zone or time_zone
        return Maintenance(
            name=self.name, matchers=matchers_of(self.matchers), lasts=self.lasts, reason=self.reason,
            owner=self.owner, starts_at=_moment(self.starts_at, location), cron=self.cron or "", location=location,
            until=_moment(self.until, location),
        )  # fmt: skip


def _moment(text: str | None, location: str) -> datetime | None:
    if text is None:
        return None
    read = _read_moment(text)
    return read.astimezone(UTC) if read.tzinfo else moment(read, location)
