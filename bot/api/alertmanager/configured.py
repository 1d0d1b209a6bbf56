"""Our routes, receivers, inhibitions and times as the `alertmanager.yml` that clients expect in `config.original`.

`amtool config routes test` walks this text, so it holds all that decides who hears of an alert, and nothing that
Alertmanager does not know: holds, occurrences, shadows and maintenance are Tocsin's, and left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import yaml

from bot.documents import format_duration
from bot.model.labels import Matcher
from bot.model.route import InhibitRule, Route
from bot.model.setup import Setup
from bot.model.time_interval import MomentSet, Range, TimeInterval

_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_LEAST = timedelta(milliseconds=1)
Plain = dict[str, object]


def text(setup: Setup) -> str:
    """The whole configuration, as YAML that Alertmanager loads."""
    whole: Plain = {
        "global": {"resolve_timeout": format_duration(setup.resolve_timeout)},
        "route": _route(setup.route, root=True),
    }
    if setup.inhibit_rules:
        whole["inhibit_rules"] = [_inhibit_rule(one) for one in setup.inhibit_rules]
    if setup.time_intervals:
        whole["time_intervals"] = [_interval(one) for one in setup.time_intervals.values()]
    whole["receivers"] = [{"name": name} for name in names(setup)]
    return yaml.safe_dump(whole, sort_keys=False, allow_unicode=True, width=1000)


def names(setup: Setup) -> Sequence[str]:
    """The receivers: those that are named, and those that routes point to, each once."""
    return tuple(dict.fromkeys([*(one.name for one in setup.receivers), *_routed(setup.route)]))


def _routed(route: Route) -> Sequence[str]:
    return (route.receiver, *(name for child in route.routes for name in _routed(child)))


def _route(route: Route, *, root: bool = False) -> Plain:
    """The root takes every alert at any time; Alertmanager refuses one that says otherwise."""
    shown: Plain = {"receiver": route.receiver}
    if route.group_by:
        shown["group_by"] = list(route.group_by)
    if route.matchers and not root:
        shown["matchers"] = _matchers(route.matchers)
    if route.continue_ and not root:
        shown["continue"] = True
    shown["group_wait"] = format_duration(route.group_wait)
    shown["group_interval"] = format_duration(max(route.group_interval, _LEAST))
    shown["repeat_interval"] = format_duration(max(route.repeat_interval, _LEAST))
    if route.mute_time_intervals and not root:
        shown["mute_time_intervals"] = list(route.mute_time_intervals)
    if route.active_time_intervals and not root:
        shown["active_time_intervals"] = list(route.active_time_intervals)
    if route.routes:
        shown["routes"] = [_route(child) for child in route.routes]
    return shown


def _matchers(matchers: Sequence[Matcher]) -> list[str]:
    return [str(one) for one in matchers]


def _inhibit_rule(rule: InhibitRule) -> Plain:
    shown: Plain = {"name": rule.name} if rule.name else {}
    if rule.source:
        shown["source_matchers"] = _matchers(rule.source)
    if rule.target:
        shown["target_matchers"] = _matchers(rule.target)
    if rule.equal:
        shown["equal"] = list(rule.equal)
    return shown


def _interval(interval: TimeInterval) -> Plain:
    return {"name": interval.name, "time_intervals": [_moments(one) for one in interval.moments]}


def _moments(one: MomentSet) -> Plain:
    shown: Plain = {}
    if one.times:
        shown["times"] = [{"start_time": _clock(each.first), "end_time": _clock(each.last)} for each in one.times]
    parts: Mapping[str, Sequence[str]] = {
        "weekdays": [_span(_WEEKDAYS[each.first], _WEEKDAYS[each.last]) for each in one.weekdays],
        "days_of_month": _numbers(one.days_of_month),
        "months": _numbers(one.months),
        "years": _numbers(one.years),
    }
    shown.update({name: list(values) for name, values in parts.items() if values})
    if one.location != "UTC":
        shown["location"] = one.location
    return shown


def _numbers(ranges: Sequence[Range]) -> Sequence[str]:
    return [_span(str(one.first), str(one.last)) for one in ranges]


def _span(first: str, last: str) -> str:
    return first if first == last else f"{first}:{last}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
