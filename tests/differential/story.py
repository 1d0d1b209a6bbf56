"""Two stories of the same scenario, told slot by slot and notification by notification, and where they differ."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

from bot.documents import parse_duration
from bot.rules.schedule import slot_offset
from tests.differential.pair import Group, Played, Told
from tests.differential.scenario import Scenario

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

Slot = tuple[int, int]
"""The group's interval in milliseconds, and how many slots there were since 1970."""


@dataclass(frozen=True)
class Story:
    """What one of the two made of one scenario. `slots`: the group after each evaluation that somebody saw."""

    slots: Mapping[Slot, Any]
    alerts: Sequence[tuple[int, bool, dict[str, Any]]]
    """In which slot it came, whether it was over by then, and what it said."""


def differences(played: Played, scenario: Scenario) -> list[str]:
    """Where the two differ, in words; nothing when they do not."""
    theirs, ours = (_story(played, told, scenario) for told in (played.prometheus, played.tocsin))
    return [
        *_in_slots(theirs, ours),
        *(() if scenario.from_the_start else _in_alerts(theirs, ours)),
        *(_in_series(played, scenario) if scenario.writes else ()),
        *_unseen(scenario, theirs),
    ]


def uneven(played: Played, scenario: Scenario) -> bool:
    """Whether one of the two seems to have missed a slot: what it did then cannot be compared."""
    stories = [_story(played, told, scenario) for told in (played.prometheus, played.tocsin)]
    return any(_has_gap(story.slots) for story in stories)


def _has_gap(slots: Mapping[Slot, Any]) -> bool:
    return any(one[0] == other[0] and other[1] != one[1] + 1 for one, other in pairwise(sorted(slots)))


def _story(played: Played, told: Told, scenario: Scenario) -> Story:
    file = str(played.folder / ("write.yml" if scenario.writes else "read.yml"))
    slots: dict[Slot, Any] = {}
    for group in told.groups:
        if group["name"] != scenario.name:
            continue
        evaluated = [_time(one["lastEvaluation"]) for one in (group, *group["rules"])]
        interval = timedelta(seconds=group["interval"])
        indexes = {_index(file, scenario.name, interval, at) for at in evaluated}
        # seen in the middle of an evaluation, some of its rules are ahead of the others
        if len(indexes) == 1 and played.began <= evaluated[0] <= played.ended:
            slots.setdefault(
                (interval // timedelta(milliseconds=1), indexes.pop()), _plain(group, timeless=scenario.from_the_start)
            )
    return Story(slots, list(_alerts(played, told, scenario, file)))


def _alerts(played: Played, told: Told, scenario: Scenario, file: str) -> Iterator[tuple[int, bool, dict[str, Any]]]:
    """What was told, by the slot in which it came, in the order of the rules."""
    interval = parse_duration(scenario.group.get("interval", "1s"))
    last = _index(file, scenario.name, interval, played.ended)
    for at, alert in told.alerts:
        if alert["labels"].get("alertname", "").partition(":")[0] != scenario.name:
            continue
        index = _index(file, scenario.name, interval, at)
        if index <= last:
            host, slash, rest = alert["generatorURL"].partition("/graph?")
            assert host.startswith("http://")
            yield index, _time(alert["endsAt"]) <= at, {**alert, "generatorURL": slash + rest}


def _index(file: str, name: str, interval: timedelta, at: datetime) -> int:
    return (at - EPOCH - slot_offset(file, name, interval)) // interval


def _plain(group: Group, *, timeless: bool) -> Any:
    """The group without durations and wall clocks; alerts in an order of their own.

    The words about an error are our own, around those of Prometheus where it said them.
    """
    rules = [
        {key: value for key, value in rule.items() if key not in ("evaluationTime", "lastEvaluation", "lastError")}
        for rule in group["rules"]
    ]
    for rule in rules:
        if "alerts" in rule:
            alerts = [
                {key: _cut(key, value) for key, value in alert.items() if not (timeless and key == "activeAt")}
                for alert in rule["alerts"]
            ]
            rule["alerts"] = sorted(alerts, key=lambda alert: json.dumps(alert["labels"], sort_keys=True))
    return {"rules": rules, "interval": group["interval"], "limit": group["limit"]}


def _cut(key: str, value: Any) -> Any:
    """Times to the microsecond, beyond which ours do not go."""
    return _time(value).isoformat() if key in ("activeAt", "keepFiringSince") else value


def _time(text: str) -> datetime:
    """RFC 3339 with up to nine digits after the point."""
    if text.startswith("0001-"):
        return datetime.min.replace(tzinfo=UTC)
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{whole}+00:00") + int(fraction[:6].ljust(6, "0") or 0) * MICROSECOND


def _in_slots(theirs: Story, ours: Story) -> Iterator[str]:
    both = sorted(theirs.slots.keys() & ours.slots.keys())
    if len(both) < 0.7 * max(len(theirs.slots), len(ours.slots)):
        yield f"evaluated {len(theirs.slots)} and {len(ours.slots)} times, {len(both)} of them at the same time"
    for slot in both:
        if theirs.slots[slot] != ours.slots[slot]:
            yield f"in slot {slot}: " + "; ".join(_changed("", theirs.slots[slot], ours.slots[slot]))
            return


def _in_alerts(theirs: Story, ours: Story) -> Iterator[str]:
    grouped = [
        {slot: [alert for _, _, alert in alerts] for slot, alerts in groupby(story.alerts, key=lambda one: one[0])}
        for story in (theirs, ours)
    ]
    for slot in sorted(grouped[0].keys() | grouped[1].keys()):
        told, by_us = (alerts.get(slot, []) for alerts in grouped)
        if _names(told) != _names(by_us):
            yield f"told in slot {slot}: {_names(told)} and {_names(by_us)}"
            return
        for one, other in zip(sorted(told, key=_key), sorted(by_us, key=_key), strict=False):
            if one != other:
                yield f"told in slot {slot}: " + "; ".join(_changed("", one, other))
                return
        if len(told) != len(by_us):
            yield f"told in slot {slot}: {len(told)} and {len(by_us)} alerts"
            return


def _names(alerts: Sequence[dict[str, Any]]) -> list[str]:
    """The rules in the order they were told of."""
    return [name for name, _ in groupby(alert["labels"]["alertname"] for alert in alerts)]


def _key(alert: Mapping[str, Any]) -> str:
    return json.dumps(alert["labels"], sort_keys=True)


def _in_series(played: Played, scenario: Scenario) -> Iterator[str]:
    wanted = (f'"alertname": "{scenario.name}:', f'"__name__": "{scenario.metric}:')
    theirs, ours = (
        {key: values for key, values in told.series.items() if any(one in key for one in wanted)}
        for told in (played.prometheus, played.tocsin)
    )
    if theirs.keys() != ours.keys():
        yield f"series: {sorted(theirs.keys() - ours.keys())} and {sorted(ours.keys() - theirs.keys())}"
    for key in sorted(theirs.keys() & ours.keys()):
        if theirs[key] != ours[key]:
            differs = [pair for pair in zip(theirs[key], ours[key], strict=False) if pair[0] != pair[1]]
            yield f"{key}: {len(theirs[key])} and {len(ours[key])} points, first {differs[:1]}"
            return


def _unseen(scenario: Scenario, theirs: Story) -> Iterator[str]:
    seen = {rule["state"] for slot in theirs.slots.values() for rule in slot["rules"] if "state" in rule}
    seen |= {rule["health"] for slot in theirs.slots.values() for rule in slot["rules"]}
    alerts = [alert for slot in theirs.slots.values() for rule in slot["rules"] for alert in rule.get("alerts", ())]
    seen |= {"keeps" for alert in alerts if "keepFiringSince" in alert}
    seen |= {"resolved" if over else "told" for _, over, _ in theirs.alerts}
    counts = Counter(_key(alert) + alert["startsAt"] for _, over, alert in theirs.alerts if not over)
    seen |= {"told again" for count in counts.values() if count > 2}
    if scenario.sees - seen:
        yield f"did not happen: {sorted(scenario.sees - seen)}; it saw {sorted(seen)}"


def _changed(path: str, one: Any, other: Any) -> Iterator[str]:
    """Each place where two trees differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from _changed(f"{path}.{key}", one.get(key), other.get(key))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from _changed(f"{path}[{number}]", left, right)
    elif one != other:
        yield f"{path.removeprefix('.')}: Prometheus {one!r}, Tocsin {other!r}"
