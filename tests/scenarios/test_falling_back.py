"""A policy that cannot be followed wakes somebody all the same, at once, and changes of its incidents are kept."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.incidents.edits import Edit
from bot.incidents.falling_back import EVERYBODY
from bot.incidents.tasks import Wish
from bot.model.actor import VIEWER, Contact, Person
from bot.model.escalation import EscalationPolicy
from bot.model.ids import IncidentId
from bot.model.incident import IncidentStatus, Severity
from bot.model.service import Service
from bot.model.task import TaskKind
from bot.model.time_interval import MomentSet, TimeInterval
from bot.response import incident_changed, incident_declared, incident_edited, person_paged, tasks_kept
from tests.scenarios.test_escalations import PEOPLE, ROTA, SHOP, WRONG, House, house, level
from tests.scenarios.tocsin import actor

NOWHERE = replace(ROTA, name="nowhere", time_zone="No/Where")
NEVER = TimeInterval(name="broken", moments=(MomentSet(location="No/Where"),))
MISTAKE = "Tocsin met a mistake of its own, ZoneInfoNotFoundError"
VERA = Person(name="vera", roles=frozenset({VIEWER}), contacts=(Contact(integration="mail", address="v@example.net"),))
LOGGED = "escalations met a mistake of ours with INC-1"


@asynccontextmanager
async def odd_house(database: Path, policy: EscalationPolicy, *, default: str = "shop") -> AsyncIterator[House]:
    """The database's people are woken by this policy, all others' by `default`."""
    async with house(database) as made:
        world = made.tocsin.world
        world.setup = replace(
            world.setup,
            people={**PEOPLE, "vera": VERA},
            services={"db": Service(name="db", escalation="odd")},
            escalations={**world.setup.escalations, "odd": policy},
            default_escalation=default,
            schedules={**world.setup.schedules, "nowhere": NOWHERE},
            time_intervals={**world.setup.time_intervals, "broken": NEVER},
        )
        yield made


async def burns(made: House) -> IncidentId:
    one = await incident_declared.declare(
        made.tocsin.world, actor("ann"), title="it burns", severity=Severity.SEV3, service="db"
    )
    made.tocsin.world.nudge()
    return one.id


ODD = EscalationPolicy(name="odd", levels=(level("nowhere"),))


@pytest.mark.parametrize("policy", [ODD, EscalationPolicy(name="odd", levels=(level("cyd"),), during="broken")])
async def test_what_opens_while_its_policy_is_broken_is_opened_and_wakes_those_of_the_default(
    database: Path, policy: EscalationPolicy, caplog: pytest.LogCaptureFixture
) -> None:
    async with odd_house(database, policy) as made:
        await burns(made)
        await made.tocsin.passes("3s")
        assert [person for person, _ in made.rang] == ["ann"]
        assert made.rang[0][1] <= 2
        assert await made.said() == [
            f"escalation odd cannot be followed: {MISTAKE}; shop is followed instead",
            "paged ann through phone",
        ]
        assert LOGGED in caplog.text
        await made.tocsin.passes("1m")
        assert [person for person, _ in made.rang] == ["ann", "ben", "cyd", "ann", "ben", "cyd"]
        assert caplog.text.count(LOGGED) == 1, "from there on the default policy is followed"


async def test_a_schedule_that_breaks_at_a_later_level_wakes_those_of_the_default_at_once(database: Path) -> None:
    async with odd_house(database, replace(ODD, levels=(level("ben"), level("nowhere")))) as made:
        await burns(made)
        await made.tocsin.passes("6s")
        assert [(person, int(at)) for person, at in made.rang] == [("ben", 0), ("ann", 5)]


async def test_where_the_default_is_broken_too_everybody_is_woken_who_does_not_only_look(database: Path) -> None:
    async with odd_house(database, ODD, default="odd") as made:
        await burns(made)
        await made.tocsin.passes("3s")
        assert sorted(person for person, _ in made.rang) == ["ann", "ben", "cyd"], "each once, and not vera"
        assert (await made.said())[0] == (
            f"escalation odd cannot be followed: {MISTAKE}; {EVERYBODY} is followed instead"
        )
        await made.tocsin.passes("5m")
        assert len(made.rang) == 3


async def test_a_policy_that_is_named_and_not_there_wakes_those_of_the_default(database: Path) -> None:
    async with odd_house(database, ODD) as made:
        world = made.tocsin.world
        world.setup = replace(world.setup, escalations={"shop": SHOP})
        await burns(made)
        await made.tocsin.passes("3s")
        assert [person for person, _ in made.rang] == ["ann"]
        assert (await made.said())[0] == (
            "escalation odd cannot be followed: it is not in tocsin.yaml; shop is followed instead"
        )


async def test_where_nobody_is_on_call_those_of_the_default_are_woken_at_once(database: Path) -> None:
    async with odd_house(database, replace(ODD, levels=(level("empty"), level("dan")))) as made:
        await burns(made)
        await made.tocsin.passes("3s")
        assert [person for person, _ in made.rang] == ["ann"]
        assert await made.said() == [
            "nobody is on call in empty",
            "dan has named no way to be reached",
            "nobody of escalation odd is there to be paged; shop is followed instead",
            "paged ann through phone",
        ]


async def test_where_nobody_is_on_call_at_all_everybody_is_woken(database: Path) -> None:
    async with odd_house(database, replace(ODD, levels=(level("empty"),)), default="odd") as made:
        await burns(made)
        await made.tocsin.passes("3s")
        assert sorted(person for person, _ in made.rang) == ["ann", "ben", "cyd"]


async def test_whoever_has_the_incident_is_let_alone_though_its_policy_is_broken(database: Path) -> None:
    async with odd_house(database, ODD) as made:
        incident = await burns(made)
        await incident_changed.acknowledge(made.tocsin.world, actor("ann"), incident)
        await made.tocsin.passes("1m")
        assert made.rang == []
        await incident_edited.edit(made.tocsin.world, actor("ann"), incident, Edit(severity=Severity.SEV1))
        await made.tocsin.passes("1m")
        assert made.rang == []


async def test_a_crash_while_it_falls_back_wakes_nobody_twice(database: Path) -> None:
    rang: list[str] = []
    policy = replace(ODD, levels=(level("ben"), level("nowhere")))
    for _ in range(12):
        async with odd_house(database, policy) as made:
            if not rang and not await made.tocsin.incidents():
                await burns(made)
            await made.tocsin.passes("500ms")
            rang += [person for person, _ in made.rang]
    assert rang[:2] == ["ben", "ann"]
    assert rang.count("ann") == 1


async def test_a_page_that_fails_is_kept_as_failed_though_the_next_level_is_broken(database: Path) -> None:
    async with odd_house(
        database, replace(ODD, levels=(level("ben", wait=timedelta(hours=1)), level("nowhere")))
    ) as made:
        made.phone.breaks(WRONG)
        await burns(made)
        await made.tocsin.passes("3s")
        assert made.phone.tries == 2, "ben, and then ann of the default"
        assert [person for person, _ in made.rang] == ["ann"]
        assert "could not page ben through phone; there is no other way to them" in await made.said()


def spoilt(database: Path, change: str) -> None:
    """Somebody wrote what this version cannot read."""
    with closing(sqlite3.connect(database)) as other:
        other.execute(change)
        other.commit()


async def test_pages_that_nobody_can_read_keep_nobody_from_being_woken(
    database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with house(database) as made:
        await made.declares()
        await made.tocsin.passes("1s")
        spoilt(database, "UPDATE pages SET status = 'of another version'")
        await made.tocsin.passes("10s")
        assert sorted(person for person, _ in made.rang[1:]) == ["ann", "ben", "cyd"]
        assert LOGGED in caplog.text
        await made.tocsin.passes("30m")
        assert len(made.rang) == 4
        await incident_changed.acknowledge(made.tocsin.world, actor("ann"), IncidentId("INC-1"))
        spoilt(database, "UPDATE pages SET status = 'taken'")
        case = await made.tocsin.case()
        assert "a page that is due now is put off: Tocsin met a mistake of its own" in made.tocsin.said(case)
        assert case.incident.status is IncidentStatus.ACKNOWLEDGED


async def test_a_reminder_that_nobody_can_read_undoes_no_change_of_its_incident(
    database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with house(database) as made:
        world, incident = made.tocsin.world, await made.declares()
        spoilt(database, "UPDATE reminders SET kind = 'of another version', due_at = NULL WHERE kind = 'no commander'")
        await incident_changed.acknowledge(world, actor("ann"), incident)
        await tasks_kept.add(world, actor("ann"), incident, Wish(kind=TaskKind.TASK, text="look at the disks"))
        await made.tocsin.passes("3s")
        assert "a reminder that is due now is put off: Tocsin met a mistake of its own" in await made.said("reminder")
        assert "reminders met a mistake of ours with INC-1; all others go on" in caplog.text
        await incident_changed.resolve(world, actor("ann"), incident)
        assert "acknowledged by ann" in await made.said("status")


async def test_where_it_stands_names_the_policy_that_could_not_be_followed(database: Path) -> None:
    async with odd_house(database, ODD) as made:
        incident = await burns(made)
        await made.tocsin.passes("3s")
        _, standing = await person_paged.found(made.tocsin.world, actor("ann"), incident)
        assert standing is not None
        assert (standing.policy, standing.instead_of) == ("shop", "odd")
