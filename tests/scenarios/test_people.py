"""What people do by themselves: declare, acknowledge, note, resolve, look, rehearse, start a run, read the report."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import NotAllowed, NotFound, Temporary
from bot.model.actor import VIEWER, Actor, ActorKind
from bot.model.automation import Automation, Limits
from bot.model.ids import IncidentId
from bot.model.incident import IncidentStatus, Severity, SignalState
from bot.model.incident_query import IncidentQuery
from bot.model.plan import Plan
from bot.model.report import ReportFormat
from bot.model.run import JournalKind, RunStatus, StepStatus
from bot.ports.actions import Occasion
from bot.response import incident_changed, incident_declared, incidents_found, looked_up, report_wanted, run_wanted
from bot.runbooks.journal import story_of
from tests.scenarios.hosts import Hosts, Params
from tests.scenarios.runbooks import MEND, OFFERED, SETTLED, with_keys, without_triggers
from tests.scenarios.tocsin import actor, ended, living

ANN = actor("ann")
INC = IncidentId("INC-1")


async def test_a_person_declares_acknowledges_notes_and_resolves(database: Path) -> None:
    async with living(database) as tocsin:
        world = tocsin.world
        declared = await incident_declared.declare(
            world, ANN, title=" It smells ", severity=Severity.SEV4, text="of burnt plastic"
        )
        await incident_changed.acknowledge(world, ANN, declared.id)
        await incident_changed.note(world, ANN, declared.id, " the toaster ")
        await tocsin.passes("2m")
        await incident_changed.resolve(world, actor("ben"), declared.id, "unplugged it")
        case = await tocsin.case()
    assert (case.incident.title, case.incident.signal) == ("It smells", SignalState.NONE)
    assert [(str(entry.actor), entry.text, entry.why) for entry in case.timeline] == [
        ("ann", "declared as SEV4: It smells", "of burnt plastic"),
        ("ann", "acknowledged by ann", ""),
        ("ann", "the toaster", ""),
        ("ben", "resolved after 2m", "unplugged it"),
    ]


async def test_a_person_may_resolve_what_still_fires_and_it_is_said_so(database: Path) -> None:
    async with living(database) as tocsin:
        tocsin.fails()
        await tocsin.until(lambda case: case.incident.is_open)
        await incident_changed.resolve(tocsin.world, ANN, INC, "known")
        await tocsin.passes("10m")
        case = await tocsin.case()
        assert await tocsin.incidents() == [INC]
    assert case.incident.status is IncidentStatus.RESOLVED
    assert any(text.endswith("; 1 of its alerts still fire") for text in tocsin.said(case))


async def test_words_that_say_nothing_are_refused(database: Path) -> None:
    async with living(database) as tocsin:
        with pytest.raises(NotAllowed, match="an incident needs a title"):
            await incident_declared.declare(tocsin.world, ANN, title=" ", severity=Severity.SEV1)
        with pytest.raises(NotAllowed, match="a note needs a text"):
            await incident_changed.note(tocsin.world, ANN, INC, "\n")
        with pytest.raises(NotFound, match="there is no incident INC-1"):
            await incident_changed.note(tocsin.world, ANN, INC, "is there anybody?")


async def test_who_only_looks_changes_nothing(database: Path) -> None:
    vera = Actor(kind=ActorKind.PERSON, name="vera", roles=frozenset({VIEWER}))
    async with living(database, [MEND]) as tocsin:
        tocsin.fails()
        await tocsin.asked()
        world = tocsin.world
        assert len((await incidents_found.find(world, vera, IncidentQuery())).found) == 1
        for refused in (
            incident_changed.acknowledge(world, vera, INC),
            incident_changed.resolve(world, vera, INC),
            run_wanted.start(world, vera, "mend"),
            tocsin.answers(by="vera"),
        ):
            with pytest.raises(NotAllowed):
                await refused
        assert (await tocsin.case()).incident.status is IncidentStatus.TRIGGERED


async def test_all_that_can_be_looked_at(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        world = tocsin.world
        tocsin.fails()
        approval = await tocsin.asked()
        case = await tocsin.until(lambda case: any(one.attachment_names for one in case.evidence))
        assert list(await looked_up.approvals(world, ANN)) == [approval]
        for status, found in ((IncidentStatus.TRIGGERED, [INC]), (IncidentStatus.RESOLVED, [])):
            page = await incidents_found.find(world, ANN, IncidentQuery(statuses=(status,)))
            assert [one.incident.id for one in page.found] == found
        assert [status.rules[0].state for status in await looked_up.rules(world, ANN)] == ["firing"]
        signal = next(one for one in case.evidence if one.attachment_names)
        chart = await looked_up.attachment(world, ANN, signal.id, "signal.csv")
        assert chart.content.startswith(b"time")
        assert await looked_up.runbook(world, ANN, "mend") == (await looked_up.runbooks(world, ANN))[0]
        with pytest.raises(NotFound, match="no runbook is called 'mened'"):
            await looked_up.runbook(world, ANN, "mened")
        assert await looked_up.examined(world, ANN, lambda: asyncio.sleep(0, "well")) == "well"
        tocsin.forgets_its_source()
        assert await looked_up.rules(world, ANN) == []


async def test_a_runbook_is_started_by_a_person_for_an_incident_or_for_none(database: Path) -> None:
    async with living(database, [without_triggers(MEND), OFFERED]) as tocsin:
        world = tocsin.world
        tocsin.hosts.effect = tocsin.recovers
        tocsin.fails()
        await tocsin.until(lambda case: case.incident.is_open)
        with pytest.raises(NotFound, match="no runbook is called 'mened'") as caught:
            await run_wanted.start(world, ANN, "mened")
        assert caught.value.hint == "there are: mend, offered"
        with pytest.raises(NotAllowed, match="input 'service' has no value"):
            await run_wanted.start(world, ANN, "mend")
        declared = await incident_declared.declare(world, ANN, title="It smells", severity=Severity.SEV4)
        with pytest.raises(NotAllowed, match="input 'service' has no value"):
            await run_wanted.start(world, ANN, "mend", incident_id=declared.id)
        await run_wanted.start(world, ANN, "mend", incident_id=INC)
        await tocsin.asked()
        await tocsin.answers(by="ben")
        case = await tocsin.until(ended)
    assert case.runs[0][0].status is RunStatus.SUCCEEDED
    begun = next(entry for entry in case.timeline if entry.text == "run RUN-1 of runbook mend begins")
    assert (str(begun.actor), begun.why) == ("ann", "started by ann")


async def test_what_a_run_without_an_incident_saw_is_in_its_journal(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        await run_wanted.start(tocsin.world, ANN, "mend", inputs={"service": "cart"})
        await tocsin.passes("10s")
        await tocsin.answers(by="ben")
        await tocsin.passes("10s")
        run, journal = await tocsin.run()
    assert run.status is RunStatus.SUCCEEDED
    assert [entry.data["text"] for entry in journal if entry.kind is JournalKind.FINISHED] == ["looked at cart", ""]


async def test_without_any_runbook_none_is_known(database: Path) -> None:
    async with living(database) as tocsin:
        with pytest.raises(NotFound) as caught:
            await run_wanted.start(tocsin.world, ANN, "mend")
    assert caught.value.hint == "there are: none are set up"


async def test_a_rehearsal_says_what_every_step_would_do_and_does_nothing(database: Path) -> None:
    later = """\
  - {id: never, uses: host.run, if: "inputs.service == 'till'", with: {argv: [wipe, all]}}
  - {id: after, uses: host.run, with: {argv: [mend, "{{ steps.look.result.stdout }}"]}}
  - {id: wrong, uses: host.run, with: {argv: [sing]}}
  - {id: nobody, uses: host.sing, with: {}}
  - id: whole
    uses: host.run
    if: "steps.after.status == 'succeeded'"
    with: {argv: [wipe, "{{ steps.look.result.stdout }}"]}
    verify: {uses: host.run, with: {argv: [look, cart]}}
    rollback: undo
"""
    kept_back: list[tuple[str, str, str]] = []
    async with living(database, [MEND + SETTLED + later]) as tocsin:
        rehearsal = await run_wanted.rehearse(tocsin.world, ANN, "mend", inputs={"service": "cart"})
        tocsin.fails()
        await tocsin.asked()
        again = await run_wanted.rehearse(tocsin.world, ANN, "mend", incident_id=INC)
        assert len((await tocsin.case()).runs) == 1
        for kept in (
            Limits(protected=("host:CART-*",)),
            Limits(protected=("service:cart",)),
            Limits(freeze=("gone",)),
            Limits(targets=0),
        ):
            tocsin.world.setup = replace(tocsin.world.setup, automation=Automation(limits=kept))
            limited = await run_wanted.rehearse(tocsin.world, ANN, "mend", incident_id=INC)
            kept_back.append((limited.steps[0].would, limited.steps[1].would, limited.steps[1].text))
    assert kept_back == [
        (
            "run",
            "refuse",
            "host:cart-1 is protected (automation.limits.protected: host:CART-*); it would run mend cart on cart-1",
        ),
        (
            "run",
            "refuse",
            "service:cart is protected (automation.limits.protected: service:cart); it would run mend cart on cart-1",
        ),
        (
            "run",
            "ask",
            "asks 1 with the role on-call (ben); now it would be held: changes are frozen: gone, which"
            " `time_intervals` does not have any more",
        ),
        (
            "run",
            "refuse",
            "the run would have 1 targets; automation.limits.targets allows 0; it would run mend cart on cart-1",
        ),
    ]
    steps = {step.step: step for step in rehearsal.steps}
    assert {name: (step.would, step.text) for name, step in steps.items()} == {
        "look": ("run", "asks nobody"),
        "mend": ("ask", "asks 1 with the role on-call (ben)"),
        "settled": ("run", "asks nobody"),
        "never": ("skip", "`if: inputs.service == 'till'` is false"),
        "after": ("unknown", "this depends on what comes of look"),
        "wrong": ("refuse", steps["wrong"].text),
        "nobody": ("refuse", steps["nobody"].text),
        "whole": ("unknown", "this depends on what comes of after, look"),
        "whole.verify": ("run", "asks nobody"),
        "whole.rollback": ("unknown", "takes back what came of whole"),
    }
    assert "no command is called 'sing'" in steps["wrong"].text
    assert "cannot tell which integration runs host.sing: none offer it" in steps["nobody"].text
    assert (steps["whole"].waits_for, steps["mend"].people) == (("after", "look"), ("ben",))
    assert tocsin.hosts.ran == []
    assert again.inputs == {"service": "cart"}


async def test_a_rehearsal_does_not_know_more_or_less_than_there_is_to_know(database: Path) -> None:
    later = """\
  - id: made
    uses: host.run
    with: {argv: [mend, cart]}
    verify: {uses: host.run, with: {argv: [look, "{{ result.name }}"]}}
    rollback: {uses: host.run, if: result.name != '', with: {argv: [wipe, "{{ result.name }}"]}}
  - id: later_on
    uses: host.run
    if: inputs.service == 'till'
    with: {argv: [mend, till]}
    verify: {uses: host.run, with: {argv: [look, till]}}
    rollback: undo
  - {id: nobody, uses: host.sing, with: {argv: ["{{ steps.look.result.stdout }}"]}}
"""
    async with living(database, [MEND + later]) as tocsin:
        rehearsal = await run_wanted.rehearse(tocsin.world, ANN, "mend", inputs={"service": "cart"})
    steps = {step.step: (step.would, step.text) for step in rehearsal.steps}
    assert steps["made.verify"] == steps["made.rollback"] == ("unknown", "this depends on what comes of made")
    assert [steps[name] for name in ("later_on", "later_on.verify", "later_on.rollback")] == [
        ("skip", "`if: inputs.service == 'till'` is false"),
        ("skip", "it belongs to later_on, which is skipped"),
        ("skip", "it belongs to later_on, which is skipped"),
    ]
    assert steps["nobody"][0] == "refuse"
    assert "cannot tell which integration runs host.sing" in steps["nobody"][1]


async def test_a_rehearsal_names_those_who_would_be_asked_to_take_back(database: Path) -> None:
    step = "  - {id: set, uses: host.run, with: {argv: [mend, cart]}, approval: {by: dba, count: 2}, rollback: BACK}\n"
    back = "{uses: host.run, with: {argv: [mend, it]}}"
    async with living(database, [MEND + step.replace("BACK", back)]) as tocsin:
        rehearsal = await run_wanted.rehearse(tocsin.world, ANN, "mend", inputs={"service": "cart"})
    assert [step.text for step in rehearsal.steps if step.step.startswith("set")] == [
        "asks 2 with the role dba (nobody holds it)",
        "asks 1 with the role dba (nobody holds it)",
    ]


async def test_a_rehearsal_does_not_wait_for_one_step_after_the_other(database: Path) -> None:
    class Slow(Hosts):
        under_way = most = 0

        async def _plan(self, params: Params, occasion: Occasion) -> Plan:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            await asyncio.sleep(10)
            self.under_way -= 1
            raise Temporary("it is away", integration="hosts", reason="timeout")

    more = "".join(f"  - {{id: look_{number}, uses: host.run, with: {{argv: [look, a]}}}}\n" for number in range(8))
    slow = Slow()
    async with living(database, [MEND + more]) as tocsin:
        tocsin.world.actions = {"host.run": {"hosts": slow.action()}}
        rehearsal = await run_wanted.rehearse(tocsin.world, ANN, "mend", inputs={"service": "cart"})
    assert slow.most == 4
    assert [step.step for step in rehearsal.steps] == ["look", "mend", *(f"look_{number}" for number in range(8))]


async def test_a_step_names_its_integration(database: Path) -> None:
    async with living(database, [with_keys(MEND, "look", "integration: two")]) as tocsin:
        tocsin.world.actions = {"host.run": {name: Hosts(name=name).action() for name in ("one", "two")}}
        tocsin.fails()
        await tocsin.until(ended)
        run, journal = await tocsin.run()
    look = story_of(run.runbook.steps[0], journal)
    assert look.plan is not None
    assert (look.plan.integration, look.status) == ("two", StepStatus.SUCCEEDED)


@pytest.mark.parametrize("form", ReportFormat)
async def test_the_report_of_an_incident_is_one_document(form: ReportFormat, database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        tocsin.hosts.effect = tocsin.recovers
        tocsin.fails()
        await tocsin.asked()
        await tocsin.answers()
        await tocsin.until(ended)
        await tocsin.passes("2m")
        text = await report_wanted.report(tocsin.world, ANN, INC, form)
    assert "cart fails" in text
    assert "mend cart" in text
