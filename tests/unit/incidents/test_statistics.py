from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.incidents import statistics
from bot.model.statistics import Grouping, Lived, Spread
from bot.store.columns import micros

MONDAY = datetime(2026, 11, 16, 10, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def lived(
    at: datetime = MONDAY,
    *,
    detected: int | None = None,
    acknowledged: int | None = None,
    mitigated: int | None = None,
    resolved: int | None = None,
    reopened: int | None = None,
    service: str = "cart",
    severity: str = "SEV2",
    team: str = "shop",
) -> Lived:
    """An incident; minutes are counted from when it opened."""

    def after(minutes: int | None) -> int | None:
        return None if minutes is None else micros(at + timedelta(minutes=minutes))

    return Lived(
        service=service,
        severity=severity,
        team=team,
        is_open=resolved is None,
        opened=micros(at),
        detected=after(detected),
        acknowledged=after(acknowledged),
        mitigated=after(mitigated),
        resolved=after(resolved),
        reopened=after(reopened),
    )


def told(lives: Sequence[Lived], by: Grouping = Grouping.SERVICE, zone: ZoneInfo = BERLIN) -> statistics.Told:
    return statistics.told(lives, by, MONDAY - timedelta(days=60), MONDAY + timedelta(days=365), zone)


def took(count: int, median: float, p90: float) -> Spread:
    return Spread(count=count, median=timedelta(minutes=median), p90=timedelta(minutes=p90))


def test_each_length_begins_and_ends_where_its_definition_says() -> None:
    times = told([lived(detected=-2, acknowledged=4, mitigated=20, resolved=60)]).whole
    assert (times.detect, times.acknowledge) == (took(1, 2, 2), took(1, 4, 4))
    assert (times.mitigate, times.resolve) == (took(1, 20, 20), took(1, 60, 60))


def test_what_nobody_called_mitigated_was_so_when_it_was_resolved() -> None:
    assert told([lived(resolved=60)]).whole.mitigate == took(1, 60, 60)


def test_a_reopened_one_called_for_somebody_again_and_was_not_over_before() -> None:
    times = told([lived(reopened=100, acknowledged=103, resolved=130)]).whole
    assert (times.reopened, times.acknowledge, times.resolve) == (1, took(1, 3, 3), took(1, 130, 130))


def test_what_did_not_come_to_it_is_not_counted() -> None:
    times = told([lived(), lived(resolved=30)]).whole
    assert (times.incidents, times.still_open) == (2, 1)
    assert (times.detect, times.acknowledge, times.resolve) == (None, None, took(1, 30, 30))


def test_a_clock_that_is_behind_makes_no_negative_length() -> None:
    assert told([lived(detected=3)]).whole.detect == took(1, 0, 0)


def test_nothing_at_all() -> None:
    assert told([]).whole.incidents == 0
    assert told([]).whole.resolve is None
    assert told([], Grouping.TEAM).groups == ()


def test_ten_incidents_by_hand() -> None:
    lives = [lived(resolved=minutes) for minutes in (1, 2, 3, 4, 5, 6, 7, 8, 9, 100)]
    assert told(lives).whole.resolve == took(10, 5.5, 18.1)


def test_told_apart() -> None:
    lives = [
        lived(service="cart", severity="SEV3", team="shop"),
        lived(service="", severity="SEV1", team=""),
        lived(service="pay", severity="SEV3", team="shop"),
        lived(service="pay", severity="SEV2", team="money"),
    ]

    def names(by: Grouping) -> list[tuple[str, int]]:
        return [(times.of, times.incidents) for times in told(lives, by).groups if times.incidents]

    assert names(Grouping.SERVICE) == [("pay", 2), ("-", 1), ("cart", 1)]
    assert names(Grouping.SEVERITY) == [("SEV1", 1), ("SEV2", 1), ("SEV3", 2)]
    assert names(Grouping.TEAM) == [("shop", 2), ("-", 1), ("money", 1)]
    assert names(Grouping.WEEK) == [("2026-W47", 4)]


@pytest.mark.parametrize(
    ("zone", "at", "week"),
    [
        ("Europe/Berlin", datetime(2026, 11, 15, 22, 59, tzinfo=UTC), "2026-W46"),
        ("Europe/Berlin", datetime(2026, 11, 15, 23, 0, tzinfo=UTC), "2026-W47"),
        ("Asia/Kathmandu", datetime(2026, 11, 15, 18, 14, tzinfo=UTC), "2026-W46"),
        ("Asia/Kathmandu", datetime(2026, 11, 15, 18, 15, tzinfo=UTC), "2026-W47"),
        ("UTC", datetime(2027, 1, 3, 12, tzinfo=UTC), "2026-W53"),
    ],
)
def test_a_week_is_that_of_the_place(zone: str, at: datetime, week: str) -> None:
    early = lived(at - timedelta(minutes=59)), lived(at)
    found = [one.of for one in told(early, Grouping.WEEK, ZoneInfo(zone)).groups if one.incidents]
    assert found[-1] == week


def test_a_week_without_an_incident_is_told_too() -> None:
    since = MONDAY - timedelta(days=14)
    until = MONDAY + timedelta(days=1)
    found = statistics.told([lived(), lived(since)], Grouping.TEAM, since, until, BERLIN)
    assert [(times.of, times.incidents) for times in found.weeks] == [("2026-W45", 1), ("2026-W46", 0), ("2026-W47", 1)]


@given(st.lists(st.integers(0, 10**15), min_size=1, max_size=40))
def test_half_and_nine_tenths_are_at_or_below(micro: Sequence[int]) -> None:
    found = statistics.spread(micro)
    assert found is not None
    lengths = [timedelta(microseconds=each) for each in micro]
    slack = timedelta(microseconds=1)  # lengths between two are rounded
    assert found.count == len(micro)
    assert min(lengths) <= found.median <= found.p90 + slack <= max(lengths) + 2 * slack
    assert sum(each <= found.median + slack for each in lengths) * 2 >= len(lengths)
    assert sum(each >= found.median - slack for each in lengths) * 2 >= len(lengths)
    assert sum(each >= found.p90 - slack for each in lengths) * 10 >= len(lengths)


@given(
    st.lists(st.sampled_from(["SEV1", "SEV2"]), max_size=30),
    st.sampled_from(list(Grouping)),
)
def test_every_incident_is_in_one_group(severities: Sequence[str], by: Grouping) -> None:
    lives = [lived(MONDAY + timedelta(days=3 * day), severity=one) for day, one in enumerate(severities)]
    assert sum(times.incidents for times in told(lives, by).groups) == len(lives)
