"""What keeps a step from beginning: the switch, freezes, locks, limits, protected places, an approver with no role."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.engine.bell import Bells
from bot.engine.timers import Timers
from bot.errors import Conflict, NotAllowed
from bot.kit.telemetry import Telemetry
from bot.model.actor import ON_CALL, VIEWER, Person
from bot.model.automation import Automation, Limits
from bot.model.ids import ApprovalId, RunId
from bot.model.plan import ActionResult, Outcome
from bot.model.run import ApprovalStatus, JournalKind, RunStatus
from bot.model.time_interval import MomentSet, Range, TimeInterval
from bot.response import approval_given, automation_seen, automation_switched, looked_up, run_wanted
from bot.response.rule_due import LEASE
from tests.scenarios.runbooks import MEND, OFFERED, without_triggers
from tests.scenarios.tocsin import Tocsin, actor, ended, ending, kinds, living

FREEZE = {"quarter-end": TimeInterval(name="quarter-end", moments=(MomentSet(times=(Range(first=0, last=190),)),))}
"""Until ten past three: scenarios begin at three."""
BY_HAND = OFFERED.replace("[wipe,", "[mend,")


def limited(tocsin: Tocsin, limits: Limits) -> None:
    """From now on these limits hold."""
    tocsin.world.setup = replace(tocsin.world.setup, automation=Automation(limits=limits))


async def begun(tocsin: Tocsin, by: str = "ann") -> None:
    await run_wanted.start(tocsin.world, actor(by), "offered", inputs={"service": "cart"})


async def minding_the_clock(tocsin: Tocsin) -> asyncio.Task[None]:
    """From now on somebody notices that the clock is set back."""
    epoch = await tocsin.world.store.write(lambda tx: tx.leases.acquire(LEASE, "here", timedelta(days=400)))
    timers = Timers(tocsin.world, lambda: epoch, Bells(tocsin.world.store), Telemetry())
    looking = asyncio.create_task(timers.run())
    await tocsin.passes("1s")
    return looking


async def test_while_automation_is_paused_nothing_begins_and_what_began_goes_on(database: Path) -> None:
    async with living(database, [MEND, BY_HAND]) as tocsin:
        tocsin.hosts.takes, tocsin.hosts.effect = 20, tocsin.recovers
        tocsin.fails()
        await tocsin.asked()
        await tocsin.answers()
        await tocsin.passes("5s")
        await automation_switched.pause(tocsin.world, actor("ben"), reason="strange things happen")
        seen = await automation_seen.seen(tocsin.world, actor("eve"))
        assert [(one.step, one.summary) for one in seen.in_flight] == [("mend", "run mend cart on cart-1")]
        await begun(tocsin)
        await tocsin.passes("40s")
        assert tocsin.hosts.ran == ["mend cart"]
        _, held = await tocsin.run(2)
        assert kinds(held, "wipe") == [JournalKind.PLANNED, JournalKind.ASKED]
        await tocsin.answers("APR-2", by="ben")
        await tocsin.passes("3m")
        run, held = await tocsin.run(2)
        assert kinds(held, "wipe")[2:] == [JournalKind.ANSWERED, JournalKind.HELD]
        assert run.status is RunStatus.WAITING
        with pytest.raises(Conflict, match="automation is paused already, by ben: strange things happen"):
            await automation_switched.pause(tocsin.world, actor("ann"), reason="me too")
        await automation_switched.resume(tocsin.world, actor("ann"))
        await tocsin.passes("30s")
        run, _ = await tocsin.run(2)
        case = await tocsin.case()
    assert run.status is RunStatus.SUCCEEDED
    assert tocsin.hosts.ran == ["mend cart", "mend cart"]
    assert "automation is paused by ben" in tocsin.said(case)


async def test_while_automation_is_paused_nothing_is_looked_at_either(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        await automation_switched.pause(tocsin.world, actor("ben"), reason="strange things happen")
        await run_wanted.start(tocsin.world, actor("ann"), "mend", inputs={"service": "cart"})
        await tocsin.passes("2m")
        _, held = await tocsin.run()
    assert kinds(held, "look") == [JournalKind.PLANNED, JournalKind.HELD]


async def test_a_run_that_is_held_for_longer_than_its_time_ends(database: Path) -> None:
    async with living(database, [BY_HAND.replace("summary:", "timeout: 5m\nsummary:")]) as tocsin:
        await automation_switched.pause(tocsin.world, actor("ann"), reason="stop")
        await begun(tocsin)
        await tocsin.passes("30s")
        await tocsin.answers(by="ben")
        await tocsin.passes("7m")
        run, _ = await tocsin.run()
        await automation_switched.resume(tocsin.world, actor("ann"))
        await tocsin.passes("1m")
    assert (run.status, tocsin.hosts.ran) == (RunStatus.FAILED, [])


async def test_a_run_that_is_held_looks_again_as_soon_after_the_clock_was_set_back(database: Path) -> None:
    async with living(database, [BY_HAND]) as tocsin:
        limited(tocsin, Limits(runs_per_hour=0))
        await begun(tocsin)
        await tocsin.passes("10s")
        await tocsin.answers(by="ben")
        await tocsin.passes("10s")
        _, journal = await tocsin.run()
        assert [entry for entry in journal if entry.kind is JournalKind.HELD]
        looking = await minding_the_clock(tocsin)
        tocsin.clock.is_set(-timedelta(hours=1))
        limited(tocsin, Limits())
        await tocsin.passes("2m")
        looking.cancel()
        assert tocsin.hosts.ran == ["mend cart"]


@pytest.mark.parametrize("where", ["limits", "runbook"])
async def test_a_freeze_holds_changes_until_it_is_over(where: str, database: Path) -> None:
    runbook = MEND.replace("summary:", "freeze: [quarter-end]\nsummary:") if where == "runbook" else MEND
    async with living(database, [runbook]) as tocsin:
        tocsin.world.setup = replace(tocsin.world.setup, time_intervals=FREEZE)
        limited(tocsin, Limits(freeze=("quarter-end",) if where == "limits" else ()))
        tocsin.hosts.effect = tocsin.recovers
        tocsin.fails()
        await tocsin.asked()
        await tocsin.answers()
        await tocsin.passes("5m")
        _, journal = await tocsin.run()
        assert tocsin.hosts.ran == []
        held = [entry for entry in journal if entry.kind is JournalKind.HELD]
        assert [entry.data["reason"] for entry in held] == ["changes are frozen: quarter-end"]
        case = await tocsin.until(ended, within="10m")
    assert tocsin.hosts.ran == ["mend cart"]
    assert case.runs[0][0].status is RunStatus.SUCCEEDED


async def test_two_runs_change_one_service_one_after_the_other(database: Path) -> None:
    async with living(database, [MEND, BY_HAND]) as tocsin:
        tocsin.hosts.takes, tocsin.hosts.effect = 20, tocsin.recovers
        tocsin.fails()
        await tocsin.asked()
        second = await run_wanted.start(
            tocsin.world, actor("eve"), "offered", incident_id=(await tocsin.incidents())[0]
        )
        await tocsin.asked(2)
        await tocsin.answers("APR-1")
        await tocsin.answers("APR-2")
        case = await tocsin.until(ended)
        _, journal = await tocsin.run(2)
    assert second.service == "cart"
    assert [run.status for run, _ in case.runs] == [RunStatus.SUCCEEDED] * 2
    held = next(entry for entry in journal if entry.kind is JournalKind.HELD)
    assert held.data["reason"] == "RUN-1 is at work there, and has to end first"
    first, _ = case.runs[0]
    began = next(entry.at for entry in journal if entry.kind is JournalKind.INTENDED)
    assert first.ended_at is not None
    assert began >= first.ended_at


LOCKED = 'concurrency: "{{ inputs.service }}"\nsummary:'


async def test_of_two_runs_with_one_lock_the_second_waits_or_is_not_begun_at_all(database: Path) -> None:
    runbooks = [MEND.replace("summary:", LOCKED), BY_HAND.replace("summary:", LOCKED)]
    async with living(database, runbooks) as tocsin:
        tocsin.hosts.effect = tocsin.recovers
        await begun(tocsin)
        await tocsin.passes("10s")
        tocsin.fails()
        case = await tocsin.until(lambda case: "runbook mend fits, but did not start" in tocsin.said(case))
        second = await run_wanted.start(tocsin.world, actor("ann"), "offered", inputs={"service": "cart"})
        await tocsin.passes("30s")
        await tocsin.answers("APR-2", by="ben")
        await tocsin.passes("30s")
        assert tocsin.hosts.ran == []
        await tocsin.answers("APR-1", by="ben")
        await tocsin.passes("30s")
        ended_by_now = [await looked_up.run(tocsin.world, actor("ann"), run) for run in (RunId("RUN-1"), second.id)]
    why = next(entry.why for entry in case.timeline if entry.text.endswith("did not start"))
    assert why == "RUN-1 of runbook offered is under way for 'cart'"
    assert [run.status for run, _, _ in ended_by_now] == [RunStatus.SUCCEEDED] * 2


async def test_only_so_many_runs_an_hour_change_something(database: Path) -> None:
    async with living(database, [BY_HAND]) as tocsin:
        limited(tocsin, Limits(runs_per_hour=1))
        for number in (1, 2):
            await begun(tocsin)
            await tocsin.passes("10s")
            await tocsin.answers(f"APR-{number}", by="ben")
            await tocsin.passes("10s")
        assert tocsin.hosts.ran == ["mend cart"]
        run, journal = await tocsin.run(2)
        assert run.status is RunStatus.WAITING
    reason = next(entry.data["reason"] for entry in journal if entry.kind is JournalKind.HELD)
    assert reason == "1 runs changed something in the last hour; no more are allowed"


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        (Limits(protected=("host:cart-*",)), "host:cart-1 is protected (automation.limits.protected: host:cart-*)"),
        (Limits(protected=("service:ca*",)), "service:cart is protected (automation.limits.protected: service:ca*)"),
        (Limits(targets=0), "the run would have 1 targets; automation.limits.targets allows 0"),
    ],
)
async def test_what_may_never_be_touched_is_refused_before_anybody_is_asked(
    limits: Limits, why: str, database: Path
) -> None:
    async with living(database, [MEND]) as tocsin:
        limited(tocsin, limits)
        tocsin.fails()
        case = await tocsin.until(ended)
    assert (tocsin.hosts.ran, case.approvals) == ([], ())
    assert ending(case).startswith(f"step mend: {why}")


async def test_what_became_protected_after_the_approval_is_refused_all_the_same(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.fails()
        await tocsin.asked()
        limited(tocsin, Limits(protected=("host:*",)))
        await tocsin.answers()
        case = await tocsin.until(ended)
    assert tocsin.hosts.ran == []
    assert "step mend of RUN-1 is refused" in tocsin.said(case)


@pytest.mark.parametrize("has_now", [frozenset(), frozenset({ON_CALL, VIEWER})])
async def test_an_approval_is_void_when_the_approver_has_lost_the_role(has_now: frozenset[str], database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.hosts.effect = tocsin.recovers
        tocsin.fails()
        await tocsin.asked()
        await automation_switched.pause(tocsin.world, actor("ben"), reason="wait")
        await tocsin.answers(by="ann")
        await tocsin.passes("10s")
        people = {**tocsin.world.setup.people, "ann": Person(name="ann", roles=has_now)}
        tocsin.world.setup = replace(tocsin.world.setup, people=people)
        await automation_switched.resume(tocsin.world, actor("ben"))
        again = await tocsin.asked(2)
        case = await tocsin.case()
        assert tocsin.hosts.ran == []
        assert [one.status for one in case.approvals] == [ApprovalStatus.VOID, ApprovalStatus.OPEN]
        assert case.approvals[0].reason == "ann no longer holds the role 'on-call'"
        assert again.plan.hash == case.approvals[0].plan.hash
        await tocsin.answers("APR-2", by="ben")
        await tocsin.until(ended)
    assert tocsin.hosts.ran == ["mend cart"]


async def test_an_approval_that_expires_before_the_step_can_begin_is_asked_for_again(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.fails()
        await tocsin.asked()
        await automation_switched.pause(tocsin.world, actor("ben"), reason="wait")
        await tocsin.answers()
        await tocsin.passes("35m")
        await automation_switched.resume(tocsin.world, actor("ben"))
        await tocsin.asked(2)
        case = await tocsin.case()
    assert tocsin.hosts.ran == []
    assert case.approvals[0].reason == "APR-1 expired before the step could begin"


async def test_the_same_answer_through_two_doors_counts_once(database: Path) -> None:
    async with living(database, [MEND.replace("[mend,", "[wipe,")]) as tocsin:
        tocsin.fails()
        await tocsin.asked()
        await tocsin.answers(by="ann")
        with pytest.raises(NotAllowed, match="ann has approved APR-1 already"):
            await approval_given.answer(
                tocsin.world, replace(actor("ann"), via="page"), ApprovalId("APR-1"), approve=True
            )
        await tocsin.passes("1m")
        case = await tocsin.case()
    assert case.approvals[0].given_by == ("ann",)
    assert tocsin.hosts.ran == []


async def test_a_change_that_fails_counts_towards_the_hour(database: Path) -> None:
    async with living(database, [without_triggers(MEND)]) as tocsin:
        tocsin.hosts.failing = {"mend cart"}
        await run_wanted.start(tocsin.world, actor("ann"), "mend", inputs={"service": "cart"})
        await tocsin.passes("10s")
        await tocsin.answers(by="ben")
        await tocsin.passes("10s")
        lately = tocsin.clock.now() - timedelta(hours=1)
        counted = await tocsin.world.store.read(lambda tx: tx.runs.changed_since(lately))
    assert counted == 1


async def test_a_change_whose_end_nobody_saw_is_told_of_as_long_as_it_may_be_under_way(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.hosts.ends = ActionResult(outcome=Outcome.UNKNOWN, summary="the connection was lost")
        tocsin.fails()
        await tocsin.asked()
        await tocsin.answers()
        await tocsin.passes("5s")
        await automation_switched.pause(tocsin.world, actor("ben"), reason="strange things happen")
        seen = await automation_seen.seen(tocsin.world, actor("eve"))
        assert [(one.run, one.step) for one in seen.in_flight] == [("RUN-1", "mend")]
        assert "nobody saw its end, and it may still be under way" in seen.in_flight[0].summary
        await tocsin.passes("1m")
        assert (await automation_seen.seen(tocsin.world, actor("eve"))).in_flight == ()


async def test_a_clock_that_is_set_back_makes_no_approval_last_longer(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        looking = await minding_the_clock(tocsin)
        tocsin.fails()
        await tocsin.asked()
        await tocsin.passes("20m")
        tocsin.clock.is_set(-timedelta(hours=1))
        await tocsin.passes("11m")
        with pytest.raises(NotAllowed, match="approval APR-1 expired at"):
            await tocsin.answers()
        looking.cancel()
    assert tocsin.hosts.ran == []
