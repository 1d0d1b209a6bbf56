from datetime import UTC, datetime, timedelta

from bot.model.timeline import EntryKind
from bot.reports.times import times_of
from tests.unit.reports import cases
from tests.unit.reports.cases import at


def test_the_zone_is_said_once() -> None:
    times = times_of(cases.case(), "Europe/Berlin")
    assert times.zone_text == "Europe/Berlin (UTC+01:00)"
    assert (times.time(at(0)), times.at(at(0)), times.full(at(0))) == (
        "15:00:00",
        "15:00:00",
        "2026-11-22 15:00:00 UTC+01:00",
    )
    assert times.day(at(0)) == "Sunday 22 November 2026"
    assert times.iso(at(0)) == "2026-11-22T15:00:00+01:00"
    assert times_of(cases.case(), "UTC").zone_text == "UTC"


def test_another_day_is_said() -> None:
    times = times_of(cases.case(), "UTC")
    assert times.at(at(0) + timedelta(days=1)) == "23 Nov 2026 14:00:00"


def test_where_the_clock_is_put_back_each_time_says_its_offset() -> None:
    night = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    story = [
        cases.told(EntryKind.NOTE, 0, "before", at=night),
        cases.told(EntryKind.NOTE, 0, "after", at=night + timedelta(hours=1)),
    ]
    case = cases.case(incident_=cases.incident(opened_at=night), timeline_=story)
    times = times_of(case, "Europe/Berlin")
    assert times.zone_text == "Europe/Berlin (UTC+02:00 and UTC+01:00)"
    assert [times.at(entry.at) for entry in story] == ["02:30:00 UTC+02:00", "02:30:00 UTC+01:00"]


def test_how_long_after_the_opening() -> None:
    times = times_of(cases.case(), "UTC")
    assert times.since(at(0), at(130)) == "+2 min 10 s"
    assert times.since(at(10), at(4)) == "-6 s"
    assert times.since(at(0), at(0.2)) == "+0 s"
