"""What Tocsin itself offers writes nothing into its own store where only reading is allowed."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.errors import IntegrationError
from bot.model.actor import TOCSIN
from bot.model.ids import IncidentId, RunId
from bot.model.plan import ActionResult, Outcome, Plan
from bot.ports.actions import Occasion, nobody
from bot.ports.reads_only import reads_only
from bot.response import own, run_wanted
from tests.scenarios.own_scene import acting, runbook
from tests.scenarios.tocsin import Tocsin, actor

ACTIONS = [spec.name for spec in own.SPECS]
CHANGING = [name for name in ACTIONS if name not in ("ask", "wait")]
"""Those that leave a trace; people answer what is asked, and nothing runs then."""
INC = IncidentId("INC-1")
WITHIN = timedelta(minutes=2)
CHILD = runbook("{id: look, uses: host.run, with: {argv: [look, cart]}}", name="child")
PARENT = runbook("{id: nap, uses: wait, with: {for: 9m}, timeout: 10m}")


def some_params(name: str, silence: str = "") -> Mapping[str, Any]:
    """Parameters that this action succeeds with; an action without a line here fails every test below."""
    return {
        "ask": {"question": "how many?", "answers": {"count": {"type": "int"}}},
        "wait": {"for": "1s"},
        "notify": {"to": "ann", "text": "look"},
        "incident.note": {"text": "seen"},
        "incident.severity": {"severity": "SEV1"},
        "incident.silence": {"for": "1h"},
        "incident.unsilence": {"silence": silence},
        "runbook.run": {"runbook": "child"},
    }[name]


async def planned(tocsin: Tocsin, name: str) -> Plan:
    """As a step of a run that is under way."""
    run = await run_wanted.start(tocsin.world, actor("ann"), "acts", incident_id=INC)
    await tocsin.passes("1s")
    here = Occasion(run=RunId(run.id), step="act", incident=INC)
    silence = ""
    if name == "incident.unsilence":
        made = await ran(tocsin, await offered(tocsin, "incident.silence", here, ""))
        silence = made.value["silence"]
    return await offered(tocsin, name, here, silence)


async def offered(tocsin: Tocsin, name: str, here: Occasion, silence: str) -> Plan:
    action = own.offered(tocsin.world, TOCSIN)[name][own.NAME]
    with reads_only():
        return await action.plan(action.spec.params.model_validate(some_params(name, silence)), here)


async def ran(tocsin: Tocsin, plan: Plan) -> ActionResult:
    return await own.offered(tocsin.world, TOCSIN)[plan.action][own.NAME].run(plan, WITHIN, nobody)


def everything(database: Path) -> Sequence[str]:
    """All that is kept, but for what says how long somebody holds a run or a lease."""
    with closing(sqlite3.connect(database)) as file:
        return [line for line in file.iterdump() if not line.startswith(('INSERT INTO "runs"', 'INSERT INTO "leases"'))]


@pytest.mark.parametrize("name", ACTIONS)
async def test_planning_and_probing_write_nothing(name: str, database: Path) -> None:
    async with acting(database, [PARENT, CHILD]) as (tocsin, _):
        plan = await planned(tocsin, name)
        before = everything(database)
        again = await offered(tocsin, name, Occasion(run=RunId("RUN-1"), step="act", incident=INC), silence_of(plan))
        probe = own.offered(tocsin.world, TOCSIN)[name][own.NAME].probe
        assert (probe is not None) == plan.can_probe
        if probe is not None:
            with reads_only():
                await probe(plan)
        assert everything(database) == before
        assert again.hash == plan.hash


def silence_of(plan: Plan) -> str:
    return str(plan.params.get("silence", ""))


@pytest.mark.parametrize("name", ACTIONS)
async def test_where_only_reading_is_allowed_no_action_writes(name: str, database: Path) -> None:
    async with acting(database, [PARENT, CHILD]) as (tocsin, _):
        plan = await planned(tocsin, name)
        before = everything(database)
        with reads_only():
            try:
                result = await ran(tocsin, plan)
            except IntegrationError as error:
                result = ActionResult(outcome=Outcome.FAILED, summary=str(error))
        if name == "wait":
            assert result.outcome is Outcome.SUCCEEDED
        else:
            assert result.outcome is Outcome.FAILED
            assert ("would write, and this is a rehearsal" in result.summary) == (name in CHANGING)
            assert everything(database) == before


async def test_each_says_whether_it_can_take_back_what_it_did(database: Path) -> None:
    async with acting(database) as (tocsin, _):
        actions = [offers[own.NAME] for offers in own.offered(tocsin.world, TOCSIN).values()]
    assert {one.spec.name for one in actions if one.undo} == {one.spec.name for one in actions if one.spec.undoes}


@pytest.mark.parametrize("name", CHANGING)
async def test_each_changes_something_where_writing_is_allowed(name: str, database: Path) -> None:
    async with acting(database, [PARENT, CHILD]) as (tocsin, _):
        plan = await planned(tocsin, name)
        before = everything(database)
        assert (await ran(tocsin, plan)).outcome is Outcome.SUCCEEDED
        assert everything(database) != before
