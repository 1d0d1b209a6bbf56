"""Slots of the clock: each once, also when clocks change, and none that passed long ago."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.model.runbook import ScheduleTrigger
from bot.runbooks.scheduling import due_slot, next_slot

HALF_PAST_TWO = ScheduleTrigger(cron="30 2 * * *", time_zone="Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def slots(trigger: ScheduleTrigger, start: str, end: str) -> list[str]:
    found, last = [], at(start)
    while (last := next_slot(trigger, last)) <= at(end):
        found.append(f"{last:%m-%d %H:%M}")
    return found


def test_a_slot_that_clocks_leave_out_comes_as_they_go_on() -> None:
    assert slots(HALF_PAST_TWO, "2026-03-28", "2026-03-31") == ["03-28 01:30", "03-29 01:00", "03-30 00:30"]


def test_a_slot_that_clocks_show_twice_comes_once() -> None:
    assert slots(HALF_PAST_TWO, "2026-10-24", "2026-10-27") == ["10-24 00:30", "10-25 00:30", "10-26 01:30"]


def test_what_goes_by_the_hour_follows_the_time_that_passes() -> None:
    hourly = ScheduleTrigger(cron="0 * * * *", time_zone="Europe/Berlin")
    assert len(slots(hourly, "2026-10-25", "2026-10-26")) == 24


@pytest.mark.parametrize("cron", ["30 2 * * *", "0 0 * * *", "15 1,2,3 * * *", "*/30 * * * *", "45 1-3 * * SUN"])
@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Berlin", "2026-03-28"), ("Europe/Berlin", "2026-10-24"), ("America/Havana", "2026-10-31"),
        ("Australia/Lord_Howe", "2026-04-04"), ("Australia/Lord_Howe", "2026-10-03"),
    ],
)  # fmt: skip
def test_each_slot_is_due_once_whenever_somebody_looks(cron: str, zone: str, day: str) -> None:
    """Also by who looks in the hour that clocks show twice, or leave out; Lord Howe's change by half an hour."""
    trigger = ScheduleTrigger(cron=cron, time_zone=zone)
    first, end = at(day), at(day) + timedelta(days=2)
    found, last, now = [], first, first
    while (now := now + timedelta(minutes=13)) <= end:
        if slot := due_slot(trigger, last, now):
            found.append(f"{slot:%m-%d %H:%M}")
            last = slot
    assert found == slots(trigger, day, f"{now - timedelta(minutes=13):%Y-%m-%d %H:%M}")


def test_of_several_that_passed_the_latest_is_begun_and_none_that_is_long_over() -> None:
    often = ScheduleTrigger(cron="*/10 * * * *")
    now = at("2026-11-22 12:05")
    assert due_slot(often, now - timedelta(minutes=5), now) is None
    assert due_slot(often, now - timedelta(minutes=6), now) == at("2026-11-22 12:00")
    assert due_slot(often, now - timedelta(days=9), now) == at("2026-11-22 12:00")
    daily = ScheduleTrigger(cron="0 3 * * *")
    assert due_slot(daily, now - timedelta(days=2), now) is None
    assert due_slot(daily, now - timedelta(days=2), at("2026-11-22 03:59")) == at("2026-11-22 03:00")
