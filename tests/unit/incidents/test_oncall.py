"""Who is on call: layers, turns, overrides, calendars, gaps."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from bot.incidents import oncall
from bot.model.ids import OverrideId
from bot.model.schedule import Duty, Layer, Override, Schedule, Turn
from bot.model.time_interval import MomentSet, Range

BERLIN = "Europe/Berlin"
OFFICE = MomentSet(times=(Range(first=9 * 60, last=17 * 60),), weekdays=(Range(first=1, last=5),), location=BERLIN)


def layer(*people: str | tuple[str, ...], name: str = "weeks", turn: Turn = Turn.WEEK, **more: object) -> Layer:
    turns = tuple((one,) if isinstance(one, str) else one for one in people)
    starts = more.pop("starts", local("2026-01-05 09:00"))
    return Layer(name=name, people=turns, starts=starts, turn=turn, **more)  # type: ignore[arg-type]  # a shorthand


def schedule(*layers: Layer, **more: object) -> Schedule:
    return Schedule(name="shop", time_zone=BERLIN, layers=layers, **more)  # type: ignore[arg-type]  # a shorthand


def override(number: int, person: str, since: str, until: str, instead: str = "", calendar: str = "") -> Override:
    return Override(
        id=OverrideId(f"OVR-{number}"), schedule="shop", person=person, starts_at=at(since), ends_at=at(until),
        instead=instead, calendar=calendar,
    )  # fmt: skip


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str) -> datetime:
    """What clocks show."""
    return datetime.fromisoformat(text)


def told(duties: Sequence[Duty]) -> list[tuple[str, str]]:
    return [(f"{one.starts_at:%m-%d %H:%M}", "+".join(one.people) or "nobody") for one in duties]


def test_a_week_keeps_its_local_time_when_clocks_change() -> None:
    weeks = schedule(layer("ann", "ben"))
    found = oncall.duties(weeks, (), at("2026-03-23 08:00"), at("2026-04-07"))
    assert told(found) == [("03-23 08:00", "ben"), ("03-30 07:00", "ann"), ("04-06 07:00", "ben")]


def test_a_duty_is_told_from_handover_to_handover() -> None:
    duty = oncall.on_duty(schedule(layer("ann", "ben")), (), at("2026-01-14 12:00"))
    assert duty == Duty(
        schedule="shop", starts_at=at("2026-01-12 08:00"), ends_at=at("2026-01-19 08:00"), people=("ben",),
        because="weeks",
    )  # fmt: skip


def test_turns_of_hours_are_counted_in_time_that_passes() -> None:
    hours = schedule(layer("ann", "ben", turn=Turn.HOUR, every=12, starts=local("2026-03-28 09:00")))
    found = oncall.duties(hours, (), at("2026-03-28 08:00"), at("2026-03-29 21:00"))
    assert told(found) == [
        ("03-28 08:00", "ann"),
        ("03-28 20:00", "ben"),
        ("03-29 08:00", "ann"),
        ("03-29 20:00", "ben"),
    ]


def test_nobody_is_on_call_before_the_first_turn_and_after_the_last() -> None:
    weeks = schedule(layer("ann", until=local("2026-01-12 09:00")))
    found = oncall.duties(weeks, (), at("2026-01-01"), at("2026-02-01"))
    assert told(found) == [("01-01 00:00", "nobody"), ("01-05 08:00", "ann"), ("01-12 08:00", "nobody")]
    assert told(oncall.gaps(weeks, (), at("2026-01-01"), at("2026-02-01"))) == [
        ("01-01 00:00", "nobody"), ("01-12 08:00", "nobody"),
    ]  # fmt: skip


def test_a_duty_without_an_end_is_told_to_end_where_nobody_looks() -> None:
    duty = oncall.on_duty(schedule(), (), at("2026-01-14"))
    assert duty.people == ()
    assert duty.ends_at - duty.starts_at == timedelta(days=801)


def test_the_last_layer_that_is_on_call_counts() -> None:
    layers = schedule(layer("ann", "ben"), layer("cem", name="office", only=(OFFICE,)))
    found = oncall.duties(layers, (), at("2026-01-09 12:00"), at("2026-01-12 12:00"))
    assert told(found) == [("01-09 12:00", "cem"), ("01-09 16:00", "ann"), ("01-12 08:00", "cem")]


def test_a_turn_of_nobody_leaves_it_to_the_layers_before() -> None:
    layers = schedule(layer("ann"), layer("ben", (), name="second"))
    assert [oncall.people(layers, (), at(day)) for day in ("2026-01-06", "2026-01-13")] == [("ben",), ("ann",)]


def test_some_are_on_call_together() -> None:
    assert oncall.people(schedule(layer(("ann", "ben"), "cem")), (), at("2026-01-06")) == ("ann", "ben")


def test_an_override_counts_before_every_layer_and_the_one_made_last_before_others() -> None:
    weeks = schedule(layer("ann", "ben"))
    made = [
        override(10, "eve", "2026-01-06 12:00", "2026-01-06 18:00"),
        override(9, "dua", "2026-01-06", "2026-01-07"),
    ]
    found = oncall.duties(weeks, made, at("2026-01-05 12:00"), at("2026-01-08"))
    assert told(found) == [
        ("01-05 12:00", "ann"), ("01-06 00:00", "dua"), ("01-06 12:00", "eve"), ("01-06 18:00", "dua"),
        ("01-07 00:00", "ann"),
    ]  # fmt: skip
    assert [one.because for one in found] == ["weeks", "OVR-9", "OVR-10", "OVR-9", "weeks"]


def test_an_override_of_one_leaves_the_others_and_only_where_that_one_is_on_call() -> None:
    pairs = schedule(layer(("ann", "ben"), ("cem", "dua")))
    found = oncall.duties(
        pairs, [override(1, "eve", "2026-01-06", "2026-01-20", "ben")], at("2026-01-06"), at("2026-01-20")
    )
    assert told(found) == [("01-06 00:00", "ann+eve"), ("01-12 08:00", "cem+dua"), ("01-19 08:00", "ann+eve")]


def test_overrides_of_other_schedules_count_for_nothing() -> None:
    other = Override(
        id=OverrideId("OVR-1"), schedule="db", person="eve", starts_at=at("2026-01-06"), ends_at=at("2026-02-06")
    )
    assert oncall.people(schedule(layer("ann")), [other], at("2026-01-07")) == ("ann",)


def test_overrides_of_the_documents_come_before_those_made_by_command() -> None:
    written = Override(
        id=OverrideId(""), schedule="shop", person="dua", starts_at=at("2026-01-06"), ends_at=at("2026-01-08")
    )
    weeks = schedule(layer("ann"), overrides=(written,))
    made = [override(1, "eve", "2026-01-07", "2026-01-09")]
    found = [oncall.on_duty(weeks, made, at(day)) for day in ("2026-01-06", "2026-01-07")]
    assert [(one.people, one.because) for one in found] == [(("dua",), "override"), (("eve",), "OVR-1")]


def test_what_a_calendar_says_stands_for_layers_and_is_overridden() -> None:
    read = schedule(calendar="team.ics")
    made = [
        override(1, "ann", "2026-01-05", "2026-01-07", calendar="team.ics"),
        override(2, "ben", "2026-01-06", "2026-01-08", calendar="team.ics"),
        override(3, "eve", "2026-01-07 12:00", "2026-01-09"),
    ]
    assert told(oncall.duties(read, made, at("2026-01-05"), at("2026-01-10"))) == [
        ("01-05 00:00", "ann"), ("01-06 00:00", "ann+ben"), ("01-07 00:00", "ben"), ("01-07 12:00", "eve"),
        ("01-09 00:00", "nobody"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        pytest.param(BERLIN, "2026-03-29", "2026-03-29 01:00", id="clocks leave the time out: when they go on"),
        pytest.param(BERLIN, "2026-10-25", "2026-10-25 00:30", id="it comes twice: the first time"),
        pytest.param("Pacific/Apia", "2011-12-30", "2011-12-30 10:00", id="a day that was left out whole"),
    ],
)
def test_a_handover_at_a_time_that_clocks_change(zone: str, day: str, begins: str) -> None:
    nights = Layer(
        name="n", people=(("ann",), ("ben",)), starts=local(f"{day} 02:30") - timedelta(days=2),
        turn=Turn.DAY,
    )  # fmt: skip
    assert oncall.handover(nights, zone, 2) == at(begins)


def test_changes_are_told_of_people_and_not_of_turns() -> None:
    found = oncall.duties(schedule(layer("ann", "ann", "ben")), (), at("2026-01-05 08:00"), at("2026-02-01"))
    changes = [(before.people, after.people) for before, after in oncall.newcomers(found)]
    assert changes == [(("ann",), ("ben",)), (("ben",), ("ann",))]
