"""What a backtest adds up to: how often, when and for how long, at night, per label set, and beside past incidents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

from bot.model.labels import LabelSet
from bot.model.sample import Window
from bot.rules.backtest import Episode

BEFORE = timedelta(minutes=15)
"""How long before an incident was opened a firing that was over by then still counts as having told of it."""
_NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """The hours in which nobody wants to be woken, on the clocks of `zone`; they may go past midnight."""

    start: time
    end: time
    zone: tzinfo

    def holds(self, at: datetime) -> bool:
        """Whether this moment is at night."""
        now = at.astimezone(self.zone).time()
        if self.start <= self.end:
            return self.start <= now < self.end
        return now >= self.start or now < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Counts over some episodes; times outside the window are not counted.

    `fired` counts every label set each time it began to fire, `at_night` those that began at night, `nearly` those that
    were pending and went away. `in_all` adds the times up, `longest` is the longest of them.
    """

    fired: int = 0
    at_night: int = 0
    nearly: int = 0
    label_sets: int = 0
    in_all: timedelta = _NOTHING
    longest: timedelta = _NOTHING
    longest_pending: timedelta = _NOTHING


def tally(episodes: Iterable[Episode], window: Window, night: Night) -> Tally:
    """Adds up what these episodes were within the window."""
    known = [one for one in episodes if one.ended_at is None or one.ended_at > window.start]
    firing = [(one, one.fired_at) for one in known if one.fired_at is not None]
    lengths = [length_in(one, window) for one, _ in firing]
    pending = [(one.ended_at or window.end) - one.active_at for one in known if one.fired_at is None]
    return Tally(
        fired=len(firing),
        at_night=sum(night.holds(at) for _, at in firing if at >= window.start),
        nearly=len(pending),
        label_sets=len({one.labels for one, _ in firing}),
        in_all=sum(lengths, _NOTHING),
        longest=max(lengths, default=_NOTHING),
        longest_pending=max(pending, default=_NOTHING),
    )


def length_in(episode: Episode, window: Window) -> timedelta:
    """For how much of the window it was firing."""
    if episode.fired_at is None:
        return _NOTHING
    start, end = max(episode.fired_at, window.start), min(episode.ended_at or window.end, window.end)
    return max(end - start, _NOTHING)


def by_labels(episodes: Iterable[Episode]) -> Mapping[LabelSet, Sequence[Episode]]:
    """The episodes of each label set that ever fired; who fired most often comes first."""
    found: dict[LabelSet, list[Episode]] = {}
    for one in episodes:
        if one.fired_at is not None:
            found.setdefault(one.labels, []).append(one)
    return dict(sorted(found.items(), key=lambda pair: (-len(pair[1]), str(pair[0]))))


@dataclass(frozen=True, slots=True, kw_only=True)
class PastIncident:
    """An incident that really was. `end` None: it is still open."""

    name: str
    title: str
    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """An incident and the first firing that told of it. `after` says how long after it was opened; less than 0: before.

    Without an `episode` it was missed.
    """

    incident: PastIncident
    rule: str = ""
    episode: Episode | None = None
    after: timedelta = _NOTHING


def met(incidents: Sequence[PastIncident], fired: Mapping[str, Sequence[Episode]], window: Window) -> Sequence[Met]:
    """For each incident that was opened in the window, the earliest firing of any rule that told of it.

    A firing tells of an incident when it was on at some time between `BEFORE` the incident and its end.
    """
    found = []
    for incident in incidents:
        if not window.start <= incident.start <= window.end:
            continue
        told = [
            (one.fired_at, rule, one)
            for rule, episodes in fired.items()
            for one in episodes
            if one.fired_at is not None and _tells(one, one.fired_at, incident)
        ]
        if not told:
            found.append(Met(incident=incident))
            continue
        at, rule, one = min(told, key=lambda each: (each[0], each[1]))
        found.append(Met(incident=incident, rule=rule, episode=one, after=at - incident.start))
    return found


def _tells(one: Episode, fired_at: datetime, incident: PastIncident) -> bool:
    begun = incident.end is None or fired_at <= incident.end
    return begun and (one.ended_at is None or one.ended_at >= incident.start - BEFORE)
