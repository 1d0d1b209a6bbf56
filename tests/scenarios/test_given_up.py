"""A run that nobody can carry to its end is given up, and somebody is woken: nothing is tried for ever."""

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import BaseModel

from bot.model.automation import Automation, Autonomy
from bot.model.plan import Plan
from bot.model.run import JournalKind, RunStatus
from bot.ports.actions import Occasion
from bot.response import run_wanted
from tests.scenarios.runbooks import MEND, OFFERED
from tests.scenarios.test_falling_back import spoilt
from tests.scenarios.tocsin import Tocsin, actor, ended, living


def stumbles(tocsin: Tocsin) -> list[str]:
    """From now on our own code makes a mistake whenever a step is planned; the times it did."""
    times: list[str] = []

    async def plan(params: BaseModel, _: Occasion) -> Plan:
        times.append(str(params))
        raise ZeroDivisionError("a mistake of ours")

    whole = tocsin.world.actions["host.run"]["hosts"]
    tocsin.world.actions = {**tocsin.world.actions, "host.run": {"hosts": replace(whole, plan=plan)}}
    return times


async def test_a_run_that_meets_a_mistake_of_ours_again_and_again_is_given_up_and_somebody_is_woken(
    database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with living(database, [MEND]) as tocsin:
        times = stumbles(tocsin)
        tocsin.fails()
        case = await tocsin.until(ended)
        run, _ = await tocsin.run()
        woken = await tocsin.case("INC-2")
    assert run.status is RunStatus.FAILED
    assert len(times) == 5
    assert [entry.text for entry in case.timeline if "given up" in entry.text] == ["run RUN-1 is given up"]
    assert woken.incident.title == "Run RUN-1 of runbook mend was given up"
    assert woken.incident.severity is case.incident.severity
    assert "it began for INC-1" in woken.timeline[0].why
    assert "ZeroDivisionError" in woken.timeline[0].why
    assert caplog.text.count("run RUN-1 met a mistake of ours") == 5


async def test_a_mistake_that_passes_costs_the_run_nothing(database: Path) -> None:
    async with living(database, [MEND]) as tocsin:
        whole = dict(tocsin.world.actions)
        times = stumbles(tocsin)
        tocsin.fails()
        await tocsin.until(lambda _: len(times) == 4)
        tocsin.world.actions = whole
        await tocsin.asked()
        assert [*await tocsin.incidents()] == ["INC-1"]


@pytest.mark.parametrize("table", ["runs", "journal"])
async def test_a_run_that_nobody_can_read_holds_up_no_other(
    database: Path, caplog: pytest.LogCaptureFixture, table: str
) -> None:
    column, key = ("status", "id") if table == "runs" else ("kind", "run")
    async with living(database, [OFFERED]) as tocsin:
        await run_wanted.start(tocsin.world, actor("ann"), "offered", inputs={"service": "cart"})
        await tocsin.passes("10s")
        spoilt(database, f"UPDATE {table} SET {column} = 'of another version' WHERE {key} = 'RUN-1'")
        spoilt(database, "UPDATE runs SET wake_at = 0 WHERE id = 'RUN-1'")
        await run_wanted.start(tocsin.world, actor("ann"), "offered", inputs={"service": "shop"})
        await tocsin.passes("10s")
        _, journal = await tocsin.run(2)
        assert journal[-1].kind is JournalKind.ASKED
        if table == "runs":
            assert caplog.text.count("run RUN-1 cannot be read, and waits; all others go on") == 1
            return
        await tocsin.passes("1m")
        assert caplog.text.count("run RUN-1 met a mistake of ours") == 5
        (woken,) = await tocsin.incidents()
        assert (await tocsin.case(woken)).incident.title == "Run RUN-1 of runbook offered was given up"


async def test_a_run_that_is_given_up_after_it_changed_something_loses_its_runbook_the_trust(database: Path) -> None:
    more = "  - {id: more, uses: host.run, with: {argv: [mend, more]}}\n"
    async with living(database, [MEND + more]) as tocsin:
        tocsin.world.setup = replace(tocsin.world.setup, automation=Automation(autonomy=Autonomy.AUTO))
        tocsin.hosts.effect = lambda: stumbles(tocsin) and None
        tocsin.fails()
        case = await tocsin.until(ended)
    assert (tocsin.hosts.ran, case.runs[0][0].status) == (["mend cart"], RunStatus.FAILED)
    assert "mend loses its autonomy: auto becomes suggest" in tocsin.said(case)
