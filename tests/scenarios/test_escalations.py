"""Whoever is on call is woken, once, then the next one, until somebody has it; across crashes and dead pagers."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.engine.bell import Bells
from bot.engine.timers import Timers
from bot.errors import NotAllowed, NotFound, Permanent, Temporary
from bot.incidents.edits import Edit
from bot.kit.telemetry import Telemetry
from bot.model.actor import Contact, Person
from bot.model.escalation import EscalationPolicy, Level, Target, TargetKind
from bot.model.ids import IncidentId
from bot.model.incident import Severity
from bot.model.page import PageStatus
from bot.model.schedule import Layer, Schedule
from bot.model.service import Service
from bot.model.time_interval import MomentSet, Range, TimeInterval
from bot.response import (
    incident_changed,
    incident_declared,
    incident_edited,
    incidents_merged,
    person_paged,
)
from bot.response.rule_due import LEASE
from bot.testing.pagers import FakePager
from tests.scenarios.tocsin import Tocsin, actor, living
from tests.scenarios.virtual import BEGINNING

SECOND = timedelta(seconds=1)
DOWN = Temporary("nobody answers", integration="phone", reason="connection")
WRONG = Permanent("no such number", integration="phone", reason="client")
PEOPLE = {
    "ann": Person(name="ann", contacts=(Contact(integration="phone", address="1"), Contact(integration="mail"))),
    "ben": Person(name="ben", contacts=(Contact(integration="phone", address="2"),)),
    "cyd": Person(name="cyd", contacts=(Contact(integration="mail", address="cyd@example.net"),)),
    "dan": Person(name="dan"),
}
ROTA = Schedule(
    name="rota",
    time_zone="UTC",
    layers=(Layer(name="week", people=(("ann",),), starts=datetime(2026, 1, 5)),),  # noqa: DTZ001 - local by meaning
)
EMPTY = replace(ROTA, name="empty", layers=())
OFFICE = TimeInterval(name="office", moments=(MomentSet(times=(Range(first=540, last=1020),)),))


def level(*names: str, wait: timedelta = 5 * SECOND) -> Level:
    kinds = {name: TargetKind.PERSON if name in PEOPLE else TargetKind.SCHEDULE for name in names}
    return Level(targets=tuple(Target(kind=kind, name=name) for name, kind in kinds.items()), wait=wait)


SLEEPS = level("ben")
SHOP = EscalationPolicy(name="shop", levels=(level("rota"), level("ben", wait=10 * SECOND), level("cyd")), repeat=1)


class House:
    """A Tocsin whose people have two ways to be reached."""

    def __init__(self, tocsin: Tocsin) -> None:
        self.tocsin = tocsin
        self.phone, self.mail = FakePager(), FakePager()
        tocsin.world.pagers = {"phone": self.phone, "mail": self.mail}

    @property
    def rang(self) -> Sequence[tuple[str, float]]:
        """Who was woken, and after how many seconds."""
        calls = sorted((*self.phone.calls, *self.mail.calls), key=lambda call: call.at)
        return [(call.person, (call.at - BEGINNING) / SECOND) for call in calls]

    async def declares(self, severity: Severity = Severity.SEV1) -> IncidentId:
        made = await incident_declared.declare(self.tocsin.world, actor("ann"), title="it burns", severity=severity)
        self.tocsin.world.nudge()
        return made.id

    async def said(self, kind: str = "page") -> list[str]:
        case = await self.tocsin.case()
        return [entry.text for entry in case.timeline if entry.kind == kind]

    async def pages(self) -> Mapping[tuple[str, str], PageStatus]:
        found, _ = await person_paged.found(self.tocsin.world, actor("ann"), IncidentId("INC-1"))
        return {(page.person, page.integration): page.status for page in found}


@asynccontextmanager
async def house(database: Path, policy: EscalationPolicy = SHOP, *, waits: bool = False) -> AsyncIterator[House]:
    async with living(database) as tocsin:
        made = House(tocsin)
        tocsin.world.setup = replace(
            tocsin.world.setup,
            people=PEOPLE,
            schedules={"rota": ROTA, "empty": EMPTY},
            escalations={policy.name: policy},
            default_escalation=policy.name,
            time_intervals={"office": OFFICE},
            public_url="https://tocsin.example.net",
        )
        epoch = await tocsin.world.store.write(lambda tx: tx.leases.acquire(LEASE, "here", timedelta(days=400)))
        looking = Timers(tocsin.world, lambda: epoch, Bells(tocsin.world.store), Telemetry())
        timers = asyncio.get_running_loop().create_task(looking.run())
        try:
            yield made
        finally:
            timers.cancel()


async def test_whoever_is_on_call_is_woken_at_once_and_then_each_level_when_the_policy_says(database: Path) -> None:
    async with house(database) as made:
        await made.declares()
        await made.tocsin.passes("1m")
        assert made.rang == [("ann", 0), ("ben", 5), ("cyd", 15), ("ann", 20), ("ben", 25), ("cyd", 35)]
        assert await made.said() == [
            "paged ann through phone",
            "paged ben through phone",
            "paged cyd through mail",
            "nobody acknowledged; all levels once more",
            "paged ann through phone",
            "paged ben through phone",
            "paged cyd through mail",
            "nobody else is paged: every level was paged, and nobody acknowledged",
        ]


async def test_what_is_said_to_who_is_woken(database: Path) -> None:
    async with house(database) as made:
        await made.declares()
        await made.tocsin.passes("1s")
        [call] = made.phone.calls
        assert (call.person, call.address, call.severity, call.title) == ("ann", "1", Severity.SEV1, "it burns")
        assert call.link == "https://tocsin.example.net/incidents/INC-1"
        assert call.text.splitlines() == [
            "INC-1 SEV1: it burns",
            "Say that you have it: https://tocsin.example.net/incidents/INC-1 or `tocsin incident ack INC-1`",
        ]


async def test_an_alert_wakes_too_and_an_end_of_it_lets_people_sleep(database: Path) -> None:
    async with house(database, EscalationPolicy(name="shop", levels=(level("ann", wait=60 * SECOND), SLEEPS))) as made:
        made.tocsin.fails()
        await made.tocsin.until(lambda case: case.incident.is_open)
        await made.tocsin.passes("3s")
        assert [person for person, _ in made.rang] == ["ann"]
        made.tocsin.recovers()
        await made.tocsin.passes("80s")
        assert [person for person, _ in made.rang] == ["ann"]


async def test_nobody_else_is_woken_once_somebody_has_it_and_all_are_when_it_goes_on(database: Path) -> None:
    async with house(database) as made:
        incident = await made.declares()
        await made.tocsin.passes("4s")
        await incident_changed.acknowledge(made.tocsin.world, actor("ann"), incident)
        await made.tocsin.passes("1m")
        assert made.rang == [("ann", 0)]
        await incident_changed.resolve(made.tocsin.world, actor("ann"), incident)
        await incident_changed.reopen(made.tocsin.world, actor("ben"), incident)
        await made.tocsin.passes("7s")
        assert [person for person, _ in made.rang] == ["ann", "ann", "ben"]


async def test_one_that_gets_graver_wakes_people_and_one_that_gets_harmless_does_not(database: Path) -> None:
    async with house(database) as made:
        incident = await made.declares(Severity.SEV4)
        await made.tocsin.passes("10s")
        assert made.rang == []
        await incident_edited.edit(made.tocsin.world, actor("ann"), incident, Edit(severity=Severity.SEV1))
        await made.tocsin.passes("2s")
        assert made.rang == [("ann", 10)]
        await incident_edited.edit(made.tocsin.world, actor("ann"), incident, Edit(severity=Severity.SEV5))
        await made.tocsin.passes("1m")
        assert made.rang == [("ann", 10)]
        await incident_edited.edit(made.tocsin.world, actor("ann"), incident, Edit(severity=Severity.SEV1))
        await made.tocsin.passes("2s")
        assert [person for person, _ in made.rang] == ["ann", "ann"]


async def test_the_service_says_who_is_woken(database: Path) -> None:
    database_team = EscalationPolicy(name="database", levels=(level("cyd"),))
    async with house(database) as made:
        setup = made.tocsin.world.setup
        services = {"db": Service(name="db", escalation="database"), "cache": Service(name="cache")}
        policies = {**setup.escalations, "database": database_team}
        made.tocsin.world.setup = replace(setup, services=services, escalations=policies)
        incident = await made.declares()
        await made.tocsin.passes("1s")
        await incident_edited.edit(made.tocsin.world, actor("ann"), incident, Edit(service="db"))
        await made.tocsin.passes("1m")
        assert [person for person, _ in made.rang] == ["ann", "cyd"], "and not ben, who is next for the shop"


async def test_a_policy_that_is_taken_away_lets_people_sleep(database: Path) -> None:
    async with house(database) as made:
        await made.declares()
        await made.tocsin.passes("1s")
        made.tocsin.world.setup = replace(made.tocsin.world.setup, escalations={}, default_escalation="")
        await made.tocsin.passes("1m")
        assert made.rang == [("ann", 0)]


async def test_the_next_way_to_somebody_is_taken_at_once(database: Path) -> None:
    async with house(database) as made:
        made.phone.breaks(DOWN)
        await made.declares()
        await made.tocsin.passes("1s")
        assert made.rang == [("ann", 0)]
        assert len(made.mail.calls) == 1
        assert await made.said() == ["could not page ann through phone; mail is tried", "paged ann through mail"]
        assert await made.pages() == {("ann", "phone"): PageStatus.FAILED, ("ann", "mail"): PageStatus.TAKEN}


@pytest.mark.parametrize("error", [WRONG, ValueError("a mistake of whoever wrote the pager")])
async def test_where_nobody_of_a_level_can_be_reached_the_next_one_is_woken_at_once(
    database: Path, error: Exception
) -> None:
    async with house(database, EscalationPolicy(name="shop", levels=(level("ben"), level("cyd")))) as made:
        made.phone.breaks(error)
        await made.declares()
        await made.tocsin.passes("1s")
        assert made.rang == [("cyd", 0)]
        assert (await made.said())[0] == "could not page ben through phone; there is no other way to them"


async def test_a_last_way_that_only_stumbles_is_tried_again_before_others_are_woken(database: Path) -> None:
    async with house(
        database, EscalationPolicy(name="shop", levels=(level("ben", wait=60 * SECOND), level("cyd")))
    ) as made:
        made.phone.breaks(DOWN)
        await made.declares()
        await made.tocsin.passes("6s")
        made.phone.breaks(None)
        await made.tocsin.passes("30s")
        assert [person for person, _ in made.rang] == ["ben"]


async def test_a_last_way_that_says_when_to_come_back_is_not_waited_for(database: Path) -> None:
    async with house(database, EscalationPolicy(name="shop", levels=(level("ben"), level("cyd")))) as made:
        made.phone.breaks(Temporary("slow down", integration="phone", reason="rate_limited", retry_after=60))
        await made.declares()
        await made.tocsin.passes("1s")
        assert made.rang == [("cyd", 0)]


async def test_while_nobody_can_be_reached_it_goes_on_until_somebody_is(database: Path) -> None:
    async with house(database) as made:
        made.phone.breaks(WRONG)
        made.mail.breaks(WRONG)
        await made.declares()
        await made.tocsin.passes("4m")
        assert "nobody was reached; again in 1 min" in await made.said()
        assert made.phone.tries >= 6
        assert not made.rang
        made.mail.breaks(None)
        await made.tocsin.passes("5m")
        assert made.rang[0][0] == "ann"


async def test_a_level_without_anybody_holds_up_nobody(database: Path) -> None:
    policy = EscalationPolicy(name="shop", levels=(level("empty", "dan"), level("ben")))
    async with house(database, policy) as made:
        await made.declares()
        await made.tocsin.passes("1s")
        assert made.rang == [("ben", 0)]
        assert await made.said() == [
            "nobody is on call in empty",
            "dan has named no way to be reached",
            "paged ben through phone",
        ]


async def test_what_wakes_nobody_wakes_nobody(database: Path) -> None:
    async with house(database) as made:
        await made.declares(Severity.SEV4)
        await made.tocsin.passes("1m")
        assert made.rang == []


async def test_outside_its_hours_a_policy_waits_unless_it_is_grave(database: Path) -> None:
    async with house(database, replace(SHOP, during="office")) as made:
        await made.declares(Severity.SEV3)
        await made.tocsin.passes("10s")
        made.tocsin.clock.jumps(timedelta(hours=5, minutes=59))
        await made.tocsin.passes("30s")
        assert made.rang == []
        await made.tocsin.passes("30s")
        assert made.rang[0] == ("ann", 6 * 3600)
    async with house(database, replace(SHOP, during="office")) as made:
        await made.declares(Severity.SEV2)
        await made.tocsin.passes("1s")
        assert [person for person, _ in made.rang] == ["ann"]


async def test_the_last_level_comes_when_the_policy_says_whatever_crashes(database: Path) -> None:
    """It is up for a second, down for a second: what is due meanwhile is late, and delays nothing after it."""
    policy = EscalationPolicy(name="shop", levels=(level("ann"), level("ben", wait=9 * SECOND), level("cyd")))
    rang: list[tuple[str, float]] = []
    async with house(database, policy) as made:
        await made.declares()
        await made.tocsin.passes("1s")
        rang += made.rang
    for _ in range(9):
        await asyncio.sleep(1)
        async with house(database, policy) as made:
            await made.tocsin.passes("1s")
            rang += made.rang
    assert rang == [("ann", 0), ("ben", 6), ("cyd", 14)]


async def test_somebody_is_called_in_by_hand_though_another_has_it(database: Path) -> None:
    async with house(database) as made:
        incident = await made.declares(Severity.SEV4)
        await incident_changed.acknowledge(made.tocsin.world, actor("ann"), incident)
        await person_paged.page(made.tocsin.world, actor("ann"), incident, "cyd", "please look at the disks")
        await made.tocsin.passes("1s")
        assert [person for person, _ in made.rang] == ["cyd"]
        assert "please look at the disks" in made.mail.calls[0].text
        assert await made.said() == ["asks for cyd", "paged cyd through mail"]
        await person_paged.page(made.tocsin.world, actor("ann"), incident, "rota")
        await made.tocsin.passes("1s")
        assert [person for person, _ in made.rang] == ["cyd", "ann"]
        with pytest.raises(NotFound, match="neither a person nor a schedule"):
            await person_paged.page(made.tocsin.world, actor("ann"), incident, "zoe")
        with pytest.raises(NotAllowed, match="nobody can be reached"):
            await person_paged.page(made.tocsin.world, actor("ann"), incident, "dan")


async def test_a_page_that_waits_does_not_leave_once_somebody_has_it(database: Path) -> None:
    async with house(database, EscalationPolicy(name="shop", levels=(level("ben"),))) as made:
        made.phone.breaks(DOWN)
        incident = await made.declares()
        await made.tocsin.passes("2s")
        await incident_changed.acknowledge(made.tocsin.world, actor("ann"), incident)
        made.phone.breaks(None)
        await made.tocsin.passes("1m")
        assert made.rang == []
        assert await made.pages() == {("ben", "phone"): PageStatus.NOT_NEEDED}
        assert await made.said() == ["ben is not paged any more"]


async def test_what_is_merged_wakes_nobody_and_does_again_once_it_is_taken_out(database: Path) -> None:
    async with house(database) as made:
        world, ann = made.tocsin.world, actor("ann")
        one = await made.declares()
        two = await made.declares()
        await made.tocsin.passes("1s")
        await incident_changed.acknowledge(world, ann, two)
        await incidents_merged.merge(world, ann, one, two)
        await made.tocsin.passes("1m")
        calls = len(made.rang)
        assert calls == 2, "one each, before somebody had the one and the other was part of it"
        await incidents_merged.undo(world, ann, one)
        await made.tocsin.passes("1s")
        assert [who for who, _ in made.rang[calls:]] == ["ann"]
        await made.tocsin.passes("1m")
        assert len(made.rang) == calls + 6, "all levels, twice"


async def test_whoever_is_given_an_incident_is_woken_unless_they_took_it(database: Path) -> None:
    async with house(database) as made:
        world = made.tocsin.world
        one = await made.declares()
        await incident_changed.acknowledge(world, actor("ann"), one)
        await made.tocsin.passes("1m")
        calls = len(made.rang)
        await incident_changed.assign(world, actor("ann"), one, "cyd")
        await made.tocsin.passes("1s")
        assert [who for who, _ in made.rang[calls:]] == ["cyd"]
        assert "ann assigned it to you" in made.mail.calls[-1].text
        await incident_changed.assign(world, actor("ben"), one, "ben")
        await made.tocsin.passes("1s")
        assert len(made.rang) == calls + 1
        another = await made.declares()
        await incident_changed.assign(world, actor("ann"), another, "ben")
        _, standing = await person_paged.found(world, actor("ann"), another)
        assert standing is not None
        assert (standing.due_at, standing.why) == (None, "ben has it"), "and not ann, who only said so"


async def test_a_mistake_of_ours_with_many_delays_nobody_else_and_is_tried_again(
    database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with house(database, EscalationPolicy(name="shop", levels=(level("ann"), level("ben")))) as made:
        for _ in range(60):  # more than one look has room for
            await made.declares()
        with closing(sqlite3.connect(database)) as other:
            other.execute("UPDATE pages SET status = 'of another version'")
            other.commit()
        sound = await made.declares()
        await made.tocsin.passes("15m")
        assert [call.person for call in made.phone.calls if call.incident == sound] == ["ann", "ben"]
        assert caplog.text.count("escalations met a mistake of ours with INC-1; all others go on") > 3
        with closing(sqlite3.connect(database)) as other:
            other.execute("UPDATE pages SET status = 'taken'")
            other.commit()
        put_off = "a page that is due now is put off: Tocsin met a mistake of its own"
        assert [text for text in await made.said() if text == put_off] == [put_off]
        await made.tocsin.passes("90s")
        assert "nobody acknowledged; all levels once more" in await made.said()


async def test_a_clock_that_is_set_back_lets_nobody_wait_longer(database: Path) -> None:
    async with house(database) as made:
        await made.declares()
        await made.tocsin.passes("2s")
        made.tocsin.clock.is_set(-timedelta(hours=1))
        await made.tocsin.passes("4s")
        assert [call.person for call in made.phone.calls] == ["ann", "ben"]
        await made.tocsin.passes("54s")
        assert [call.person for call in made.phone.calls] == ["ann", "ben", "ann", "ben"]
        assert [call.person for call in made.mail.calls] == ["cyd", "cyd"]
        said = await made.said()
        assert said.count("nobody acknowledged; all levels once more") == 1
        assert "nobody else is paged: every level was paged, and nobody acknowledged" in said
        assert not [text for text in said if "followed instead" in text or "nobody was reached" in text]


async def test_a_page_that_is_tried_again_is_tried_as_soon_after_the_clock_was_set_back(database: Path) -> None:
    async with house(database, EscalationPolicy(name="shop", levels=(level("ben", wait=3600 * SECOND),))) as made:
        made.phone.breaks(DOWN)
        await made.declares()
        await made.tocsin.passes("1s")
        made.phone.breaks(None)
        made.tocsin.clock.is_set(-timedelta(hours=1))
        await made.tocsin.passes("25s")
        assert [call.person for call in made.phone.calls] == ["ben"]


async def test_a_clock_that_is_set_on_or_hardly_back_brings_nothing_forward(database: Path) -> None:
    async with house(database, EscalationPolicy(name="shop", levels=(level("ann", wait=600 * SECOND), SLEEPS))) as made:
        await made.declares()
        await made.tocsin.passes("2s")
        made.tocsin.clock.is_set(-3 * SECOND)
        await made.tocsin.passes("2m")
        made.tocsin.clock.is_set(3 * SECOND)
        await made.tocsin.passes("474s")
        assert [call.person for call in made.phone.calls] == ["ann"]
        await made.tocsin.passes("10s")
        assert [call.person for call in made.phone.calls] == ["ann", "ben"]
