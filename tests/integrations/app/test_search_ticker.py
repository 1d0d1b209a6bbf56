"""The ticker and saved searches: each on its own schedule, going on from its last run; continuous ones in order."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.engine.ticker import Ticker
from bot.model.rule import RuleGroup
from bot.model.search import SavedSearch, Schedule

BEGINNING = datetime(2026, 3, 1, 10, 1, tzinfo=UTC)
FIVE = timedelta(minutes=5)


class PastClock:
    """Long ago, so that whatever is armed is due at once; it goes to each slot that is evaluated."""

    def __init__(self) -> None:
        self.at = BEGINNING

    def now(self) -> datetime:
        return self.at


def group(*, continuous: bool) -> RuleGroup:
    search = SavedSearch(name="s", search="x", schedule=Schedule(cron="*/5 * * * *", continuous=continuous))
    return RuleGroup(file="f", name="s", source="splunk", interval=FIVE, rules=(), search=search)


@pytest.mark.parametrize(
    ("continuous", "last", "expected"),
    [
        (False, None, ["10:05 0", "10:15 1", "10:25 1"]),
        (True, None, ["10:05 0", "10:10 0", "10:15 0"]),
        (False, "09:40", ["10:00 0", "10:10 1", "10:20 1"]),
        (True, "09:40", ["09:45 0", "09:50 0", "09:55 0"]),
    ],
)
async def test_each_run_takes_twice_its_period(continuous: bool, last: str | None, expected: list[str]) -> None:
    clock, calls, done = PastClock(), list[str](), asyncio.Event()

    async def due(_: RuleGroup, slot: datetime, missed: int) -> None:
        calls.append(f"{slot:%H:%M} {missed}")
        clock.at = max(clock.at, slot) + 2 * FIVE
        if len(calls) == len(expected):
            done.set()

    ticker = Ticker(clock, due)
    ticker.start()
    try:
        before = {} if last is None else {"f;s": datetime.fromisoformat(f"2026-03-01T{last}+00:00")}
        ticker.set_groups([group(continuous=continuous)], before)
        async with asyncio.timeout(20):
            await done.wait()
    finally:
        ticker.stop()
    assert calls[: len(expected)] == expected
