"""When saved searches run: fields, time zones, clocks that change, and what is no schedule."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.search import Schedule
from bot.rules.cron import CronError, longest_gap, next_run, runs_between, validate

BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"
SPRING, AUTUMN = datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)
"""In Berlin, at 01:00 UTC, 02:00 is 03:00; and 03:00 is 02:00 again."""


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def clock(cron: str, start: datetime, hours: float, zone: str = BERLIN) -> list[str]:
    """What clocks in the zone show at the runs of so many hours, and how far they are ahead of UTC."""
    schedule = Schedule(cron=cron, time_zone=zone)
    runs = runs_between(schedule, start, start + timedelta(hours=hours))
    return [run.astimezone(ZoneInfo(zone)).strftime("%H:%M%z").removesuffix("00") for run in runs]


@pytest.mark.parametrize(
    ("cron", "after", "expected"),
    [
        ("*/5 * * * *", "2026-01-01T00:00", "2026-01-01T00:05"),
        ("*/5 * * * *", "2026-01-01T00:04:59.999999", "2026-01-01T00:05"),
        ("* * * * *", "2026-01-01T00:00:00.000001", "2026-01-01T00:01"),
        ("00,20,40 * * * *", "2026-01-01T00:20", "2026-01-01T00:40"),
        ("03,23,43 * * * *", "2026-01-01T00:43", "2026-01-01T01:03"),
        ("7-59/15 * * * *", "2026-01-01T00:08", "2026-01-01T00:22"),
        ("0 9-17 * * 1-5", "2026-01-02T17:00", "2026-01-05T09:00"),
        ("0 0 * * 0", "2026-01-01T00:00", "2026-01-04T00:00"),
        ("0 0 * * 7", "2026-01-01T00:00", "2026-01-04T00:00"),
        ("0 0 * * 5-7", "2026-01-03T00:00", "2026-01-04T00:00"),
        ("30 6 1,15 * *", "2026-01-01T06:30", "2026-01-15T06:30"),
        ("0 0 13 * 5", "2026-01-02T00:00", "2026-01-09T00:00"),
        ("0 0 */2 * 1", "2026-01-01T00:00", "2026-01-05T00:00"),
        ("0 0 29 2 *", "2026-01-01T00:00", "2028-02-29T00:00"),
        ("0 0 31 * *", "2026-01-31T00:00", "2026-03-31T00:00"),
        ("5-5/20 * * * *", "2026-01-01T00:05", "2026-01-01T01:05"),
        ("5/20 * * * *", "2026-01-01T00:05", "2026-01-01T00:25"),
        ("  0   12  *  *  * ", "2026-01-01T00:00", "2026-01-01T12:00"),
    ],
)
def test_the_first_run_after(cron: str, after: str, expected: str) -> None:
    assert next_run(Schedule(cron=cron), at(after)) == at(expected)


def test_a_schedule_is_of_its_own_time_zone() -> None:
    assert next_run(Schedule(cron="0 6 * * *", time_zone=BERLIN), at("2026-01-01T00:00")) == at("2026-01-01T05:00")
    assert next_run(Schedule(cron="0 6 * * *", time_zone=BERLIN), at("2026-07-01T00:00")) == at("2026-07-01T04:00")
    assert next_run(Schedule(cron="0 6 * * *", time_zone=NEW_YORK), at("2026-07-01T00:00")) == at("2026-07-01T10:00")


def test_runs_between_leaves_out_the_start_and_not_the_end() -> None:
    runs = runs_between(Schedule(cron="0 * * * *"), at("2026-01-01T00:00"), at("2026-01-01T02:00"))
    assert list(runs) == [at("2026-01-01T01:00"), at("2026-01-01T02:00")]


# assumed: the facts do not say what Splunk does when clocks change, so it is as with Debian's cron


def test_a_run_at_a_time_that_clocks_skip_comes_as_soon_as_it_can() -> None:
    assert clock("30 2 * * *", SPRING, 24) == ["03:00+02"]
    assert clock("30 2 * * *", SPRING - timedelta(days=1), 24) == ["02:30+01"]
    assert clock("0 3 * * *", SPRING, 24) == ["03:00+02"]


def test_a_run_at_a_time_that_clocks_show_twice_comes_once() -> None:
    assert clock("30 2 * * *", AUTUMN, 24) == ["02:30+02"]
    assert clock("0,30 2,3 * * *", AUTUMN - timedelta(hours=1), 24) == ["02:00+02", "02:30+02", "03:00+01", "03:30+01"]


def test_what_was_asked_in_the_second_of_two_hours_is_not_answered_with_the_first() -> None:
    inside = AUTUMN + timedelta(hours=1, minutes=10)  # 02:10, the second time
    assert next_run(Schedule(cron="30 2 * * *", time_zone=BERLIN), inside) == at("2026-10-26T02:30", BERLIN)
    assert next_run(Schedule(cron="*/15 * * * *", time_zone=BERLIN), inside) == inside + timedelta(minutes=5)


def test_what_runs_every_so_often_goes_on_through_the_change() -> None:
    assert clock("*/30 * * * *", SPRING, 2) == ["01:30+01", "03:00+02", "03:30+02", "04:00+02"]
    assert clock("*/30 * * * *", AUTUMN, 2) == ["02:30+02", "02:00+01", "02:30+01", "03:00+01"]
    assert clock("0 */2 * * *", SPRING - timedelta(hours=2), 6) == ["00:00+01", "04:00+02", "06:00+02"]


@pytest.mark.parametrize(
    ("cron", "says"),
    [
        ("", "is no schedule: that is five fields, minute, hour"),
        ("* * * *", "is no schedule"),
        ("0 * * * * *", "is no schedule"),
        ("@hourly", "is no schedule"),
        ("0 0 * JAN *", "'JAN' cannot stand for the month; Splunk takes no names of months or days"),
        ("0 0 * * mon-fri", "'mon-fri' cannot stand for the day of the week; Splunk takes no names"),
        ("0 0 L * *", "'L' cannot stand for the day of the month"),
        ("0 0 * * 5#1", "'5#1' cannot stand for the day of the week; write numbers, `1-5`, `*/5` or `0,30`"),
        ("60 * * * *", "'60' cannot stand for the minute: it goes from 0 to 59"),
        ("0 24 * * *", "'24' cannot stand for the hour: it goes from 0 to 23"),
        ("0 0 0 * *", "'0' cannot stand for the day of the month: it goes from 1 to 31"),
        ("0 0 * 13 *", "'13' cannot stand for the month: it goes from 1 to 12"),
        ("0 0 * * 8", "'8' cannot stand for the day of the week: it goes from 0 to 7"),
        ("30-10 * * * *", "'30-10' cannot stand for the minute: the range runs backwards"),
        ("*/0 * * * *", "'*/0' cannot stand for the minute: a step of 0 leads nowhere"),
        ("1,,2 * * * *", "'' cannot stand for the minute"),
        ("-5 * * * *", "'-5' cannot stand for the minute"),
        ("*/5,x * * * *", "'x' cannot stand for the minute"),
        ("0 0 30 2 *", "names a day that none of its months has"),
        ("0 0 31 4,6,9,11 *", "names a day that none of its months has"),
        ("٣ * * * *", "'٣' cannot stand for the minute"),
    ],
)
def test_what_is_no_schedule_is_told(cron: str, says: str) -> None:
    for ask in (
        validate,
        lambda text: next_run(Schedule(cron=text), SPRING),
        lambda text: longest_gap(Schedule(cron=text)),
    ):
        with pytest.raises(CronError) as raised:
            ask(cron)
        assert says in str(raised.value)


@pytest.mark.parametrize(
    ("cron", "gap"),
    [
        ("* * * * *", timedelta(minutes=1)),
        ("*/5 * * * *", timedelta(minutes=5)),
        ("*/7 * * * *", timedelta(minutes=7)),
        ("0,10 * * * *", timedelta(minutes=50)),
        ("0 6 * * *", timedelta(days=1)),
        ("0 9-17 * * *", timedelta(hours=16)),
        ("0 9-17 * * 1-5", timedelta(days=2, hours=16)),
        ("* * * * 1-5", timedelta(days=2, minutes=1)),
        ("0 0 1 * *", timedelta(days=31)),
        ("0 0 31 * *", timedelta(days=61)),
        ("0 0 1 1 *", timedelta(days=366)),
        ("0 0 29 2 *", timedelta(days=1461)),
    ],
)
def test_the_longest_gap(cron: str, gap: timedelta) -> None:
    assert longest_gap(Schedule(cron=cron)) == gap


def numbers(low: int, high: int) -> st.SearchStrategy[str]:
    one = st.integers(low, high)
    ranges = st.tuples(one, one).map(lambda pair: f"{min(pair)}-{max(pair)}")
    steps = st.tuples(st.just("*") | ranges, st.integers(1, 30)).map(lambda pair: f"{pair[0]}/{pair[1]}")
    items = one.map(str) | ranges | steps
    return st.just("*") | st.lists(items, min_size=1, max_size=3).map(",".join)


CRONS = st.tuples(numbers(0, 59), numbers(0, 23), numbers(1, 28), numbers(1, 12), numbers(0, 7)).map(" ".join)
ZONES = st.sampled_from(["UTC", BERLIN, NEW_YORK, LORD_HOWE])
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - with a zone


@given(cron=CRONS, zone=ZONES, after=MOMENTS)
def test_every_run_is_after_the_one_before(cron: str, zone: str, after: datetime) -> None:
    schedule = Schedule(cron=cron, time_zone=zone)
    runs = [after]
    for _ in range(5):
        runs.append(next_run(schedule, runs[-1]))
    assert all(earlier < later for earlier, later in pairwise(runs))
    assert list(runs_between(schedule, after, runs[-1])) == runs[1:]
    assert all(run.tzinfo is UTC and not run.second and not run.microsecond for run in runs[1:])
    gap = longest_gap(schedule) + timedelta(hours=1)
    assert all(later - earlier <= gap for earlier, later in pairwise(runs[1:]))


@given(cron=CRONS, after=MOMENTS)
def test_a_run_fits_its_fields(cron: str, after: datetime) -> None:
    run = next_run(Schedule(cron=cron), after)
    minute, hour, day, month, weekday = cron.split()
    assert run.minute in fitting(minute, 0, 59)
    assert run.hour in fitting(hour, 0, 23)
    assert run.month in fitting(month, 1, 12)
    on_day, on_weekday = run.day in fitting(day, 1, 31), run.isoweekday() % 7 in {n % 7 for n in fitting(weekday, 0, 7)}
    both = day.startswith("*") or weekday.startswith("*")
    assert (on_day and on_weekday) if both else (on_day or on_weekday)


def fitting(field: str, low: int, high: int) -> set[int]:
    """What a field allows, worked out from its text alone."""
    found: set[int] = set()
    for item in field.split(","):
        span, _, step = item.partition("/")
        first, dash, last = span.partition("-")
        start = low if first == "*" else int(first)
        end = high if first == "*" or (step and not dash) else int(last) if dash else start
        found |= set(range(start, end + 1, int(step or 1)))
    return found
