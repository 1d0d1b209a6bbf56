"""Somebody asks who is on call: now or at any time, of one schedule or all; and who covers for whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.errors import NotFound
from bot.incidents import oncall
from bot.model.actor import Actor
from bot.model.schedule import Duty, OnCall, Override, Schedule
from bot.response.world import World
from bot.rights import Act, require

_PAST = timedelta(days=40)
"""A duty may have begun when an override ended that is over by now."""
_AHEAD = timedelta(weeks=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCallBoard:
    """What the page shows; `ahead` are the duties after the one that is now, by the schedule's name."""

    standing: Sequence[OnCall]
    ahead: Mapping[str, Sequence[Duty]]
    overrides: Sequence[Override]


async def at(world: World, actor: Actor, at: datetime | None = None, schedule: str = "") -> Sequence[OnCall]:
    """How this schedule stands then, or every one by name; without a time, now. NotFound."""
    now = world.clock.now()
    require(actor, Act.LOOK, schedule or "schedules", now)
    asked = at or now
    chosen = [_named(world, schedule)] if schedule else [world.setup.schedules[name] for name in _names(world)]
    kept = await world.store.read(lambda tx: tx.overrides.after(asked - _PAST))
    return [oncall.standing(one, kept, asked) for one in chosen]


async def duties(world: World, actor: Actor, schedule: str, since: datetime, until: datetime) -> Sequence[Duty]:
    """All duties of that time, gaps among them; the first and the last are cut off there. NotFound."""
    require(actor, Act.LOOK, schedule, world.clock.now())
    found = _named(world, schedule)
    kept = await world.store.read(lambda tx: tx.overrides.after(since))
    return oncall.duties(found, kept, since, until)


async def board(world: World, actor: Actor) -> OnCallBoard:
    """All schedules as they stand, the weeks ahead of each, and who covers for whom."""
    standing = await at(world, actor)
    kept = await world.store.read(lambda tx: tx.overrides.after(world.clock.now() - _PAST))
    return OnCallBoard(
        standing=standing,
        ahead={one.schedule.name: tuple(_ahead(one, kept)) for one in standing},
        overrides=await overrides(world, actor),
    )


def _ahead(standing: OnCall, kept: Sequence[Override]) -> Sequence[Duty]:
    since = standing.duty.ends_at
    return oncall.duties(standing.schedule, kept, since, since + _AHEAD)


async def overrides(world: World, actor: Actor, schedule: str = "") -> Sequence[Override]:
    """Those of people that are not over, of the documents too, by their start; those of one schedule, or all."""
    now = world.clock.now()
    require(actor, Act.LOOK, schedule or "schedules", now)
    chosen = {_named(world, schedule).name} if schedule else world.setup.schedules.keys()
    kept = await world.store.read(lambda tx: tx.overrides.after(now))
    written = [one for name in chosen for one in world.setup.schedules[name].overrides if one.ends_at > now]
    made = [one for one in kept if one.schedule in chosen and not one.calendar]
    return sorted((*written, *made), key=lambda one: (one.starts_at, one.ends_at, one.id))


async def schedule(world: World, actor: Actor, name: str) -> Schedule:
    """The schedule of this name; NotFound says which there are."""
    require(actor, Act.LOOK, name, world.clock.now())
    return _named(world, name)


def _named(world: World, schedule: str) -> Schedule:
    if schedule not in world.setup.schedules:
        known = ", ".join(_names(world))
        hint = f"there are {known}" if known else "write one under `schedules:` in tocsin.yaml"
        raise NotFound(f"no schedule is called {schedule!r}", hint=hint)
    return world.setup.schedules[schedule]


def _names(world: World) -> Sequence[str]:
    return sorted(world.setup.schedules)
