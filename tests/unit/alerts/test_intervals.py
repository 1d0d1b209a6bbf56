"""Named times of the week and the year, as Alertmanager understands them."""

from datetime import UTC, datetime

import pytest

from bot.alerts.intervals import muted
from bot.model.moments import contains
from bot.model.route import Route
from bot.model.time_interval import MomentSet, Range, TimeInterval


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def interval(*moments: MomentSet, name: str = "n") -> TimeInterval:
    return TimeInterval(name=name, moments=moments)


def one(first: int, last: int) -> tuple[Range, ...]:
    return (Range(first=first, last=last),)


@pytest.mark.parametrize(
    ("moments", "now", "fits"),
    [
        (MomentSet(), "2026-05-01T12:00:00Z", True),
        (MomentSet(times=one(540, 1020)), "2026-05-01T08:59:59.999Z", False),
        (MomentSet(times=one(540, 1020)), "2026-05-01T09:00:00Z", True),
        (MomentSet(times=one(540, 1020)), "2026-05-01T16:59:59Z", True),
        (MomentSet(times=one(540, 1020)), "2026-05-01T17:00:00Z", False),
        (MomentSet(times=one(1380, 1440)), "2026-05-01T23:59:59Z", True),
        (MomentSet(times=one(0, 60)), "2026-05-01T00:00:00Z", True),
        (MomentSet(weekdays=one(1, 5)), "2026-05-01T12:00:00Z", True),  # a Friday
        (MomentSet(weekdays=one(1, 5)), "2026-05-02T12:00:00Z", False),
        (MomentSet(weekdays=one(0, 0)), "2026-05-03T12:00:00Z", True),  # Sunday is 0
        (MomentSet(weekdays=one(6, 6)), "2026-05-02T12:00:00Z", True),
        (MomentSet(days_of_month=one(1, 5)), "2026-05-05T12:00:00Z", True),
        (MomentSet(days_of_month=one(-3, -1)), "2026-02-26T12:00:00Z", True),
        (MomentSet(days_of_month=one(-3, -1)), "2026-02-25T12:00:00Z", False),
        (MomentSet(days_of_month=one(-3, -1)), "2024-02-29T12:00:00Z", True),
        (MomentSet(days_of_month=one(-1, -1)), "2026-05-31T12:00:00Z", True),
        (MomentSet(days_of_month=one(29, 31)), "2026-02-28T12:00:00Z", False),  # not in this month at all
        (MomentSet(days_of_month=one(15, 31)), "2026-02-28T12:00:00Z", True),
        (MomentSet(days_of_month=one(-31, -20)), "2026-02-01T12:00:00Z", True),  # begins before the month does
        (MomentSet(days_of_month=one(20, -5)), "2026-05-27T12:00:00Z", True),
        (MomentSet(days_of_month=one(20, -5)), "2026-05-28T12:00:00Z", False),
        (MomentSet(months=one(3, 5)), "2026-05-31T12:00:00Z", True),
        (MomentSet(months=one(3, 5)), "2026-06-01T12:00:00Z", False),
        (MomentSet(years=one(2026, 2026)), "2026-12-31T23:59:59Z", True),
        (MomentSet(years=one(2027, 2028)), "2026-12-31T23:59:59Z", False),
        (MomentSet(years=one(2027, 2027), location="Asia/Tokyo"), "2026-12-31T16:00:00Z", True),
        (MomentSet(times=one(540, 1020), location="Europe/Berlin"), "2026-03-28T08:00:00Z", True),
        (MomentSet(times=one(540, 1020), location="Europe/Berlin"), "2026-03-29T07:00:00Z", True),  # clocks went on
        (MomentSet(times=one(120, 180), location="Europe/Berlin"), "2026-10-25T01:30:00Z", True),  # 02:30 again
        (MomentSet(weekdays=one(1, 5), times=one(540, 1020)), "2026-05-02T12:00:00Z", False),  # every part must fit
    ],
)
def test_a_moment_fits_when_every_part_does(moments: MomentSet, now: str, fits: bool) -> None:
    assert contains(interval(moments), at(now)) is fits


def test_any_entry_and_any_range_will_do() -> None:
    morning, night = MomentSet(times=one(0, 60)), MomentSet(times=(*one(300, 360), *one(1380, 1440)))
    both = interval(morning, night)
    assert [contains(both, at(f"2026-05-01T{text}Z")) for text in ("00:30", "02:00", "05:30", "23:30")] == [
        True, False, True, True,
    ]  # fmt: skip
    assert not contains(interval(), at("2026-05-01T12:00:00Z"))


WEEK = {
    "nights": interval(MomentSet(times=one(0, 360)), name="nights"),
    "weekends": interval(MomentSet(weekdays=(*one(0, 0), *one(6, 6))), name="weekends"),
    "office": interval(MomentSet(times=one(540, 1020), weekdays=one(1, 5)), name="office"),
}


@pytest.mark.parametrize(
    ("mute", "active", "now", "by"),
    [
        ((), (), "2026-05-02T03:00:00Z", ()),
        (("nights", "weekends"), (), "2026-05-02T03:00:00Z", ("nights", "weekends")),
        (("nights", "weekends"), (), "2026-05-02T12:00:00Z", ("weekends",)),
        (("nights", "weekends"), (), "2026-05-01T12:00:00Z", ()),
        ((), ("office",), "2026-05-01T12:00:00Z", ()),
        ((), ("office",), "2026-05-01T18:00:00Z", ("office",)),
        ((), ("office", "weekends"), "2026-05-02T18:00:00Z", ()),
        (("nights",), ("office",), "2026-05-01T03:00:00Z", ("office",)),
        (("weekends",), ("weekends",), "2026-05-02T03:00:00Z", ("weekends",)),
    ],
)
def test_a_route_is_muted_by_names(
    mute: tuple[str, ...], active: tuple[str, ...], now: str, by: tuple[str, ...]
) -> None:
    route = Route(receiver="r", mute_time_intervals=mute, active_time_intervals=active)
    assert muted(route, WEEK, at(now)) == by
