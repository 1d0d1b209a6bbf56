"""Somebody looks at runbooks: what begins each, what it needs, what it can do, and what became of its runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.documents import suggest
from bot.errors import NotFound
from bot.model.actor import Actor
from bot.model.runbook import Runbook
from bot.response import automation_seen
from bot.response.automation_seen import SeenTrust
from bot.response.world import World
from bot.rights import Act, require
from bot.runbooks import telling
from bot.runbooks.telling import ToldStep, ToldTrigger


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRunbook:
    """A runbook; its steps with those that belong to them, and its record in each environment."""

    runbook: Runbook
    triggers: Sequence[ToldTrigger]
    steps: Sequence[ToldStep]
    trusts: Sequence[SeenTrust]


async def seen(world: World, actor: Actor) -> Sequence[SeenRunbook]:
    """All that are set up, by name."""
    now = world.clock.now()
    require(actor, Act.LOOK, "runbooks", now)
    trusts = (await automation_seen.seen(world, actor)).runbooks
    specs = {name: next(iter(offered.values())).spec for name, offered in world.actions.items() if offered}
    return [
        SeenRunbook(
            runbook=runbook,
            triggers=tuple(telling.triggers(runbook, now)),
            steps=tuple(telling.steps(runbook, specs)),
            trusts=[one for one in trusts if one.record.runbook == name],
        )
        for name, runbook in sorted(world.setup.runbooks.items())
    ]


async def seen_one(world: World, actor: Actor, name: str) -> SeenRunbook:
    """One of them; NotFound."""
    found = {one.runbook.name: one for one in await seen(world, actor)}
    if name not in found:
        raise NotFound(
            f"no runbook is called {name!r}{suggest(name, found)}", hint="list them with `tocsin runbook list`"
        )
    return found[name]
