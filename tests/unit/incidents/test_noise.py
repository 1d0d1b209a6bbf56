from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from bot.incidents import noise
from bot.incidents.nights import Nights
from bot.model.actor import Person
from bot.model.alert import Alert
from bot.model.ids import IncidentId
from bot.model.incident import Incident, IncidentStatus, Severity
from bot.model.labels import LabelSet
from bot.model.statistics import Began, Fired, Noise, Woken
from bot.store.columns import micros

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)
NIGHTS = Nights({"ann": Person(name="ann", time_zone="America/New_York"), "ben": Person(name="ben")}, "Europe/Berlin")


def fired(
    rule: str,
    number: int,
    *,
    fires: int = 1,
    again: int = 0,
    first: bool = True,
    acted: bool = False,
    lasted: float | None = 5,
) -> Fired:
    end = None if lasted is None else micros(NOON + timedelta(minutes=lasted))
    return Fired(rule, IncidentId(f"INC-{number}"), fires, again, first, acted, micros(NOON), end)


def woken(person: str, number: int, at: datetime = NOON) -> Woken:
    return Woken(person, IncidentId(f"INC-{number}"), micros(at))


def only(rows: Sequence[Fired], pages: Sequence[Woken] = ()) -> Noise:
    (found,) = noise.noise(rows, pages, NIGHTS)
    return found


def test_what_a_rule_did_is_counted() -> None:
    found = only(
        [
            fired("Slow", 1, fires=3, again=2, acted=True),
            fired("Slow", 2, lasted=4),
            fired("Slow", 3, lasted=8),
            fired("Slow", 4, lasted=None),
        ]
    )
    assert (found.fires, found.incidents, found.ignored, found.flaps) == (6, 4, 2, 2)
    assert found.length == timedelta(minutes=6)


def test_an_open_incident_is_not_ignored_yet() -> None:
    assert only([fired("Slow", 1, lasted=None)]).ignored == 0


def test_a_page_is_that_of_the_rule_that_opened_its_incident() -> None:
    rows = [fired("Slow", 1), fired("Full", 1, first=False), fired("Full", 2)]
    pages = [woken("ben", 1), woken("ben", 1), woken("ben", 2), woken("ben", 99)]
    assert {one.rule: one.pages for one in noise.noise(rows, pages, NIGHTS)} == {"Slow": 2, "Full": 1}


@pytest.mark.parametrize(
    ("person", "hour", "night"),
    [
        ("ben", "2026-11-16T20:59", None),
        ("ben", "2026-11-16T21:00", "2026-11-16"),
        ("ben", "2026-11-17T06:59", "2026-11-16"),
        ("ben", "2026-11-17T07:00", None),
        ("ann", "2026-11-17T02:59", None),
        ("ann", "2026-11-17T03:00", "2026-11-16"),
        ("ann", "2026-11-17T12:59", "2026-11-16"),
        ("gone", "2026-11-16T21:00", "2026-11-16"),
    ],
)
def test_the_night_is_that_of_the_person(person: str, hour: str, night: str | None) -> None:
    found = NIGHTS.night_of(woken(person, 1, datetime.fromisoformat(hour).replace(tzinfo=UTC)))
    assert (found.isoformat() if found else None) == night


def test_the_worst_come_first_and_ten_of_them_with_a_suggestion() -> None:
    rows = [fired(f"Rule{rule:02}", rule * 100 + each) for rule in range(12) for each in range(rule + 1)]
    found = noise.noise(rows, [], NIGHTS)
    assert [one.rule for one in found] == [f"Rule{rule:02}" for rule in reversed(range(12))]
    assert [bool(one.suggestion) for one in found] == [True] * 10 + [False] * 2


def test_a_rule_that_cost_nothing_gets_no_suggestion() -> None:
    assert only([fired("Slow", 1, acted=True)]).suggestion == ""


def many(count: int, *, fires: int = 1, again: int = 0, acted: bool = False, lasted: float = 5) -> list[Fired]:
    return [fired("Slow", each, fires=fires, again=again, acted=acted, lasted=lasted) for each in range(count)]


def test_what_ends_by_itself_is_told_to_wait() -> None:
    said = only([*many(6, lasted=3.2), fired("Slow", 9, acted=True)]).suggestion
    assert said == (
        "6 of 7 incidents ended without anybody, half of them within 3m12s: `for: 5m` more would spare that half"
    )


def test_what_flaps_is_told_to_hold_on() -> None:
    said = only(many(4, fires=5, again=4, acted=True)).suggestion
    assert said.startswith("16 of 20 times it fired again soon after it was over: a longer `keep_firing_for`")


def test_what_nobody_acts_on_is_told_to_go() -> None:
    night = NOON.replace(hour=23)
    said = only(many(4, lasted=300), [woken("ben", 1, night)]).suggestion
    assert said == (
        "nobody acted on 4 of 4 incidents, half of which lasted 5h or more, and it woke somebody once at night: "
        "delete it, or give it a `severity` that pages nobody"
    )
    mixed = only([*many(4, lasted=300), fired("Slow", 9, acted=True)]).suggestion
    assert "narrow it to what somebody acted on" in mixed


def test_what_wakes_people_is_told_to_wait_until_morning_or_to_be_a_runbook() -> None:
    pages = [woken("ben", number, NOON.replace(hour=23)) for number in range(4)]
    acted = many(4, acted=True)
    assert "a runbook could do it" in only(acted, pages).suggestion
    assert "`during`" in only([*acted, fired("Slow", 8), fired("Slow", 9)], pages).suggestion
    assert "people acted on 4 of 5" in only([*acted, fired("Slow", 9)], pages).suggestion


def test_what_some_act_on_is_told_to_be_narrowed() -> None:
    acted = [fired("Slow", each, acted=True) for each in range(10, 15)]
    said = only([*many(4, lasted=9), *acted]).suggestion
    assert said == (
        "nobody acted on 4 of 9 incidents, half of which were over within 9m: "
        "see what sets them apart from the others, and narrow it"
    )


def test_of_little_nothing_is_said() -> None:
    assert only([fired("Slow", 1)]).suggestion == "too little happened to suggest anything"


def test_an_alert_that_begins_counts_for_its_rule_and_again_if_its_incident_knew_it() -> None:
    one, two = (
        Alert(labels=LabelSet({"alertname": "Slow", "host": host}), annotations={}, starts_at=NOON) for host in "ab"
    )
    full = Alert(labels=LabelSet({"alertname": "Full"}), annotations={}, starts_at=NOON)
    assert noise.began(None, [one, two, full]) == {"Slow": Began(2, 0, True), "Full": Began(1, 0, True)}
    held = Incident(
        id=IncidentId("INC-1"), title="x", severity=Severity.SEV1, status=IncidentStatus.TRIGGERED, opened_at=NOON,
        alerts=(one.fingerprint,),
    )  # fmt: skip
    assert noise.began(held, [one, two, full]) == {"Slow": Began(2, 1), "Full": Began(1)}
