"""Alerts that others send: who is told, when, and who is left in peace."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.model.incident import IncidentStatus
from bot.model.labels import Matcher, MatchOp
from bot.model.route import InhibitRule, Occurrences, Route
from bot.model.telling import Verdict
from bot.model.time_interval import Maintenance, MomentSet, TimeInterval
from tests.scenarios.alerting import Alerting, alerting

ROUTE = Route(receiver="sre", group_by=("alertname",), group_wait=timedelta(seconds=10))


def equal(name: str, value: str) -> Matcher:
    """A matcher."""
    return Matcher(name=name, op=MatchOp.EQUAL, value=value)


async def states(tocsin: Alerting) -> list[str]:
    """Of every incident."""
    return [str(one.status) for one in await tocsin.incidents()]


async def test_a_group_is_told_after_its_wait_then_at_its_interval_then_repeated(database: Path) -> None:
    async with alerting(database, ROUTE) as tocsin:
        await tocsin.fires(instance="a")
        await tocsin.passes("1m")
        await tocsin.fires(instance="b")
        await tocsin.passes("2s")
        (incident,) = await tocsin.incidents()
        assert len(incident.firing) == 2
        await tocsin.passes("5m")
        await tocsin.ends(instance="a")
        await tocsin.passes("10m")
        await tocsin.passes("4h")
        await tocsin.ends(instance="b")
        await tocsin.passes("6m")
        assert await states(tocsin) == ["resolved"]
    assert tocsin.heard == [
        (10, "FIRST", 1),
        (310, "MORE", 2),
        (610, "SOME_RESOLVED", 1),
        (610 + 14_700, "REPEAT", 1),
        (15_610, "ALL_RESOLVED", 0),
    ]


async def test_an_acknowledgement_outlasts_repeats_and_a_new_firing_is_told(database: Path) -> None:
    route = replace(ROUTE, repeat_interval=timedelta(minutes=10))
    async with alerting(database, route) as tocsin:
        await tocsin.fires()
        await tocsin.passes("1m")
        await tocsin.acknowledges()
        await tocsin.passes("1h")
        assert tocsin.heard == [(10, "FIRST", 1)]
        _, before = await tocsin.why()
        assert before[0].verdict is Verdict.NOT_TOLD
        assert "acknowledged by ann" in before[0].text
        await tocsin.ends()
        await tocsin.passes("20m")
        await tocsin.fires()
        await tocsin.passes("1m")
        assert await states(tocsin) == ["resolved", "triggered"]
    assert [(why, firing) for _, why, firing in tocsin.heard] == [("FIRST", 1), ("ALL_RESOLVED", 0), ("FIRST", 1)]


async def test_what_fires_again_right_away_goes_on_with_its_incident(database: Path) -> None:
    async with alerting(database, ROUTE) as tocsin:
        await tocsin.fires()
        await tocsin.passes("30s")
        await tocsin.ends()
        await tocsin.passes("5s")
        assert await states(tocsin) == ["resolved"]
        await tocsin.fires()
        await tocsin.passes("5s")
        assert await states(tocsin) == ["triggered"]


async def test_a_silenced_alert_is_told_when_its_silence_is_over(database: Path) -> None:
    async with alerting(database, ROUTE) as tocsin:
        await tocsin.silences("Down", "8m")
        await tocsin.fires()
        await tocsin.passes("7m")
        assert (tocsin.heard, await tocsin.incidents()) == ([], [])
        now, before = await tocsin.why()
        assert now[-1].rule == "silence 6f"
        assert [one.verdict for one in before] == [Verdict.SILENCED]
        await tocsin.passes("4m")
        assert await states(tocsin) == ["triggered"]
    assert tocsin.heard == [(610, "FIRST", 1)]


async def test_a_symptom_waits_for_its_cause(database: Path) -> None:
    rules = (
        InhibitRule(source=(equal("alertname", "Cause"),), target=(equal("alertname", "Symptom"),), equal=("dc",)),
    )
    async with alerting(database, ROUTE, inhibit_rules=rules) as tocsin:
        await tocsin.fires("Cause", dc="eu")
        await tocsin.fires("Symptom", dc="eu")
        await tocsin.fires("Symptom", dc="us")
        await tocsin.passes("1m")
        titles = [(one.title, len(one.firing)) for one in await tocsin.incidents()]
        assert sorted(titles) == [("Cause", 1), ("Symptom", 1)]
        await tocsin.ends("Cause", dc="eu")
        await tocsin.passes("5m")
        told = next(one for one in await tocsin.incidents() if one.title.startswith("Symptom"))
        assert len(told.firing) == 2


async def test_nobody_is_told_in_a_muted_time_or_while_work_is_planned(database: Path) -> None:
    always = {"always": TimeInterval(name="always", moments=(MomentSet(),))}
    route = replace(ROUTE, routes=(replace(ROUTE, matchers=(equal("team", "db"),), mute_time_intervals=("always",)),))
    async with alerting(database, route, time_intervals=always) as tocsin:
        await tocsin.fires(team="db")
        await tocsin.passes("20m")
        assert (tocsin.heard, await tocsin.incidents()) == ([], [])
        planned = Maintenance(
            name="rack", matchers=(equal("rack", "7"),), lasts=timedelta(minutes=10), reason="new cables",
            starts_at=tocsin.clock.now(),
        )  # fmt: skip
        tocsin.world.setup = replace(tocsin.world.setup, maintenance=(planned,))
        tocsin.world.alerts.become(tocsin.world.setup, tocsin.clock.now().timestamp())
        await tocsin.fires("Dark", rack="7")
        await tocsin.passes("9m")
        assert tocsin.heard == []
        assert (await tocsin.why("Dark"))[0][-1].rule == "maintenance rack"
        await tocsin.passes("6m")
    assert [why for _, why, _ in tocsin.heard] == ["FIRST"]


async def test_a_flap_within_its_hold_is_counted_and_pages_nobody(database: Path) -> None:
    async with alerting(database, replace(ROUTE, hold=timedelta(minutes=2))) as tocsin:
        for _ in range(3):
            await tocsin.fires()
            await tocsin.passes("1m")
            await tocsin.ends()
            await tocsin.passes("5m")
        assert (tocsin.heard, await tocsin.incidents()) == ([], [])
        await tocsin.fires()
        await tocsin.passes("3m")
        assert await states(tocsin) == ["triggered"]
        _, before = await tocsin.why()
        assert any("resolved within 0:02:00 and never paged" in one.text for one in before)


async def test_several_firings_within_a_time_are_waited_for(database: Path) -> None:
    route = replace(ROUTE, occurrences=Occurrences(count=3, within=timedelta(minutes=20)))
    async with alerting(database, route) as tocsin:
        for _ in range(3):
            assert await tocsin.incidents() == []
            await tocsin.fires()
            await tocsin.passes("1m")
            await tocsin.ends()
            await tocsin.passes("4m30s")
        assert await states(tocsin) == ["resolved"]


async def test_a_shadow_route_records_what_it_would_tell_and_tells_nobody(database: Path) -> None:
    async with alerting(database, replace(ROUTE, shadow=True)) as tocsin:
        await tocsin.fires()
        await tocsin.passes("1m")
        assert (tocsin.heard, await tocsin.incidents()) == ([], [])
        _, before = await tocsin.why()
        assert {(one.verdict, "shadow" in one.text) for one in before} == {(Verdict.NOT_TOLD, True)}


async def test_a_restart_resolves_nothing_and_tells_nothing_twice(database: Path) -> None:
    async with alerting(database, ROUTE) as tocsin:
        await tocsin.fires(lasts="4m")
        await tocsin.passes("1m")
        await tocsin.dies()
        await tocsin.passes("1h")
        await tocsin.starts()
        await tocsin.passes("4m30s")
        assert await states(tocsin) == ["triggered"]
        assert tocsin.heard == [(10, "FIRST", 1)]
        await tocsin.passes("5m")
        assert await states(tocsin) == ["resolved"]
    assert [why for _, why, _ in tocsin.heard] == ["FIRST", "ALL_RESOLVED"]


async def test_what_ended_right_before_a_crash_is_cleared_after_it(database: Path) -> None:
    async with alerting(database, ROUTE) as tocsin:
        await tocsin.fires()
        await tocsin.passes("1m")
        await tocsin.dies()
        await tocsin.ends()
        assert await states(tocsin) == ["triggered"]
        await tocsin.starts()
        await tocsin.passes("2s")
        assert await states(tocsin) == [str(IncidentStatus.RESOLVED)]


async def test_an_alert_that_nobody_speaks_of_any_more_is_over_after_its_time(database: Path) -> None:
    async with alerting(database, ROUTE) as tocsin:
        await tocsin.fires(lasts="3m")
        await tocsin.passes("2m")
        await tocsin.fires(lasts="3m")
        await tocsin.passes("2m")
        assert await states(tocsin) == ["triggered"]
        await tocsin.passes("2m")
        assert await states(tocsin) == ["resolved"]


async def test_an_alert_that_nobody_would_ever_end_ends_with_its_incident(database: Path) -> None:
    async with alerting(database, replace(ROUTE, repeat_interval=timedelta(minutes=30))) as tocsin:
        await tocsin.fires()
        await tocsin.fires("Other", lasts="3m")
        await tocsin.passes("1m")
        await tocsin.resolves("INC-1")
        await tocsin.resolves("INC-2")
        now, _ = await tocsin.why()
        assert now[0].verdict is Verdict.RESOLVED
        still, _ = await tocsin.why("Other")
        assert still[0].verdict is Verdict.RECEIVED
        await tocsin.passes("3h")
    told = [one for _, one in tocsin.ear.heard if one.group_labels["alertname"] == "Down"]
    assert [one.reason.name for one in told] == ["FIRST", "ALL_RESOLVED"]
