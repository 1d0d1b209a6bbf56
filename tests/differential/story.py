"""Two stories of the same scenario, told slot by slot and notification by notification, and where they differ."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

from bot.rules.schedule import slot_offset
from tests.differential.pair import CYCLE, Group, Played, Told
from tests.differential.scenario import Scenario

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Tellings = list[tuple[datetime, dict[str, Any]]]
SETTLED = timedelta(seconds=20)
"""So long before the end both know whom to tell."""
MICROSECOND = timedelta(microseconds=1)

Slot = tuple[int, int]
"""The group's interval in milliseconds, and how many slots there were since 1970."""


@dataclass(frozen=True)
class Story:
    """What one of the two made of one scenario. `slots`: the group after each evaluation that somebody saw."""

    slots: Mapping[Slot, Any]
    alerts: Sequence[tuple[datetime, bool, dict[str, Any]]]
    """When it came, whether it was over by then, and what it said."""


def differences(played: Played, scenario: Scenario) -> list[str]:
    """Where the two differ, in words; nothing when they do not."""
    theirs, ours = (_story(played, told, scenario) for told in (played.prometheus, played.tocsin))
    return [
        *_in_slots(theirs, ours),
        *(() if scenario.from_the_start else _in_alerts(theirs, ours, played.ended)),
        *(_in_series(played, scenario) if scenario.writes else ()),
        *_unseen(scenario, theirs),
    ]


def uneven(played: Played, scenario: Scenario) -> bool:
    """Whether one of the two seems to have missed a slot: what it did from there on cannot be compared."""
    theirs, ours = (_story(played, told, scenario).slots for told in (played.prometheus, played.tocsin))
    few = len(theirs.keys() & ours.keys()) < 0.9 * max(len(theirs), len(ours))
    return few or _has_gap(theirs) or _has_gap(ours)


def _has_gap(slots: Mapping[Slot, Any]) -> bool:
    return any(one[0] == other[0] and other[1] > one[1] + 2 for one, other in pairwise(sorted(slots)))


def _story(played: Played, told: Told, scenario: Scenario) -> Story:
    file = str(played.folder / ("write.yml" if scenario.writes else "read.yml"))
    slots: dict[Slot, Any] = {}
    for group in told.groups:
        if group["name"] != scenario.name:
            continue
        evaluated = [_time(one["lastEvaluation"]) for one in (group, *group["rules"])]
        if scenario.reloads and played.reloaded and evaluated[0] < played.reloaded <= evaluated[0] + CYCLE:
            continue  # what is seen of it may be the old rules or the new ones
        interval = timedelta(seconds=group["interval"])
        indexes = {_index(file, scenario.name, interval, at) for at in evaluated}
        # seen in the middle of an evaluation, some of its rules are ahead of the others
        if len(indexes) == 1 and played.began <= evaluated[0] <= played.ended:
            slots.setdefault(
                (interval // timedelta(milliseconds=1), indexes.pop()), _plain(group, timeless=scenario.from_the_start)
            )
    return Story(slots, list(_alerts(played, told, scenario)))


def _alerts(played: Played, told: Told, scenario: Scenario) -> Iterator[tuple[datetime, bool, dict[str, Any]]]:
    for at, alert in told.alerts:
        if alert["labels"].get("alertname", "").partition(":")[0] == scenario.name and at <= played.ended:
            host, slash, rest = alert["generatorURL"].partition("/graph?")
            assert host.startswith("http://")
            yield at, _time(alert["endsAt"]) <= at, {**alert, "generatorURL": slash + rest}


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


def _in_alerts(theirs: Story, ours: Story, ended: datetime) -> Iterator[str]:
    """What was said of each alert, one telling after the other; then in which order the rules were told of."""
    for key in sorted({_key(alert) for story in (theirs, ours) for _, _, alert in story.alerts}):
        told, by_us = ([(at, alert) for at, _, alert in story.alerts if _key(alert) == key] for story in (theirs, ours))
        told, by_us = _from_the_first_both_sent(told, by_us, ended - SETTLED)
        for (_, one), (_, other) in zip(told, by_us, strict=False):
            if one != other:
                yield f"told of {key}: " + "; ".join(_changed("", one, other))
                return
        # one of them may have been told of just before the end, and by the other just after
        more = [at for at, _ in (*told[len(by_us) :], *by_us[len(told) :])]
        if len(more) > 1 or any(at < ended - timedelta(seconds=2) for at in more):
            yield f"told of {key}: {len(told)} and {len(by_us)} times"
            return
    orders = [_orders(story) for story in (theirs, ours)]
    for end in sorted(orders[0].keys() & orders[1].keys()):
        if orders[0][end] != orders[1][end] and end < max(orders[0]):
            yield f"told in the order {orders[0][end]} and {orders[1][end]}"
            return


def _from_the_first_both_sent(told: Tellings, by_us: Tellings, until: datetime) -> tuple[Tellings, Tellings]:
    """Without what one of them sent before the other knew whom to tell: Prometheus finds its Alertmanagers some seconds
    after it began to evaluate, and what it has to tell until then is lost. `endsAt` says which evaluation it was.
    """
    if not told or not by_us:
        return told, by_us
    first = max(told[0][1]["endsAt"], by_us[0][1]["endsAt"])
    return (
        [(at, alert) for at, alert in told if at > until or alert["endsAt"] >= first],
        [(at, alert) for at, alert in by_us if at > until or alert["endsAt"] >= first],
    )


def _orders(story: Story) -> Mapping[str, list[str]]:
    """The rules in the order they were told of, by the end of their alerts, which says which evaluation it was."""
    orders: dict[str, list[str]] = {}
    for _, over, alert in story.alerts:
        if not over:
            orders.setdefault(alert["endsAt"], []).append(alert["labels"]["alertname"])
    return {end: [name for name, _ in groupby(names)] for end, names in orders.items()}


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
