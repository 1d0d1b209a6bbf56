"""What PagerDuty's, Opsgenie's and Grafana OnCall's schedules and escalations become."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.cli import importing_grafana_oncall, importing_opsgenie, importing_pagerduty
from bot.cli.importing_oncall import Making
from bot.config.oncall import schedules
from bot.config.schema import Config
from bot.documents import read, validate
from bot.incidents import oncall

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
Found = Mapping[str, Sequence[dict[str, Any]]]


class Made:
    """What came of it, and who would be on call."""

    def __init__(self, reader: Callable[[Found, Making], None], found: Found) -> None:
        making = Making("a vendor", NOW)
        reader(found, making)
        self.text = making.done()
        self.said = [f"{one.what}: {one.verdict}: {one.text}" for one in making.remarks]
        self.config = validate(read(self.text, "made"), Config)

    def on_call(self, schedule: str, at: str) -> tuple[str, ...]:
        made = schedules(self.config)[schedule]
        return oncall.people(made, (), datetime.fromisoformat(at).astimezone(UTC))

    def levels(self, name: str = "Shop") -> list[tuple[str, float]]:
        (found,) = (one for one in self.config.escalations if one.name == name)
        return [("+".join((*level.schedules, *level.people)), level.wait.total_seconds()) for level in found.levels]


# ---- PagerDuty -------------------------------------------------------------------------------------------------------

USERS = [{"id": "U1", "name": "Ann", "email": "ann@example.net"}, {"id": "U2", "name": "Ben"}]


def pd_layer(name: str, *users: str, seconds: int = 604_800, **more: Any) -> dict[str, Any]:
    return {
        "name": name, "start": "2024-01-01T00:00:00+01:00", "end": None,
        "rotation_virtual_start": "2024-01-01T09:00:00+01:00", "rotation_turn_length_seconds": seconds,
        "users": [{"user": {"id": user, "type": "user_reference", "summary": user}} for user in users],
        "restrictions": [], **more,
    }  # fmt: skip


def pagerduty(*layers: dict[str, Any], policies: Sequence[dict[str, Any]] = (), **more: Any) -> Made:
    schedule = {"id": "S1", "name": "Shop", "time_zone": "Europe/Berlin", "schedule_layers": list(layers), **more}
    return Made(
        importing_pagerduty.read, {"users": USERS, "schedules": [schedule], "escalation_policies": list(policies)}
    )


def test_pagerdutys_first_layer_counts_before_the_others() -> None:
    office = {"type": "daily_restriction", "start_time_of_day": "09:00:00", "duration_seconds": 8 * 3600}
    made = pagerduty(pd_layer("Office", "U2", restrictions=[office]), pd_layer("Base", "U1"))
    assert made.on_call("Shop", "2026-11-22T12:00+01:00") == ("Ben",)
    assert made.on_call("Shop", "2026-11-22T18:00+01:00") == ("Ann",)
    assert made.said == [
        "schedule 'Shop': taken: 2 layers",
        "people: changed: say with `contacts` how each of them is reached",
    ]


def test_pagerdutys_restrictions_cross_midnight_and_days() -> None:
    weekend = {
        "type": "weekly_restriction", "start_day_of_week": 5, "start_time_of_day": "18:00:00",
        "duration_seconds": 62 * 3600,
    }  # fmt: skip
    night = {"type": "daily_restriction", "start_time_of_day": "20:30:00", "duration_seconds": 10 * 3600}
    made = pagerduty(pd_layer("Weekend", "U1", restrictions=[weekend]), pd_layer("Night", "U2", restrictions=[night]))
    seen = {
        at: "+".join(made.on_call("Shop", f"2026-11-{at}+01:00"))
        for at in ("20T17:59", "20T18:00", "21T03:00", "22T23:59", "23T07:59", "23T08:00", "23T20:30", "24T06:29")
    }
    assert list(seen.values()) == ["", "Ann", "Ann", "Ann", "Ann", "", "Ben", "Ben"]
    assert any("nobody is on call from" in one for one in made.said)


def test_pagerdutys_turns_keep_their_time_when_clocks_change() -> None:
    made = pagerduty(pd_layer("Days", "U1", "U2", seconds=86_400))
    assert made.on_call("Shop", "2026-07-01T08:59+02:00") != made.on_call("Shop", "2026-07-01T09:00+02:00")


def test_pagerdutys_overrides_are_taken_where_the_answer_has_them() -> None:
    entry = {"start": "2026-12-24T09:00:00+01:00", "end": "2026-12-25T09:00:00+01:00", "user": {"id": "U2"}}
    made = pagerduty(pd_layer("Base", "U1"), overrides_subschedule={"rendered_schedule_entries": [entry]})
    assert made.on_call("Shop", "2026-12-24T20:00+01:00") == ("Ben",)


def final(*turns: tuple[str, str, str]) -> dict[str, Any]:
    entries = [{"start": start, "end": end, "user": {"id": user}} for user, start, end in turns]
    return {"final_schedule": {"rendered_schedule_entries": entries}}


def test_what_pagerduty_says_of_the_weeks_to_come_is_looked_up_beside_it() -> None:
    base, cover = pd_layer("Base", "U1"), {"start": "2026-12-24T09:00:00+01:00", "end": "2026-12-25T09:00:00+01:00"}
    overrides: dict[str, Any] = {
        "overrides_subschedule": {"rendered_schedule_entries": [{**cover, "user": {"id": "U2"}}]}
    }
    turns = [
        ("U1", "2026-12-20T00:00:00Z", cover["start"]), ("U2", cover["start"], cover["end"]),
        ("U1", cover["end"], "2026-12-27T00:00:00Z"),
    ]  # fmt: skip
    made = pagerduty(base, **overrides, **final(*turns))
    same = "schedule 'Shop': taken: the same people are on call, from 2026-12-20 00:00 to 2026-12-27 00:00 UTC"
    assert same in made.said
    # the layers the other way round, as some write them into a file
    night = {"type": "daily_restriction", "start_time_of_day": "20:00:00", "duration_seconds": 3600}
    turned = pagerduty(base, pd_layer("Night", "U2", restrictions=[night]), **final(turns[1], turns[2]))
    assert turned.said[-1] == (
        "schedule 'Shop': wrong: from 2026-12-24 09:00 on Ben is on call there, and Ann here; see why"
    )


def test_what_pagerduty_has_and_a_layer_has_not() -> None:
    made = pagerduty(
        pd_layer("Odd", "U1", seconds=1800),
        pd_layer("Over", "U1", end="2026-01-01T00:00:00Z"),
        pd_layer("Nobody"),
        pd_layer("Soon", "U1", start="2027-01-01T00:00:00Z"),
    )
    assert made.said[:4] == [
        "schedule 'Shop', layer 'Soon': changed: it begins on 2027-01-01T00:00:00Z there, and here its turns count"
        " before too",
        "schedule 'Shop', layer 'Nobody': left out: nobody takes turns in it",
        "schedule 'Shop', layer 'Over': left out: it is over since 2026-01-01T00:00:00Z",
        "schedule 'Shop', layer 'Odd': wrong: its turns are no whole number of hours; write it by hand",
    ]


def test_pagerdutys_policies() -> None:
    rules = [
        {"escalation_delay_in_minutes": 10, "targets": [{"id": "S1", "type": "schedule_reference"}]},
        {
            "escalation_delay_in_minutes": 30,
            "targets": [{"id": "U1", "type": "user_reference"}, {"id": "S9", "type": "schedule", "summary": "DB"}],
        },
    ]
    made = pagerduty(pd_layer("Base", "U1"), policies=[{"name": "Shop", "num_loops": 2, "escalation_rules": rules}])
    assert made.levels() == [("Shop", 600), ("Ann", 1800)]
    assert made.config.escalations[0].repeat == 2
    assert "escalation 'Shop': wrong: it pages 'DB', which is not among the schedules; name another" in made.said


def test_two_people_of_one_name_stay_two_and_so_do_two_policies() -> None:
    users = [{"id": f"U{n}", "name": "Ann", "email": f"ann{n}@example.net"} for n in (1, 2)]
    layer = pd_layer("Base", "U1", "U2")
    rule = {"escalation_delay_in_minutes": 10, "targets": [{"id": "U2", "type": "user_reference"}]}
    made = Made(
        importing_pagerduty.read,
        {
            "users": users,
            "schedules": [{"id": "S1", "name": "Shop", "time_zone": "UTC", "schedule_layers": [layer]}],
            "escalation_policies": [{"name": "Shop", "escalation_rules": [rule]}] * 2,
        },
    )
    assert [(one.name, one.email) for one in made.config.people] == [
        ("Ann", "ann1@example.net"), ("Ann-2", "ann2@example.net"),
    ]  # fmt: skip
    assert {made.on_call("Shop", f"2026-11-{day}T12:00+00:00") for day in (16, 23)} == {("Ann",), ("Ann-2",)}
    assert [one.name for one in made.config.escalations] == ["Shop", "Shop-2"]
    assert made.levels("Shop-2") == [("Ann-2", 600)]
    assert "person 'Ann': changed: two are called that: the other one is 'Ann-2' here" in made.said
    assert "escalation 'Shop': changed: there are two of this name: the other one is 'Shop-2' here" in made.said


def test_pagerdutys_round_robin_is_told() -> None:
    rule = {
        "escalation_delay_in_minutes": 10,
        "escalation_rule_assignment_strategy": {"type": "round_robin"},
        "targets": [{"id": one, "type": "user_reference"} for one in ("U1", "U2")],
    }
    made = pagerduty(pd_layer("Base", "U1"), policies=[{"name": "Shop", "escalation_rules": [rule]}])
    assert made.levels() == [("Ann+Ben", 600)]
    assert any("one after the other is told there, and here all of them" in one for one in made.said)
    calm = pagerduty(
        pd_layer("Base", "U1"),
        policies=[{"name": "Shop", "escalation_rules": [rule | {"escalation_rule_assignment_strategy": None}]}],
    )
    assert not any("one after the other" in one for one in calm.said)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"schedule_layers": [{}]}, "it is not as the API has it: there is no 'rotation_turn_length_seconds'"),
        ({"schedule_layers": [pd_layer("Base", "U1", rotation_virtual_start="soon")]}, "it is not as the API has it"),
        ({"schedule_layers": 7}, "it is not as the API has it"),
        ({"time_zone": "Mars/North"}, "No time zone found with key Mars/North; name one that this machine has"),
    ],
)
def test_what_is_not_as_the_api_has_it_is_said(broken: dict[str, Any], said: str) -> None:
    made = pagerduty(pd_layer("Base", "U1"), **broken)
    assert any(said in one for one in made.said), made.said
    assert made.config.schedules == ()


def test_a_list_of_pagerdutys_schedules_has_no_layers() -> None:
    made = Made(importing_pagerduty.read, {"schedules": [{"id": "S1", "name": "Shop", "time_zone": "UTC"}]})
    assert made.said == [
        "schedule 'Shop': wrong: its layers are not in the file: `GET /schedules/ID` has them, the list of schedules"
        " has not"
    ]


# ---- Opsgenie --------------------------------------------------------------------------------------------------------


def rotation(name: str, *people: str, **more: Any) -> dict[str, Any]:
    turns = [
        {"type": "user", "id": one, "username": f"{one}@example.net"} if one else {"type": "none"} for one in people
    ]
    return {
        "id": name, "name": name, "startDate": "2026-01-05T08:00:00Z", "type": "weekly", "length": 1,
        "participants": turns, **more,
    }  # fmt: skip


def opsgenie(*rotations: dict[str, Any], escalation: dict[str, Any] | None = None, **more: Any) -> Made:
    schedule = {"id": "S1", "name": "Shop", "timezone": "Europe/Berlin", "rotations": list(rotations), **more}
    found = {"schedules": [schedule], "escalations": [{"name": "Shop", **escalation}] if escalation else []}
    return Made(importing_opsgenie.read, found)


DAY = {"type": "time-of-day", "restriction": {"startHour": 8, "startMin": 0, "endHour": 20, "endMin": 0}}
NIGHT = {"type": "time-of-day", "restriction": {"startHour": 20, "startMin": 0, "endHour": 8, "endMin": 0}}
WORK = {
    "type": "weekday-and-time-of-day",
    "restrictions": [
        {"startDay": "friday", "startHour": 18, "startMin": 30, "endDay": "monday", "endHour": 8, "endMin": 0}
    ],
}


def test_opsgenies_rotations_that_do_not_overlap_are_layers() -> None:
    made = opsgenie(rotation("day", "ann", "ben", timeRestriction=DAY), rotation("night", "cem", timeRestriction=NIGHT))
    assert [made.on_call("Shop", f"2026-11-22T{at}+01:00") for at in ("07:59", "08:00", "20:00")] == [
        ("cem@example.net",), ("ben@example.net",), ("cem@example.net",),
    ]  # fmt: skip
    assert not any("nobody is on call" in one for one in made.said)


def test_opsgenies_rotations_that_overlap_are_schedules_and_escalations_page_all() -> None:
    escalation = {"rules": [rule(0, "schedule", "S1")]}
    made = opsgenie(rotation("first", "ann"), rotation("second", "ben"), escalation=escalation)
    assert [one.name for one in made.config.schedules] == ["Shop-first", "Shop-second"]
    assert made.levels() == [("Shop-first+Shop-second", 300)]
    assert any("several are on call at once in it" in one for one in made.said)


def test_opsgenies_weekends_and_turns_of_nobody() -> None:
    made = opsgenie(rotation("weekend", "ann", "", timeRestriction=WORK))
    seen = [made.on_call("Shop", f"2026-11-{at}+01:00") for at in ("13T18:29", "13T18:30", "16T07:59", "21T12:00")]
    assert seen == [(), ("ann@example.net",), ("ann@example.net",), ()]


def test_opsgenies_overrides_are_taken() -> None:
    def cover(start: str, end: str, **more: Any) -> dict[str, Any]:
        user = {"type": "user", "id": "ben", "username": "ben@example.net"}
        return {"_parent": {"id": "S1"}, "alias": "a", "user": user, "startDate": start, "endDate": end, **more}

    schedule = {"id": "S1", "name": "Shop", "timezone": "Europe/Berlin", "rotations": [rotation("all", "ann")]}
    covers = [
        cover("2026-12-24T08:00:00Z", "2026-12-25T08:00:00Z", rotations=[{"id": "all", "name": "all"}]),
        cover("2026-01-24T08:00:00Z", "2026-01-25T08:00:00Z"),
        cover("2026-12-30T08:00:00Z", "2026-12-31T08:00:00Z", user={"type": "team", "id": "dba"}),
    ]
    made = Made(importing_opsgenie.read, {"schedules": [schedule], "overrides": covers})
    assert made.on_call("Shop", "2026-12-24T12:00+01:00") == ("ben@example.net",)
    assert len(made.config.schedules[0].overrides) == 1
    assert any("there it is for all alone, and here for all of the schedule" in one for one in made.said)
    assert any("wrong: a team covers; name one person" in one for one in made.said)


def test_what_opsgenie_has_and_a_layer_has_not() -> None:
    team = {"type": "team", "name": "dba", "id": "T1"}
    made = opsgenie(
        rotation("teams", "ann", participants=[team]),
        rotation("over", "ann", endDate="2026-02-01T00:00:00Z"),
        rotation("odd", "ann", type="monthly"),
    )
    assert made.said[0] == (
        "schedule 'Shop', rotation 'teams': changed: the turn of the team 'dba' is nobody's here; name people"
    )
    assert "it is over since" in made.said[2]
    assert "it is not as the API has it: there is no 'monthly'" in made.said[3]
    soon = opsgenie(rotation("soon", "ann", startDate="2027-01-01T08:00:00Z"))
    assert any("it begins on 2027-01-01T08:00:00Z there, and here its turns count before" in one for one in soon.said)
    off = opsgenie(rotation("on", "ann"), enabled=False)
    assert off.said == ["schedule 'Shop': left out: it is switched off"]


def rule(minutes: int, kind: str, name: str, **more: Any) -> dict[str, Any]:
    recipient = {"type": kind, "id": name, "name": name, "username": f"{name}@example.net"}
    delay = {"timeAmount": minutes, "timeUnit": "minutes"}
    return {"condition": "if-not-acked", "notifyType": "default", "delay": delay, "recipient": recipient} | more


def test_opsgenies_delays_since_the_alert_become_waits_of_levels() -> None:
    rules = [rule(30, "user", "cem"), rule(5, "schedule", "S1"), rule(5, "user", "ben"), rule(40, "team", "dba")]
    repeat = {"waitInterval": 20, "count": 3}
    made = opsgenie(rotation("all", "ann"), escalation={"rules": rules, "repeat": repeat})
    assert made.levels() == [("Shop+ben@example.net", 25 * 60), ("cem@example.net", 10 * 60)]
    assert made.config.escalations[0].repeat == 3
    assert any("its first level waits 5m there, and is paged at once here" in one for one in made.said)
    assert any("it tells the team 'dba', which is not here" in one for one in made.said)
    ends = opsgenie(rotation("all", "ann"), escalation={"rules": rules, "repeat": {"closeAlertAfterAll": True}})
    assert any("it closes the alert at its end; here the incident stays open" in one for one in ends.said)


# ---- Grafana OnCall --------------------------------------------------------------------------------------------------


def part(id: str, kind: str = "rolling_users", **more: Any) -> dict[str, Any]:
    return {
        "id": id, "name": id, "type": kind, "level": 0, "start": "2026-01-05T09:00:00", "duration": 604_800,
        "frequency": "weekly", "interval": 1, "rolling_users": [["U1"], ["U2", "U3"]], **more,
    }  # fmt: skip


def grafana(*parts: dict[str, Any], steps: Sequence[dict[str, Any]] = (), **more: Any) -> Made:
    schedule = {"id": "S1", "name": "Shop", "type": "calendar", "time_zone": "Europe/Berlin"}
    found = {
        "users": [{"id": f"U{n}", "username": name} for n, name in enumerate(("ann", "ben", "cem"), 1)],
        "schedules": [schedule | {"shifts": [one["id"] for one in parts]} | more],
        "on_call_shifts": list(parts),
        "escalation_chains": [{"id": "C1", "name": "Shop"}] if steps else [],
        "escalation_policies": [
            {"escalation_chain_id": "C1", "position": len(steps) - n, **step}
            for n, step in enumerate(reversed(steps), 1)
        ],
    }
    return Made(importing_grafana_oncall.read, found)


def test_oncalls_rolling_users_take_turns_from_the_one_it_begins_with() -> None:
    made = grafana(part("weeks", start_rotation_from_user_index=1))
    assert made.on_call("Shop", "2026-01-06T12:00+01:00") == ("ben", "cem")
    assert made.on_call("Shop", "2026-01-13T12:00+01:00") == ("ann",)


def test_oncalls_turns_are_counted_from_their_start_and_not_from_when_they_were_last_edited() -> None:
    made = grafana(part("weeks", rotation_start="2026-11-10T14:37:22"))
    assert [made.on_call("Shop", f"2026-11-{at}+01:00") for at in ("16T08:59", "16T09:00", "23T09:00")] == [
        ("ann",), ("ben", "cem"), ("ann",),
    ]  # fmt: skip
    later = grafana(part("weeks", rotation_start="2027-01-04T09:00:00"))
    assert any("it begins on 2027-01-04T09:00:00 there" in one for one in later.said)


def test_oncalls_turns_of_some_days_change_with_the_week() -> None:
    days: dict[str, Any] = {"by_day": ["MO", "TU", "WE", "TH", "FR"], "week_start": "MO", "duration": 8 * 3600}
    made = grafana(part("work", start="2026-01-07T09:00:00", **days))
    assert [made.on_call("Shop", f"2026-01-{at}T12:00+01:00") for at in ("08", "09", "12", "14")] == [
        ("ann",), ("ann",), ("ben", "cem"), ("ben", "cem"),
    ]  # fmt: skip


def test_oncalls_schedules_of_the_browser_go_by_utc() -> None:
    once = part("off", "override", rolling_users=[["U3"]], start="2026-12-24T09:00:00", duration=86_400)
    del once["frequency"], once["interval"]
    made = grafana(part("weeks"), once, type="web")
    assert made.on_call("Shop", "2026-07-06T08:59+00:00") != made.on_call("Shop", "2026-07-06T09:00+00:00")
    assert made.on_call("Shop", "2026-12-24T09:00+00:00") == ("cem",)
    assert any("it is shown in Europe/Berlin there, and its turns go by the clocks of UTC" in one for one in made.said)
    mixed = grafana(part("weeks"), part("more", time_zone="Asia/Tokyo"), type="web")
    assert any("wrong: its parts go by the clocks of UTC, Asia/Tokyo" in one for one in mixed.said)


def test_oncalls_parts_of_one_level_that_overlap_below_another_are_said() -> None:
    both = [part("one", level=1), part("two", level=1)]
    made = grafana(*both, part("top", level=2, duration=8 * 3600, by_day=["SA"]))
    assert any("wrong: several of its level 1 are on call at once there" in one for one in made.said)


def test_oncalls_higher_level_counts_before_a_lower_one() -> None:
    made = grafana(
        part("office", "recurrent_event", users=["U3"], rolling_users=None, by_day=["MO", "TU"], duration=8 * 3600,
             level=2),
        part("weeks", rolling_users=[["U1"]], level=1),
    )  # fmt: skip
    seen = [made.on_call("Shop", f"2026-11-{at}+01:00") for at in ("23T09:00", "23T17:00", "25T12:00")]
    assert seen == [("cem",), ("ann",), ("ann",)]


def test_oncalls_single_events_are_overrides() -> None:
    once = part("party", "single_event", users=["U2"], start="2026-12-24T09:00:00", duration=86_400)
    gone = part("gone", "single_event", users=["U2"], start="2026-01-24T09:00:00", duration=86_400)
    made = grafana(part("weeks", rolling_users=[["U1"]]), once, gone)
    assert made.on_call("Shop", "2026-12-24T12:00+01:00") == ("ben",)
    assert len(made.config.schedules[0].overrides) == 1


def test_oncalls_days_months_and_what_a_layer_cannot_say() -> None:
    made = grafana(
        part("daily", frequency="daily", duration=12 * 3600, by_month=[12], rolling_users=[["U1"]]),
        part("monthly", frequency="monthly"),
        part("hourly", frequency="hourly", interval=2, duration=1800),
        part("over", until="2026-02-01T00:00:00"),
    )
    assert made.config.schedules == ()
    made = grafana(part("daily", frequency="daily", duration=12 * 3600, by_month=[12], rolling_users=[["U1"]]))
    assert made.on_call("Shop", "2026-12-02T12:00+01:00") == ("ann",)
    assert made.on_call("Shop", "2026-11-30T12:00+01:00") == ()
    assert made.on_call("Shop", "2026-12-02T21:30+01:00") == ()
    said = grafana(part("monthly", frequency="monthly"), time_zone="UTC", type="web").said
    assert said[0].startswith("schedule 'Shop', 'monthly': wrong: it comes monthly")
    assert grafana(type="ical").said[0] == (
        "schedule 'Shop': left out: it is a calendar: write a schedule with `calendar` for it"
    )


def test_oncalls_steps_become_levels() -> None:
    steps: list[dict[str, Any]] = [
        {"type": "wait", "duration": 60},
        {"type": "notify_on_call_from_schedule", "notify_on_call_from_schedule": "S1"},
        {"type": "notify_persons", "persons_to_notify": ["U2"]},
        {"type": "wait", "duration": 300},
        {"type": "wait", "duration": 60},
        {"type": "trigger_webhook"},
        {"type": "notify_persons", "persons_to_notify": ["U3"]},
        {"type": "repeat_escalation"},
    ]
    made = grafana(part("weeks"), steps=steps)
    assert made.levels() == [("Shop+ben", 360), ("cem", 300)]
    assert made.config.escalations[0].repeat == 5
    assert any("it waits before it tells anybody" in one for one in made.said)
    assert any("left out: a step `trigger_webhook`: a receiver's `webhook_configs`" in one for one in made.said)


def test_oncalls_steps_without_which_others_are_woken_are_wrong_and_say_what_to_do() -> None:
    steps: list[dict[str, Any]] = [
        {"type": "notify_team_members"},
        {"type": "notify_if_time_from_to"},
        {"type": "something_new"},
        {"type": "notify_persons", "persons_to_notify": ["U3"], "important": True},
    ]
    made = grafana(part("weeks"), steps=steps)
    assert made.levels() == [("cem", 300)]
    assert "escalation 'Shop': wrong: a step `notify_team_members`: name these people in a level" in made.said
    assert any("wrong: a step `notify_if_time_from_to`: an escalation of its own" in one for one in made.said)
    assert any("left out: a step `something_new`: a level pages people" in one for one in made.said)
    assert any("changed: some steps tell people by their important rules there" in one for one in made.said)
