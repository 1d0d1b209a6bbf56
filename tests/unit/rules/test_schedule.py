"""Slots: where Prometheus puts them, the next one, and those that were missed."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.model.rule import RuleGroup
from bot.rules.schedule import missed, next_slot, slot_after, slot_offset

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
