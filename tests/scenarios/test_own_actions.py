"""What Tocsin itself offers to runbooks: waiting, telling, its own incidents, other runbooks; also over a crash."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Permanent
from bot.model.actor import TOCSIN
from bot.model.ids import IncidentId, RunId
from bot.model.incident import Severity
from bot.model.plan import ActionResult, Did, Outcome, Plan
from bot.model.route import Receiver, Webhook
from bot.model.run import JournalKind, RunbookRun, RunStatus
from bot.model.runbook import Risk
from bot.model.silence import Silence, SilenceState
from bot.model.timeline import EntryKind, TimelineEntry
from bot.ports.actions import Action, Occasion, nobody
from bot.ports.reads_only import reads_only
from bot.ports.store import Tx
from bot.response import own, run_cancelled, run_wanted
from bot.response.world import RUN_LEASE
from bot.testing.notifiers import FakeNotifier
from tests.scenarios.own_scene import acting, runbook
from tests.scenarios.tocsin import Tocsin, actor

INC = IncidentId("INC-1")
HERE = Occasion(run=RunId("RUN-1"), step="act", incident=INC)
WITHIN = timedelta(minutes=1)


def action(tocsin: Tocsin, name: str) -> Action:
    return tocsin.world.actions[name][own.NAME]


async def planned(tocsin: Tocsin, name: str, occasion: Occasion = HERE, **params: Any) -> Plan:
    wanted = action(tocsin, name)
    with reads_only():
        return await wanted.plan(wanted.spec.params.model_validate(params), occasion)


async def done(tocsin: Tocsin, plan: Plan) -> ActionResult:
    return await action(tocsin, plan.action).run(plan, WITHIN, nobody)


async def ended(
    tocsin: Tocsin, name: str = "acts", incident: IncidentId | None = INC, within: str = "5m"
) -> RunbookRun:
    """A run of this runbook, begun by ann, once it is over."""
    run = await run_wanted.start(tocsin.world, actor("ann"), name, incident_id=INC)
    return await over(tocsin, run.id, within)


async def over(tocsin: Tocsin, run: RunId, within: str = "5m") -> RunbookRun:
    for _ in range(int(timedelta(minutes=int(within.removesuffix("m"))).total_seconds())):
        seen = await tocsin.world.store.read(lambda tx: tx.runs.get(run))
        if seen.ended_at is not None:
            return seen
        await tocsin.passes("1s")
    raise AssertionError(f"{run} has not ended within {within}")


async def taken_again(tocsin: Tocsin) -> None:
    """As after a crash: whoever carries a run has lost it, and it is taken up where its journal ends."""

    def take(tx: Tx) -> None:
        tx.runs.release_all()
        while tx.runs.claim("another", tocsin.clock.now(), RUN_LEASE, 1).runs:
            pass
        tx.runs.release_all()

    await tocsin.world.store.write(take)
    tocsin.world.nudge()


async def finished(tocsin: Tocsin, run: RunId, step: str = "act") -> dict[str, Any]:
    """What the journal keeps of the step's last end."""
    journal = await tocsin.world.store.read(lambda tx: tx.runs.journal(run))
    found = [line.data for line in journal if line.kind is JournalKind.FINISHED and line.step == step]
    return dict(found[-1]) if found else {}


async def notes(tocsin: Tocsin) -> list[TimelineEntry]:
    return [entry for entry in (await tocsin.case()).timeline if entry.kind is EntryKind.NOTE]


async def silences(tocsin: Tocsin) -> list[Silence]:
    _, found = await tocsin.world.store.read(lambda tx: tx.silences.changed_after(0))
    return list(found)


# ---- wait --------------------------------------------------------------------------------------------------------


async def test_a_wait_lets_its_time_pass_and_says_until_when(database: Path) -> None:
    steps = "{id: act, uses: wait, with: {for: 2m}, timeout: 3m}"
    async with acting(database, [runbook(steps)]) as (tocsin, _):
        run = await ended(tocsin)
        assert run.status is RunStatus.SUCCEEDED
        assert (await finished(tocsin, run.id))["value"] == {"waited": 120.0}


async def test_a_wait_that_was_begun_before_a_crash_is_not_begun_anew(database: Path) -> None:
    steps = "{id: act, uses: wait, with: {for: 2m}, timeout: 3m}"
    async with acting(database, [runbook(steps)]) as (tocsin, _):
        run = await run_wanted.start(tocsin.world, actor("ann"), "acts", incident_id=INC)
        await tocsin.passes("90s")
        await taken_again(tocsin)
        ending = await over(tocsin, run.id)
    assert ending.ended_at is not None
    assert ending.epoch > 1
    assert timedelta(minutes=2) <= ending.ended_at - run.started_at < timedelta(seconds=125)


async def test_a_wait_tells_how_long_it_was_though_the_clock_was_set_back(database: Path) -> None:
    steps = "{id: act, uses: wait, with: {for: 2m}, timeout: 3m}"
    async with acting(database, [runbook(steps)]) as (tocsin, _):
        run = await run_wanted.start(tocsin.world, actor("ann"), "acts", incident_id=INC)
        await tocsin.passes("10s")
        tocsin.clock.is_set(-timedelta(hours=1))
        await over(tocsin, run.id)
        told = await finished(tocsin, run.id)
    assert (told["summary"], told["value"]) == ("waited for 2m", {"waited": 120.0})


async def test_a_wait_that_its_step_has_no_time_for_says_so_at_once(database: Path) -> None:
    async with acting(database, [runbook("{id: act, uses: wait, with: {for: 2m}}")]) as (tocsin, _):
        run = await ended(tocsin, within="1m")
        said = (await finished(tocsin, run.id))["summary"]
    assert (run.status, "is to wait for 2m" in said) == (RunStatus.FAILED, True)


# ---- incident.note -----------------------------------------------------------------------------------------------


async def test_a_note_is_written_once_however_often_it_is_begun(database: Path) -> None:
    async with acting(database) as (tocsin, _):
        plan = await planned(tocsin, "incident.note", text="  <b>4 of 5</b> {{ pods }} are well ")
        assert (plan.risk, plan.targets, await notes(tocsin)) == (Risk.READ, ("INC-1",), [])
        first, second = await done(tocsin, plan), await done(tocsin, plan)
        assert first.value == second.value
        (note,) = await notes(tocsin)
    assert (note.text, note.why, note.actor) == ("<b>4 of 5</b> {{ pods }} are well", "step act of RUN-1", TOCSIN)


async def test_what_acts_on_an_incident_needs_one(database: Path) -> None:
    async with acting(database) as (tocsin, _):
        for name, params in (
            ("incident.note", {"text": "x"}),
            ("incident.severity", {"severity": "SEV1"}),
            ("incident.silence", {"for": "1h"}),
        ):
            with pytest.raises(Permanent, match="needs an incident") as refused:
                await planned(tocsin, name, Occasion(run=RunId("RUN-1"), step="act"), **params)
            assert refused.value.hint


# ---- incident.severity -------------------------------------------------------------------------------------------


async def severity(tocsin: Tocsin) -> Severity:
    return (await tocsin.case()).incident.severity


async def test_a_severity_is_raised_and_only_lowered_when_that_is_asked_for(database: Path) -> None:
    async with acting(database) as (tocsin, _):
        assert await severity(tocsin) is Severity.SEV2
        stays = await planned(tocsin, "incident.severity", severity="SEV4")
        assert (stays.risk, stays.summary) == (Risk.READ, "leave INC-1 at SEV2")
        assert (await done(tocsin, stays)).value == {"severity": "SEV2", "before": "SEV2"}
        raised = await planned(tocsin, "incident.severity", severity="SEV1", reason="it spreads")
        assert (raised.risk, raised.diff) == (Risk.WRITE, "-severity: SEV2\n+severity: SEV1")
        assert await severity(tocsin) is Severity.SEV2
        change = action(tocsin, "incident.severity")
        assert change.probe is not None
        assert change.undo is not None
        assert await change.probe(raised) is Did.DID_NOT
        result = await done(tocsin, raised)
        assert await change.probe(raised) is Did.DID
        assert await severity(tocsin) is Severity.SEV1
        back = await change.undo(raised, result)
        assert back.summary == "make INC-1 SEV2 again instead of SEV1"
        assert (await done(tocsin, back)).outcome is Outcome.SUCCEEDED
        assert await severity(tocsin) is Severity.SEV2
        lowered = await planned(tocsin, "incident.severity", severity="SEV4", lower=True)
        assert lowered.risk is Risk.WRITE


async def test_a_severity_that_changed_since_the_plan_is_left_as_it_is(database: Path) -> None:
    async with acting(database) as (tocsin, _):
        plan = await planned(tocsin, "incident.severity", severity="SEV3", lower=True)
        await done(tocsin, await planned(tocsin, "incident.severity", severity="SEV1"))
        result = await done(tocsin, plan)
        assert (result.outcome, result.summary) == (Outcome.FAILED, "INC-1 is SEV1 by now, not SEV2")
        assert await severity(tocsin) is Severity.SEV1


# ---- incident.silence --------------------------------------------------------------------------------------------


async def test_a_silence_is_of_the_incidents_own_alerts_and_can_be_taken_back(database: Path) -> None:
    async with acting(database) as (tocsin, _):
        plan = await planned(tocsin, "incident.silence", **{"for": "1h", "comment": "being mended"})
        assert plan.summary == 'silence alertname="Fails", service="cart", severity="critical" for 1h'
        assert (plan.risk, await silences(tocsin)) == (Risk.WRITE, [])
        silence = action(tocsin, "incident.silence")
        assert silence.probe is not None
        assert silence.undo is not None
        assert await silence.probe(plan) is Did.DID_NOT
        result = await done(tocsin, plan)
        assert await silence.probe(plan) is Did.DID
        await done(tocsin, plan)  # once more, as after a crash
        (made,) = await silences(tocsin)
        assert (made.id, made.ends_at - made.starts_at) == (result.value["silence"], timedelta(hours=1))
        assert made.comment == "being mended; INC-1: step act of RUN-1"
        back = await silence.undo(plan, result)
        assert (back.action, back.params) == ("incident.unsilence", {"silence": made.id})
        assert (await done(tocsin, back)).outcome is Outcome.SUCCEEDED
        (over,) = await silences(tocsin)
        await tocsin.passes("1s")
        assert over.state(tocsin.clock.now()) is SilenceState.EXPIRED
        ending = action(tocsin, "incident.unsilence")
        assert ending.probe is not None
        assert await ending.probe(back) is Did.DID


async def test_a_silence_takes_no_label_that_the_alerts_do_not_share(database: Path) -> None:
    async with acting(database) as (tocsin, _):
        by = await planned(tocsin, "incident.silence", **{"for": "5m", "by": ["service"]})
        assert by.params["labels"] == {"service": "cart"}
        with pytest.raises(Permanent, match="do not have team in common"):
            await planned(tocsin, "incident.silence", **{"for": "5m", "by": ["service", "team"]})
        with pytest.raises(Permanent, match="there is no silence"):
            await planned(tocsin, "incident.unsilence", silence="0" * 8 + "-0000-5000-8000-" + "0" * 12)


# ---- notify ------------------------------------------------------------------------------------------------------


async def test_somebody_is_told_once(database: Path) -> None:
    async with acting(database) as (tocsin, post):
        plan = await planned(tocsin, "notify", to="ann", text="the disk of web-1 is full: /var/log")
        assert (plan.risk, plan.targets) == (Risk.READ, ("ann",))
        for _ in range(2):
            assert (await done(tocsin, plan)).value == {"people": ["ann"], "integrations": []}
            await tocsin.passes("5s")
        (message,) = post.brought
        assert (message.address, message.text) == ("ann@shop", "the disk of web-1 is full: /var/log")
        assert message.subject == "INC-1: step act of RUN-1"
        assert message.link == "https://tocsin.example.net/incidents/INC-1"
        unreachable = await done(tocsin, await planned(tocsin, "notify", to="ben", text="x"))
        assert (unreachable.outcome, unreachable.summary) == (Outcome.FAILED, "nobody can be told under 'ben'")
        with pytest.raises(Permanent, match="no person, no schedule and no receiver that can be told is called 'eve'"):
            await planned(tocsin, "notify", to="eve", text="x")


async def test_a_receiver_is_told_once_also_over_a_crash(database: Path) -> None:
    steps = (
        "{id: act, uses: notify, with: {to: ops, text: 'web-1 <is> *full*'}}",
        "{id: nap, uses: wait, with: {for: 30s}}",
    )
    async with acting(database, [runbook(*steps)]) as (tocsin, _):
        world, chat = tocsin.world, FakeNotifier()
        ops = Receiver(name="ops", webhooks=(Webhook(integration="chat"),))
        world.notifiers = {"chat": chat}
        world.setup = replace(world.setup, receivers=(*world.setup.receivers, ops))
        run = await run_wanted.start(world, actor("ann"), "acts", incident_id=INC)
        await tocsin.passes("10s")
        await taken_again(tocsin)
        await over(tocsin, run.id)
        value = (await finished(tocsin, run.id))["value"]
        plan = await planned(tocsin, "notify", Occasion(run=run.id, step="act", incident=INC), to="ops", text="again")
        assert (await done(tocsin, plan)).summary == "told ops"
        await tocsin.passes("10s")
        with pytest.raises(Permanent, match="no receiver that can be told is called 'default'"):
            await planned(tocsin, "notify", to="default", text="x")
    assert value == {"people": [], "integrations": ["chat"]}
    (told,) = chat.heard
    assert (told.receiver, told.common_annotations["description"]) == ("ops", "web-1 <is> *full*")
    labels = {"alertname": "RunbookNotice", "incident": "INC-1", "run": run.id, "step": "act"}
    assert dict(told.alerts[0].labels) == labels
    assert told.alerts[0].generator_url == "https://tocsin.example.net/incidents/INC-1"


# ---- runbook.run -------------------------------------------------------------------------------------------------

CHILD = runbook("{id: look, uses: host.run, with: {argv: [look, cart]}}", name="child")
PARENT = runbook("{id: act, uses: runbook.run, with: {runbook: child}}")


async def test_another_runbook_is_run_and_its_end_is_the_steps(database: Path) -> None:
    async with acting(database, [PARENT, CHILD]) as (tocsin, _):
        run = await ended(tocsin)
        (child,) = await tocsin.world.store.read(lambda tx: tx.runs.children(run.id, "act"))
        assert (run.status, child.status, child.incident) == (RunStatus.SUCCEEDED, RunStatus.SUCCEEDED, INC)
        assert (child.parent, child.parent_step, child.depth, child.trigger) == (run.id, "act", 1, "runbook")
        value = (await finished(tocsin, run.id))["value"]
    assert (value["run"], value["status"], value["reason"]) == (child.id, "succeeded", "every step is done")


async def test_a_run_that_was_begun_before_a_crash_is_not_begun_again(database: Path) -> None:
    waits = runbook("{id: nap, uses: wait, with: {for: 30s}}", name="child")
    async with acting(database, [PARENT, waits]) as (tocsin, _):
        run = await run_wanted.start(tocsin.world, actor("ann"), "acts", incident_id=INC)
        await tocsin.passes("10s")
        await taken_again(tocsin)
        ending = await over(tocsin, run.id)
        children = await tocsin.world.store.read(lambda tx: tx.runs.children(run.id, "act"))
    assert ending.epoch > 1
    assert (ending.status, len(children)) == (RunStatus.SUCCEEDED, 1)


async def test_a_run_that_fails_fails_the_step_and_one_that_goes_on_is_left_to_go_on(database: Path) -> None:
    failing = CHILD.replace("look, cart", "nothing, cart")
    slow = runbook("{id: nap, uses: wait, with: {for: 3m}, timeout: 5m}", name="slow")
    waits = runbook("{id: act, uses: runbook.run, with: {runbook: slow}, timeout: 30s}", name="waits")
    async with acting(database, [PARENT, failing, slow, waits]) as (tocsin, _):
        run = await ended(tocsin)
        assert (run.status, (await finished(tocsin, run.id))["value"]["status"]) == (RunStatus.FAILED, "failed")
        impatient = await ended(tocsin, "waits")
        assert impatient.status is RunStatus.FAILED
        (child,) = await tocsin.world.store.read(lambda tx: tx.runs.children(impatient.id, "act"))
        told = await finished(tocsin, impatient.id)
        assert (told["summary"], told["value"]) == (f"{child.id} has not ended; it goes on", {"run": child.id})
        assert (await over(tocsin, child.id)).status is RunStatus.SUCCEEDED


async def test_a_run_that_was_cancelled_begins_no_other(database: Path) -> None:
    """Also where the cancel came between the step's beginning and that of the run it wants."""
    waits = runbook("{id: act, uses: wait, with: {for: 2m}, timeout: 3m}")
    async with acting(database, [waits, CHILD]) as (tocsin, _):
        run = await run_wanted.start(tocsin.world, actor("ann"), "acts", incident_id=INC)
        await tocsin.passes("10s")
        plan = await planned(tocsin, "runbook.run", Occasion(run=run.id, step="act", incident=INC), runbook="child")
        await run_cancelled.cancel(tocsin.world, actor("ann"), run.id)
        result = await done(tocsin, plan)
        children = await tocsin.world.store.read(lambda tx: tx.runs.children(run.id, "act"))
    assert (result.outcome, result.summary, list(children)) == (Outcome.FAILED, f"{run.id} is cancelled", [])


async def test_runbooks_that_run_each_other_come_to_an_end(database: Path) -> None:
    itself = runbook("{id: act, uses: runbook.run, with: {runbook: acts}, timeout: 5m}")
    async with acting(database, [itself]) as (tocsin, _):
        run = await ended(tocsin)
        runs = await tocsin.world.store.read(lambda tx: tx.runs.list())
    assert run.status is RunStatus.FAILED
    assert sorted(one.depth for one in runs) == [0, 1, 2, 3]


async def test_a_runbook_that_is_not_there_or_lacks_an_input_is_not_planned(database: Path) -> None:
    asks = runbook("{id: look, uses: host.run, with: {argv: [look]}}", name="asks", head="inputs: {who: {}}\n")
    async with acting(database, [asks]) as (tocsin, _):
        rehearsed = Occasion(step="act", incident=INC)
        with pytest.raises(Permanent, match="no runbook is called 'ask'; did you mean 'asks'"):
            await planned(tocsin, "runbook.run", rehearsed, runbook="ask")
        with pytest.raises(Exception, match="who"):
            await planned(tocsin, "runbook.run", rehearsed, runbook="asks")
        plan = await planned(tocsin, "runbook.run", rehearsed, runbook="asks", inputs={"who": "ann"})
    assert plan.summary == "run asks with who=ann"
