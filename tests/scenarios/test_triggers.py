"""What begins a run besides an alert: a change of the incident, the clock. Each time once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.engine.bell import Bells
from bot.engine.timers import Timers
from bot.errors import Fenced
from bot.incidents.edits import Edit
from bot.kit.telemetry import Telemetry
from bot.model.actor import TOCSIN
from bot.model.ids import IncidentId
from bot.model.incident import Severity
from bot.model.run import RunbookRun, RunStatus
from bot.response import incident_changed, incident_declared, incident_edited, schedules_due
from bot.response.incident_runs import MOST
from bot.response.rule_due import LEASE
from bot.runbooks.spec import read_runbook
from tests.scenarios.tocsin import Tocsin, actor, living

LOOKS = "steps:\n  - {id: look, uses: host.run, with: {argv: [look]}}\n"
ANN = actor("ann")


def runbook(name: str, trigger: str, more: str = "") -> str:
    return f"runbook: {name}\ntitle: t\ntriggers: [{{{trigger}}}]\n{more}{LOOKS}"


async def runs(tocsin: Tocsin, incident: str | None = None) -> list[RunbookRun]:
    """All runs, or those of one incident, the oldest first."""
    found = await tocsin.world.store.read(lambda tx: tx.runs.list(incident=IncidentId(incident) if incident else None))
    return sorted(found, key=lambda run: int(run.id.partition("-")[2]))


async def declared(tocsin: Tocsin, severity: Severity = Severity.SEV3) -> IncidentId:
    incident = await incident_declared.declare(tocsin.world, ANN, title="All is slow", severity=severity)
    await tocsin.passes("5s")
    return incident.id


async def test_an_incident_that_comes_to_a_status_begins_a_run_and_staying_there_does_not(database: Path) -> None:
    async with living(database, [runbook("after", "incident: {status: [mitigated, resolved]}")]) as tocsin:
        incident = await declared(tocsin)
        assert await runs(tocsin) == []
        await incident_changed.mitigate(tocsin.world, ANN, incident)
        await tocsin.passes("5s")
        await incident_changed.assign(tocsin.world, ANN, incident, "ann")
        await incident_changed.resolve(tocsin.world, ANN, incident)
        await tocsin.passes("5s")
        (run,) = await runs(tocsin, incident)
        case = await tocsin.case(incident)
    assert (run.trigger, run.started_by, run.status) == ("incident", TOCSIN, RunStatus.SUCCEEDED)
    (begins,) = [entry for entry in case.timeline if "begins" in entry.text]
    assert begins.why == "its trigger names status mitigated or resolved; ann changed it"


async def test_every_condition_must_hold(database: Path) -> None:
    trigger = "incident: {severity: SEV1, status: acknowledged}"
    async with living(database, [runbook("grave", trigger)]) as tocsin:
        incident = await declared(tocsin)
        await incident_changed.acknowledge(tocsin.world, ANN, incident)
        await tocsin.passes("5s")
        assert await runs(tocsin) == []
        await incident_edited.edit(tocsin.world, ANN, incident, Edit(severity=Severity.SEV1))
        await tocsin.passes("5s")
        assert [run.runbook.name for run in await runs(tocsin, incident)] == ["grave"]


async def test_what_is_declared_begins_what_fits_it(database: Path) -> None:
    async with living(database, [runbook("grave", "incident: {severity: SEV1}")]) as tocsin:
        await declared(tocsin, Severity.SEV2)
        grave = await declared(tocsin, Severity.SEV1)
        assert [run.incident for run in await runs(tocsin)] == [grave]


async def test_what_cannot_begin_is_told(database: Path) -> None:
    needs = "inputs: {host: {from: alert.labels.instance}}\n"
    async with living(database, [runbook("needy", "incident: {severity: SEV1}", needs)]) as tocsin:
        incident = await declared(tocsin, Severity.SEV1)
        case = await tocsin.case(incident)
        assert await runs(tocsin) == []
    (told,) = [entry for entry in case.timeline if "did not start" in entry.text]
    assert told.text == "runbook needy fits, but did not start"
    assert "'host' has no value (it is taken from alert.labels.instance)" in told.why


async def test_a_runbook_that_changes_what_begins_it_comes_to_an_end(database: Path) -> None:
    async with living(database, [runbook("again", "incident: {status: mitigated}")]) as tocsin:
        incident = await declared(tocsin)
        for _ in range(MOST + 2):
            await incident_changed.mitigate(tocsin.world, ANN, incident)
            await incident_changed.resolve(tocsin.world, ANN, incident)
            await incident_changed.reopen(tocsin.world, ANN, incident)
            await tocsin.passes("5s")
        assert len(await runs(tocsin, incident)) == MOST
        case = await tocsin.case(incident)
    told = [entry.why for entry in case.timeline if "did not start" in entry.text]
    assert told == [f"it has begun {MOST} times as this incident changed"] * 2


async def test_one_that_is_under_way_is_not_begun_again(database: Path) -> None:
    async with living(database, [runbook("slow", "incident: {status: mitigated}")]) as tocsin:
        incident = await declared(tocsin)
        tocsin.hosts.witness = lambda: asyncio.sleep(30)
        for _ in range(2):
            await incident_changed.mitigate(tocsin.world, ANN, incident)
            await incident_changed.resolve(tocsin.world, ANN, incident)
            await incident_changed.reopen(tocsin.world, ANN, incident)
        assert len(await runs(tocsin, incident)) == 1
        case = await tocsin.case(incident)
    assert [entry.why for entry in case.timeline if "did not start" in entry.text] == ["RUN-1 of it is under way"]


HOURLY = runbook("hourly", "schedule: {cron: '10 * * * *', inputs: {host: web1}}", "inputs: {host: {type: host}}\n")


@asynccontextmanager
async def clocked(database: Path, *runbooks: str) -> AsyncIterator[Tocsin]:
    """With somebody who looks at the clock. It is 03:00."""
    async with living(database, runbooks) as tocsin:
        epoch = await lease(tocsin)
        looking = Timers(
            tocsin.world, lambda: epoch, Bells(tocsin.world.store), Telemetry(), {"schedules": schedules_due.look}
        )
        task = asyncio.create_task(looking.run())
        yield tocsin
        task.cancel()


async def lease(tocsin: Tocsin) -> int:
    epoch = await tocsin.world.store.write(lambda tx: tx.leases.acquire(LEASE, "here", timedelta(days=400)))
    assert epoch is not None
    return epoch


async def test_each_slot_begins_one_run_with_the_inputs_of_the_schedule(database: Path) -> None:
    async with clocked(database, HOURLY) as tocsin:
        await tocsin.passes("75m")
        found = await runs(tocsin)
    assert [f"{run.started_at:%H:%M}" for run in found] == ["03:10", "04:10"]
    assert {(run.trigger, run.started_by, run.incident, run.inputs["host"]) for run in found} == {
        ("schedule", TOCSIN, None, "web1")
    }
    assert {run.status for run in found} == {RunStatus.SUCCEEDED}


async def test_of_the_slots_of_an_outage_the_latest_is_made_up_for(database: Path) -> None:
    async with clocked(database, HOURLY) as tocsin:
        await tocsin.passes("15m")
    async with living(database, [HOURLY]) as tocsin:
        tocsin.clock.jumps(timedelta(hours=3, minutes=20))
        epoch = await lease(tocsin)
        for _ in range(2):
            await schedules_due.look(tocsin.world, TOCSIN, lease=LEASE, epoch=epoch)
        assert [f"{run.started_at:%H:%M}" for run in await runs(tocsin)] == ["03:10", "06:35"]


async def test_a_clock_that_was_years_ahead_keeps_no_schedule_from_beginning(database: Path) -> None:
    """As where a machine starts before it has asked what time it is."""
    async with clocked(database, HOURLY) as tocsin:
        tocsin.clock.is_set(timedelta(days=1000))
        await tocsin.passes("75m")
        tocsin.clock.is_set(-timedelta(days=1000))
        await tocsin.passes("2h")
        found = await runs(tocsin)
    assert [f"{run.started_at:%Y %H:%M}" for run in found] == ["2029 03:10", "2029 04:10", "2026 05:10", "2026 06:10"]


async def test_a_slot_that_comes_while_the_run_of_an_earlier_one_is_under_way_is_left_out(database: Path) -> None:
    """Nobody answers what it asks. Of the same inputs: what another schedule of the runbook begins is another run."""
    every = (
        "schedule: {cron: '10 * * * *', inputs: {host: web1}}}, {schedule: {cron: '10 * * * *', inputs: {host: web2}}"
    )
    both = runbook("hourly", every, "timeout: 90m\ninputs: {host: {type: host}}\n")
    async with clocked(database, both.replace("[look]}", "[mend]}, approval: {expires: 80m}")) as tocsin:
        await tocsin.passes("75m")
        found = await runs(tocsin)
        audit = await tocsin.world.store.read(lambda tx: tx.audit.list(limit=100))
    assert sorted((f"{run.started_at:%H:%M}", run.inputs["host"]) for run in found) == [
        ("03:10", "web1"),
        ("03:10", "web2"),
    ]
    refused = [entry.details["refused"] for entry in audit if "refused" in entry.details]
    assert refused == [f"{run.id}, which an earlier slot began, is under way" for run in reversed(found)]


async def test_two_that_look_at_once_begin_a_slot_once(database: Path) -> None:
    async with living(database, [HOURLY]) as tocsin:
        epoch = await lease(tocsin)
        await schedules_due.look(tocsin.world, TOCSIN, lease=LEASE, epoch=epoch)
        await tocsin.passes("11m")
        looks = (schedules_due.look(tocsin.world, TOCSIN, lease=LEASE, epoch=epoch) for _ in range(3))
        await asyncio.gather(*looks)
        assert len(await runs(tocsin)) == 1
        audit = await tocsin.world.store.read(lambda tx: tx.audit.list(object="hourly"))
        assert [entry.details["refused"] for entry in audit if "refused" in entry.details] == []
        tocsin.clock.jumps(timedelta(hours=1))
        with pytest.raises(Fenced):
            await schedules_due.look(tocsin.world, TOCSIN, lease=LEASE, epoch=epoch - 1)
        assert len(await runs(tocsin)) == 1


async def test_a_slot_that_cannot_begin_is_on_record(database: Path) -> None:
    async with clocked(database, HOURLY) as tocsin:
        await tocsin.passes("5m")
        setup = tocsin.world.setup
        one = setup.runbooks["hourly"]
        strict = replace(one, inputs=(replace(one.inputs[0], pattern="db[0-9]"),))
        tocsin.world.setup = replace(setup, runbooks={"hourly": strict})
        await tocsin.passes("10m")
        assert await runs(tocsin) == []
        audit = await tocsin.world.store.read(lambda tx: tx.audit.list(limit=10))
    assert any("does not fit db[0-9]" in str(entry.details) for entry in audit)


async def test_without_schedules_nobody_looks(database: Path) -> None:
    async with living(database, [runbook("other", "incident: {status: closed}")]) as tocsin:
        assert await schedules_due.look(tocsin.world, TOCSIN, lease=LEASE, epoch=0) is None
    assert read_runbook(HOURLY, "h").schedule_triggers


async def test_a_schedule_that_cannot_be_followed_holds_up_no_other(
    database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with clocked(database, HOURLY.replace("hourly", "broken"), HOURLY) as tocsin:
        setup = tocsin.world.setup
        broken = setup.runbooks["broken"]
        nowhere = replace(broken.schedule_triggers[0], time_zone="No/Where")
        tocsin.world.setup = replace(
            setup, runbooks={**setup.runbooks, "broken": replace(broken, schedule_triggers=(nowhere,))}
        )
        await tocsin.passes("15m")
        assert [run.runbook.name for run in await runs(tocsin)] == ["hourly"]
        told = caplog.text.count("schedules met a mistake of ours with schedule broken 0")
        assert 14 <= told <= 16, "once a minute"
        tocsin.world.setup = setup
        await tocsin.passes("60m")
        assert sorted(run.runbook.name for run in await runs(tocsin)) == ["broken", "hourly", "hourly"]
