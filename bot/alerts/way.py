"""The way of one alert, decision by decision, each with the rule that made it: what `tocsin why` tells."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bot.alerts import standing
from bot.alerts.pipeline import Pipeline
from bot.alerts.routing import destinations, group_key
from bot.alerts.standing import SeenRoute
from bot.alerts.table import Entry
from bot.alerts.wire import NO_END
from bot.documents import format_duration
from bot.model.ids import Fingerprint
from bot.model.telling import Decision, Verdict


def found(pipeline: Pipeline, asked: str) -> list[Entry]:
    """The alerts with this name, or the one with this fingerprint; those that are over for long are not known."""
    by_fingerprint = pipeline.table.find(Fingerprint(asked)) if len(asked) == _DIGITS else None
    if by_fingerprint is not None:
        return [by_fingerprint]
    return [entry for entry in pipeline.table.named(asked) if entry.label_set().get("alertname") == asked]


def way(pipeline: Pipeline, entry: Entry, now: float) -> list[Decision]:
    """Received, routed, grouped, kept back: as it stands now. What was told is in the store, by group."""
    at = _moment(now)
    decisions = [_received(entry, now)]
    for route in standing.routes(pipeline, entry.label_set(), entry, now):
        decisions.append(
            Decision(at=at, verdict=Verdict.ROUTED, text=f"to {route.receiver}", rule=f"route {route.path}")
        )
        decisions += _grouped(route, at)
        decisions += _kept_back(route, at)
    return decisions


def groups_of(pipeline: Pipeline, entry: Entry) -> list[str]:
    """The keys of the groups it belongs to."""
    labels = entry.label_set()
    return [group_key(path, route, labels)[0] for path, route in destinations(pipeline.root, labels)]


_DIGITS = 16


def _received(entry: Entry, now: float) -> Decision:
    began, heard = _moment(entry.starts_at), _moment(entry.updated_at)
    by = entry.rule or entry.source or "a source"
    if entry.firing(now):
        ends = "" if entry.ends_at == NO_END else _length(timedelta(seconds=entry.ends_at - now))
        end = f"; over in {ends} unless it is heard of again" if ends else ""
        text = f"fires since {began:%Y-%m-%d %H:%M:%S} UTC, last heard {heard:%H:%M:%S} UTC{end}"
        return Decision(at=heard, verdict=Verdict.RECEIVED, text=text, rule=f"from {by}")
    how = "nobody spoke of it again" if entry.timeout else "it was said to be over"
    text = f"fired from {began:%Y-%m-%d %H:%M:%S} to {_moment(entry.ends_at):%Y-%m-%d %H:%M:%S} UTC: {how}"
    return Decision(at=heard, verdict=Verdict.RESOLVED, text=text, rule=f"from {by}")


def _grouped(route: SeenRoute, at: datetime) -> Iterator[Decision]:
    if route.company is None:
        return
    company = f"with {route.company} more" if route.company else "alone"
    soon = route.next_at is None or route.next_at <= at
    when = "is told now" if soon else f"is looked at in {_length((route.next_at or at) - at)}"
    text = f"{company} in a group that {when}"
    yield Decision(at=at, verdict=Verdict.GROUPED, text=text, rule=f"group {route.group_key}")


def _kept_back(route: SeenRoute, at: datetime) -> Iterator[Decision]:
    stops = route.stops
    for silence in stops.silences:
        words = f"until {silence.ends_at:%Y-%m-%d %H:%M} UTC by {silence.created_by}: {silence.comment}"
        yield Decision(at=at, verdict=Verdict.SILENCED, text=words, rule=f"silence {silence.id}")
    for cause in stops.inhibited_by:
        words = f"{cause.labels!r} fires" if cause.labels is not None else "a graver alert fires"
        yield Decision(at=at, verdict=Verdict.INHIBITED, text=words, rule=f"alert {cause.fingerprint}")
    for name in stops.muted_by:
        text = f"nobody is told at this time on the route to {route.receiver}"
        yield Decision(at=at, verdict=Verdict.MUTED, text=text, rule=name)
    if stops.held_until is not None:
        left = _length(stops.held_until - at)
        text = f"not told before it has fired for {format_duration(route.hold)}: {left} left"
        yield Decision(at=at, verdict=Verdict.HELD, text=text, rule=f"hold of route {route.path}")
    if route.waits_for:
        rule = f"occurrences of route {route.path}"
        yield Decision(at=at, verdict=Verdict.HELD, text=route.waits_for, rule=rule)


def _length(length: timedelta) -> str:
    return format_duration(timedelta(seconds=max(1, round(length.total_seconds()))))


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
