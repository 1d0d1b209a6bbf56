"""Grafana OnCall's schedules and escalation chains, as its API has them (version 1), in our words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from bot.cli import importing_oncall as ours
from bot.cli.importing_oncall import Making, Plain
from bot.cli.importing_routing import Verdict
from bot.model.moments import zone as zone_of

_SECONDS = {"hourly": 3_600, "daily": 86_400, "weekly": 604_800}
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_REPEATS = 5
"""So often a chain begins again there at most."""
_ONCE = ("single_event", "override")
_INSTEAD: Mapping[str, tuple[Verdict, str]] = {
    "notify_team_members": (Verdict.WRONG, "name these people in a level"),
    "notify_user_group": (Verdict.WRONG, "name these people in a level"),
    "notify_whole_channel": (Verdict.LEFT, "a chat's channels hear of incidents by its integration"),
    "notify_if_time_from_to": (Verdict.WRONG, "an escalation of its own has these hours, with `during`"),
    "notify_if_num_alerts_in_window": (
        Verdict.WRONG,
        "a route says so with `occurrences`, before there is an incident",
    ),
    "trigger_webhook": (Verdict.LEFT, "a receiver's `webhook_configs` are told of a route's alerts"),
    "declare_incident": (Verdict.LEFT, "here there is an incident already"),
    "resolve": (Verdict.LEFT, "here an incident ends with its alerts, or by a person"),
}
"""What of a step that is not taken does its work here. WRONG: without it others are woken, or at other times."""
_Read = tuple[int, Plain]
"""A layer, and the level that says which counts before which."""


def read(found: Mapping[str, Sequence[Plain]], making: Making) -> None:
    """`found`: `users`, `schedules`, `on_call_shifts`, `escalation_chains` and `escalation_policies`."""
    people = {one["id"]: one for one in found.get("users", ())}
    turns = {one["id"]: one for one in found.get("on_call_shifts", ())}
    for schedule in found.get("schedules", ()):
        with making.piece(f"schedule {schedule.get('name')!r}"):
            _schedule(schedule, turns, people, making)
    steps: dict[str, list[Plain]] = {}
    for step in found.get("escalation_policies", ()):
        steps.setdefault(step.get("escalation_chain_id", ""), []).append(step)
    for chain in found.get("escalation_chains", ()):
        with making.piece(f"escalation {chain.get('name')!r}"):
            _chain(chain, sorted(steps.get(chain["id"], ()), key=lambda step: int(step["position"])), people, making)


def _schedule(schedule: Plain, known: Mapping[str, Plain], people: Mapping[str, Plain], making: Making) -> None:
    name, what = schedule["name"], f"schedule {schedule['name']!r}"
    if schedule.get("type") == "ical":
        making.say(what, Verdict.LEFT, "it is a calendar: write a schedule with `calendar` for it")
        return
    if schedule.get("ical_url_overrides"):
        making.say(what, Verdict.LEFT, "the calendar of its overrides")
    parts = [known[part] for part in schedule.get("shifts") or () if part in known]
    for part in schedule.get("shifts") or ():
        if part not in known:
            making.say(what, Verdict.WRONG, f"its part {part} is not among `on_call_shifts`")
    zone = _zone(schedule, parts, what, making)
    overrides = [one for part in parts if part["type"] in _ONCE for one in _events(part, zone, what, people, making)]
    layers: list[_Read] = [
        (int(part.get("level") or 0), made)
        for part in parts
        if part["type"] not in _ONCE and (made := _layer(part, zone, what, people, making))
    ]
    in_order = [made for _, made in sorted(layers, key=lambda one: one[0])]
    levels = {level for level, _ in layers}
    if len(levels) <= 1:
        making.apart(schedule["id"], name, zone, in_order, overrides)
        return
    making.schedule(schedule["id"], name, zone, in_order, overrides)
    for level in sorted(levels):
        if making.overlap([made for own, made in layers if own == level], zone):
            text = f"several of its level {level} are on call at once there, and here only the last of them"
            making.say(what, Verdict.WRONG, f"{text}; write a schedule for each, and page all of them")


def _zone(schedule: Plain, parts: Sequence[Plain], what: str, making: Making) -> str:
    """The one whose clocks its parts go by: of schedules made in the browser UTC, whatever they are shown in."""
    shown = str(schedule.get("time_zone") or "UTC")
    own = "UTC" if schedule.get("type") == "web" else shown
    zones = list(dict.fromkeys(str(part.get("time_zone") or own) for part in parts if part["type"] not in _ONCE))
    if len(zones) > 1:
        text = f"its parts go by the clocks of {', '.join(zones)}, and here all by those of {zones[0]}"
        making.say(what, Verdict.WRONG, f"{text}: write a schedule for each zone")
    elif zones and zones != [shown]:
        text = f"it is shown in {shown} there, and its turns go by the clocks of {zones[0]}: so they do here"
        making.say(what, Verdict.CHANGED, text)
    return zones[0] if zones else own


def _events(event: Plain, zone: str, what: str, people: Mapping[str, Plain], making: Making) -> Iterator[Plain]:
    """What happens once. What is over is of no use any more."""
    start = datetime.fromisoformat(event["start"])
    start = start if start.tzinfo else start.replace(tzinfo=zone_of(event.get("time_zone") or zone))
    end = (start.astimezone(UTC) + timedelta(seconds=int(event["duration"]))).astimezone(start.tzinfo)
    if end <= making.now:
        return
    for number, person in enumerate(event.get("users") or next(iter(event.get("rolling_users") or ()), ())):
        if number:
            making.say(what, Verdict.CHANGED, f"of those who have {event['name']!r} together only the first is taken")
            return
        yield {"person": _person(person, people, making), "from": start.isoformat(), "until": end.isoformat()}


def _layer(part: Plain, zone: str, schedule: str, people: Mapping[str, Plain], making: Making) -> Plain | None:
    what = f"{schedule}, {part['name']!r}"
    seconds, interval = _SECONDS.get(part["frequency"]), int(part.get("interval") or 1)
    until = part.get("until") or ""
    if until and ours.is_past(datetime.fromisoformat(until), zone, making.now):
        making.say(what, Verdict.LEFT, f"it is over since {until}")
        return None
    if seconds is None or (part["type"] == "recurrent_event" and interval > 1):
        text = f"it comes {part['frequency']}, every {interval}: a layer cannot say that; write it by hand"
        making.say(what, Verdict.WRONG, text)
        return None
    turns = _turns(part, people, making)
    if not turns:
        making.say(what, Verdict.LEFT, "nobody takes turns in it")
        return None
    if interval > 1 and part.get("by_day"):
        making.say(
            what, Verdict.CHANGED, f"a turn is {interval} weeks long here, on these days of each; see whether it was"
        )
    begins = part.get("rotation_start") or part["start"]
    if not ours.is_past(datetime.fromisoformat(begins), zone, making.now):
        making.say(what, Verdict.CHANGED, f"it begins on {begins} there, and here its turns count before too")
    only, every = _only(part, seconds * interval), ours.every(seconds * interval)
    return ours.layer(part["name"], turns, ours.local(_first_turn(part), zone), every, only, until)


def _turns(part: Plain, people: Mapping[str, Plain], making: Making) -> Sequence[Sequence[str]]:
    """Whose turn it is, one after the other; of what only comes again it is always the same people's."""
    rolling = part.get("rolling_users") or ([part["users"]] if part.get("users") else [])
    first = int(part.get("start_rotation_from_user_index") or 0) % max(1, len(rolling))
    return [[_person(one, people, making) for one in turn] for turn in (*rolling[first:], *rolling[:first])]


def _first_turn(part: Plain) -> str:
    """When the first turn began; `rotation_start` only says from when on turns count.

    Turns of some days of the week change with the week.
    """
    start = datetime.fromisoformat(part["start"])
    if part["frequency"] == "weekly" and part.get("by_day"):
        start -= timedelta(days=(start.weekday() - _DAYS.index(part.get("week_start") or "SU")) % 7)
    return start.isoformat()


def _only(part: Plain, period: int) -> Sequence[Plain]:
    """When in each period it is on: on some days, for a while, in some months."""
    start, minutes = datetime.fromisoformat(part["start"]), int(part["duration"]) // 60
    minute, days = start.hour * 60 + start.minute, [_DAYS.index(day) for day in part.get("by_day") or ()]
    entries: Sequence[Plain] = ()
    if days:
        entries = ours.weekly([(day, minute, minutes) for day in days])
    elif part["frequency"] == "weekly" and minutes * 60 < period:
        entries = ours.weekly([(start.weekday(), minute, minutes)])
    elif part["frequency"] == "daily" and minutes < 24 * 60:
        entries = ours.daily(minute, minutes)
    elif minutes * 60 < min(period, 86_400):
        raise ValueError("it is on for a part of each hour or so, which a layer cannot say")
    more = {"months": "by_month", "days_of_month": "by_monthday"}
    dates = {key: [str(one) for one in part[theirs]] for key, theirs in more.items() if part.get(theirs)}
    return [entry | dates for entry in entries or ([{}] if dates else [])]


def _chain(chain: Plain, steps: Sequence[Plain], people: Mapping[str, Plain], making: Making) -> None:
    """Their steps say whom to tell, and how long to wait; our levels whom to tell and how long to wait then."""
    what, levels, repeat = f"escalation {chain['name']!r}", [_empty()], 0
    if any(step.get("important") for step in steps):
        text = "some steps tell people by their important rules there; here each has one list of `contacts`"
        making.say(what, Verdict.CHANGED, text)
    for step in steps:
        if step["type"] == "wait":
            if levels[-1]["told"]:
                levels[-1]["wait"] += timedelta(seconds=int(step.get("duration") or 0))
                levels[-1]["over"] = True
            else:
                making.say(
                    what, Verdict.CHANGED, "it waits before it tells anybody; here the first level is paged at once"
                )
        elif step["type"] == "repeat_escalation":
            repeat = _REPEATS
        else:
            if levels[-1]["over"]:
                levels.append(_empty())
            _tell(step, levels[-1], what, people, making)
    made = [
        {key: one[key] for key in ("schedules", "people") if one[key]} | {"wait": ours.wait(one["wait"] or ours.WAIT)}
        for one in levels
        if one["told"]
    ]
    making.escalation(chain["name"], made, repeat)


def _empty() -> Plain:
    return {"schedules": [], "people": [], "wait": timedelta(), "told": False, "over": False}


def _tell(step: Plain, level: Plain, what: str, people: Mapping[str, Plain], making: Making) -> None:
    match step["type"]:
        case "notify_persons":
            found = [_person(one, people, making) for one in step.get("persons_to_notify") or ()]
            level["people"] += [one for one in found if one not in level["people"]]
            level["told"] = True
        case "notify_on_call_from_schedule":
            names = making.schedules_of(step.get("notify_on_call_from_schedule") or "")
            level["schedules"] += names
            level["told"] = True
            if not names:
                making.say(what, Verdict.WRONG, "it tells a schedule that is not here; name another, or people")
        case "notify_person_next_each_time":
            text = "a step tells another person each time; write a schedule of those people"
            making.say(what, Verdict.WRONG, text)
        case other:
            verdict, instead = _INSTEAD.get(other, (Verdict.LEFT, "a level pages people and schedules"))
            making.say(what, verdict, f"a step `{other}`: {instead}")


def _person(id: str, people: Mapping[str, Plain], making: Making) -> str:
    known = people.get(id, {})
    return making.person(id, str(known.get("username") or id), known.get("email") or "")
