import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.model import wording

AT = datetime(2026, 11, 22, 14, 2, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(0), "0 s"),
        (timedelta(milliseconds=350), "350 ms"),
        (timedelta(seconds=45), "45 s"),
        (timedelta(seconds=59.6), "1 min"),
        (timedelta(minutes=2, seconds=10), "2 min 10 s"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=1, seconds=5), "1 h"),
        (timedelta(hours=1, minutes=5, seconds=5), "1 h 5 min"),
        (timedelta(days=3, hours=4, minutes=5), "3 d 4 h"),
        (timedelta(days=400), "400 d"),
        (timedelta(seconds=-6), "-6 s"),
    ],
)
def test_durations_are_told_in_the_two_largest_units(length: timedelta, text: str) -> None:
    assert wording.duration(length) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.05, "ratio", "5 %"),
        (0.4399, "ratio", "44 %"),
        (0.123456, "ratio", "12.3 %"),
        (1.0, "ratio", "100 %"),
        (85.25, "percent", "85.2 %"),
        (0.25, "seconds", "250 ms"),
        (0.0000213, "seconds", "21.3 µs"),
        (0.0, "seconds", "0 s"),
        (12.5, "seconds", "12.5 s"),
        (150, "seconds", "2 min 30 s"),
        (-150, "seconds", "-2 min 30 s"),
        (1e300, "seconds", "1157407 d 9 h"),
        (512, "bytes", "512 B"),
        (1.5 * 2**30, "bytes", "1.5 GiB"),
        (3 * 2**20, "bytes/s", "3 MiB/s"),
        (0, "", "0"),
        (7, "", "7"),
        (0.002, "", "0.002"),
        (1234, "", "1.23 k"),
        (-12_300_000, "", "-12.3 M"),
        (1e300, "", "1.00e+300"),
        (-1.7e308, "ratio", "-1.70e+308"),
        (1e-9, "", "1.00e-09"),
        (math.nan, "ratio", "no value"),
        (math.inf, "bytes", "+infinity"),
        (-math.inf, "", "-infinity"),
    ],
)
def test_numbers_have_three_digits_and_the_unit_that_is_known(value: float, unit: str, text: str) -> None:
    assert wording.number(value, unit) == text


def test_times_say_their_offset() -> None:
    assert wording.clock(AT) == "14:02:10 UTC"
    assert wording.moment(AT) == "2026-11-22 14:02:10 UTC"
    assert wording.clock(AT, ZoneInfo("Europe/Berlin")) == "15:02:10 UTC+01:00"
    assert wording.moment(AT, ZoneInfo("Asia/Kolkata")) == "2026-11-22 19:32:10 UTC+05:30"
    assert wording.clock(AT, ZoneInfo("America/St_Johns")) == "10:32:10 UTC-03:30"
    assert wording.offset(AT, ZoneInfo("Europe/London")) == "UTC"


def test_what_cannot_be_seen_or_encoded_is_made_visible() -> None:
    foreign = "a\x1b[31mred\x00 \u202egnp.exe\u2066 \u200b\ud800 \ufeff \x85 ünïcode 🔥 日本"
    plain = wording.one_line(foreign)
    assert plain == "a�[31mred� �gnp.exe� �� � ünïcode 🔥 日本"
    assert plain.encode()
    assert wording.one_line("one\ntwo\r\n\tthree\u2028four") == "one two three four"
    assert wording.lines("one\r\ntwo\x00\n\n  three\n") == "one\ntwo�\n\n  three"


def test_a_long_line_is_cut_and_says_so() -> None:
    assert wording.one_line("abcdef", 6) == "abcdef"
    assert wording.one_line("abcdefg", 6) == "abcde…"
    assert wording.one_line("abcd   efg", 6) == "abcd…"


@pytest.mark.parametrize(
    ("length", "read"),
    [
        (timedelta(seconds=45.6), timedelta(seconds=46)),
        (timedelta(seconds=599.4), timedelta(seconds=599)),
        (timedelta(minutes=12, seconds=31), timedelta(minutes=13)),
        (timedelta(days=2, minutes=31), timedelta(days=2, hours=1)),
    ],
)
def test_a_length_is_rounded_to_what_is_worth_reading(length: timedelta, read: timedelta) -> None:
    assert wording.rounded(length) == read
