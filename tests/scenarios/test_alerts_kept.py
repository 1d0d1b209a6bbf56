"""What becomes of alerts when the process dies, stops for a while, or reads other documents."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.model.route import Occurrences, Route
from tests.scenarios.alerting import alerting

ROUTE = Route(receiver="sre", group_by=("alertname",), group_wait=timedelta(seconds=10))


async def test_an_end_that_webhooks_had_not_heard_of_is_told_after_a_restart_and_once(database: Path) -> None:
    async with alerting(database, ROUTE) as tocsin:
        await tocsin.fires(instance="a")
        await tocsin.fires(instance="b")
        await tocsin.passes("1m")
        await tocsin.ends(instance="a")
        await tocsin.passes("5s")
        await tocsin.dies()
        await tocsin.starts()
        await tocsin.passes("1m")
        await tocsin.dies()
        await tocsin.starts()
        await tocsin.passes("1m")
    assert [why for _, why, _ in tocsin.heard] == ["FIRST", "SOME_RESOLVED"]


async def test_several_firings_are_waited_for_each_time_and_not_only_the_first(database: Path) -> None:
    route = replace(ROUTE, occurrences=Occurrences(count=2, within=timedelta(minutes=10)))
    async with alerting(database, route) as tocsin:
        for _ in range(2):
            await tocsin.fires()
            await tocsin.passes("30s")
            await tocsin.ends()
            await tocsin.passes("30s")
        assert len(await tocsin.incidents()) == 1
        await tocsin.passes("20m")
        await tocsin.fires()
        await tocsin.passes("1m")
        assert len(await tocsin.incidents()) == 1


async def test_a_process_that_was_stopped_for_long_resolves_nothing_by_it(database: Path) -> None:
    async with alerting(database, ROUTE) as tocsin:
        await tocsin.fires(lasts="4m")
        await tocsin.passes("1m")
        tocsin.clock.jumps(timedelta(hours=1))
        await tocsin.passes("4m30s")
        assert [str(one.status) for one in await tocsin.incidents()] == ["triggered"]
        await tocsin.passes("1m")
        assert [str(one.status) for one in await tocsin.incidents()] == ["resolved"]
