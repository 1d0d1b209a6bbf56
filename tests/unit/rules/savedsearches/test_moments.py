"""Splunk's time modifiers: the examples of its Search Manual, calendars, clocks that change, and what is no time."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.savedsearches.moments import ModifierError, is_real_time, length, resolve

BERLIN, KOLKATA, NEW_YORK = "Europe/Berlin", "Asia/Kolkata", "America/New_York"
HAVANA, LORD_HOWE = "America/Havana", "Australia/Lord_Howe"  # clocks change at midnight; by half an hour


def at(text: str, zone: str = "UTC", *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


FRIDAY = "2022-11-18T11:59:30.250"
"""A Friday."""


@pytest.mark.parametrize(
    ("modifier", "expected"),
    [
        ("now", FRIDAY),
        ("now()", FRIDAY),
        ("-h", "2022-11-18T10:59:30.250"),
        ("-60m", "2022-11-18T10:59:30.250"),
        ("-60min@h", "2022-11-18T10:00"),
        ("@h", "2022-11-18T11:00"),
        ("@m", "2022-11-18T11:59"),
        ("@s", "2022-11-18T11:59:30"),
        ("@d", "2022-11-18"),
        ("@d-2h", "2022-11-17T22:00"),
        ("@d+3h", "2022-11-18T03:00"),
        ("-24h@h", "2022-11-17T11:00"),
        ("-7d@d", "2022-11-11"),
        ("@w", "2022-11-13"),
        ("@week", "2022-11-13"),
        ("@w0", "2022-11-13"),
        ("@w7", "2022-11-13"),
        ("@w1", "2022-11-14"),
        ("@w5", "2022-11-18"),
        ("@w6", "2022-11-12"),
        ("-5d@w1", "2022-11-07"),
        ("-1d@w1", "2022-11-14"),
        ("-w", "2022-11-11T11:59:30.250"),
        ("@mon", "2022-11-01"),
        ("@month", "2022-11-01"),
        ("-mon@mon", "2022-10-01"),
        ("-1mon@mon+7d", "2022-10-08"),
        ("@q", "2022-10-01"),
        ("@qtr", "2022-10-01"),
        ("@quarter", "2022-10-01"),
        ("-1q@q", "2022-07-01"),
        ("-2quarters@qtr", "2022-04-01"),
        ("@y", "2022-01-01"),
        ("-1yr@years", "2021-01-01"),
        ("+1h", "2022-11-18T12:59:30.250"),
        ("+2days@d", "2022-11-20"),
        ("-90", "2022-11-18T11:58:00.250"),
        ("-30s@m-10secs", "2022-11-18T11:58:50"),
        ("@d@w1", "2022-11-14"),
        ("11/15/2022:20:00:00", "2022-11-15T20:00"),
        ("10/5/2016", "2016-10-05"),
        ("2022-11-15T20:00:00.000+00:00", "2022-11-15T20:00"),
        ("2022-11-15 20:00", "2022-11-15T20:00"),
        (" -5m@m ", "2022-11-18T11:54"),
    ],
)
def test_as_the_manual_has_it(modifier: str, expected: str) -> None:
    assert resolve(modifier, at(FRIDAY), "UTC") == at(expected)


def test_numbers_are_seconds_since_1970() -> None:
    assert resolve("0", at(FRIDAY), BERLIN) == datetime(1970, 1, 1, tzinfo=UTC)
    assert resolve("1668801600.5", at(FRIDAY), BERLIN) == at("2022-11-18T20:00:00.500")


def test_nothing_is_all_time() -> None:
    assert resolve("", at(FRIDAY), BERLIN) is None
    assert resolve("  ", at(FRIDAY), BERLIN) is None


@pytest.mark.parametrize(
    ("zone", "modifier", "expected"),
    [
        (BERLIN, "@d", "2022-11-17T23:00"),
        (KOLKATA, "@h", "2022-11-18T11:30"),
        (KOLKATA, "@d", "2022-11-17T18:30"),
        (NEW_YORK, "@w1", "2022-11-14T05:00"),
        (NEW_YORK, "11/15/2022:20:00:00", "2022-11-16T01:00"),
        (NEW_YORK, "2022-11-15T20:00:00", "2022-11-16T01:00"),
        (NEW_YORK, "-7mon@mon", "2022-04-01T04:00"),
    ],
)
def test_the_calendar_is_that_of_the_time_zone(zone: str, modifier: str, expected: str) -> None:
    assert resolve(modifier, at(FRIDAY), zone) == at(expected)


@pytest.mark.parametrize(
    ("base", "modifier", "expected"),
    [
        ("2022-03-31T12:00", "-1mon", "2022-02-28T12:00"),
        ("2024-03-31T12:00", "-1mon", "2024-02-29T12:00"),
        ("2024-02-29T12:00", "-1y", "2023-02-28T12:00"),
        ("2022-12-31T00:00", "+2mon", "2023-02-28T00:00"),
        ("2022-01-15T00:00", "-1mon@mon", "2021-12-01T00:00"),
        ("2022-01-15T00:00", "-13mon@mon", "2020-12-01T00:00"),
        ("2022-05-31T00:00", "-1q", "2022-02-28T00:00"),
    ],
)
def test_a_day_that_a_month_lacks_is_its_last(base: str, modifier: str, expected: str) -> None:
    assert resolve(modifier, at(base), "UTC") == at(expected)


@pytest.mark.parametrize(
    ("base", "modifier", "expected"),
    [
        # Berlin, 29 March 2026: 02:00 is 03:00; 25 October 2026: 03:00 is 02:00 again
        (at("2026-03-29T12:00", BERLIN), "-1d", at("2026-03-28T12:00", BERLIN)),
        (at("2026-03-29T12:00", BERLIN), "-24h", at("2026-03-28T11:00", BERLIN)),
        (at("2026-03-30T02:30", BERLIN), "-1d", at("2026-03-29T03:30", BERLIN)),
        (at("2026-03-29T03:30", BERLIN), "-1h", at("2026-03-29T01:30", BERLIN)),
        (at("2026-03-29T12:00", BERLIN), "@d+3h", at("2026-03-29T04:00", BERLIN)),
        (at("2026-10-25T12:00", BERLIN), "@d+3h", at("2026-10-25T02:00", BERLIN, fold=1)),
        (at("2026-10-25T02:30", BERLIN, fold=1), "@h", at("2026-10-25T02:00", BERLIN, fold=1)),
        (at("2026-10-25T02:30", BERLIN, fold=1), "-1h", at("2026-10-25T02:30", BERLIN)),
        (at("2026-10-25T02:30", BERLIN, fold=1), "-0d", at("2026-10-25T02:30", BERLIN, fold=1)),
        (at("2026-10-26T02:30", BERLIN), "-1d", at("2026-10-25T02:30", BERLIN)),
        (at("2026-10-25T02:30", BERLIN, fold=1), "@d", at("2026-10-25T00:00", BERLIN)),
        # Havana, 1 November 2026: 01:00 is 00:00 again; 8 March 2026: there is no midnight
        (at("2026-11-01T00:30", HAVANA, fold=1), "@d", at("2026-11-01T00:00", HAVANA)),
        (at("2026-03-08T12:00", HAVANA), "@d", at("2026-03-08T01:00", HAVANA)),
    ],
)
def test_when_clocks_change(base: datetime, modifier: str, expected: datetime) -> None:
    assert resolve(modifier, base, str(base.tzinfo)) == expected.astimezone(UTC)


@pytest.mark.parametrize(
    ("modifier", "says"),
    [
        ("5m", "'5m' cannot be read; write it like -5m@m"),
        ("-5x", "'x' is no unit; there are s, m, h, d, w, mon, q, y"),
        ("-5M", "'M' is no unit"),
        ("@w8", "'w8' is no unit; the days of the week are w0 to w7"),
        ("@d1", "'d1' is no unit; the days of the week are w0 to w7"),
        ("@w10", "'w10' is no unit"),
        ("@week1", "'week1' is no unit"),
        ("-", "a number or a unit is missing after '-'"),
        ("-@d", "a number or a unit is missing after '-'"),
        ("@", "'@' cannot be read"),
        ("-1.5h", "'.5h' cannot be read"),
        ("-5m @m", "' @m' cannot be read"),
        ("yesterday", "'yesterday' cannot be read"),
        ("nowish", "'ish' cannot be read"),
        ("2026-13-01T00:00", "write it like 2026-03-29T01:30:00+00:00"),
        ("13/40/2022:00:00:00", "month must be in 1..12"),
        ("-99999y", "outside of what a calendar holds"),
        ("-999999999d", "outside of what a calendar holds"),
        ("+999999999w", "outside of what a calendar holds"),
        ("999999999999", "outside of what a calendar holds"),
        ("rt", "real-time window"),
        ("rt-5m", "real-time window"),
    ],
)
def test_what_is_no_moment_is_told(modifier: str, says: str) -> None:
    with pytest.raises(ModifierError) as raised:
        resolve(modifier, at(FRIDAY), "UTC")
    assert says in str(raised.value)


@pytest.mark.parametrize("modifier", ["rt", "rt-5m", "rt+1h", "rtnow", " rt-30s@s ", "RT", "-rt-5m"])
def test_real_time_is_recognised(modifier: str) -> None:
    assert is_real_time(modifier)


@pytest.mark.parametrize("modifier", ["", "now", "-5m", "@d", "rtx", "art"])
def test_other_times_are_not_real_time(modifier: str) -> None:
    assert not is_real_time(modifier)


@pytest.mark.parametrize(
    ("text", "seconds"), [("60", 60), ("1m", 60), ("60s", 60), ("2 hours", 7200), ("24h", 86400), ("1w", 604800)]
)
def test_lengths(text: str, seconds: int) -> None:
    assert length(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "1mon", "-5m", "h", "1.5h", "1x", "9999999s", "1h30m"])
def test_what_is_no_length_is_told(text: str) -> None:
    with pytest.raises(ModifierError, match="no length of time"):
        length(text)


ZONES = st.sampled_from(["UTC", BERLIN, KOLKATA, NEW_YORK, HAVANA, LORD_HOWE, "Pacific/Apia", "America/Sao_Paulo"])
MOMENTS = st.datetimes(datetime(1995, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - with a zone
SNAPS = st.sampled_from(["@s", "@m", "@h", "@d", "@w", *(f"@w{day}" for day in range(8)), "@mon", "@q", "@y"])


@given(base=MOMENTS, zone=ZONES, snap=SNAPS)
def test_snapping_goes_back_and_once_is_enough(base: datetime, zone: str, snap: str) -> None:
    once = resolve(snap, base, zone)
    assert once is not None
    assert once <= base
    assert resolve(snap, once, zone) == once
    assert resolve(snap + snap, base, zone) == once


@given(base=MOMENTS, zone=ZONES, snap=SNAPS, later=st.integers(0, 10**7))
def test_snapping_keeps_the_order(base: datetime, zone: str, snap: str, later: int) -> None:
    first, second = (resolve(snap, one, zone) for one in (base, base + timedelta(seconds=later)))
    assert first is not None
    assert second is not None
    assert first <= second


@given(base=MOMENTS, zone=ZONES, count=st.integers(0, 10_000), unit=st.sampled_from(["s", "m", "h"]))
def test_a_length_goes_there_and_back(base: datetime, zone: str, count: int, unit: str) -> None:
    assert resolve(f"-{count}{unit}+{count}{unit}", base, zone) == base
    assert resolve(f"+{count}{unit}", base, zone) == base + count * length(f"1{unit}")


@given(base=MOMENTS, zone=ZONES, days=st.integers(-3000, 3000))
def test_a_step_in_the_calendar_keeps_the_time_of_day(base: datetime, zone: str, days: int) -> None:
    moved = resolve(f"{days:+d}d", base, zone)
    assert moved is not None
    assert moved.tzinfo is UTC
    here, there = base.astimezone(ZoneInfo(zone)), moved.astimezone(ZoneInfo(zone))
    # off by as much as clocks skip, at most: a day in Samoa
    assert abs((there.replace(tzinfo=None) - here.replace(tzinfo=None)) - timedelta(days=days)) <= timedelta(days=1)


@given(text=st.text(alphabet="now()rt+-@0123456789smhdwqy./: TZ", max_size=20), zone=ZONES)
def test_any_text_is_a_moment_or_a_complaint(text: str, zone: str) -> None:
    with suppress(ModifierError):
        found = resolve(text, at(FRIDAY), zone)
        assert found is None or found.tzinfo is UTC
