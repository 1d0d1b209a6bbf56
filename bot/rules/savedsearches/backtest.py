"""A saved search over the past: every run it would have had, decided as it would have been, one after the other.

Runs are asked several at a time, because the past stands still; what they mean is decided in their order, because each
is compared with what is remembered of those before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.errors import Permanent
from bot.model.rule import AlertRule, GroupStatus, RuleAlert, RuleGroup
from bot.model.sample import Window
from bot.model.search_job import Urgency
from bot.ports.searches import SearchSource
from bot.rules import cron
from bot.rules.backtest import AS_WRITTEN, Slots, Walk
from bot.rules.evaluator import Failure
from bot.rules.replay import Blind, Past
from bot.rules.savedsearches.evaluator import Asked, ask, decide
from bot.rules.savedsearches.quiet import is_news

_TICK = timedelta(microseconds=1)
_BEFORE = 2
"""Runs before the window, so that a comparison with the run before has one."""
_AWAY = 3
"""So many runs in a row that nobody answers, and the rest is not asked."""


class SearchWalk(Walk):
    """The story of a search's alerts; their states are those that were decided."""

    def take(self, ts: datetime, alerts: tuple[RuleAlert, ...]) -> None:
        """One run."""
        self._alerts = alerts
        self._follow(ts)


@dataclass(slots=True)
class SearchReplay:
    """How far a search has been walked, and what came of it. Stopped in the middle, it holds what it has.

    `told` counts alerts that somebody would have heard of as new: what suppression holds back is not among them.
    """

    past: Past
    runs: Sequence[datetime]
    walks: tuple[SearchWalk, ...]
    done: int = 0
    told: int = 0
    blind: list[Blind] = field(default_factory=list)
    _status: GroupStatus | None = None
    _away: int = 0

    @classmethod
    def of(cls, group: RuleGroup, rule: AlertRule, window: Window) -> SearchReplay:
        """Not begun yet. ValueError: the group is no saved search."""
        if group.search is None:
            raise ValueError(f"{group.key} is no saved search")
        start = window.start - _BEFORE * group.interval - _TICK
        return cls(
            past=Past(group=group, rule=rule, window=window),
            runs=tuple(cron.runs_between(group.search.schedule, start, window.end)),
            walks=(SearchWalk(group, rule, AS_WRITTEN),),
        )

    @property
    def slots(self) -> Slots:
        """How many runs there are; `interval` is the longest time between two."""
        first = self.runs[0] if self.runs else self.past.window.start
        return Slots(first=first, interval=self.past.group.interval, count=len(self.runs))

    @property
    def seen_until(self) -> datetime | None:
        """The last run that was walked; None before the first."""
        return self.runs[self.done - 1] if self.done else None

    async def run(self, source: SearchSource, told: Callable[[int], None], *, concurrency: int) -> None:
        """Walks to the end, at most `concurrency` runs asked at a time; `told` hears of each when it is decided.

        Raises Permanent where the server refuses our credentials.
        """
        while self.done < len(self.runs):
            if self._away >= _AWAY:
                self._give_up(told)
                return
            slots = self.runs[self.done : self.done + concurrency]
            answers = await asyncio.gather(
                *(ask(self.past.group, source, at, urgency=Urgency.BACKTEST) for at in slots)
            )
            for slot, asked in zip(slots, answers, strict=True):
                self._decide(slot, asked)
                self.done += 1
                told(1)

    def _decide(self, slot: datetime, asked: Asked) -> None:
        failure = asked.failure
        if failure is not None and failure.reason == "auth":
            raise Permanent(failure.message, integration=self.past.group.source, reason="auth")
        before = self._status
        made = decide(self.past.group, before, asked, slot, slot)
        self._status = made.status
        self._away = self._away + 1 if failure is not None and failure.reason == "connection" else 0
        for one in made.failures:
            self._unseen(slot, slot, one)
        (status,) = made.status.rules
        self.walks[0].take(slot, status.alerts)
        if slot >= self.past.window.start:
            earlier = before.rules[0].alerts if before else ()
            self.told += sum(is_news(alert, earlier) for alert in status.alerts)

    def _give_up(self, told: Callable[[int], None]) -> None:
        """Nobody answers any more: what is left is blind, and nobody is asked."""
        left = len(self.runs) - self.done
        why = self.blind[-1].why if self.blind else "nobody answers"
        self._unseen(self.runs[self.done], self.runs[-1], Failure(rule="", reason="connection", message=why))
        self.done = len(self.runs)
        told(left)

    def _unseen(self, start: datetime, end: datetime, failure: Failure) -> None:
        last = self.blind[-1] if self.blind else None
        if last is not None and last.why == failure.message and self.runs.index(start) == self.runs.index(last.end) + 1:
            self.blind[-1] = Blind(start=last.start, end=end, why=last.why)
        else:
            self.blind.append(Blind(start=start, end=end, why=failure.message))
