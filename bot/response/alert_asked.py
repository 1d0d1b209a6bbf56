"""Somebody asks why an alert was told, or was not: every decision on its way, and what was told of its groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.alerts import way
from bot.model.actor import Actor
from bot.model.alert import Alert
from bot.model.telling import Decision
from bot.response.world import World
from bot.rights import Act, require

MOST = 20
"""Alerts of one name that are told of."""
_DECISIONS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertWay:
    """One alert as it stands, the decisions on its way now, and those on its groups before, the newest first."""

    alert: Alert
    firing: bool
    now: tuple[Decision, ...]
    before: tuple[Decision, ...]


async def ways(world: World, actor: Actor, asked: str) -> tuple[int, Sequence[AlertWay]]:
    """How many alerts have this name or fingerprint, and the ways of the first of them; none: it is not known."""
    at = world.clock.now()
    require(actor, Act.LOOK, "alerts", at)
    now, pipeline = at.timestamp(), world.alerts
    entries = way.found(pipeline, asked)
    shown = entries[:MOST]
    about = [[*way.groups_of(pipeline, entry), entry.fingerprint()] for entry in shown]
    before = await world.store.read(lambda tx: [tx.decisions.of(keys, _DECISIONS) for keys in about])
    return len(entries), [
        AlertWay(
            alert=entry.alert(),
            firing=entry.firing(now),
            now=tuple(way.way(pipeline, entry, now)),
            before=tuple(decision for _, decision in decisions),
        )
        for entry, decisions in zip(shown, before, strict=True)
    ]
