"""Slots: where Prometheus puts them, the next one, and those that were missed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.model.rule import RuleGroup
from bot.model.search import SavedSearch, Schedule
from bot.rules.cron import longest_gap
from bot.rules.schedule import MOST_MISSED, missed, next_slot, slot_after, slot_offset

SECOND = timedelta(seconds=1)
NOW = datetime(2026, 11, 21, 22, 46, 26, 742_331, tzinfo=UTC)


def group(interval: timedelta = 5 * SECOND, file: str = "rules.yml", name: str = "alpha") -> RuleGroup:
    return RuleGroup(file=file, name=name, source="prom", interval=interval, rules=())


def test_the_offset_prometheus_was_seen_to_use() -> None:
    # Prometheus 3.5.3 fired at ...742331884 for this group
    assert slot_offset("rules.yml", "alpha", 5 * SECOND) == timedelta(microseconds=1_742_331)


def test_a_long_file_name_has_its_length_in_four_bytes() -> None:
    lengths = [slot_offset("x" * length, "alpha", timedelta(days=365)) for length in (254, 255, 256)]
    assert len(set(lengths)) == 3
    assert all(timedelta(0) <= offset < timedelta(days=365) for offset in lengths)


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        (NOW - timedelta(microseconds=1), NOW),
        (NOW, NOW + 5 * SECOND),
        (NOW + SECOND, NOW + 5 * SECOND),
        (NOW + timedelta(seconds=4, microseconds=999_999), NOW + 5 * SECOND),
    ],
)
def test_the_next_slot_is_after_now(now: datetime, slot: datetime) -> None:
    assert next_slot(group(), now) == slot


@pytest.mark.parametrize(("passed", "unused"), [(0, 0), (5, 0), (9, 0), (10, 1), (14.9, 1), (15, 2), (60, 11)])
def test_missed_slots_are_counted(passed: float, unused: int) -> None:
    assert missed(group(), NOW, NOW + timedelta(seconds=passed)) == unused


def test_a_clock_that_went_back_missed_nothing() -> None:
    assert missed(group(), NOW, NOW - timedelta(hours=1)) == 0


@pytest.mark.parametrize(("took", "later"), [(0.0, 1), (0.9, 1), (1.5, 1), (2.0, 2), (3.7, 3)])
def test_a_late_slot_is_evaluated_late_and_older_ones_are_skipped(took: float, later: int) -> None:
    interval = group().interval
    assert slot_after(group(), NOW, NOW + took * interval) == NOW + later * interval


def search(cron: str, *, continuous: bool = False) -> RuleGroup:
    schedule = Schedule(cron=cron, continuous=continuous)
    found = SavedSearch(name="s", search="x", schedule=schedule)
    return replace(group(longest_gap(schedule)), search=found)


def clock(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-22T{text}+00:00")


@pytest.mark.parametrize(
    ("last", "now", "skipping", "continuous"),
    [
        (None, "10:02", "10:05", "10:05"),
        (None, "10:05", "10:10", "10:10"),
        ("10:00", "10:02", "10:05", "10:05"),
        ("10:00", "10:05", "10:05", "10:05"),
        ("10:00", "10:14", "10:10", "10:05"),
        ("09:00", "10:00", "10:00", "09:05"),
    ],
)
def test_a_search_goes_on_from_its_last_run(last: str | None, now: str, skipping: str, continuous: str) -> None:
    before = clock(last) if last else None
    assert next_slot(search("*/5 * * * *"), clock(now), before) == clock(skipping)
    assert next_slot(search("*/5 * * * *", continuous=True), clock(now), before) == clock(continuous)
    if before is not None:
        assert slot_after(search("*/5 * * * *"), before, clock(now)) == clock(skipping)


def test_what_a_skipping_search_missed_is_counted_and_a_continuous_one_misses_nothing() -> None:
    assert missed(search("*/5 * * * *"), clock("10:00"), clock("10:05")) == 0
    assert missed(search("*/5 * * * *"), clock("10:00"), clock("10:20")) == 3
    assert missed(search("*/5 * * * *", continuous=True), clock("10:00"), clock("10:20")) == 0
    assert missed(search("* * * * *"), clock("10:00"), clock("10:00") + timedelta(days=300)) == MOST_MISSED


def test_years_away_are_not_counted_through_one_by_one() -> None:
    last = clock("10:00")
    now = last + timedelta(days=1000, minutes=2)
    assert next_slot(search("*/5 * * * *"), now, last) == last + timedelta(days=1000)
    assert next_slot(search("0 6 * * 1"), now, last) == datetime(2029, 8, 13, 6, tzinfo=UTC)
