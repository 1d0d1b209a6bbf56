"""A saved search over the past: the same runs in the same order, several asked at a time."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Permanent, Temporary
from bot.model.rule import AlertRule, RuleGroup
from bot.model.sample import Window
from bot.model.search_job import SearchAnswer, SearchJob, Urgency
from bot.rules.savedsearches import conf, stanza
from bot.rules.savedsearches.backtest import SearchReplay
from bot.testing.searches import FakeSearchSource, Script

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = Window(start=START, end=START + timedelta(hours=1))
CONF = """\
[Errors]
search = index=shop error
enableSched = 1
cron_schedule = */5 * * * *
dispatch.earliest_time = -5m
counttype = number of events
relation = greater than
quantity = 2
alert.suppress = 1
alert.suppress.period = 30m
"""


class Counting(FakeSearchSource):
    """Knows how many searches it was asked at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.most = 0

    async def run(self, job: SearchJob) -> SearchAnswer:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(0)
            return await super().run(job)
        finally:
            self.now -= 1


def replay(text: str = CONF) -> tuple[SearchReplay, RuleGroup]:
    reading = stanza.read(conf.parse(text, "s.conf"), stanza.Home(file="s.conf", source="splunk"))
    (group,) = reading.groups
    rule = group.rules[0]
    assert isinstance(rule, AlertRule)
    return SearchReplay.of(group, rule, HOUR), group


def counts(job: SearchJob) -> Script:
    """Three results from 12:20 to 12:30, and again at 12:40."""
    minute = (job.scheduled_at - START) / timedelta(minutes=1)
    return Script(rows=[{"host": "a"}] * (3 if 20 <= minute <= 30 or minute == 40 else 1))


@pytest.mark.parametrize("concurrency", [1, 3, 50])
async def test_the_story_is_the_same_however_many_are_asked_at_a_time(concurrency: int) -> None:
    source, (one, group) = Counting(), replay()
    source.plays(group.rules[0].expr, counts)
    done: list[int] = []
    await one.run(source, done.append, concurrency=concurrency)
    assert sum(done) == one.slots.count == len(source.started) == 15, "an hour, both ends, and two runs before"
    assert source.most == min(concurrency, 15)
    assert {job.urgency for job in source.started} == {Urgency.BACKTEST}
    assert [(e.fired_at, e.ended_at) for e in one.walks[0].episodes] == [
        (START + timedelta(minutes=20), START + timedelta(minutes=35)),
        (START + timedelta(minutes=40), START + timedelta(minutes=45)),
    ]
    assert one.told == 1, "the second falls into the quiet time of the first"
    assert one.blind == []
    assert one.seen_until == HOUR.end


async def test_what_could_not_be_seen_is_blind_and_ends_nothing() -> None:
    source, (one, group) = FakeSearchSource(), replay()

    def partly(job: SearchJob) -> Script:
        minute = (job.scheduled_at - START) / timedelta(minutes=1)
        gone = Temporary("too slow", integration="splunk", reason="timeout")
        return Script(fails=gone) if minute in (25, 30) else counts(job)

    source.plays(group.rules[0].expr, partly)
    await one.run(source, lambda _: None, concurrency=4)
    (blind,) = one.blind
    assert (blind.start, blind.end, blind.why) == (
        START + timedelta(minutes=25),
        START + timedelta(minutes=30),
        "too slow",
    )
    assert one.walks[0].episodes[0].ended_at == START + timedelta(minutes=35)


async def test_nobody_who_is_gone_is_asked_for_the_rest() -> None:
    source, (one, group) = FakeSearchSource(), replay()
    gone = Temporary("connection refused", integration="splunk", reason="connection")
    source.plays(group.rules[0].expr, lambda _: Script(fails=gone))
    done: list[int] = []
    await one.run(source, done.append, concurrency=2)
    assert len(source.started) == 4
    assert sum(done) == 15
    (blind,) = one.blind
    assert blind.end == HOUR.end


async def test_refused_credentials_end_it() -> None:
    source, (one, group) = FakeSearchSource(), replay()
    refused = Permanent("401", integration="splunk", reason="auth")
    source.plays(group.rules[0].expr, lambda _: Script(fails=refused))
    with pytest.raises(Permanent):
        await one.run(source, lambda _: None, concurrency=2)


def test_a_search_that_does_not_run_in_the_window_has_no_runs() -> None:
    one, _ = replay(CONF.replace("*/5 * * * *", "0 6 1 1 *"))
    assert one.slots.count in (0, 1, 2), "those of the years before"
    assert one.seen_until is None
