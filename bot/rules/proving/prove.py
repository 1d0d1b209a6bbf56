"""Plays one story: its series are written slot by slot, the rules evaluated, and what came is compared.

The order is promtool's: at each slot the samples up to it are there, then the groups are evaluated one after another,
and the alerts are looked at; the expressions are asked at the end. A rule that fails ends the story.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.documents import format_duration
from bot.errors import Permanent
from bot.model.labels import LabelSet
from bot.model.rule import AlertRule, GroupStatus, Recordings, RuleAlert, RuleGroup
from bot.model.sample import Recorded
from bot.ports.recorder import Recorder
from bot.ports.scratch import MadeUp, Scratch
from bot.rules.evaluator import Outside, Writing, Written, evaluate
from bot.rules.proving.compare import Mismatch, compare_alerts, compare_samples
from bot.rules.proving.notation import InputSeries, Value
from bot.rules.proving.sparing import Sparing
from bot.rules.proving.story import AlertsThen, Story


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What kept the story from being played to its end, or an expression from being asked."""

    place: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What came of a story. It holds when there are neither mismatches nor troubles."""

    mismatches: tuple[Mismatch, ...] = ()
    troubles: tuple[Trouble, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether everything came as it was expected."""
        return not self.mismatches and not self.troubles


def in_order(groups: Sequence[RuleGroup], order: Sequence[str]) -> tuple[RuleGroup, ...]:
    """The groups as they are evaluated: those that `order` names in its order, each other one where it stood."""
    place = {name: at for at, name in enumerate(order)}
    return tuple(sorted(groups, key=lambda group: place.get(group.name, 0)))


async def prove(
    story: Story, groups: Sequence[RuleGroup], every: timedelta, scratch: Scratch, *, fuzzy: bool = False
) -> Proof:
    """Plays the story against an empty server, the groups in the order given, with a slot `every` so often.

    Raises Temporary and Permanent only when the server cannot be reached or does not take the series.
    """
    play = _Play(story=story, groups=groups, scratch=Sparing(scratch))
    mismatches: list[Mismatch] = []
    open_questions = sorted(story.alerts, key=lambda then: then.at)
    slots = story.length // every + 1
    for number in range(slots):
        troubles = await play.slot(story.start + number * every)
        if troubles:
            return Proof(mismatches=tuple(mismatches), troubles=troubles)
        while open_questions and open_questions[0].at < (number + 1) * every:
            mismatch = play.look(open_questions.pop(0))
            if mismatch:
                mismatches.append(mismatch)
    asked: list[Trouble] = []
    for then in story.samples:
        try:
            came = await scratch.ask(then.expr, story.start + then.at)
        except Permanent as error:
            if error.reason != "client":
                raise
            asked.append(Trouble(place=then.place, message=f"{then.expr!r} cannot be answered: {error.message}"))
        else:
            difference = compare_samples(then, came, fuzzy=fuzzy)
            if difference:
                mismatches.append(difference)
    return Proof(mismatches=tuple(mismatches), troubles=tuple(asked))


class _Play:
    """A story that is being played: what its rules have found so far."""

    def __init__(self, *, story: Story, groups: Sequence[RuleGroup], scratch: Sparing) -> None:
        self._story = story
        self._scratch = scratch
        self._acts = [_Act(group=replace(group, recordings=Recordings.WRITE)) for group in groups]
        self._input = _Input(story)
        self._outside = Outside(labels=story.external_labels, url=story.external_url)
        self._names = {rule.name for group in groups for rule in group.rules if isinstance(rule, AlertRule)}

    async def slot(self, slot: datetime) -> tuple[Trouble, ...]:
        """Writes what the series say up to this slot and evaluates every rule; what went wrong."""
        points = self._input.until(slot)
        await self._scratch.fill(points)
        ledger = _Ledger(self._scratch.recorder, points)
        failures: list[str] = []
        for act in self._acts:
            failures += await act.evaluate(slot, self._scratch, ledger, self._outside)
        after = format_duration(slot - self._story.start)
        return tuple(
            Trouble(place=self._story.place, message=f"{message}, at {after}")
            for message in (*failures, *ledger.conflicts)
        )

    def look(self, then: AlertsThen) -> Mismatch | None:
        """What is different from what is expected at the last slot."""
        alerts = [alert for act in self._acts for alert in act.alerts(then.alertname)]
        return compare_alerts(then, alerts, self._story.start, self._names)


@dataclass(slots=True)
class _Act:
    """One group and what it keeps from slot to slot."""

    group: RuleGroup
    status: GroupStatus | None = None
    written: Written = field(default_factory=dict)

    async def evaluate(self, slot: datetime, scratch: Sparing, recorder: Recorder, outside: Outside) -> Sequence[str]:
        """Evaluates the group; which rules failed, and why."""
        if self._is_at_rest(scratch):
            return []
        writing = Writing(recorder=recorder, before=self.written)
        done = await evaluate(self.group, self.status, scratch.source, slot, slot, writing=writing, outside=outside)
        self.status, self.written = done.status, done.written
        return [f"the rule {failure.rule} fails: {failure.message}" for failure in done.failures]

    def _is_at_rest(self, scratch: Sparing) -> bool:
        """Whether nothing was there and nothing can come, so that an evaluation would leave all as it is."""
        return (
            self.status is not None
            and not self.written
            and not any(rule.alerts for rule in self.status.rules)
            and all(scratch.is_silent(rule.expr) for rule in self.group.rules)
        )

    def alerts(self, name: str) -> Iterator[RuleAlert]:
        """The alerts that rules of this name have, whatever their state."""
        for rule, status in zip(self.group.rules, self.status.rules if self.status else (), strict=True):
            if isinstance(rule, AlertRule) and rule.name == name:
                yield from status.alerts


class _Input:
    """The story's series, handed out slot by slot."""

    def __init__(self, story: Story) -> None:
        self._pending = [_Line(series, story.start, story.interval) for series in story.series]

    def until(self, slot: datetime) -> list[MadeUp]:
        """Every sample up to the slot that was not handed out before."""
        return [point for line in self._pending for point in line.until(slot)]


class _Line:
    """One series, read as far as it was needed."""

    def __init__(self, series: InputSeries, start: datetime, interval: timedelta) -> None:
        self._labels = LabelSet(series.labels)
        self._rest: Iterator[tuple[int, Value]] = series.samples()
        self._next: MadeUp | None = None
        self._start = start
        self._interval = interval
        self._advance()

    def until(self, slot: datetime) -> Iterator[MadeUp]:
        while self._next is not None and self._next.at <= slot:
            yield self._next
            self._advance()

    def _advance(self) -> None:
        following = next(self._rest, None)
        self._next = None
        if following is not None:
            at, value = following
            self._next = MadeUp(labels=self._labels, at=self._start + at * self._interval, value=value)


class _Ledger:
    """A `Recorder` that notices two different values for one series at one time, as Prometheus' storage does.

    Over the network such a sample is left out, and nobody would hear of it.
    """

    def __init__(self, recorder: Recorder, points: Sequence[MadeUp]) -> None:
        self._recorder = recorder
        self._there = {(point.labels, point.at): point.value for point in points}
        self.conflicts: list[str] = []

    async def record(self, samples: Sequence[Recorded]) -> None:
        """See `Recorder`."""
        for sample in samples:
            there = self._there.setdefault((sample.labels, sample.at), sample.value)
            if sample.value is not None and not _alike(there, sample.value):
                self.conflicts.append(
                    f"a rule makes {sample.labels}, and that series has another value for this time already"
                )
        await self._recorder.record(samples)


def _alike(one: object, other: float) -> bool:
    return one == other or (isinstance(one, float) and math.isnan(one) and math.isnan(other))
