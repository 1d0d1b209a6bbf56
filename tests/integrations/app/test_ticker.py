"""The clock of the rules: one evaluation of a group at a time, late ones late, slots that passed whole skipped."""

import asyncio
from datetime import UTC, datetime, timedelta

from bot.engine.ticker import Ticker
from bot.model.rule import RuleGroup

INTERVAL = timedelta(milliseconds=100)
GROUP = RuleGroup(file="f.yml", name="g", source="prom", interval=INTERVAL, rules=())


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class Evaluating:
    """Takes as long for each slot as it is told to, and notes what it was called with."""

    def __init__(self, takes: list[float]) -> None:
        self.takes = takes
        self.calls: list[tuple[datetime, int]] = []
        self.at_once = self.most_at_once = 0
        self.done = asyncio.Event()

    async def due(self, group: RuleGroup, slot: datetime, missed: int) -> None:
        self.calls.append((slot, missed))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self.takes.pop(0) if self.takes else 0)
        self.at_once -= 1
        if len(self.calls) == 8:
            self.done.set()


async def test_a_group_that_takes_too_long_ticks_on() -> None:
    evaluating = Evaluating([0.15, 0.45, 0.0, 0.15, 0.15])
    ticker = Ticker(WallClock(), evaluating.due)
    ticker.start()
    try:
        ticker.set_groups([GROUP])
        async with asyncio.timeout(20):
            await evaluating.done.wait()
    finally:
        ticker.stop()
    assert evaluating.most_at_once == 1
    slots = [slot for slot, _ in evaluating.calls]
    for before, after, (_, missed) in zip(slots, slots[1:], evaluating.calls[1:], strict=False):
        assert after - before == (missed + 1) * INTERVAL
    assert sum(missed for _, missed in evaluating.calls) >= 3  # the one that took 450 ms
