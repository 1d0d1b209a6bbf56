"""PagerDuty's schedules and escalation policies, as its REST API has them (version 2), in our words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from bot.cli import importing_oncall as ours
from bot.cli.importing_oncall import Making, Plain
from bot.cli.importing_routing import Verdict


def read(found: Mapping[str, Sequence[Plain]], making: Making) -> None:
    """`found`: lists by the API's names, `users`, `schedules` (with their layers) and `escalation_policies`."""
    people = {one["id"]: one for one in found.get("users", ())}
    for schedule in found.get("schedules", ()):
        with making.piece(f"schedule {schedule.get('name')!r}"):
            _schedule(schedule, people, making)
    for policy in found.get("escalation_policies", ()):
        with making.piece(f"escalation {policy.get('name')!r}"):
            _policy(policy, people, making)


def _schedule(schedule: Plain, people: Mapping[str, Plain], making: Making) -> None:
    name, zone = _name(schedule), schedule.get("time_zone") or "UTC"
    if "schedule_layers" not in schedule:
        text = "its layers are not in the file: `GET /schedules/ID` has them, the list of schedules has not"
        making.say(f"schedule {name!r}", Verdict.WRONG, text)
        return
    # the API has the layer that counts before all others first, and we have it last
    layers = [
        made
        for number, layer in enumerate(reversed(schedule["schedule_layers"]), 1)
        if (made := _layer(name, number, layer, zone, people, making))
    ]
    overrides = [
        {"person": _person(one["user"], people, making), "from": one["start"], "until": one["end"]}
        for one in _rendered(schedule, "overrides_subschedule")
    ]
    making.schedule(schedule["id"], name, zone, layers, overrides)
    making.compare(
        schedule["id"],
        [
            (
                datetime.fromisoformat(one["start"]),
                datetime.fromisoformat(one["end"]),
                _person(one["user"], people, making),
            )
            for one in _rendered(schedule, "final_schedule")
        ],
    )


def _rendered(schedule: Plain, part: str) -> Sequence[Plain]:
    """What it says of the time it was asked about; nothing where it was asked about none."""
    return (schedule.get(part) or {}).get("rendered_schedule_entries") or ()


def _layer(
    schedule: str, number: int, layer: Plain, zone: str, people: Mapping[str, Plain], making: Making
) -> Plain | None:
    what = f"schedule {schedule!r}, layer {layer.get('name') or number!r}"
    end = layer.get("end")
    if end and datetime.fromisoformat(end) <= making.now:
        making.say(what, Verdict.LEFT, f"it is over since {end}")
        return None
    try:
        every = ours.every(int(layer["rotation_turn_length_seconds"]))
    except ValueError as error:
        making.say(what, Verdict.WRONG, f"{error}; write it by hand")
        return None
    if datetime.fromisoformat(layer["start"]) > making.now:
        making.say(what, Verdict.CHANGED, f"it begins on {layer['start']} there, and here its turns count before too")
    turns = [[_person(one.get("user", one), people, making)] for one in layer.get("users", ())]
    if not turns:
        making.say(what, Verdict.LEFT, "nobody takes turns in it")
        return None
    return ours.layer(
        layer.get("name") or f"layer {number}",
        turns,
        ours.local(layer["rotation_virtual_start"], zone),
        every,
        _only(layer.get("restrictions") or ()),
        ours.local(end, zone) if end else "",
    )


def _only(restrictions: Sequence[Plain]) -> Sequence[Plain]:
    """Each is on for so many seconds, every day or from one day of the week on (1 is Monday)."""
    weekly = [
        (int(one["start_day_of_week"]) - 1, _minute(one), int(one["duration_seconds"]) // 60)
        for one in restrictions
        if one["type"] == "weekly_restriction"
    ]
    every_day = [one for one in restrictions if one["type"] == "daily_restriction"]
    always = [ours.daily(_minute(one), int(one["duration_seconds"]) // 60) for one in every_day]
    if not all(always):
        return ()
    return [*(entry for entries in always for entry in entries), *(ours.weekly(weekly) if weekly else ())]


def _minute(restriction: Plain) -> int:
    hour, minute = restriction["start_time_of_day"].split(":")[:2]
    return int(hour) * 60 + int(minute)


def _policy(policy: Plain, people: Mapping[str, Plain], making: Making) -> None:
    name = _name(policy)
    levels = []
    for rule in policy.get("escalation_rules", ()):
        level: Plain = {"schedules": [], "people": []}
        for key, target in _targets(rule, people, making, f"escalation {name!r}"):
            level[key].append(target)
        if (rule.get("escalation_rule_assignment_strategy") or {}).get("type") == "round_robin":
            text = "of a level one after the other is told there, and here all of them; write a schedule of them"
            making.say(f"escalation {name!r}", Verdict.CHANGED, text)
        level = {key: item for key, item in level.items() if item}
        levels.append(level | {"wait": ours.wait(timedelta(minutes=int(rule["escalation_delay_in_minutes"])))})
    making.escalation(name, levels, int(policy.get("num_loops") or 0))


def _targets(rule: Plain, people: Mapping[str, Plain], making: Making, what: str) -> Iterator[tuple[str, str]]:
    for target in rule.get("targets", ()):
        if target["type"].startswith("user"):
            yield "people", _person(target, people, making)
            continue
        known = making.schedules_of(target["id"])
        if not known:
            making.say(
                what, Verdict.WRONG, f"it pages {_name(target)!r}, which is not among the schedules; name another"
            )
        for schedule in known:
            yield "schedules", schedule


def _person(user: Plain, people: Mapping[str, Plain], making: Making) -> str:
    known = {**user, **people.get(user["id"], {})}
    return making.person(user["id"], _name(known), known.get("email") or "")


def _name(thing: Plain) -> str:
    return str(thing.get("name") or thing.get("summary") or thing["id"])
