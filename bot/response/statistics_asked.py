"""Somebody asks for statistics: how long incidents took, what is noise, what being on call costs, what runbooks do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.incidents import boards, load, noise, oncall, statistics
from bot.incidents.nights import Nights
from bot.model.actor import Actor
from bot.model.schedule import Duty
from bot.model.setup import Setup
from bot.model.statistics import Grouping, Statistics
from bot.ports.store import Tx
from bot.response.world import World
from bot.rights import Act, require
from bot.runbooks import uses


async def statistics_of(world: World, actor: Actor, *, length: timedelta, by: Grouping) -> Statistics:
    """Of the time up to now that is so long, incidents told apart `by` this."""
    until = world.clock.now()
    require(actor, Act.LOOK, "statistics", until)
    setup = world.setup
    # All of it on the reader's thread: of a hundred thousand incidents it takes seconds.
    return await world.store.read(lambda tx: _made(tx, setup, until - length, until, by))


def _made(tx: Tx, setup: Setup, since: datetime, until: datetime, by: Grouping) -> Statistics:
    zone, nights = ZoneInfo(setup.time_zone), Nights(setup.people, setup.time_zone)
    told = statistics.told(tx.statistics.lives(since, until), by, since, until, zone)
    woken = tx.statistics.woken(since, until)
    return Statistics(
        since=since,
        until=until,
        by=by,
        whole=told.whole,
        groups=told.groups,
        weeks=told.weeks,
        noise=tuple(noise.noise(tx.statistics.firings(since, until), woken, nights)),
        runbooks=tuple(
            uses.used(tx.statistics.ran(since, until), tx.statistics.waited(since, until), statistics.spread)
        ),
        chats=tuple(boards.used(tx.cards.since(since))),
        load=tuple(load.load(woken, _duties(tx, setup, since, until), since, until, nights)),
    )


def _duties(tx: Tx, setup: Setup, since: datetime, until: datetime) -> Sequence[Duty] | None:
    """Who was on call by the schedules as they are now, which may not be as they were."""
    if not setup.schedules:
        return None
    overrides = tx.overrides.after(since)
    return [duty for schedule in setup.schedules.values() for duty in oncall.duties(schedule, overrides, since, until)]
