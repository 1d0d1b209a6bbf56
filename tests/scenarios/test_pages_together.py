"""Whoever was paged a moment ago hears of further incidents together, and of every one of them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from bot.incidents.edits import Edit
from bot.model.actor import TOCSIN
from bot.model.escalation import EscalationPolicy
from bot.model.ids import IncidentId
from bot.model.incident import IncidentKind, Severity
from bot.model.page import PageStatus
from bot.response import incident_changed, incident_declared, incident_edited, pages_held, person_paged
from tests.scenarios.test_escalations import WRONG, House, house, level
from tests.scenarios.tocsin import actor

HOUR = timedelta(hours=1)
ALONE = EscalationPolicy(name="shop", levels=(level("ben", wait=HOUR),))
TWO = EscalationPolicy(name="shop", levels=(level("ben", wait=timedelta(minutes=2)), level("cyd", wait=HOUR)))
KNOWN = "they were paged of another incident at 03:00:00 and have not answered; level 1"


@asynccontextmanager
async def bundling(database: Path, policy: EscalationPolicy = ALONE) -> AsyncIterator[House]:
    async with house(database, policy) as made:
        setup = made.tocsin.world.setup
        made.tocsin.world.setup = replace(setup, groups=(), bundle_pages=timedelta(minutes=5))
        yield made


async def story(made: House, incident: str) -> Sequence[tuple[str, str]]:
    case = await made.tocsin.case(incident)
    return [(entry.text, entry.why) for entry in case.timeline if entry.kind == "page" and "paged" in entry.text]


async def statuses(made: House) -> dict[str, PageStatus]:
    found = {}
    for incident in await made.tocsin.incidents():
        pages, _ = await person_paged.found(made.tocsin.world, actor("ann"), incident)
        found[f"{incident}"] = pages[-1].status
    return found


async def test_what_comes_after_a_page_nobody_answered_leaves_as_one_when_its_time_is_over(database: Path) -> None:
    async with bundling(database) as made:
        for severity in (Severity.SEV2, Severity.SEV3, Severity.SEV2, Severity.SEV3):
            await made.declares(severity)
            await made.tocsin.passes("10s")
        assert made.rang == [("ben", 0)]
        assert (await statuses(made))["INC-3"] is PageStatus.HELD
        await made.tocsin.passes("10m")
        assert made.rang == [("ben", 0), ("ben", 300)]
        call = made.phone.calls[-1]
        assert call.title == "3 more incidents: INC-3, INC-2, INC-4"
        assert call.severity is Severity.SEV2
        assert call.text.splitlines()[:3] == [
            f"INC-{number} SEV{sev}: it burns" for number, sev in ((3, 2), (2, 3), (4, 3))
        ]
        assert set((await statuses(made)).values()) == {PageStatus.TAKEN}
        assert await story(made, "INC-2") == [
            ("ben is paged of this together with other incidents, by 03:05:00 UTC", KNOWN),
            ("paged ben through phone, together with 2 other incidents", "level 1"),
        ]


async def test_what_is_graver_than_what_they_know_wakes_them_at_once(database: Path) -> None:
    async with bundling(database) as made:
        for severity in (Severity.SEV3, Severity.SEV3, Severity.SEV1, Severity.SEV2):
            await made.declares(severity)
            await made.tocsin.passes("1m")
        assert made.rang == [("ben", 0), ("ben", 120)]
        await incident_edited.edit(made.tocsin.world, actor("ann"), IncidentId("INC-4"), Edit(severity=Severity.SEV1))
        await incident_edited.edit(made.tocsin.world, actor("ann"), IncidentId("INC-2"), Edit(severity=Severity.SEV2))
        await made.tocsin.passes("10m")
        assert made.rang == [("ben", 0), ("ben", 120), ("ben", 300)], "as grave as what they know is not graver"
        assert set((await statuses(made)).values()) == {PageStatus.TAKEN}


async def test_a_drill_nobody_answered_holds_back_nothing_that_is_real(database: Path) -> None:
    async with bundling(database) as made:
        drill = await incident_declared.declare(
            made.tocsin.world, actor("ann"), title="a fire drill", severity=Severity.SEV1, kind=IncidentKind.DRILL
        )
        await made.tocsin.passes("10s")
        assert (drill.kind, made.rang) == (IncidentKind.DRILL, [("ben", 0)])
        await made.declares(Severity.SEV3)
        await made.tocsin.passes("10s")
        assert made.rang == [("ben", 0), ("ben", 10)]
        assert made.phone.calls[0].title == "[drill] a fire drill"


async def test_one_that_gets_graver_than_what_they_know_is_held_back_no_longer(database: Path) -> None:
    async with bundling(database) as made:
        await made.declares(Severity.SEV3)
        await made.tocsin.passes("1m")
        await made.declares(Severity.SEV3)
        await made.tocsin.passes("1m")
        await incident_edited.edit(made.tocsin.world, actor("ann"), IncidentId("INC-2"), Edit(severity=Severity.SEV1))
        await made.tocsin.passes("5s")
        assert [(call.incident, call.title) for call in made.phone.calls] == [
            ("INC-1", "it burns"), ("INC-2", "it burns"),
        ]  # fmt: skip
        await made.tocsin.passes("10m")
        assert len(made.phone.calls) == 2


async def test_as_soon_as_they_have_what_they_know_of_they_hear_of_the_rest(database: Path) -> None:
    async with bundling(database) as made:
        for _ in range(3):
            await made.declares(Severity.SEV2)
        await made.tocsin.passes("1m")
        await incident_changed.acknowledge(made.tocsin.world, actor("ben"), IncidentId("INC-3"))
        await made.tocsin.passes("30s")
        assert made.rang == [("ben", 0)], "what they know of stands"
        await incident_changed.acknowledge(made.tocsin.world, actor("ben"), IncidentId("INC-1"))
        await made.tocsin.passes("10m")
        assert [(at, call.title) for (_, at), call in zip(made.rang, made.phone.calls, strict=True)] == [
            (0, "it burns"), (pytest.approx(90, abs=1.5), "it burns"),
        ], "the one that is left is no bundle"  # fmt: skip
        assert await statuses(made) == {
            "INC-1": PageStatus.TAKEN, "INC-2": PageStatus.TAKEN, "INC-3": PageStatus.NOT_NEEDED
        }  # fmt: skip


async def test_where_a_way_is_dead_all_that_was_held_back_goes_the_next_one(database: Path) -> None:
    policy = EscalationPolicy(name="shop", levels=(level("ann", wait=HOUR),))
    async with bundling(database, policy) as made:
        for _ in range(2):
            await made.declares(Severity.SEV2)
        await made.tocsin.passes("1m")
        made.phone.breaks(WRONG)
        await made.declares(Severity.SEV1)
        await made.tocsin.passes("5s")
        assert [call.incident for call in made.mail.calls] == ["INC-3"]
        assert (await statuses(made))["INC-2"] is PageStatus.HELD, "they know of INC-1 by phone"
        await made.tocsin.passes("10m")
        assert {call.incident for call in made.mail.calls} == {"INC-2", "INC-3"}
        assert set((await statuses(made)).values()) == {PageStatus.TAKEN}


async def test_the_next_level_comes_when_the_policy_says_whatever_was_held_back(database: Path) -> None:
    async with bundling(database, TWO) as made:
        await made.declares(Severity.SEV2)
        await made.tocsin.passes("1m")
        await made.declares(Severity.SEV1)
        await made.tocsin.passes("20s")
        await made.declares(Severity.SEV2)
        await made.tocsin.passes("20m")
        assert made.rang == [("ben", 0), ("ben", 60), ("cyd", 120), ("cyd", 180), ("ben", 360), ("cyd", 480)]
        assert len(await story(made, "INC-3")) == 4, "held back and paged, at each level"


async def test_an_incident_whose_every_level_pages_the_same_person_is_named_once(database: Path) -> None:
    policy = EscalationPolicy(name="shop", levels=(level("ben", wait=timedelta(minutes=1)), level("ben", wait=HOUR)))
    async with bundling(database, policy) as made:
        for _ in range(3):
            await made.declares(Severity.SEV2)
        await made.tocsin.passes("10m")
        assert [call.title for call in made.phone.calls[-1:]] == ["2 more incidents: INC-2, INC-3"]
        assert [text for text, _ in await story(made, "INC-2")][-1].endswith("together with 1 other incident")


async def test_in_a_storm_one_person_is_woken_a_few_times_and_hears_of_everything(database: Path) -> None:
    async with bundling(database) as made:
        for number in range(60):
            await made.declares(Severity.SEV2 if number % 10 else Severity.SEV1)
        await made.tocsin.passes("10m")
        assert len(made.phone.calls) == 2
        assert made.phone.calls[-1].title.endswith(" and 54 more")
        assert set((await statuses(made)).values()) == {PageStatus.TAKEN}


async def test_where_nothing_is_bundled_a_page_that_left_in_the_same_instant_holds_nothing_back(database: Path) -> None:
    async with house(database, ALONE) as made:
        for _ in range(2):
            await made.declares(Severity.SEV2)
            await made.tocsin.passes("1m")
        world = made.tocsin.world
        [first], _ = await person_paged.found(world, actor("ann"), IncidentId("INC-1"))
        [second], _ = await person_paged.found(world, actor("ann"), IncidentId("INC-2"))
        assert first.left_at is not None
        waiting, before = replace(second, left_at=None), first.left_at - timedelta(milliseconds=1)
        incident = (await made.tocsin.case("INC-2")).incident
        is_held = partial(pages_held.hold_back, setup=world.setup, actor=TOCSIN, page=waiting, incident=incident)
        assert not await world.store.write(partial(is_held, now=before))
