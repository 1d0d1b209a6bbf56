"""Alerts come, gather, go blind and clear: what becomes of incidents."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.alerts.wire import Received
from bot.errors import Temporary
from bot.model.actor import TOCSIN
from bot.model.alert import Alert
from bot.model.evidence import EvidenceKind
from bot.model.ids import IncidentId
from bot.model.incident import IncidentStatus, SignalState
from bot.model.labels import LabelSet
from bot.model.log_look import LogLook
from bot.model.route import Route
from bot.model.rule import AlertRule, Signal
from bot.model.search_job import LogLine
from bot.response import alerts_taken, incident_changed, source_seen
from bot.testing.logs import FakeLogSource
from bot.testing.metrics import Values
from tests.scenarios.runbooks import MEND, OFFERED, SETTLED
from tests.scenarios.tocsin import EXPR, actor, ended, living


async def test_an_alert_is_looked_into_mended_and_over(database: Path) -> None:
    async with living(database, [MEND + SETTLED]) as tocsin:
        tocsin.hosts.effect = tocsin.recovers
        tocsin.fails()
        approval = await tocsin.asked()
        assert approval.ask == "Mend cart, looked at cart?"
        await tocsin.passes("5m")
        assert tocsin.hosts.ran == []
        await tocsin.answers(plan_hash=approval.plan.hash)
        await tocsin.until(ended)
        assert tocsin.hosts.ran == ["mend cart"]
        await tocsin.passes("1m")
        case = await tocsin.case()
    assert (case.incident.status, case.incident.signal) == (IncidentStatus.RESOLVED, SignalState.CLEAR)
    assert [run.status for run, _ in case.runs] == ["succeeded"]
    assert [(one.status, one.given_by) for one in case.approvals] == [("approved", ("ann",))]
    said = [text for text in tocsin.said(case) if not text.startswith("The signal")]
    assert said[:5] == [
        "alert Fails fires, value 0.5",
        "opened as SEV2: cart fails",
        "run RUN-1 of runbook mend begins",
        "look: done",
        "APR-1 asks: Mend cart, looked at cart?",
    ]
    assert said[5:8] == [
        "APR-1 approved by ann (1 of 1)",
        "runs now: run mend cart on cart-1",
        "succeeded: run mend cart on cart-1",
    ]
    assert sorted(said[8:]) == [
        "alert Fails is over",
        "resolved after 5m10s",
        "run RUN-1 of runbook mend succeeded",
        'settled: true after 0.0 s: {service="cart"} = 0',
        "the original signal has recovered",
        "verdict of RUN-1: recovered, 0s after its last change",
    ]


async def test_a_source_that_goes_blind_makes_the_signal_unknown_and_resolves_nothing(database: Path) -> None:
    async with living(database) as tocsin:
        tocsin.fails()
        await tocsin.until(lambda case: case.incident.signal is SignalState.FIRING)
        tocsin.recovers()
        tocsin.goes_blind()
        await tocsin.passes("20m")
        blind = await tocsin.case()
        tocsin.fails()
        tocsin.sees()
        await tocsin.passes("30s")
        seen = await tocsin.case()
        tocsin.goes_blind()
        await tocsin.passes("30s")
        tocsin.recovers()
        tocsin.sees()
        await tocsin.passes("30s")
        over = await tocsin.case()
    assert (blind.incident.status, blind.incident.signal) == (IncidentStatus.TRIGGERED, SignalState.UNKNOWN)
    assert [(one.text, one.why) for one in blind.timeline[-1:]] == [
        ("the signal is unknown: prom cannot be seen", "connection refused")
    ]
    assert (seen.incident.status, seen.incident.signal) == (IncidentStatus.TRIGGERED, SignalState.FIRING)
    assert tocsin.said(seen)[-1] == "prom can be seen again"
    assert (over.incident.status, over.incident.signal) == (IncidentStatus.RESOLVED, SignalState.CLEAR)
    assert [text for text in tocsin.said(over) if "seen" in text] == [
        "the signal is unknown: prom cannot be seen",
        "prom can be seen again",
        "the signal is unknown: prom cannot be seen",
        "prom can be seen again",
    ]


async def test_alerts_alike_are_one_incident_and_it_is_over_when_the_last_one_is(database: Path) -> None:
    async with living(database, group_wait="30s") as tocsin:
        tocsin.fails("cart")
        await tocsin.passes("35s")
        assert await tocsin.incidents() == []
        tocsin.fails("till")
        both = await tocsin.until(lambda case: len(case.incident.alerts) == 2)
        tocsin.fails("depot")
        await tocsin.until(lambda case: len(case.incident.firing) == 3)
        tocsin.recovers("cart")
        tocsin.recovers("till")
        one_left = await tocsin.until(lambda case: len(case.incident.firing) == 1)
        tocsin.recovers("depot")
        over = await tocsin.until(lambda case: not case.incident.is_open)
        assert await tocsin.incidents() == ["INC-1"]
    assert len(both.incident.alerts) == 2
    assert len(one_left.incident.alerts) == 3
    assert (len(one_left.incident.firing), one_left.incident.status) == (1, IncidentStatus.TRIGGERED)
    assert over.incident.status is IncidentStatus.RESOLVED
    assert tocsin.said(over).count("alert Fails is over") == 3


async def test_what_fires_again_after_the_end_is_another_incident(database: Path) -> None:
    async with living(database) as tocsin:
        for _ in range(2):
            tocsin.fails()
            await tocsin.passes("1m")
            tocsin.recovers()
            await tocsin.passes("20m")
        assert await tocsin.incidents() == ["INC-1", "INC-2"]
        assert (await tocsin.case("INC-2")).incident.status is IncidentStatus.RESOLVED


async def test_what_fires_again_right_after_the_end_reopens_its_incident(database: Path) -> None:
    async with living(database) as tocsin:
        for _ in range(3):
            tocsin.fails()
            await tocsin.passes("1m")
            await incident_changed.acknowledge(tocsin.world, actor("ann"), IncidentId("INC-1"))
            tocsin.recovers()
            await tocsin.passes("5m")
        case = await tocsin.case()
        assert await tocsin.incidents() == ["INC-1"]
    assert (case.incident.status, case.incident.reopened) == (IncidentStatus.RESOLVED, 2)
    assert tocsin.said(case).count("reopened") == 2


async def test_what_fires_again_while_people_still_work_on_it_is_the_same_incident(database: Path) -> None:
    async with living(database) as tocsin:
        tocsin.fails("cart")
        tocsin.fails("till")
        await tocsin.passes("1m")
        tocsin.recovers("till")
        await tocsin.passes("1m")
        tocsin.fails("till")
        await tocsin.passes("1m")
        case = await tocsin.case()
        assert await tocsin.incidents() == ["INC-1"]
    assert len(case.incident.firing) == len(case.incident.alerts) == 2
    assert tocsin.said(case).count("alert Fails fires, value 0.5") == 3


async def test_of_two_rules_with_one_name_the_blind_one_says_so_once(database: Path) -> None:
    def away(_: datetime) -> Values:
        raise Temporary("too slow", integration="prom", reason="timeout")

    async with living(database) as tocsin:
        (group,) = tocsin.world.setup.groups
        (rule,) = group.rules
        assert isinstance(rule, AlertRule)
        graver = replace(rule, expr="errors > 0.4", labels={"severity": "page"})
        tocsin.world.setup = replace(tocsin.world.setup, groups=(replace(group, rules=(rule, graver)),))
        tocsin.fails(share=0.1)
        await tocsin.until(lambda case: case.incident.signal is SignalState.FIRING)
        tocsin.prom.shows(EXPR, away)
        await tocsin.passes("5m")
        case = await tocsin.case()
    assert case.incident.signal is SignalState.UNKNOWN
    assert [text for text in tocsin.said(case) if "seen" in text] == ["the signal is unknown: prom cannot be seen"]


async def test_of_two_rules_with_one_name_the_one_that_fires_is_charted_and_checked(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        (group,) = tocsin.world.setup.groups
        (rule,) = group.rules
        assert isinstance(rule, AlertRule)
        other = replace(rule, expr="absent(up) == 1", signal=Signal(expr="absent(up)", op="==", threshold=1.0))
        tocsin.world.setup = replace(tocsin.world.setup, groups=(replace(group, rules=(other, rule)),))
        tocsin.fails()
        case = await tocsin.until(lambda case: case.runs and "errors" in [one.query for one in case.evidence])
    assert "absent(up)" not in [one.query for one in case.evidence]
    assert case.runs[0][0].signal_expr == EXPR


async def test_an_alert_whose_rule_has_gone_is_unknown_and_stays_so(database: Path) -> None:
    async with living(database) as tocsin:
        tocsin.fails()
        await tocsin.until(lambda case: case.incident.is_open)
        gone = await tocsin.world.store.read(lambda tx: tx.rules.statuses())
        tocsin.forgets_its_source()
        await source_seen.groups_gone(tocsin.world, TOCSIN, gone)
        await tocsin.passes("5m")
        case = await tocsin.case()
        assert await tocsin.world.store.read(lambda tx: tx.rules.statuses()) == []
    assert (case.incident.status, case.incident.signal) == (IncidentStatus.TRIGGERED, SignalState.UNKNOWN)


async def test_what_the_logs_said_is_evidence_and_a_mute_log_is_one_too(database: Path) -> None:
    async with living(database) as tocsin:
        look = LogLook(title="What does it log?", source="logs", query='service="$service"', by="host")
        tocsin.world.setup = replace(tocsin.world.setup, log_looks=(look, replace(look, source="gone")))
        now = tocsin.clock.now()
        refused = [
            LogLine(at=now + timedelta(seconds=n), text=f"payment refused for {n}", fields={"service": "cart"})
            for n in range(9)
        ]
        tocsin.world.logs = {"logs": FakeLogSource("logs", refused)}
        tocsin.fails()
        case = await tocsin.until(lambda case: len(case.evidence) >= 3)
    seen, mute = [one for one in case.evidence if one.kind is EvidenceKind.LOGS][:2]
    assert (seen.question, seen.attachment_names) == ("What does it log? (service cart)", ("patterns.csv",))
    assert "New: “payment refused for <n>”, 9 times" in seen.summary
    assert seen.summary in tocsin.said(case)
    assert mute.unavailable == 'there is no log source "gone"'


async def test_a_change_of_routes_leaves_no_incident_open(database: Path) -> None:
    async with living(database) as tocsin:
        tocsin.fails()
        await tocsin.until(lambda case: case.incident.is_open)
        tocsin.world.setup = replace(tocsin.world.setup, route=Route(receiver="others", group_by=("service",)))
        tocsin.recovers()
        await tocsin.until(lambda case: case.incident.status is IncidentStatus.RESOLVED)


async def test_what_is_over_before_its_group_was_told_wakes_nobody(database: Path) -> None:
    async with living(database, [MEND], group_wait="1m") as tocsin:
        tocsin.fails()
        await tocsin.passes("40s")
        tocsin.recovers()
        await tocsin.passes("5m")
        assert await tocsin.incidents() == []


async def test_a_runbook_that_lacks_a_value_says_so_and_one_that_is_only_named_is_offered(database: Path) -> None:
    async with living(database, [MEND, OFFERED]) as tocsin:
        tocsin.fails("Cart!")
        case = await tocsin.until(lambda case: len(case.timeline) > 3)
    told = {entry.text: entry.why for entry in case.timeline}
    assert told["runbook mend fits, but did not start"] == (
        "runbook mend cannot start: input 'service' does not fit ^[a-z]+$"
    )
    assert told["runbook offered fits: Is named by the rule"] == (
        "the rule names it in runbook_url; tocsin runbook run offered --incident INC-1"
    )
    assert case.runs == ()


async def test_a_chart_that_cannot_be_drawn_and_a_source_that_is_away_are_said_so(database: Path) -> None:
    async with living(database) as tocsin:
        tocsin.drawer.broken = True
        tocsin.fails()
        drawn = await tocsin.until(lambda case: case.evidence)
        tocsin.recovers()
        await tocsin.passes("10s")
        tocsin.goes_blind()
        blind = await tocsin.until(lambda case: len(case.evidence) == 2)
    assert drawn.evidence[0].attachment_names == ("signal.csv",)
    assert blind.evidence[1].unavailable == "connection refused"
    assert "could not be seen" in tocsin.said(blind)[-1]


async def test_in_a_storm_of_incidents_the_evidence_of_the_lesser_ones_waits_and_they_say_so(database: Path) -> None:
    async with living(database) as tocsin:
        for name, severity in [(f"Calm{number}", "info") for number in range(20)] + [("A", "critical"), ("B", "info")]:
            labels = LabelSet({"alertname": name, "severity": severity})
            heard = Alert(labels=labels, annotations={}, starts_at=tocsin.clock.now())
            await alerts_taken.take(tocsin.world, TOCSIN, [Received.of(heard)])
            await tocsin.passes("1s")
        cases = [await tocsin.case(incident) for incident in await tocsin.incidents()]
    waits = {case.incident.title: [text for text in tocsin.said(case) if "evidence waits" in text] for case in cases}
    waits = {title: said for title, said in waits.items() if said}
    assert waits == {"B": ["evidence waits until 03:02:21 UTC: graver incidents come first"]}
