"""On-call schedules over ten years and twenty zones: each local handover once, whatever clocks do; no moment twice."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.incidents import oncall
from bot.model.ids import OverrideId
from bot.model.schedule import Layer, Override, Schedule, Turn
from bot.model.time_interval import MomentSet, Range
from tests.property.test_maintenance import ZONES

DAY = timedelta(days=1)
START, END = datetime(2017, 1, 2, tzinfo=UTC), datetime(2027, 1, 4, tzinfo=UTC)
PEOPLE = ("ann", "ben", "cem", "dua", "eve")
DAYS = (END - START).days


def schedule(zone: str, *layers: Layer) -> Schedule:
    return Schedule(name="shop", time_zone=zone, layers=layers)


def layer(
    at: time, turn: Turn, every: int = 1, *, people: int = 3, only: tuple[MomentSet, ...] = (), name: str = "all"
) -> Layer:
    starts = datetime.combine(date(2016, 12, 5), at)
    return Layer(
        name=name, people=tuple((one,) for one in PEOPLE[:people]), starts=starts, turn=turn, every=every, only=only
    )


def is_the_first_moment_of(at: datetime, day: date, clock: time, zone: str) -> bool:
    """Whether clocks there come to this time of this day at `at` and not before; they may jump over it."""
    before = (at - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    here = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    earlier = [(at - timedelta(minutes=back)).astimezone(ZoneInfo(zone)).replace(tzinfo=None) for back in range(1, 181)]
    meant = datetime.combine(day, clock)
    return before < meant <= here and not any(one >= meant for one in earlier)


@pytest.mark.parametrize("zone", ZONES)
@given(minute=st.integers(0, 24 * 60 - 1) | st.integers(0, 239))
@settings(max_examples=2, deadline=None)
def test_every_day_of_ten_years_has_its_handover_once(zone: str, minute: int) -> None:
    at = time(minute // 60, minute % 60)
    found = oncall.duties(schedule(zone, layer(at, Turn.DAY)), (), START, END)
    days = Counter(_day_meant(one.starts_at, at, zone) for one in found[1:])
    assert set(days.values()) == {1}
    assert DAYS - 1 <= len(days) <= DAYS + 1
    assert all((later.starts_at - one.starts_at) > timedelta(hours=20) for one, later in pairwise(found[1:]))
    for one in found[1::61]:
        assert is_the_first_moment_of(one.starts_at, _day_meant(one.starts_at, at, zone), at, zone)


def _day_meant(start: datetime, clock: time, zone: str) -> date:
    """The day whose handover this is: clocks that leave its time out show a later one, after midnight the next day."""
    local = start.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return local.date() if local.time() >= clock else local.date() - DAY


@pytest.mark.parametrize("zone", ZONES)
@given(every=st.integers(1, 5), minute=st.integers(0, 24 * 60 - 1), people=st.integers(2, 5))
@settings(max_examples=4, deadline=None)
def test_weeks_go_round_in_order_and_begin_on_their_weekday(zone: str, every: int, minute: int, people: int) -> None:
    at = time(minute // 60, minute % 60)
    found = oncall.duties(schedule(zone, layer(at, Turn.WEEK, every, people=people)), (), START, END)
    assert {_day_meant(one.starts_at, at, zone).weekday() for one in found[1:]} == {0}
    names = [one.people[0] for one in found]
    first = PEOPLE.index(names[0])
    assert names == [PEOPLE[(first + n) % people] for n in range(len(names))]
    assert abs(len(found) - DAYS / 7 / every) <= 2


@given(
    zone=st.sampled_from(ZONES),
    turn=st.sampled_from(Turn),
    every=st.integers(1, 30),
    minute=st.integers(0, 24 * 60 - 1),
    at=st.datetimes(START.replace(tzinfo=None), END.replace(tzinfo=None), timezones=st.just(UTC)),
    from_=st.integers(0, 20),
    lasts=st.integers(1, 4),
    offset=st.timedeltas(-3 * DAY, 3 * DAY),
)
@settings(max_examples=150, deadline=None)
def test_every_moment_is_in_one_duty_which_is_the_one_that_is_told_of_it(
    zone: str, turn: Turn, every: int, minute: int, at: datetime, from_: int, lasts: int, offset: timedelta
) -> None:
    hours = MomentSet(times=(Range(first=from_ * 60, last=(from_ + lasts) * 60),), location=zone)
    clock = time(minute // 60, minute % 60)
    made = schedule(zone, layer(clock, turn, every), layer(clock, Turn.DAY, name="office", people=2, only=(hours,)))
    over = Override(
        id=OverrideId("OVR-1"), schedule="shop", person="fay", starts_at=at + offset, ends_at=at + offset + DAY
    )
    found = oncall.duties(made, [over], at - 4 * DAY, at + 4 * DAY)
    assert found[0].starts_at == at - 4 * DAY
    assert found[-1].ends_at == at + 4 * DAY
    assert all(one.ends_at == later.starts_at for one, later in pairwise(found))
    (there,) = (one for one in found if one.starts_at <= at < one.ends_at)
    told = oncall.on_duty(made, [over], at)
    assert (told.people, told.because) == (there.people, there.because)
    assert told.people == oncall.people(made, [over], at)
    assert told.starts_at <= there.starts_at <= at < there.ends_at <= told.ends_at
    assert (told.people == ("fay",)) is (over.starts_at <= at < over.ends_at)
    for one in found:
        middle = one.starts_at + (one.ends_at - one.starts_at) / 2
        assert oncall.people(made, [over], middle) == one.people
        assert oncall.people(made, [over], one.ends_at - timedelta(microseconds=1)) == one.people


@pytest.mark.parametrize("zone", ZONES)
@given(first=st.integers(0, 22 * 60), lasts=st.integers(1, 8 * 60))
@settings(max_examples=2, deadline=None)
def test_office_hours_begin_and_end_once_a_day(zone: str, first: int, lasts: int) -> None:
    last = min(first + lasts, 24 * 60)
    hours = MomentSet(times=(Range(first=first, last=last),), location=zone)
    alone = schedule(zone, layer(time(0), Turn.WEEK, people=1, only=(hours,)))
    found = oncall.duties(alone, (), START, START + 3 * 366 * DAY)
    begins = Counter(_day_meant(one.starts_at, time(first // 60, first % 60), zone) for one in found[1:] if one.people)
    days = 3 * 366
    # where clocks leave out the whole of it, nobody is on call that day
    assert set(begins.values()) <= {1}
    assert days - 8 <= len(begins) <= days + 1
