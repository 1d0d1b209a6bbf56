"""How alerts stand, for people to look at: their groups, the gravest first, and what keeps each from being told."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.alerts.groups import INCIDENT, Group, stands
from bot.alerts.pipeline import Pipeline
from bot.alerts.routing import destinations, group_key
from bot.alerts.table import Entry
from bot.alerts.wire import canonical_text, texts
from bot.model.ids import Fingerprint
from bot.model.labels import LabelSet, Matcher, MatchOp
from bot.model.matchers import fits
from bot.model.route import Route
from bot.model.silence import Silence
from bot.model.telling import Verdict

Rank = Callable[[str], int]
"""How grave the value of a `severity` label is; less is graver."""
_SEVERITY = b'"severity":"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """An alert that inhibits another one; `labels` None: it is not known any more."""

    fingerprint: Fingerprint
    labels: LabelSet | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stops:
    """What keeps an alert from being told by one route; nothing of it: it is told. `muted_by` are names."""

    silences: tuple[Silence, ...] = ()
    inhibited_by: tuple[Cause, ...] = ()
    muted_by: tuple[str, ...] = ()
    held_until: datetime | None = None

    @property
    def verdicts(self) -> Sequence[Verdict]:
        """One for each kind of reason."""
        found = {
            Verdict.SILENCED: self.silences,
            Verdict.INHIBITED: self.inhibited_by,
            Verdict.MUTED: self.muted_by,
            Verdict.HELD: self.held_until,
        }
        return [verdict for verdict, reason in found.items() if reason]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenAlert:
    """One firing alert of a group: what it says, since when, and what keeps it from being told there."""

    fingerprint: Fingerprint
    labels: LabelSet
    summary: str
    since: datetime
    stops: Stops


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenGroup:
    """A group with the first of its `count` firing alerts.

    `next_at` None: nothing is due. `told_at` None: its incident was not told yet. `waits_for` says how many alerts must
    begin before it is told; empty: it does not wait.
    """

    key: str
    receiver: str
    labels: LabelSet
    shadow: bool
    count: int
    since: datetime
    next_at: datetime | None
    told_at: datetime | None
    waits_for: str
    alerts: tuple[SeenAlert, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRoute:
    """Where one alert goes: a route by its name, the group there, and what keeps it back.

    `company` are the others in the group; None: it is not in it. The rest is as in `SeenGroup`.
    """

    path: str
    receiver: str
    shadow: bool
    group_key: str
    company: int | None
    next_at: datetime | None
    told_at: datetime | None
    waits_for: str
    hold: timedelta
    stops: Stops


@dataclass(frozen=True, slots=True)
class Tally:
    """A group counted, not looked into: how many of its alerts fire, how grave it is, and since when."""

    group: Group
    count: int
    rank: int
    since: float


def tally(group: Group, rank: Rank, wanted: Sequence[Matcher], now: float) -> Tally:
    """Counts the firing alerts that the matchers take."""
    firing = _firing(group, wanted, now)
    return Tally(
        group,
        len(firing),
        min((rank(word) for word in _severities(firing)), default=0),
        min([entry.starts_at for entry in firing], default=now),
    )


def _severities(entries: Sequence[Entry]) -> set[str]:
    """The values of their `severity` labels. Most of a group are alike, which one look each tells."""
    words, last = set[str](), b'"'
    for entry in entries:
        if last not in entry.labels or not words:
            word = _severity(entry.labels)
            words.add(word.decode(errors="replace"))
            last = _SEVERITY + word + b'"' if word else b'"'
    return words


def gravest(tallies: Sequence[Tally], most: int) -> Sequence[Tally]:
    """The first so many of those that fire: the gravest, and of equal ones the newest."""
    firing = (one for one in tallies if one.count)
    return heapq.nsmallest(most, firing, key=lambda one: (one.rank, -one.since, one.group.key))


def seen_group(
    pipeline: Pipeline, counted: Tally, rank: Rank, wanted: Sequence[Matcher], most: int, now: float
) -> SeenGroup:
    """The group with the first so many of its alerts: the gravest, and of equal ones the oldest."""
    group = counted.group
    first = heapq.nsmallest(
        most,
        _firing(group, wanted, now),
        key=lambda one: (rank(_severity(one.labels).decode(errors="replace")), one.starts_at, one.labels),
    )
    return SeenGroup(
        key=group.key,
        receiver=group.route.receiver,
        labels=group.labels,
        shadow=group.route.shadow,
        count=counted.count,
        since=_moment(counted.since),
        next_at=_when(group.next_at),
        told_at=_told_at(group),
        waits_for=_waits_for(pipeline, group, now),
        alerts=tuple(_seen_alert(pipeline, group, entry, now) for entry in first),
    )


def routes(pipeline: Pipeline, labels: LabelSet, entry: Entry | None, now: float) -> Sequence[SeenRoute]:
    """Where an alert with these labels goes; `entry` None: it is not known any more, and nothing keeps it back."""
    return [
        _seen_route(pipeline, path, route, labels, entry, now) for path, route in destinations(pipeline.root, labels)
    ]


def _seen_route(
    pipeline: Pipeline, path: str, route: Route, labels: LabelSet, entry: Entry | None, now: float
) -> SeenRoute:
    key = group_key(path, route, labels)[0]
    group = pipeline.groups.get(key)
    if entry is None or group is None or entry.labels not in group.entries:
        group = None
    fires = entry is not None and entry.firing(now)
    return SeenRoute(
        path=path,
        receiver=route.receiver,
        shadow=route.shadow,
        group_key=key,
        company=len(group.entries) - 1 if group else None,
        next_at=_when(group.next_at) if group else None,
        told_at=_told_at(group) if group else None,
        waits_for=_waits_for(pipeline, group, now) if group else "",
        hold=route.hold,
        stops=_stops(pipeline, group, entry, route, now) if entry is not None and fires else Stops(),
    )


def _seen_alert(pipeline: Pipeline, group: Group, entry: Entry, now: float) -> SeenAlert:
    said = texts(entry.annotations)
    return SeenAlert(
        fingerprint=entry.fingerprint(),
        labels=entry.label_set(),
        summary=said.get("summary") or said.get("description", ""),
        since=_moment(entry.starts_at),
        stops=_stops(pipeline, group, entry, group.route, now),
    )


def _stops(pipeline: Pipeline, group: Group | None, entry: Entry, route: Route, now: float) -> Stops:
    why = pipeline.why_not(entry, route, now)
    found = [pipeline.table.find(fingerprint) for fingerprint in why.inhibited_by]
    held = entry.starts_at + route.hold.total_seconds()
    told = (group.told or {}).get(INCIDENT) if group is not None and route.hold else None
    is_held = bool(route.hold) and held > now and (told is None or entry.fingerprint() not in told.firing)
    return Stops(
        silences=tuple(silence for one in why.silenced_by if (silence := pipeline.silences.get(one)) is not None),
        inhibited_by=tuple(
            Cause(fingerprint=one, labels=cause.label_set() if cause is not None else None)
            for one, cause in zip(why.inhibited_by, found, strict=True)
        ),
        muted_by=why.muted_by,
        held_until=_moment(held) if is_held else None,
    )


def _waits_for(pipeline: Pipeline, group: Group, now: float) -> str:
    wanted = group.route.occurrences
    if wanted is None or stands(group.told):
        return ""
    begun = pipeline.groups.begun_within(group, now)
    return f"{begun} of {wanted.count} firings" if begun < wanted.count else ""


def _told_at(group: Group) -> datetime | None:
    told = (group.told or {}).get(INCIDENT)
    return told.at if told is not None else None


def _firing(group: Group, wanted: Sequence[Matcher], now: float) -> list[Entry]:
    """Whoever looks at all alerts at once reads only those that may be wanted."""
    firing = [entry for entry in group.entries.values() if entry.ends_at > now]
    for matcher in wanted:
        if matcher.op is MatchOp.EQUAL and matcher.value and str(matcher).isascii():
            written = _written(matcher)
            firing = [entry for entry in firing if written in entry.labels]
    return [entry for entry in firing if fits(wanted, entry.label_set())] if wanted else firing


def _written(matcher: Matcher) -> bytes:
    """How labels that satisfy it are written, for a first look that reads nothing."""
    return canonical_text(matcher.name) + b":" + canonical_text(matcher.value)


def _severity(labels: bytes) -> bytes:
    """The value of the label, as it is written; nothing where there is none."""
    at = labels.find(_SEVERITY)
    if at < 0:
        return b""
    return labels[at + len(_SEVERITY) : labels.find(b'"', at + len(_SEVERITY))]


def _when(seconds: float) -> datetime | None:
    return _moment(seconds) if seconds != float("inf") else None


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
