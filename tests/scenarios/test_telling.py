"""What a receiver's webhook is told gets there: once, in order, over failures and restarts; what does not is said."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import Permanent, Temporary
from bot.kit.telemetry import Telemetry
from bot.model.route import Receiver, Route, Webhook
from bot.model.telling import Decision, Verdict
from bot.model.told_group import ToldGroup
from bot.testing.notifiers import FakeNotifier
from tests.scenarios.alerting import Alerting, alerting

AWAY = Temporary("nobody answers", integration="ear", reason="connection")
ROUTE = Route(receiver="sre", group_by=("alertname",), group_interval=timedelta(seconds=10))


def reasons(ear: FakeNotifier) -> list[str]:
    return [told.reason.name for told in ear.heard]


def listens(alerting: Alerting, name: str = "ear") -> FakeNotifier:
    ear = FakeNotifier()
    alerting.world.notifiers = {**alerting.world.notifiers, name: ear}
    return ear


async def decisions(alerting: Alerting, key: str) -> list[Decision]:
    found = await alerting.world.store.read(lambda tx: tx.decisions.of([key], 100))
    return [decision for _, decision in reversed(found)]


async def test_what_happens_while_nobody_answers_is_told_later_and_in_order(database: Path) -> None:
    async with alerting(database, ROUTE) as tocsin:
        ear = listens(tocsin)
        ear.breaks(AWAY)
        await tocsin.fires(instance="a")
        await tocsin.passes("12s")
        await tocsin.fires(instance="b")
        await tocsin.passes("12s")
        await tocsin.ends(instance="a")
        await tocsin.ends(instance="b")
        await tocsin.passes("30s")
        assert ear.heard == []
        assert ear.tries > 3
        ear.breaks(None)
        await tocsin.passes("2m")
    assert reasons(ear) == ["FIRST", "MORE", "ALL_RESOLVED"]
    assert [len(told.alerts) for told in ear.heard] == [1, 2, 2]
    assert [told.at for told in ear.heard] == sorted(told.at for told in ear.heard)


async def test_what_waits_outlives_the_process_and_is_told_once(database: Path) -> None:
    async with alerting(database, ROUTE) as tocsin:
        ear = listens(tocsin)
        ear.breaks(AWAY)
        await tocsin.fires()
        await tocsin.passes("5s")
        await tocsin.dies()
        ear.breaks(None)
        await tocsin.starts()
        await tocsin.passes("3m")
    assert reasons(ear) == ["FIRST"]


async def test_one_group_that_is_not_taken_holds_up_no_other(database: Path) -> None:
    async with alerting(database, ROUTE) as tocsin:
        ear = listens(tocsin)
        ear.breaks(Temporary("come again", integration="ear", reason="server", retry_after=60))
        await tocsin.fires("First")
        await tocsin.passes("5s")
        ear.breaks(None)
        await tocsin.fires("Second")
        await tocsin.passes("5s")
        assert [told.group_labels["alertname"] for told in ear.heard] == ["Second"]
        await tocsin.passes("60s")
        assert [told.group_labels["alertname"] for told in ear.heard] == ["Second", "First"]


async def test_a_wait_that_no_clock_can_show_holds_up_nobody_else_either(database: Path) -> None:
    async with alerting(database, ROUTE) as tocsin:
        ear = listens(tocsin)
        ear.breaks(Temporary("come again", integration="ear", reason="server", retry_after=1e20))
        await tocsin.fires("First")
        await tocsin.passes("5s")
        ear.breaks(None)
        await tocsin.fires("Second")
        await tocsin.passes("5s")
        assert [told.group_labels["alertname"] for told in ear.heard] == ["Second"]
        await tocsin.passes("5m")
        assert [told.group_labels["alertname"] for told in ear.heard] == ["Second", "First"]


async def test_what_will_never_be_taken_is_given_up_and_said(database: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with alerting(database, ROUTE) as tocsin:
        telemetry = Telemetry()
        tocsin.world.counts = telemetry.alerts
        ear = listens(tocsin)
        ear.breaks(Permanent("ear answered 401", integration="ear", reason="auth", hint="see its token"))
        await tocsin.fires()
        await tocsin.passes("1m")
        assert ear.tries == 1
        ear.breaks(None)
        await tocsin.fires(instance="b")
        await tocsin.passes("1m")
        assert reasons(ear) == ["MORE"]
        said = await decisions(tocsin, ear.heard[0].key)
    [lost] = [one for one in said if one.verdict is Verdict.NOT_TOLD]
    assert (lost.rule, lost.text.endswith("did not reach ear: ear answered 401")) == ("receiver sre", True)
    assert any("is given up: ear answered 401; see its token" in record.message for record in caplog.records)
    metrics = telemetry.exposition()[0].decode()
    assert 'tocsin_tellings_lost_total{integration="ear"} 1.0' in metrics
    assert 'tocsin_telling_failures_total{integration="ear",reason="auth"} 1.0' in metrics
    assert 'tocsin_telling_seconds_count{integration="ear"} 1.0' in metrics


async def test_a_message_of_yesterday_is_of_no_use_to_anybody(database: Path) -> None:
    async with alerting(database, ROUTE) as tocsin:
        ear = listens(tocsin)
        ear.breaks(AWAY)
        await tocsin.fires()
        await tocsin.passes("5s")
        tocsin.clock.jumps(timedelta(hours=25))
        await tocsin.passes("10s")
        ear.breaks(None)
        await tocsin.passes("10m")
        assert "FIRST" not in reasons(ear)
        said = await decisions(tocsin, '{}:{alertname="Down"}')
    assert next(one.text for one in said if one.verdict is Verdict.NOT_TOLD).endswith(
        "did not reach ear, tried for 24 hours: nobody answers"
    )


async def test_an_integration_that_is_taken_out_is_not_waited_for(database: Path) -> None:
    async with alerting(database, ROUTE) as tocsin:
        ear = listens(tocsin)
        ear.breaks(AWAY)
        await tocsin.fires()
        await tocsin.passes("5s")
        tocsin.world.notifiers = {}
        await tocsin.passes("2m")
        oldest = await tocsin.world.store.read(lambda tx: tx.outbox.oldest_due(tocsin.clock.now()))
        said = await decisions(tocsin, '{}:{alertname="Down"}')
    assert oldest is None
    assert any("is not in tocsin.yaml any more" in one.text for one in said)


async def test_each_address_of_a_receiver_hears_what_it_wants_to_hear(database: Path) -> None:
    ways = (
        Webhook(integration="ear"),
        Webhook(integration="pager", send_resolved=False),
        Webhook(integration="brief", max_alerts=1),
    )
    async with alerting(database, ROUTE) as tocsin:
        tocsin.world.setup = replace(tocsin.world.setup, receivers=(Receiver(name="sre", webhooks=ways),))
        tocsin.world.alerts.become(tocsin.world.setup, tocsin.clock.now().timestamp())
        ear, pager, brief = (listens(tocsin, name) for name in ("ear", "pager", "brief"))
        await tocsin.fires(instance="a")
        await tocsin.fires(instance="b")
        await tocsin.passes("25s")
        await tocsin.ends(instance="a")
        await tocsin.ends(instance="b")
        await tocsin.passes("25s")
    assert reasons(ear)[-1] == "ALL_RESOLVED"
    assert all(one.ends_at is None for told in pager.heard for one in told.alerts)
    assert [len(told.alerts) for told in brief.heard] == [1] * len(brief.heard)
    assert brief.heard[-1].truncated == 1


class Slow(FakeNotifier):
    """Takes ten seconds for each message."""

    async def tell(self, telling: ToldGroup) -> None:
        await asyncio.sleep(10)
        await super().tell(telling)


async def test_what_somebody_has_to_get_up_for_does_not_wait_behind_the_rest(database: Path) -> None:
    async with alerting(database, replace(ROUTE, group_by=("alertname", "host"))) as tocsin:
        tocsin.world.notifiers = {"ear": (ear := Slow())}
        for number in range(80):
            await tocsin.fires("Busy", host=str(number), severity="info")
        await tocsin.passes("2s")
        await tocsin.fires("Down")
        await tocsin.passes("12s")
        names = [told.group_labels["alertname"] for told in ear.heard]
    assert "Down" in names
    assert len(names) < 80, "the others wait still"
