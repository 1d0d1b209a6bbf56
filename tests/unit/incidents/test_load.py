from datetime import UTC, datetime, timedelta

from bot.incidents.load import load, on_duty
from bot.incidents.nights import Nights
from bot.model.ids import IncidentId
from bot.model.schedule import Duty
from bot.model.statistics import Load, Woken
from bot.store.columns import micros

START = datetime(2026, 11, 16, tzinfo=UTC)
END = START + timedelta(days=7)
NIGHTS = Nights({}, "UTC")


def duty(first: int, last: int, *people: str, schedule: str = "primary") -> Duty:
    """Hours from the start."""
    return Duty(
        schedule=schedule,
        starts_at=START + timedelta(hours=first),
        ends_at=START + timedelta(hours=last),
        people=people,
    )


def page(person: str, incident: int, hour: int) -> Woken:
    return Woken(person, IncidentId(f"INC-{incident}"), micros(START + timedelta(hours=hour)))


def test_pages_nights_and_incidents_of_each() -> None:
    pages = [page("ann", 1, 2), page("ann", 1, 3), page("ann", 2, 23), page("ann", 3, 25), page("ben", 1, 12)]
    assert load(pages, None, START, END, NIGHTS) == [
        Load(person="ann", pages=4, night_pages=4, nights=2, incidents=3),
        Load(person="ben", pages=1, incidents=1),
    ]


def test_hours_on_duty_of_those_whom_nobody_called_too() -> None:
    duties = [duty(-24, 24, "ann"), duty(24, 60, "ben"), duty(160, 999, "cem")]
    found = load([page("eve", 1, 12)], duties, START, END, NIGHTS)
    assert [(one.person, one.pages, one.on_duty) for one in found] == [
        ("eve", 1, timedelta(0)),
        ("ben", 0, timedelta(hours=36)),
        ("ann", 0, timedelta(hours=24)),
        ("cem", 0, timedelta(hours=8)),
    ]


def test_hours_on_two_schedules_are_lived_once() -> None:
    duties = [
        duty(0, 10, "ann"), duty(5, 12, "ann", schedule="second"), duty(6, 7, "ann", schedule="third"),
        duty(20, 21, "ann", "ben"), duty(30, 40),
    ]  # fmt: skip
    assert on_duty(duties, START, END) == {"ann": timedelta(hours=13), "ben": timedelta(hours=1)}
