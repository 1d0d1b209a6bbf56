from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.charts.scales import time_ticks, value_ticks
from bot.model.sample import Window

START = datetime(2026, 11, 22, 14, 0, 7, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def window(**length: float) -> Window:
    return Window(start=START, end=START + timedelta(**length))


@pytest.mark.parametrize(
    ("low", "high", "unit", "ticks"),
    [
        (0, 0.46, "ratio", [0, 0.1, 0.2, 0.3, 0.4]),
        (0, 10, "", [0, 2, 4, 6, 8, 10]),
        (-5, 5, "", [-4, -2, 0, 2, 4]),
        (0, 3e9, "bytes", [0, 2**29, 2**30, 3 * 2**29, 2**31, 5 * 2**29]),
        (0, 1.1, "seconds", [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0, 600, "seconds", [0, 120, 240, 360, 480, 600]),
        (0, 1e9, "seconds", [0, 2e8, 4e8, 6e8, 8e8, 1e9]),
        (0, 3, "bytes", [0, 0.5, 1, 1.5, 2, 2.5, 3]),
    ],
)
def test_values_are_round(low: float, high: float, unit: str, ticks: list[float]) -> None:
    assert value_ticks(low, high, unit) == pytest.approx(ticks)


def test_an_axis_without_length_has_one_tick() -> None:
    assert value_ticks(3, 3, "") == [3]
    assert value_ticks(0, float("inf"), "") == [0]


@pytest.mark.parametrize("length", [1, 45, 240, 601, 3600, 7200, 86_400, 3 * 86_400, 30 * 86_400, 400 * 86_400])
def test_times_are_few_and_in_the_window(length: float) -> None:
    shown = window(seconds=length)
    ticks = time_ticks(shown, BERLIN)
    assert 1 <= len(ticks) <= 16
    assert all(shown.start <= at <= shown.end for at, _ in ticks)
    assert [at for at, _ in ticks] == sorted({at for at, _ in ticks})


def test_times_are_round_on_the_readers_clock_and_say_the_day_once() -> None:
    assert [text for _, text in time_ticks(window(minutes=4), BERLIN)] == [
        "15:00:30\n22 Nov 2026",
        *("15:01:00", "15:01:30", "15:02:00", "15:02:30", "15:03:00", "15:03:30", "15:04:00"),
    ]
    kolkata = [text for _, text in time_ticks(window(hours=4), ZoneInfo("Asia/Kolkata"))]
    assert kolkata[:2] == ["20:00\n22 Nov 2026", "20:30"]


def test_a_new_day_is_said() -> None:
    texts = [text for _, text in time_ticks(window(hours=30), BERLIN)]
    assert texts == ["18:00\n22 Nov 2026", "00:00\n23 Nov", "06:00", "12:00", "18:00"]
    assert [text for _, text in time_ticks(window(days=10), BERLIN)][:2] == ["24 Nov", "26 Nov"]


def test_where_the_clock_is_put_back_no_time_is_told_twice_in_one_place() -> None:
    night = Window(start=datetime(2026, 10, 24, 22, 0, tzinfo=UTC), end=datetime(2026, 10, 25, 6, 0, tzinfo=UTC))
    ticks = time_ticks(night, BERLIN)
    times = [at for at, _ in ticks]
    assert times == sorted(set(times))
    assert [text.partition("\n")[0] for _, text in ticks] == [
        "00:00",
        "01:00",
        "02:00",
        "03:00",
        "04:00",
        "05:00",
        "06:00",
        "07:00",
    ]
