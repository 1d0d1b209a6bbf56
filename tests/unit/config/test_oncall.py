"""What tocsin.yaml says of who is on call."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.config.checking import check_all
from bot.config.loading import load
from bot.errors import DocumentError
from bot.incidents import oncall
from bot.model.ids import OverrideId
from bot.model.schedule import Layer, Override, Turn
from bot.model.time_interval import MomentSet, Range

PEOPLE = "people: [{name: ann}, {name: ben}, {name: cem}]\n"
SHOP = """\
time_zone: Europe/Berlin
schedules:
  - name: shop
    title: "The shop, first line"
    layers:
      - {name: nights, people: [ann, [ben, cem], []], starts: "2026-01-05 09:00", every: 12h}
      - people: [cem]
        starts: 2026-01-05T09:00+01:00
        every: 2w
        until: 2030-01-07
        only:
          - {weekdays: [monday:friday], times: [{start_time: "09:00", end_time: "17:00"}]}
          - {weekdays: [saturday], location: UTC}
    overrides:
      - {person: ben, from: "2026-12-24 09:00", until: 2026-12-27T08:00Z, instead: ann, reason: Christmas}
"""


def test_layers_and_overrides_are_read_in_the_schedules_zone(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_text(PEOPLE + SHOP)
    shop = load(tmp_path / "tocsin.yaml", {}, tmp_path).setup.schedules["shop"]
    assert (shop.title, shop.time_zone, shop.calendar) == ("The shop, first line", "Europe/Berlin", "")
    starts = datetime.fromisoformat("2026-01-05 09:00")
    office = MomentSet(
        times=(Range(first=540, last=1020),), weekdays=(Range(first=1, last=5),), location="Europe/Berlin"
    )
    assert shop.layers == (
        Layer(name="nights", people=(("ann",), ("ben", "cem"), ()), starts=starts, turn=Turn.HOUR, every=12),
        Layer(
            name="layer 2", people=(("cem",),), starts=starts, turn=Turn.WEEK, every=2,
            only=(office, MomentSet(weekdays=(Range(first=6, last=6),))), until=datetime.fromisoformat("2030-01-07"),
        ),
    )  # fmt: skip
    assert shop.overrides == (
        Override(
            id=OverrideId(""), schedule="shop", person="ben", starts_at=datetime(2026, 12, 24, 8, tzinfo=UTC),
            ends_at=datetime(2026, 12, 27, 8, tzinfo=UTC), instead="ann", reason="Christmas",
        ),
    )  # fmt: skip


def test_a_week_is_what_a_turn_is_and_the_zone_may_be_the_schedules_own(tmp_path: Path) -> None:
    line = "schedules: [{name: db, time_zone: Asia/Tokyo, layers: [{people: [ann], starts: 2026-01-05}]}]"
    (tmp_path / "tocsin.yaml").write_text(PEOPLE + line)
    db = load(tmp_path / "tocsin.yaml", {}, tmp_path).setup.schedules["db"]
    assert (db.layers[0].name, db.layers[0].turn, db.layers[0].every) == ("layer 1", Turn.WEEK, 1)
    assert oncall.handover(db.layers[0], db.time_zone, 1) == datetime(2026, 1, 11, 15, tzinfo=UTC)


LAYER = "{people: [ann], starts: 2026-01-05}"


@pytest.mark.parametrize(
    ("schedule", "complaint"),
    [
        ("name: a b, layers: [%s]", "2:20: schedules[0].name: "),
        ("name: a", "schedules[0]: it is made of layers or of a calendar: write either `layers` or `calendar`"),
        ("name: a, layers: []", "schedules[0]: it is made of layers or of a calendar"),
        ("name: a, layers: [{people: [], starts: 2026-01-05}]", "schedules[0].layers[0].people: "),
        (
            "name: a, layers: [{people: [anm], starts: 2026-01-05}]",
            "schedules[0].layers[0].people[0]: nobody in `people` is called 'anm'; did you mean 'ann'?",
        ),
        (
            "name: a, layers: [{people: [[ann, zoe]], starts: 2026-01-05}]",
            "schedules[0].layers[0].people[0][1]: nobody in `people` is called 'zoe'; add them there",
        ),
        ("name: a, layers: [{people: [ann], starts: soon}]", "schedules[0].layers[0].starts: not a date: 'soon'"),
        (
            "name: a, layers: [{people: [ann], starts: 2026-01-05, every: 1m}]",
            "schedules[0].layers[0].every: no length of a turn: '1m'; write it in hours, days or weeks: 12h, 1d or 2w",
        ),
        ("name: a, layers: [{people: [ann], starts: 2026-01-05, every: 0d}]", "schedules[0].layers[0].every: no len"),
        (
            "name: a, layers: [{people: [ann], starts: 2026-01-05, until: 2026-01-05}]",
            "schedules[0].layers[0].until: it is over before it begins",
        ),
        (
            "name: a, layers: [{people: [ann], starts: 2026-01-05, name: x}, {people: [ben], starts: 2026-01-05, "
            "name: x}]",
            "schedules[0].layers[1].name: there is another layer 'x'",
        ),
        ("name: a, time_zone: Europe/Berln, layers: [%s]", "did you mean 'Europe/Berlin'?"),
        (
            "name: a, layers: [%s], overrides: [{person: bn, from: 2026-01-05, until: 2026-01-06}]",
            "schedules[0].overrides[0].person: nobody in `people` is called 'bn'",
        ),
        (
            "name: a, layers: [%s], overrides: [{person: ben, from: 2026-01-05, until: 2026-01-06, instead: x}]",
            "schedules[0].overrides[0].instead: nobody in `people` is called 'x'",
        ),
        (
            "name: a, layers: [%s], overrides: [{person: ben, from: 2026-01-06, until: 2026-01-05T23:00Z}]",
            "schedules[0].overrides[0].until: it is over before it begins",
        ),
        ("name: a, layers: [%s]}, {name: a, layers: [%s]", "schedules[1].name: there is another schedule 'a'"),
        ("name: a, calendar: team", "schedules[0].calendar: no integration is called 'team'; add `team: {use: ical,"),
    ],
)
def test_every_mistake_is_found_and_has_a_place(tmp_path: Path, schedule: str, complaint: str) -> None:
    (tmp_path / "tocsin.yaml").write_text(f"{PEOPLE}schedules: [{{{schedule.replace('%s', LAYER)}}}]")
    with pytest.raises(DocumentError) as caught:
        load(tmp_path / "tocsin.yaml", {}, tmp_path)
    assert complaint in str(caught.value.complaints[0])


def warnings(tmp_path: Path, schedule: str) -> list[str]:
    (tmp_path / "tocsin.yaml").write_text(f"{PEOPLE}schedules: [{{{schedule}}}]")
    return [str(one) for one in check_all(tmp_path / "tocsin.yaml", {}, tmp_path).complaints]


def test_a_time_that_nobody_is_on_call_is_a_warning(tmp_path: Path) -> None:
    (gap,) = warnings(
        tmp_path,
        "name: a, layers: [{people: [ann], starts: 2026-01-05,"
        " only: [{times: [{start_time: '00:00', end_time: '18:00'}]}]}]",
    )
    assert "tocsin.yaml:2:13: warning: schedules[0]: nobody is on call from " in gap
    # in the evening the first gap has begun already; 57 or 56 evenings of eight weeks
    assert re.search(r" from \w{3} [\d-]+ (18|19|2\d):\d\d to \w{3} [\d-]+ 00:00 UTC; 5[67] gaps", gap), gap


def test_a_schedule_that_has_not_begun_or_is_over_is_told_of(tmp_path: Path) -> None:
    (over,) = warnings(tmp_path, "name: a, layers: [{people: [ann], starts: 2020-01-05, until: 2020-02-05}]")
    assert over.endswith(" on, for weeks at least")
    soon = (datetime.now(UTC) + timedelta(days=3)).date()
    (later,) = warnings(tmp_path, f"name: a, layers: [{{people: [ann], starts: {soon}}}]")
    assert f"to {soon:%a %Y-%m-%d} 00:00 UTC" in later


def test_a_schedule_without_gaps_is_fine(tmp_path: Path) -> None:
    assert warnings(tmp_path, "name: a, layers: [{people: [ann], starts: 2026-01-05}]") == []
