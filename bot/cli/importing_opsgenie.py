"""Opsgenie's schedules and escalations, as its API has them (version 2), in our words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from bot.cli import importing_oncall as ours
from bot.cli.importing_oncall import Making, Plain
from bot.cli.importing_routing import Verdict

_TURNS = {"hourly": "h", "daily": "d", "weekly": "w"}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def read(found: Mapping[str, Sequence[Plain]], making: Making) -> None:
    """`found`: `schedules` with their rotations (`?expand=rotation`), their `overrides`, and `escalations`."""
    people = {one["id"]: one for one in found.get("users", ())}
    covers: dict[str, list[Plain]] = {}
    for cover in found.get("overrides", ()):
        covers.setdefault((cover.get("_parent") or {}).get("id", ""), []).append(cover)
    for schedule in found.get("schedules", ()):
        with making.piece(f"schedule {schedule.get('name')!r}"):
            _schedule(schedule, covers.get(schedule["id"], ()), people, making)
    for escalation in found.get("escalations", ()):
        with making.piece(f"escalation {escalation.get('name')!r}"):
            _escalation(escalation, people, making)


def _schedule(schedule: Plain, covers: Sequence[Plain], people: Mapping[str, Plain], making: Making) -> None:
    name, zone = schedule["name"], schedule.get("timezone") or "UTC"
    what = f"schedule {name!r}"
    if schedule.get("enabled") is False:
        making.say(what, Verdict.LEFT, "it is switched off")
        return
    if "rotations" not in schedule:
        making.say(what, Verdict.WRONG, "its rotations are not in the file: ask with `?expand=rotation`")
        return
    layers = [
        made
        for number, rotation in enumerate(schedule["rotations"], 1)
        if (made := _layer(what, number, rotation, zone, people, making))
    ]
    overrides = [made for one in covers if (made := _override(one, what, people, making))]
    making.apart(schedule["id"], name, zone, layers, overrides)


def _override(cover: Plain, schedule: str, people: Mapping[str, Plain], making: Making) -> Plain | None:
    start, end = cover["startDate"], cover["endDate"]
    if datetime.fromisoformat(end) <= making.now:
        return None
    what = f"{schedule}, the override from {start}"
    if cover["user"].get("type", "user") != "user":
        making.say(what, Verdict.WRONG, f"a {cover['user']['type']} covers; name one person")
        return None
    if cover.get("rotations"):
        names = ", ".join(str(one.get("name") or one["id"]) for one in cover["rotations"])
        making.say(what, Verdict.CHANGED, f"there it is for {names} alone, and here for all of the schedule")
    return {"person": _person(cover["user"], people, making), "from": start, "until": end}


def _layer(
    schedule: str, number: int, rotation: Plain, zone: str, people: Mapping[str, Plain], making: Making
) -> Plain | None:
    name = rotation.get("name") or f"rotation {number}"
    what, end = f"{schedule}, rotation {name!r}", rotation.get("endDate")
    if end and datetime.fromisoformat(end) <= making.now:
        making.say(what, Verdict.LEFT, f"it is over since {end}")
        return None
    if not ours.is_past(datetime.fromisoformat(rotation["startDate"]), zone, making.now):
        text = f"it begins on {rotation['startDate']} there, and here its turns count before too"
        making.say(what, Verdict.CHANGED, text)
    turns = [_turn(one, what, people, making) for one in rotation.get("participants", ())]
    if not any(turns):
        making.say(what, Verdict.LEFT, "nobody takes turns in it")
        return None
    return ours.layer(
        name,
        turns,
        ours.local(rotation["startDate"], zone),
        f"{int(rotation.get('length') or 1)}{_TURNS[rotation['type']]}",
        _only(rotation.get("timeRestriction") or {}),
        ours.local(end, zone) if end else "",
    )


def _turn(participant: Plain, what: str, people: Mapping[str, Plain], making: Making) -> Sequence[str]:
    if participant["type"] == "user":
        return [_person(participant, people, making)]
    if participant["type"] != "none":
        text = f"the turn of the {participant['type']} {participant.get('name') or participant.get('id')!r} is nobody's"
        making.say(what, Verdict.CHANGED, f"{text} here; name people")
    return []


def _only(restriction: Plain) -> Sequence[Plain]:
    """One time of every day, or stretches of the week."""
    if restriction.get("type") == "time-of-day":
        one = restriction.get("restriction") or (restriction.get("restrictions") or [{}])[0]
        start, end = _minutes(one, "start"), _minutes(one, "end")
        return ours.daily(start, (end - start) % 1440 or 1440)
    stretches = [
        (
            day,
            start,
            ((_DAYS.index(one["endDay"]) - day) * 1440 + _minutes(one, "end") - start) % (7 * 1440) or 7 * 1440,
        )
        for one in restriction.get("restrictions") or ()
        for day, start in [(_DAYS.index(one["startDay"]), _minutes(one, "start"))]
    ]
    return ours.weekly(stretches) if stretches else ()


def _minutes(one: Plain, side: str) -> int:
    return int(one[f"{side}Hour"]) * 60 + int(one.get(f"{side}Min") or 0)


def _escalation(escalation: Plain, people: Mapping[str, Plain], making: Making) -> None:
    """Their rules say when each is told after the alert; our levels how long each waits for somebody."""
    name = escalation["name"]
    what = f"escalation {name!r}"
    at: dict[timedelta, Plain] = {}
    for rule in escalation.get("rules", ()):
        level = at.setdefault(_delay(rule["delay"]), {"schedules": [], "people": []})
        _target(rule["recipient"], level, what, people, making)
        if rule.get("condition") == "if-not-closed":
            making.say(what, Verdict.CHANGED, "a rule tells people while it is not closed; here, while nobody has it")
        if (rule.get("notifyType") or "default") not in ("default", "all"):
            making.say(what, Verdict.CHANGED, f"a rule tells {rule['notifyType']!r}; here it is whoever is on call")
    times, repeat = sorted(at), escalation.get("repeat") or {}
    if repeat.get("closeAlertAfterAll"):
        making.say(what, Verdict.CHANGED, "it closes the alert at its end; here the incident stays open")
    if times and times[0]:
        making.say(
            what, Verdict.CHANGED, f"its first level waits {ours.wait(times[0])} there, and is paged at once here"
        )
    last = timedelta(minutes=int(repeat.get("waitInterval") or 0)) or ours.WAIT
    waits = [*(later - earlier for earlier, later in pairwise(times)), last]
    levels = [
        {key: item for key, item in at[time].items() if item} | {"wait": ours.wait(length)}
        for time, length in zip(times, waits, strict=True)
    ]
    making.escalation(name, levels, int(repeat.get("count") or 0))


def _delay(delay: Plain | int) -> timedelta:
    if isinstance(delay, int):
        return timedelta(minutes=delay)
    return timedelta(**{delay.get("timeUnit") or "minutes": int(delay["timeAmount"])})


def _target(recipient: Plain, level: Plain, what: str, people: Mapping[str, Plain], making: Making) -> None:
    kind, name = recipient["type"], recipient.get("name") or recipient.get("username") or recipient.get("id")
    if kind == "user":
        level["people"].append(_person(recipient, people, making))
    elif kind == "schedule" and making.schedules_of(recipient["id"]):
        level["schedules"].extend(making.schedules_of(recipient["id"]))
    else:
        making.say(what, Verdict.WRONG, f"it tells the {kind} {name!r}, which is not here; name people or a schedule")


def _person(user: Plain, people: Mapping[str, Plain], making: Making) -> str:
    """A user's name is an e-mail address there."""
    known = people.get(user.get("id", ""), {})
    email = user.get("username") or known.get("username") or ""
    return making.person(user.get("id") or email, str(known.get("fullName") or email or user["id"]), email)
