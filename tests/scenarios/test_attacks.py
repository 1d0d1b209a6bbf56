"""A hostile author, requester or alert tries to get something done that nobody agreed to, and does not."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.api.alertmanager.taking import Intake
from bot.errors import NotAllowed
from bot.model.actor import ADMIN, TOCSIN, Person, person
from bot.model.automation import Automation, Autonomy, Limits
from bot.model.ids import IncidentId, RunId
from bot.model.incident import Severity
from bot.model.plan import ActionResult, Outcome, Plan
from bot.model.run import JournalKind, Question, RunStatus
from bot.ports.actions import Say
from bot.ports.reads_only import require_read
from bot.response import (
    automation_seen,
    automation_switched,
    incident_declared,
    own,
    run_taken_back,
    run_wanted,
    trust_given,
)
from bot.runbooks.spec import read_runbook
from tests.scenarios.own_scene import acting, runbook
from tests.scenarios.runbooks import MEND, with_keys, without_triggers
from tests.scenarios.tocsin import Tocsin, actor, ended, kinds, living

CHIEF = person(Person(name="chief", roles=frozenset({ADMIN})), "cli")


def governed(tocsin: Tocsin, automation: Automation) -> None:
    tocsin.world.setup = replace(tocsin.world.setup, automation=automation)


def moves_on(tocsin: Tocsin) -> None:
    """What was done helped, and what is done next is done to another host."""
    tocsin.recovers()
    tocsin.hosts.target = "cart-2"


async def trusts(tocsin: Tocsin, level: Autonomy, name: str = "mend", environment: str = "") -> None:
    await trust_given.give(tocsin.world, CHIEF, name, level, environment=environment, reason="it is good")


async def test_a_look_that_would_change_something_is_refused_and_nobody_is_asked_for_it(database: Path) -> None:
    looks = with_keys(MEND, "look", "verify: {uses: host.run, with: {argv: [mend, slyly]}}")
    async with living(database, [looks]) as tocsin:
        tocsin.fails()
        case = await tocsin.until(ended)
        _, journal = await tocsin.run()
    assert (tocsin.hosts.ran, case.approvals) == ([], ())
    assert kinds(journal, "look.verify") == [JournalKind.REFUSED]


async def test_what_was_done_unasked_is_not_taken_back_unasked_by_whoever_likes(database: Path) -> None:
    async with living(database, [with_keys(MEND, "mend", "rollback: undo")]) as tocsin:
        governed(tocsin, Automation(autonomy=Autonomy.AUTO))
        tocsin.hosts.effect = tocsin.recovers
        tocsin.fails()
        await tocsin.until(ended)
        await run_taken_back.ask(tocsin.world, actor("ann"), RunId("RUN-1"))
        question = await tocsin.asked()
        assert question.step == "mend.rollback"
        with pytest.raises(NotAllowed, match="somebody else must approve"):
            await tocsin.answers("APR-1", by="ann")
        await tocsin.answers("APR-1", by="ben")
        await tocsin.passes("30s")
    assert tocsin.hosts.ran == ["mend cart", "mend not cart"]


async def test_runbooks_that_run_others_have_one_limit_between_them(database: Path) -> None:
    child = runbook("{id: mend, uses: host.run, with: {argv: [mend, cart]}}", name="child")
    parent = runbook(
        "{id: first, uses: runbook.run, with: {runbook: child}, timeout: 9m}",
        "{id: second, uses: runbook.run, with: {runbook: child}, timeout: 9m}",
    )
    async with acting(database, [parent, child]) as (tocsin, _):
        governed(tocsin, Automation(limits=Limits(targets=1)))
        tocsin.hosts.effect = lambda: moves_on(tocsin)
        await run_wanted.start(tocsin.world, actor("ann"), "acts", incident_id=IncidentId("INC-1"))
        await tocsin.asked()
        with pytest.raises(NotAllowed, match="ann began this run"):
            await tocsin.answers("APR-1", by="ann")
        await tocsin.answers("APR-1", by="ben")
        await tocsin.asked(2)
        await tocsin.answers("APR-2", by="ben")
        case = await tocsin.until(ended)
    assert tocsin.hosts.ran == ["mend cart"]
    assert [run.status for run, _ in case.runs if run.runbook.name == "child"] == [
        RunStatus.SUCCEEDED,
        RunStatus.FAILED,
    ]


async def test_another_runbook_is_no_look(database: Path) -> None:
    child = runbook("{id: mend, uses: host.run, with: {argv: [mend, cart]}}", name="child")
    verify = "verify: {uses: runbook.run, with: {runbook: child}}"
    parent = runbook(f"{{id: look, uses: host.run, with: {{argv: [look]}}, {verify}}}")
    async with acting(database, [parent, child]) as (tocsin, _):
        await run_wanted.start(tocsin.world, actor("ann"), "acts", incident_id=IncidentId("INC-1"))
        case = await tocsin.until(ended)
        _, journal = await tocsin.run()
    assert (len(case.runs), case.approvals) == (1, ())
    (refused,) = [entry for entry in journal if entry.kind is JournalKind.REFUSED]
    assert "`verify` may only look" in refused.data["error"]


async def test_an_alert_that_does_not_say_where_it_is_goes_no_further_than_it_may_anywhere(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        governed(tocsin, Automation(autonomy=Autonomy.AUTO, ceilings={"mend@prod": Autonomy.OBSERVE}))
        tocsin.fails()
        await tocsin.until(ended)
        run, _ = await tocsin.run()
    assert (run.autonomy, tocsin.hosts.ran) == (Autonomy.OBSERVE, [])


async def test_what_was_trusted_is_trusted_no_more_once_it_does_something_else(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.hosts.effect = tocsin.recovers
        await trusts(tocsin, Autonomy.AUTO)
        reworded = read_runbook(MEND.replace("Mends it", "Mends the service"), "mend.yaml")
        tocsin.world.setup = replace(tocsin.world.setup, runbooks={"mend": reworded})
        tocsin.fails()
        case = await tocsin.until(ended)
        assert (tocsin.hosts.ran, case.approvals) == (["mend cart"], ())
        rewritten = read_runbook(MEND.replace('argv: [mend, "', 'argv: [mend, all, "'), "mend.yaml")
        tocsin.world.setup = replace(tocsin.world.setup, runbooks={"mend": rewritten})
        (seen,) = (await automation_seen.seen(tocsin.world, actor("ann"))).runbooks
        assert seen.autonomy is Autonomy.SUGGEST
        assert "chief gave it auto, and it does something else since" in seen.offer
        await run_wanted.start(tocsin.world, actor("ann"), "mend", incident_id=IncidentId("INC-1"))
        await tocsin.asked()
    assert tocsin.hosts.ran == ["mend cart"]


async def test_who_declares_an_incident_that_begins_a_run_does_not_approve_what_it_does(database: Path) -> None:
    begins = runbook("{id: mend, uses: host.run, with: {argv: [mend, cart]}}").replace(
        "owner:", "triggers: [{incident: {severity: SEV1}}]\nowner:"
    )
    async with living(database, [begins]) as tocsin:
        await incident_declared.declare(tocsin.world, actor("ann"), title="All is slow", severity=Severity.SEV1)
        await tocsin.asked()
        with pytest.raises(NotAllowed, match="somebody else must approve"):
            await tocsin.answers("APR-1", by="ann")
        await tocsin.answers("APR-1", by="ben")
        await tocsin.until(ended)
    assert tocsin.hosts.ran == ["mend cart"]


async def test_who_sends_the_alert_that_begins_a_run_does_not_approve_what_it_does(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        alert = {"labels": {"alertname": "Fails", "service": "cart", "severity": "critical"}}
        assert not await Intake(tocsin.world).take(actor("ann"), json.dumps([alert]).encode())
        question = await tocsin.asked()
        run, _ = await tocsin.run()
        assert (question.requested_by.name, run.trigger, run.autonomy) == ("ann", "alert", Autonomy.SUGGEST)
        with pytest.raises(NotAllowed, match="somebody else must approve"):
            await tocsin.answers("APR-1", by="ann")
        await tocsin.answers("APR-1", by="ben")
        await tocsin.passes("10s")
    assert tocsin.hosts.ran == ["mend cart"]


async def test_an_action_that_says_it_reads_and_writes_is_stopped_below_it(database: Path) -> None:
    async def lies(plan: Plan, within: timedelta, say: Say) -> ActionResult:
        require_read("POST to the cluster", integration="hosts", reads=False)
        tocsin.hosts.ran.append("written")
        return ActionResult(outcome=Outcome.SUCCEEDED, summary="done")

    async with living(database, [MEND]) as tocsin:
        liar = replace(tocsin.hosts.action(), run=lies)
        tocsin.world.actions = {**tocsin.world.actions, "host.run": {"hosts": liar}}
        tocsin.fails()
        await tocsin.until(ended)
        run, journal = await tocsin.run()
    assert (run.status, tocsin.hosts.ran) == (RunStatus.FAILED, [])
    assert kinds(journal, "look")[-1] is JournalKind.FINISHED


async def test_a_run_that_waits_asks_once_the_trust_it_began_with_is_gone(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        await trusts(tocsin, Autonomy.AUTO)
        await automation_switched.pause(tocsin.world, actor("ben"), reason="wait")
        tocsin.fails()
        await tocsin.passes("1m")
        await trusts(tocsin, Autonomy.SUGGEST)
        await automation_switched.resume(tocsin.world, actor("ben"))
        await tocsin.asked()
        run, journal = await tocsin.run()
    assert (run.autonomy, tocsin.hosts.ran) == (Autonomy.AUTO, [])
    (lowered,) = [entry for entry in journal if entry.kind is JournalKind.LOWERED]
    assert lowered.data["reason"] == "mend may do no more than suggest by now"


async def test_one_answer_is_for_each_change_alone_once_the_trust_is_gone(database: Path) -> None:
    async with living(database, [MEND + "  - {id: more, uses: host.run, with: {argv: [mend, more]}}\n"]) as tocsin:
        await trusts(tocsin, Autonomy.APPROVE)
        await automation_switched.pause(tocsin.world, actor("ben"), reason="wait")
        tocsin.fails()
        await tocsin.passes("1m")
        await trusts(tocsin, Autonomy.SUGGEST)
        await automation_switched.resume(tocsin.world, actor("ben"))
        question = await tocsin.asked()
        run, _ = await tocsin.run()
    assert (run.autonomy, question.covers) == (Autonomy.APPROVE, ())


async def test_a_run_below_another_one_asks_once_that_one_is_not_trusted_any_more(database: Path) -> None:
    child = runbook("{id: mend, uses: host.run, with: {argv: [mend, cart]}}", name="child")
    parent = runbook(
        "{id: rest, uses: wait, with: {for: 40s}}",
        "{id: both, uses: runbook.run, with: {runbook: child}, timeout: 9m}",
        head="triggers: [{match: {alertname: Fails}, auto: read}]\n",
    )
    async with living(database, [parent, child]) as tocsin:
        tocsin.world.actions = {**tocsin.world.actions, **own.offered(tocsin.world, TOCSIN)}
        governed(tocsin, Automation(autonomy=Autonomy.AUTO))
        tocsin.fails()
        await tocsin.until(lambda case: case.runs)
        await trusts(tocsin, Autonomy.SUGGEST, "acts")
        question = await tocsin.asked()
        run, journal = await tocsin.run(2)
    assert (question.run, run.autonomy, tocsin.hosts.ran) == ("RUN-2", Autonomy.AUTO, [])
    assert JournalKind.LOWERED in {entry.kind for entry in journal}


async def test_an_incident_of_one_environment_frees_no_change_of_another(database: Path) -> None:
    async with living(database, [without_triggers(MEND)]) as tocsin:
        ceilings = {"mend@shop": Autonomy.SUGGEST}
        governed(tocsin, Automation(environment_label="service", ceilings=ceilings))
        await trusts(tocsin, Autonomy.AUTO, environment="cart")
        tocsin.fails()
        await tocsin.until(lambda case: case.incident)
        one = await run_wanted.start(tocsin.world, actor("ann"), "mend", incident_id=IncidentId("INC-1"))
        given = {"service": "shop"}
        other = await run_wanted.start(
            tocsin.world, actor("ann"), "mend", incident_id=IncidentId("INC-1"), inputs=given
        )
        await tocsin.asked()
    assert (one.autonomy, other.autonomy) == (Autonomy.AUTO, Autonomy.SUGGEST)
    assert tocsin.hosts.ran == ["mend cart"]


async def test_who_gives_the_trust_does_not_use_it_alone(database: Path) -> None:
    async with living(database, [without_triggers(MEND)]) as tocsin:
        await trusts(tocsin, Autonomy.AUTO)
        given = {"service": "cart"}
        own_run = await run_wanted.start(tocsin.world, CHIEF, "mend", inputs=given)
        another = await run_wanted.start(tocsin.world, actor("ann"), "mend", inputs=given)
        await tocsin.passes("1m")
        (question,) = await tocsin.world.store.read(lambda tx: tx.approvals.open())
    assert (own_run.autonomy, another.autonomy) == (Autonomy.SUGGEST, Autonomy.AUTO)
    assert (question.run, tocsin.hosts.ran) == ("RUN-1", ["mend cart"])


async def test_who_began_a_run_does_not_have_its_change_made_again(database: Path) -> None:
    async with living(database, [without_triggers(MEND)]) as tocsin:
        tocsin.hosts.ends = ActionResult(outcome=Outcome.UNKNOWN, summary="the connection was lost")
        tocsin.fails()
        await tocsin.until(lambda case: case.incident)
        await run_wanted.start(tocsin.world, actor("ann"), "mend", incident_id=IncidentId("INC-1"))
        await tocsin.asked()
        await tocsin.answers("APR-1", by="ben")
        await tocsin.asked(2, Question.DID_IT_RUN)
        with pytest.raises(NotAllowed, match="ann began this run, so somebody else must answer APR-2"):
            await tocsin.says("APR-2", did=False, by="ann")
        assert tocsin.hosts.ran == ["mend cart"]
        tocsin.recovers()
        await tocsin.says("APR-2", did=True, by="ann")
        await tocsin.until(ended)
    assert tocsin.hosts.ran == ["mend cart"]


async def test_who_agrees_that_another_runbook_runs_sees_with_what(database: Path) -> None:
    child = MEND.replace("runbook: mend", "runbook: child")
    parent = runbook("{id: both, uses: runbook.run, with: {runbook: child}, approval: {}}")
    async with acting(database, [parent, child]) as (tocsin, _):
        await run_wanted.start(tocsin.world, actor("ann"), "acts", incident_id=IncidentId("INC-1"))
        question = await tocsin.until(lambda case: [one for one in case.approvals if one.step == "both"])
    assert [one.plan.diff for one in question.approvals if one.step == "both"] == ["service: cart"]
