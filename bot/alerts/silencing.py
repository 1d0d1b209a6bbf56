"""Silences: which of them an alert falls under, and what creating, changing and ending one means.

The rules are Alertmanager's: a silence never becomes another one. What cannot be a mere change of its times or words
ends the standing silence and begins a new one, so that what was silenced when stays on record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, TypeAlias

from bot.errors import NotAllowed
from bot.model.ids import SilenceId
from bot.model.labels import Matcher, MatchOp, Test, value_test
from bot.model.silence import Silence, SilenceState

_UNTIL, _CLEAR = "tocsin/until", "clear"
UNTIL_CLEAR: Final[Mapping[str, str]] = {_UNTIL: _CLEAR}
"""The annotations of a silence that ends when nothing that it silences fires any more."""

_KIND, _PLANNED = "tocsin/kind", "planned"


def placed(standing: Silence | None, asked: Silence, fresh: SilenceId, now: datetime) -> tuple[Silence, ...]:
    """What to keep when `asked` is posted: the silence as it stands then, last; before it the one that it ends.

    `standing` is the silence whose id was asked for, None for a new one; `fresh` the id that a new one takes.
    NotAllowed when it says too little or the wrong thing.
    """
    wrong = mistake(asked, now)
    if wrong:
        raise NotAllowed(wrong, hint="correct the silence and send it again")
    if standing is not None and _is_change(standing, asked, now):
        return (replace(asked, id=standing.id, updated_at=max(now, standing.updated_at)),)
    begun = replace(asked, id=fresh, starts_at=max(asked.starts_at, now), updated_at=now)
    if standing is None or standing.state(now) is SilenceState.EXPIRED:
        return (begun,)
    return expired(standing, now), begun


def expired(silence: Silence, now: datetime) -> Silence:
    """The silence ended now: an active one stops, a pending one never begins. One that is over stays as it is."""
    updated_at = max(now, silence.updated_at)  # a clock that was set back makes no older silence of it
    match silence.state(now):
        case SilenceState.ACTIVE:
            return replace(silence, ends_at=now, updated_at=updated_at)
        case SilenceState.PENDING:
            return replace(silence, starts_at=now, ends_at=now, updated_at=updated_at)
        case SilenceState.EXPIRED:
            return silence


def until_clear(silence: Silence) -> Silence:
    """The same one, which ends when nothing that it silences fires any more, and at its end at the latest."""
    return replace(silence, annotations={**silence.annotations, **UNTIL_CLEAR})


def planned(silence: Silence) -> Silence:
    """The same one, which is there for planned work."""
    return replace(silence, annotations={**silence.annotations, _KIND: _PLANNED})


def is_planned(silence: Silence) -> bool:
    """Whether it is there for planned work."""
    return silence.annotations.get(_KIND) == _PLANNED


def is_until_clear(silence: Silence) -> bool:
    """Whether it ends when nothing that it silences fires any more, if that is before its end."""
    return silence.annotations.get(_UNTIL) == _CLEAR


def waits(silence: Silence, now: datetime) -> bool:
    """Whether it silences now, until nothing that it silences fires any more."""
    return is_until_clear(silence) and silence.starts_at <= now < silence.ends_at


def cleared(waiting: Sequence[Silence], firing: Iterable[Mapping[str, str]], now: datetime) -> Sequence[Silence]:
    """Those of them under which none of the alerts falls that fire, by their labels."""
    book = SilenceBook(waiting)
    needed = {found for labels in firing for found in book.silencing(labels, now)}
    return [one for one in waiting if one.id not in needed]


def mistake(asked: Silence, now: datetime) -> str:
    """Why there must be no silence like this, and what to write instead; nothing when there may be."""
    if not asked.matchers:
        return 'a silence needs a matcher: say whom it silences, such as alertname="HighLatency"'
    if any(not matcher.name for matcher in asked.matchers):
        return 'a matcher needs the name of a label: write it like alertname="HighLatency"'
    if all(_takes_absent(matcher) for matcher in asked.matchers):
        return "at least one matcher must not match the empty string: these also take alerts without the labels"
    if asked.starts_at >= asked.ends_at:
        return "start time must be before end time: give a later end"
    if asked.ends_at < now:
        return "end time can't be in the past: give one that is still to come"
    if not asked.created_by.strip():
        return "a silence needs an owner: say who makes it"
    if not asked.comment.strip():
        return "a silence needs a comment: say why these alerts are not told"
    return ""


def _takes_absent(matcher: Matcher) -> bool:
    """As Alertmanager sees it: what is not to be, such as `severity!="critical"`, names somebody all the same."""
    return matcher.op in (MatchOp.EQUAL, MatchOp.REGEX) and value_test(matcher)("")


def listed(silences: Iterable[Silence], now: datetime) -> Sequence[Silence]:
    """In Alertmanager's order: active ones by their end, pending ones by their start, then those that ended last."""
    return sorted(silences, key=lambda one: _rank(one, now))


def _rank(silence: Silence, now: datetime) -> tuple[int, float, str]:
    match silence.state(now):
        case SilenceState.ACTIVE:
            return 0, silence.ends_at.timestamp(), silence.id
        case SilenceState.PENDING:
            return 1, silence.starts_at.timestamp(), silence.id
        case SilenceState.EXPIRED:
            return 2, -silence.ends_at.timestamp(), silence.id


def _is_change(standing: Silence, asked: Silence, now: datetime) -> bool:
    """Whether the silence stays the same one: nothing that was silenced is forgotten, nothing else was."""
    if standing.matchers != asked.matchers:
        return False
    match standing.state(now):
        case SilenceState.ACTIVE:
            return int(asked.starts_at.timestamp()) == int(standing.starts_at.timestamp()) and asked.ends_at >= now
        case SilenceState.PENDING:
            return asked.starts_at >= now
        case SilenceState.EXPIRED:
            return False


_Bucket: TypeAlias = "dict[SilenceId, _Kept]"


@dataclass(slots=True, eq=False)
class _Kept:
    """A silence with its conditions made ready."""

    silence: Silence
    tests: tuple[tuple[str, Test], ...]
    buckets: list[_Bucket]

    def takes(self, labels: Mapping[str, str], now: datetime) -> bool:
        silence = self.silence
        if not silence.starts_at <= now <= silence.ends_at:
            return False
        return all(test(labels.get(name, "")) for name, test in self.tests)


@dataclass(slots=True)
class _Shelf:
    """The silences that are found by one label: by its value, by what the value begins with, or by a look at each."""

    exact: dict[str, _Bucket] = field(default_factory=dict)
    stems: dict[str, _Bucket] = field(default_factory=dict)
    lengths: tuple[int, ...] = ()
    """Of the stems."""
    others: _Bucket = field(default_factory=dict)

    def of(self, value: str) -> Iterator[_Kept]:
        """Those that may take an alert whose label has this value."""
        yield from self.exact.get(value, _NONE).values()
        for length in self.lengths:
            yield from self.stems.get(value[:length], _NONE).values()
        yield from self.others.values()

    def buckets(self, key: Matcher) -> list[_Bucket]:
        """Where a silence that is found by this matcher belongs."""
        if key.words:
            return [self.exact.setdefault(word, {}) for word in set(key.words)]
        if not key.stem:
            return [self.others]
        bucket = self.stems.setdefault(key.stem, {})
        self.lengths = tuple(sorted({len(stem) for stem in self.stems}))
        return [bucket]

    def crowd(self, key: Matcher) -> int:
        """How many there are already where it belongs."""
        if key.words:
            return max(len(self.exact.get(word, _NONE)) for word in key.words)
        return len(self.stems.get(key.stem, _NONE)) if key.stem else len(self.others)

    def sweep(self) -> None:
        """Forgets places that are empty."""
        self.exact = {word: bucket for word, bucket in self.exact.items() if bucket}
        self.stems = {stem: bucket for stem, bucket in self.stems.items() if bucket}
        self.lengths = tuple(sorted({len(stem) for stem in self.stems}))


_NONE: Final[_Bucket] = {}


class SilenceBook:
    """All silences that are kept. `version` goes up with every change of what they silence.

    Each is found by the one of its matchers that the fewest alerts satisfy, so an alert is compared with few of them.
    """

    def __init__(self, silences: Iterable[Silence] = ()) -> None:
        self.version = 0
        self._kept: dict[SilenceId, _Kept] = {}
        self._shelves: dict[str, _Shelf] = {}
        for silence in silences:
            self.put(silence)

    def put(self, silence: Silence) -> None:
        """Adds it, or takes it for the one with its id, unless what is known is newer."""
        before = self._kept.get(silence.id)
        if before is not None:
            if silence.updated_at < before.silence.updated_at:
                return
            self._drop(before)
        key = min(silence.matchers, key=self._crowd)
        shelf = self._shelves.setdefault(key.name, _Shelf())
        kept = _Kept(
            silence=silence,
            tests=tuple((one.name, value_test(one)) for one in silence.matchers if one is not key or not key.words),
            buckets=shelf.buckets(key),
        )
        for bucket in kept.buckets:
            bucket[silence.id] = kept
        self._kept[silence.id] = kept
        self.version += 1

    def get(self, silence: SilenceId) -> Silence | None:
        """One by its id."""
        kept = self._kept.get(silence)
        return kept.silence if kept else None

    def all(self) -> Sequence[Silence]:
        """Every one, in no order; `listed` puts them in Alertmanager's."""
        return [kept.silence for kept in self._kept.values()]

    def silencing(self, labels: Mapping[str, str], now: datetime) -> tuple[SilenceId, ...]:
        """The silences that these labels fall under now, in the order of their ids; (): none."""
        found: list[SilenceId] = []
        for name, shelf in self._shelves.items():
            here = shelf.of(labels.get(name, ""))
            found += [kept.silence.id for kept in here if kept.takes(labels, now)]
        return tuple(sorted(found)) if found else ()

    def forget(self, ended_before: datetime) -> int:
        """Forgets those that ended before this moment; how many."""
        old = [kept for kept in self._kept.values() if kept.silence.ends_at < ended_before]
        for kept in old:
            self._drop(kept)
        for shelf in self._shelves.values():
            shelf.sweep()
        return len(old)

    def _drop(self, kept: _Kept) -> None:
        del self._kept[kept.silence.id]
        for bucket in kept.buckets:
            bucket.pop(kept.silence.id, None)

    def _crowd(self, matcher: Matcher) -> tuple[int, int, bool]:
        """What orders matchers to find a silence by; those that take alerts without the label come last."""
        shelf = self._shelves.get(matcher.name)
        exactness = 0 if matcher.words else 1 if matcher.stem else 2
        if value_test(matcher)(""):
            exactness = 3
        return exactness, shelf.crowd(matcher) if shelf else 0, matcher.name != "alertname"
