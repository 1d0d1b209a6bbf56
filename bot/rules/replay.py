"""Asks a source what a rule's expression was at every slot of a window, and walks the rule over the answers.

A portion that is too much for the server (too many samples, too long, too large an answer) is asked again in smaller
ones. What cannot be had in the end is blind: it leaves every alert as it was, as a failed evaluation does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.errors import IntegrationError, Temporary
from bot.model.rule import AlertRule, RuleGroup
from bot.model.sample import Sample, Series, Window
from bot.ports.metrics import MetricSource
from bot.rules.backtest import AS_WRITTEN, Labeller, Slots, Variant, Walk, question, slots, warm_up

PORTION = 2_000
"""Slots asked about at once: far below the 11,000 points that a server answers with, and kind to its memory."""
MOST_FAILURES = 40
"""Answers that may fail for one rule; after that nothing is asked again in smaller portions."""
_AWAY = ("connection", "rate_limited")
_TRIES = 3
_PAUSE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blind:
    """From `start` to `end`, both slots, the source could not be seen; `why` is its own word."""

    start: datetime
    end: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One rule to be walked over a window; `variants` in the order they are shown.

    `rule` may ask another expression than the file has, where that is exact (`inlining.py`).
    """

    group: RuleGroup
    rule: AlertRule
    window: Window
    variants: tuple[Variant, ...] = (AS_WRITTEN,)


@dataclass(slots=True)
class Replay:
    """How far a rule has been walked, and what came of it. Stopped in the middle, it holds what it has."""

    past: Past
    walks: tuple[Walk, ...]
    slots: Slots
    done: int = 0
    blind: list[Blind] = field(default_factory=list)
    gone: IntegrationError | None = None
    """Why the source does not answer any more, where it does not."""
    _failures: int = 0
    _portion: int = PORTION

    @classmethod
    def of(cls, past: Past) -> Replay:
        """Not begun yet."""
        early = past.window.start - warm_up(past.group, past.rule, past.variants)
        return cls(
            past=past,
            walks=tuple(Walk(past.group, past.rule, variant) for variant in past.variants),
            slots=slots(past.group, Window(start=early, end=past.window.end)),
        )

    @property
    def seen_until(self) -> datetime | None:
        """The last slot that was walked; None before the first."""
        return self.slots.at(self.done - 1) if self.done else None

    def unseen(self, error: IntegrationError, told: Callable[[int], None]) -> None:
        """Nothing of what is left can be seen; nobody is asked."""
        if self.done < self.slots.count:
            places = self._give_up(error, range(self.done, self.slots.count))
            self.done = places.stop
            told(len(places))

    async def run(self, source: MetricSource, told: Callable[[int], None]) -> None:
        """Walks to the end; `told` hears of each portion how many slots it had. Raises where no credentials fit."""
        past = self.past
        expr = question(past.rule, past.variants)
        filtered = expr == past.rule.expr
        labeller = Labeller(past.group, past.rule)
        while self.done < self.slots.count:
            places = range(self.done, min(self.done + self._portion, self.slots.count))
            try:
                series = await self._ask(source, expr, places)
            except IntegrationError as error:
                if error.reason == "auth":
                    raise
                if self._again(error, len(places)):
                    continue
                places = self._give_up(error, places)
            else:
                self._walk(places, series, labeller, filtered=filtered)
                self._portion = min(PORTION, 2 * self._portion)
            self.done = places.stop
            told(len(places))

    async def _ask(self, source: MetricSource, expr: str, places: range) -> Sequence[Series]:
        """Tries again when nothing answers, and when it says that we ask too much."""
        asked = self._asked(places)
        for attempt in range(1, _TRIES + 1):
            try:
                return await source.query_range(expr, {}, asked, self.slots.interval)
            except Temporary as error:
                if error.reason not in _AWAY or attempt == _TRIES:
                    raise
                await asyncio.sleep(error.retry_after or attempt * _PAUSE.total_seconds())
        raise AssertionError("the last attempt returns or raises")

    def _asked(self, places: range) -> Window:
        offset = self.past.group.query_offset
        return Window(start=self.slots.at(places[0]) - offset, end=self.slots.at(places[-1]) - offset)

    def _again(self, error: IntegrationError, asked: int) -> bool:
        """Whether fewer slots at once may get an answer: it was too much, or only some of them are refused."""
        self._failures += 1
        hopeless = error.reason in _AWAY or "bad_data" in error.message
        if hopeless or asked == 1 or self._failures > MOST_FAILURES:
            return False
        self._portion = max(1, asked // 4)
        return True

    def _give_up(self, error: IntegrationError, places: range) -> range:
        """These slots are blind; where nothing answers any more, or the expression is refused, all that follow too."""
        self.gone = error if error.reason in _AWAY else None
        if self.gone or "bad_data" in error.message:
            places = range(places.start, self.slots.count)
        start, end = self.slots.at(places[0]), self.slots.at(places[-1])
        last = self.blind[-1] if self.blind else None
        if last is not None and last.why == error.message and last.end == start - self.slots.interval:
            self.blind[-1] = Blind(start=last.start, end=end, why=last.why)
        else:
            self.blind.append(Blind(start=start, end=end, why=error.message))
        return places

    def _walk(self, places: range, series: Sequence[Series], labeller: Labeller, *, filtered: bool) -> None:
        at = self._by_slot(places, series)
        for place in places:
            samples = at.get(place, ())
            if not samples and all(walk.idle for walk in self.walks):
                continue
            ts = self.slots.at(place)
            found = [labeller.found(sample, ts) for sample in samples]
            for walk in self.walks:
                walk.see(ts, found, filtered=filtered)

    def _by_slot(self, places: range, series: Sequence[Series]) -> Mapping[int, list[Sample]]:
        """What each slot saw. The server cuts times to the millisecond, so a point belongs to the nearest slot."""
        start, interval = self._asked(places).start, self.slots.interval
        found: dict[int, list[Sample]] = {}
        for one in series:
            for at, value in one.points:
                place = places.start + round((at - start) / interval)
                found.setdefault(place, []).append(Sample(labels=one.labels, value=value))
        return found


async def replay_all(
    replays: Sequence[tuple[Replay, MetricSource]], told: Callable[[int], None], *, concurrency: int
) -> None:
    """Runs them in their order, with at most `concurrency` questions on their way at any time.

    A source that one of them found to be gone is not asked by those that come after.
    """
    waiting = iter(replays)
    gone: dict[int, IntegrationError] = {}

    async def work() -> None:
        for replay, source in waiting:
            if id(source) in gone:
                replay.unseen(gone[id(source)], told)
                continue
            await replay.run(source, told)
            if replay.gone is not None:
                gone[id(source)] = replay.gone

    async with asyncio.TaskGroup() as tasks:
        for _ in range(min(concurrency, len(replays))):
            tasks.create_task(work())
