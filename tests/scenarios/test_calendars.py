"""A schedule that is a calendar: what it says counts until it says something else, also while it cannot be had."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import Fenced, IntegrationError, Temporary
from bot.model.actor import TOCSIN
from bot.model.schedule import Event, Schedule
from bot.response import calendars_due, oncall_asked, oncall_covered
from bot.response.one_by_one import PutOff
from bot.response.rule_due import LEASE
from tests.scenarios.tocsin import Tocsin, actor, living

HOUR = timedelta(hours=1)


class Team:
    """A calendar."""

    def __init__(self) -> None:
        self.held: list[Event] = []
        self.breaks = False
        self.asked = 0

    async def events(self, since: datetime, until: datetime, time_zone: str) -> Sequence[Event]:
        """See `Calendar`."""
        self.asked += 1
        if self.breaks:
            raise Temporary("no answer", integration="team", reason="timeout")
        return [one for one in self.held if one.starts_at < until and one.ends_at > since]


class Odd(Team):
    """One that met a mistake of whoever wrote it."""

    async def events(self, since: datetime, until: datetime, time_zone: str) -> Sequence[Event]:
        """See `Calendar`."""
        self.asked += 1
        raise ValueError("a mistake of whoever wrote it")


async def on_call(tocsin: Tocsin) -> tuple[str, ...]:
    (shop,) = await oncall_asked.at(tocsin.world, actor("ann"))
    return shop.duty.people


async def test_what_it_says_counts_until_it_says_something_else(database: Path) -> None:
    async with living(database) as tocsin:
        team, world, now = Team(), tocsin.world, tocsin.clock.now()
        world.calendars = {"team": team}
        shop = Schedule(name="shop", time_zone="UTC", calendar="team")
        world.setup = replace(world.setup, groups=(), schedules={"shop": shop})
        epoch = await world.store.write(lambda tx: tx.leases.acquire(LEASE, "here", timedelta(days=400))) or 0

        async def looks() -> None:
            await calendars_due.look(world, TOCSIN, lease=LEASE, epoch=epoch)

        async def reads() -> None:
            tocsin.clock.jumps(calendars_due.EVERY)
            await tocsin.passes("1s")
            await looks()

        assert await on_call(tocsin) == ()
        team.held = [
            Event(title="ann", starts_at=now, ends_at=now + 9 * HOUR),
            Event(title="somebody else", starts_at=now, ends_at=now + HOUR),
        ]
        await looks()
        assert await on_call(tocsin) == ("ann",)
        await looks()
        assert team.asked == 1, "it is not asked again at once"

        team.held = [Event(title="ben", starts_at=now, ends_at=now + 9 * HOUR)]
        await reads()
        assert await on_call(tocsin) == ("ben",)
        assert await oncall_asked.overrides(world, actor("ann")) == [], "its events are nobody's covers"
        made = await oncall_covered.cover(world, actor("ann"), "shop", "ann", None, now + 5 * HOUR)
        assert await on_call(tocsin) == ("ann",)
        await reads()
        assert await on_call(tocsin) == ("ann",)
        await oncall_covered.drop(world, actor("ann"), made.id)

        team.breaks = True
        with pytest.raises(IntegrationError, match="no answer"):
            await reads()
        assert await on_call(tocsin) == ("ben",)
        asked = team.asked
        await looks()
        assert team.asked == asked, "one that cannot be had is left alone for a while"

        team.breaks, team.held = False, []
        await reads()
        assert await on_call(tocsin) == ()
        said = await world.store.read(lambda tx: tx.audit.list(object="shop"))
        assert [entry.details["nobody"] for entry in said] == ["", "", "somebody else"]


async def test_a_process_that_was_taken_over_keeps_nothing(database: Path) -> None:
    async with living(database) as tocsin:
        world, now = tocsin.world, tocsin.clock.now()
        team = Team()
        team.held = [Event(title="ann", starts_at=now, ends_at=now + HOUR)]
        world.calendars = {"team": team}
        shop = Schedule(name="shop", time_zone="UTC", calendar="team")
        world.setup = replace(world.setup, groups=(), schedules={"shop": shop})
        await world.store.write(lambda tx: tx.leases.acquire(LEASE, "elsewhere", timedelta(days=400)))
        with pytest.raises(Fenced):
            await calendars_due.look(world, TOCSIN, lease=LEASE, epoch=0)
        assert await on_call(tocsin) == ()


async def test_one_that_meets_a_mistake_keeps_no_other_from_being_read(database: Path) -> None:
    async with living(database) as tocsin:
        world, now = tocsin.world, tocsin.clock.now()
        odd, team = Odd(), Team()
        team.held = [Event(title="ann", starts_at=now, ends_at=now + HOUR)]
        world.calendars = {"odd": odd, "team": team}
        made_of = {name: Schedule(name=name, time_zone="UTC", calendar=name) for name in world.calendars}
        world.setup = replace(world.setup, groups=(), schedules=made_of)
        epoch = await world.store.write(lambda tx: tx.leases.acquire(LEASE, "here", timedelta(days=400))) or 0

        async def looks() -> None:
            await calendars_due.look(world, TOCSIN, lease=LEASE, epoch=epoch)

        with pytest.raises(PutOff) as met:
            await looks()
        assert list(met.value.mistakes) == ["odd"]
        duties = {one.schedule.name: one.duty.people for one in await oncall_asked.at(world, actor("ann"))}
        assert duties == {"odd": (), "team": ("ann",)}
        await looks()
        assert (odd.asked, team.asked) == (1, 1), "it is put off"
        tocsin.clock.jumps(timedelta(minutes=1))
        with pytest.raises(PutOff):
            await looks()
        assert (odd.asked, team.asked) == (2, 1)
