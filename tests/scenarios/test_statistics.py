"""Statistics of what really happened: the rules that fired, who acted, and how long it took."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.incidents.edits import Edit
from bot.model.ids import IncidentId
from bot.model.incident import IncidentKind
from bot.model.run import RunStatus
from bot.model.statistics import Grouping, Statistics
from bot.response import incident_changed, incident_edited, run_wanted, statistics_asked
from tests.scenarios.runbooks import MEND, OFFERED
from tests.scenarios.test_escalations import DOWN, house
from tests.scenarios.tocsin import Tocsin, actor, ended, living


@pytest.fixture
async def tocsin(tmp_path: Path) -> AsyncIterator[Tocsin]:
    async with living(tmp_path / "tocsin.db") as alive:
        yield alive


async def statistics(tocsin: Tocsin) -> Statistics:
    return await statistics_asked.statistics_of(
        tocsin.world, actor("ann"), length=timedelta(days=1), by=Grouping.SERVICE
    )


async def fails_and_recovers(tocsin: Tocsin, *, for_: str = "2m") -> None:
    tocsin.fails()
    await tocsin.passes(for_)
    tocsin.recovers()
    await tocsin.passes("1m")


async def test_what_nobody_acted_on_is_ignored_and_what_fires_again_flaps(tocsin: Tocsin) -> None:
    await fails_and_recovers(tocsin)
    await fails_and_recovers(tocsin)
    (found,) = (await statistics(tocsin)).noise
    assert (found.rule, found.fires, found.incidents, found.ignored, found.flaps) == ("Fails", 2, 1, 1, 1)


async def test_who_acknowledges_acts_and_takes_as_long_as_it_takes(tocsin: Tocsin) -> None:
    tocsin.fails()
    opened = (await tocsin.until(lambda case: case.incident)).incident.opened_at
    await tocsin.passes("90s")
    acked = await incident_changed.acknowledge(tocsin.world, actor("ann"), IncidentId("INC-1"))
    await tocsin.passes("1m")
    tocsin.recovers()
    over = (await tocsin.until(lambda case: case.incident.resolved_at)).incident.resolved_at
    assert over is not None
    seen = await statistics(tocsin)
    assert seen.noise[0].ignored == 0
    assert seen.whole.incidents == 1
    assert acked.acknowledged_at is not None
    assert seen.whole.acknowledge is not None
    assert seen.whole.acknowledge.median == acked.acknowledged_at - opened
    assert seen.whole.resolve is not None
    assert seen.whole.resolve.median == over - opened
    assert [one.of for one in seen.groups] == ["cart"]


async def test_several_services_at_once_are_one_incident_of_one_rule(tocsin: Tocsin) -> None:
    for service in ("cart", "pay", "search"):
        tocsin.fails(service)
    await tocsin.passes("2m")
    (found,) = (await statistics(tocsin)).noise
    assert (found.fires, found.incidents, found.flaps) == (3, 1, 0)


async def test_a_page_that_was_taken_is_that_of_its_person_and_of_the_rule_that_opened_the_incident(
    database: Path,
) -> None:
    async with house(database) as made:
        made.phone.breaks(DOWN)
        made.tocsin.fails()
        await made.tocsin.passes("3m")
        await incident_changed.acknowledge(made.tocsin.world, actor("ann"), IncidentId("INC-1"))
        woken = [person for person, _ in made.rang]
        seen = await statistics(made.tocsin)
    pages = {one.person: one.pages for one in seen.load}
    assert woken
    assert pages == {person: woken.count(person) for person in pages}
    assert (seen.noise[0].rule, seen.noise[0].pages) == ("Fails", len(woken))
    assert {one.person: one.on_duty for one in seen.load}["ann"] == timedelta(days=1)


async def test_what_a_runbook_did_and_how_long_people_were_waited_for(tmp_path: Path) -> None:
    async with living(tmp_path / "tocsin.db", [MEND, OFFERED]) as tocsin:
        tocsin.hosts.effect = tocsin.recovers
        tocsin.fails()
        question = await tocsin.asked()
        await tocsin.passes("3m")
        given = await tocsin.answers()
        await tocsin.until(ended)
        rejected = await run_wanted.start(tocsin.world, actor("ann"), "mend", incident_id=IncidentId("INC-1"))
        await tocsin.passes("5s")
        await tocsin.answers("APR-2", approve=False, by="ben")
        await tocsin.passes("5s")
        said_no = await tocsin.world.store.read(lambda tx: tx.runs.get(rejected.id))
        (found,) = (await statistics(tocsin)).runbooks
    assert given.answered_at is not None
    assert said_no.status is RunStatus.REJECTED
    assert (found.runbook, found.runs, found.changed, found.succeeded, found.failed, found.stopped) == (
        "mend", 2, 1, 1, 0, 1,
    )  # fmt: skip
    assert (found.recovered, found.not_recovered, found.not_seen) == (1, 0, 0)
    assert found.recovery is not None
    assert found.recovery.count == 1
    assert found.answer is not None
    assert found.answer.count == 2
    assert found.answer.p90 > found.answer.median > (given.answered_at - question.asked_at) / 2


async def test_an_exercise_is_left_out(database: Path) -> None:
    async with house(database) as made:
        incident = await made.declares()
        await made.tocsin.passes("1s")
        await incident_edited.edit(made.tocsin.world, actor("ann"), incident, Edit(kind=IncidentKind.DRILL))
        seen = await statistics(made.tocsin)
    assert made.rang
    assert seen.whole.incidents == 0
    assert sum(one.pages for one in seen.load) == 0
