"""A backtest as JSON: everything, in UTC and seconds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.cli.backtesting.result import Result, Tested
from bot.model.sample import Window
from bot.rules.backtest import Episode, Walk
from bot.rules.tally import Met, tally


def as_json(result: Result) -> Mapping[str, object]:
    """The whole result. `incidents` is null where nobody could be asked."""
    return {
        "window": {"start": _iso(result.window.start), "end": _iso(result.window.end)},
        "night": result.night_text,
        "stopped_at": _iso(result.stopped_at),
        "rules": [_rule(one, result) for one in result.tested],
        "incidents": None if result.met is None else [_incident(one) for one in result.met],
    }


def _rule(one: Tested, result: Result) -> Mapping[str, object]:
    replay = one.replay
    return {
        "rule": one.rule.name,
        "group": one.group.name,
        "file": one.group.file,
        "source": one.source,
        "expr": one.rule.expr,
        "asked": replay.past.rule.expr if replay else None,
        "interval": one.group.interval.total_seconds(),
        "slots": replay.slots.count if replay else 0,
        "seen_until": _iso(replay.seen_until) if replay else None,
        "unanswered": one.unanswered,
        "notes": list(one.notes),
        "blind": [{"start": _iso(gap.start), "end": _iso(gap.end), "why": gap.why} for gap in one.blind],
        "variants": [_variant(one, walk, result) for walk in one.walks],
    }


def _variant(one: Tested, walk: Walk, result: Result) -> Mapping[str, object]:
    hold, threshold = walk.variant.hold, walk.variant.threshold
    counted = tally(walk.episodes, result.window, result.night)
    return {
        "for": (one.rule.hold if hold is None else hold).total_seconds(),
        "threshold": one.rule.signal.threshold if threshold is None else threshold,
        "as_written": hold is None and threshold is None,
        "fired": counted.fired,
        "at_night": counted.at_night,
        "nearly": counted.nearly,
        "label_sets": counted.label_sets,
        "seconds": counted.in_all.total_seconds(),
        "longest_seconds": counted.longest.total_seconds(),
        "errors": dict(walk.errors),
        "episodes": [_episode(episode) for episode in walk.episodes if _inside(episode, result.window)],
    }


def _inside(episode: Episode, window: Window) -> bool:
    return episode.ended_at is None or episode.ended_at > window.start


def _episode(episode: Episode) -> Mapping[str, object]:
    return {
        "labels": dict(episode.labels),
        "active_at": _iso(episode.active_at),
        "fired_at": _iso(episode.fired_at),
        "ended_at": _iso(episode.ended_at),
        "worst": repr(episode.worst),
    }


def _incident(one: Met) -> Mapping[str, object]:
    caught = one.episode is not None
    return {
        "id": one.incident.name,
        "title": one.incident.title,
        "opened_at": _iso(one.incident.start),
        "over_at": _iso(one.incident.end),
        "caught_by": one.rule if caught else None,
        "after_seconds": one.after.total_seconds() if caught else None,
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
