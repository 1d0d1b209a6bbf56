"""Whoever comes on call is told once, and whoever goes: over restarts, takeovers and time that nobody was there."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.engine.bell import Bells
from bot.engine.timers import Timers
from bot.errors import Fenced
from bot.kit.telemetry import Telemetry
from bot.model.actor import TOCSIN, Contact, Person
from bot.model.escalation import EscalationPolicy, Level, Target, TargetKind
from bot.model.incident import Severity
from bot.model.schedule import Layer, Schedule, Turn
from bot.response import handovers_due, incident_changed, incident_declared, oncall_covered
from bot.response.rule_due import LEASE
from bot.testing.pagers import FakePager
from tests.scenarios.tocsin import Tocsin, actor, living

HOUR = timedelta(hours=1)
PEOPLE = {
    name: Person(name=name, contacts=(Contact(integration="mail", address=f"{name}@example.net"),), time_zone=zone)
    for name, zone in (("ann", ""), ("ben", "America/New_York"), ("cem", ""))
}
TURNS = Layer(
    name="turns",
    people=(("ann",), ("ben",)),
    starts=datetime.fromisoformat("2026-11-22 00:00"),
    turn=Turn.HOUR,
    every=6,
)
"""Scenarios begin at three: ann has it until six."""
SHOP = Schedule(name="shop", title="The shop", time_zone="UTC", layers=(TURNS,))


@asynccontextmanager
async def handing(database: Path, *schedules: Schedule) -> AsyncIterator[tuple[Tocsin, FakePager]]:
    async with living(database) as tocsin:
        mail = FakePager()
        tocsin.world.messengers = {"mail": mail}
        tocsin.world.setup = replace(
            tocsin.world.setup, groups=(), people=PEOPLE, schedules={one.name: one for one in schedules or (SHOP,)},
            time_zone="Europe/Berlin", public_url="https://tocsin.example.net",
        )  # fmt: skip
        epoch = await tocsin.world.store.write(lambda tx: tx.leases.acquire(LEASE, "here", timedelta(days=400)))
        looking = Timers(
            tocsin.world, lambda: epoch, Bells(tocsin.world.store), Telemetry(), {"handovers": handovers_due.look}
        )
        timers = asyncio.get_running_loop().create_task(looking.run())
        try:
            await tocsin.passes("5s")
            yield tocsin, mail
        finally:
            timers.cancel()


async def later(tocsin: Tocsin, hours: float) -> None:
    """So much later: half an hour at a time."""
    for _ in range(max(1, round(hours * 2))):
        tocsin.clock.jumps(HOUR / 2 if hours else timedelta())
        await tocsin.passes("3s")


def told(mail: FakePager) -> Sequence[tuple[str, str]]:
    return [(message.address.partition("@")[0], message.subject) for message in mail.messages]


async def test_both_are_told_at_each_handover_and_nobody_at_the_start(database: Path) -> None:
    async with handing(database) as (tocsin, mail):
        await later(tocsin, 2)
        assert told(mail) == []
        await later(tocsin, 1)
        assert sorted(told(mail)) == [("ann", "you are off call: The shop"), ("ben", "you are on call: The shop")]
        (bens,) = (message for message in mail.messages if message.address.startswith("ben"))
        assert bens.text.splitlines() == [
            "You are on call until Sun 2026-11-22 07:00 EST.",
            "Before you it was ann.",
            "Nothing is open, and there was no incident since Sat 2026-11-21 19:00 EST.",
        ]
        assert bens.link == "https://tocsin.example.net/oncall"
        (anns,) = (message for message in mail.messages if message.address.startswith("ann"))
        assert anns.text.splitlines()[0] == "ben is on call from now on, until Sun 2026-11-22 13:00 CET."
        written = await tocsin.world.store.read(lambda tx: tx.audit.list(object="shop"))
        assert [(entry.details["before"], entry.details["after"]) for entry in written] == [("ann", "ben")]
        await later(tocsin, 12)
        assert len(mail.messages) == 6


async def test_a_note_says_what_stands_open_and_what_there_was(database: Path) -> None:
    async with handing(database) as (tocsin, mail):
        world, ann = tocsin.world, actor("ann")
        over = await incident_declared.declare(world, ann, title="the disk is full", severity=Severity.SEV4)
        await incident_changed.resolve(world, ann, over.id, "made room")
        await incident_declared.declare(world, ann, title="it burns", severity=Severity.SEV1)
        await later(tocsin, 3)
        (bens,) = (message for message in mail.messages if message.address.startswith("ben"))
        assert bens.text.splitlines()[2:] == [
            "",
            "Open now: 1",
            "  INC-2 SEV1 it burns (triggered since Sat 2026-11-21 22:00 EST)",
            "",
            "Over, of those since Sat 2026-11-21 19:00 EST: 1",
            "  INC-1 SEV4 the disk is full (resolved)",
        ]


async def test_a_schedule_that_other_escalations_page_reads_of_its_own_incidents_alone(database: Path) -> None:
    async with handing(database) as (tocsin, mail):
        pages = Level(targets=(Target(kind=TargetKind.SCHEDULE, name="shop"),), wait=HOUR)
        tocsin.world.setup = replace(
            tocsin.world.setup, escalations={"shop": EscalationPolicy(name="shop", levels=(pages,))}
        )
        await incident_declared.declare(tocsin.world, actor("ann"), title="it burns", severity=Severity.SEV1)
        await later(tocsin, 3)
        assert "it burns" not in "".join(message.text for message in mail.messages)


async def test_whoever_covers_is_told_when_it_begins_and_when_it_ends(database: Path) -> None:
    async with handing(database) as (tocsin, mail):
        now = tocsin.clock.now()
        await oncall_covered.cover(
            tocsin.world, actor("ann"), "shop", "cem", now + HOUR, now + 2 * HOUR, reason="a dentist"
        )
        await later(tocsin, 1.5)
        assert sorted(told(mail)) == [("ann", "you are off call: The shop"), ("cem", "you are on call: The shop")]
        await later(tocsin, 1)
        assert sorted(told(mail)[2:]) == [("ann", "you are on call: The shop"), ("cem", "you are off call: The shop")]


async def test_of_what_passed_while_nobody_looked_the_last_is_told_and_once(database: Path) -> None:
    async with handing(database) as (tocsin, mail):
        tocsin.clock.jumps(timedelta(hours=10))
        await later(tocsin, 0)
        assert sorted(told(mail)) == [("ann", "you are on call: The shop"), ("ben", "you are off call: The shop")]
        await later(tocsin, 1)
        assert len(mail.messages) == 2


async def test_what_is_long_past_is_told_to_nobody(database: Path) -> None:
    weeks = replace(TURNS, turn=Turn.DAY, every=1)
    async with handing(database, replace(SHOP, layers=(weeks,))) as (tocsin, mail):
        tocsin.clock.jumps(timedelta(hours=21 + 13))
        await later(tocsin, 1)
        assert told(mail) == []


async def test_a_process_that_was_taken_over_tells_nobody(database: Path) -> None:
    async with handing(database) as (tocsin, mail):
        tocsin.clock.jumps(timedelta(hours=4))
        with pytest.raises(Fenced):
            await handovers_due.look(tocsin.world, TOCSIN, lease=LEASE, epoch=0)
        assert told(mail) == []


async def test_a_schedule_that_is_new_begins_with_its_next_handover(database: Path) -> None:
    async with handing(database) as (tocsin, mail):
        new = replace(SHOP, name="db", title="")
        await later(tocsin, 1)
        tocsin.world.setup = replace(tocsin.world.setup, schedules={"db": new})
        await later(tocsin, 1)
        assert told(mail) == []
        await later(tocsin, 1)
        assert sorted(told(mail)) == [("ann", "you are off call: db"), ("ben", "you are on call: db")]


async def test_a_schedule_that_cannot_be_read_keeps_no_other_from_being_handed_over(
    database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = replace(SHOP, name="nowhere", time_zone="No/Where")
    async with handing(database, nowhere, SHOP) as (tocsin, mail):
        await later(tocsin, 3)
        assert sorted(told(mail)) == [("ann", "you are off call: The shop"), ("ben", "you are on call: The shop")]
        looks = caplog.text.count("handovers met a mistake of ours with nowhere")
        assert 1 <= looks <= 8, "it is put off, and not looked at again and again"
