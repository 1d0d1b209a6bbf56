"""Time has passed: escalations whose next step is due take it, each by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.model.actor import Actor
from bot.model.ids import IncidentId
from bot.model.timeline import EntryKind
from bot.ports.store import Tx
from bot.response import escalating, one_by_one
from bot.response.world import World
from bot.rights import Act, require

_AT_ONCE = 50
"""Escalations that take their step in one look."""


async def look(world: World, actor: Actor, *, lease: str, epoch: int) -> datetime | None:
    """When the next one is due; None: none is. Fenced when another process looks by now; PutOff."""
    now = world.clock.now()
    require(actor, Act.PAGE, "escalations", now)
    due_at, due = await world.store.read(lambda tx: _due(tx, now))
    if not due:
        return due_at
    setup = world.setup

    def work(tx: Tx, incident: IncidentId) -> None:
        standing = tx.escalations.get(incident)
        if standing is not None and standing.due_at is not None and standing.due_at <= now:
            escalating.settle(tx, setup, actor, tx.incidents.get(incident), now)

    each = one_by_one.Look(work=work, rows=lambda tx: tx.escalations, kind=EntryKind.PAGE, lease=lease, epoch=epoch)
    await one_by_one.do(world, actor, due, each)
    return await world.store.read(lambda tx: tx.escalations.next_at())


def _due(tx: Tx, now: datetime) -> tuple[datetime | None, Sequence[IncidentId]]:
    next_at = tx.escalations.next_at()
    return next_at, tx.escalations.due(now, _AT_ONCE) if next_at is not None and next_at <= now else ()
