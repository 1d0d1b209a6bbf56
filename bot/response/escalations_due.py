"""Time has passed: escalations whose next step is due take it, each by itself.

One whose policy cannot be followed goes on by a wider one at once; one that has none left is put off.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from bot.model.actor import Actor
from bot.model.ids import IncidentId
from bot.model.setup import Setup
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
    each = one_by_one.Look(
        put_off=lambda tx, incident, until: tx.escalations.put_off(incident, until),
        lease=lease, epoch=epoch, kind=EntryKind.PAGE,
        instead=partial(_instead, setup=world.setup, actor=actor, now=now),
    )  # fmt: skip
    await one_by_one.write(world, actor, due, partial(_settle, setup=world.setup, actor=actor, now=now), each)
    return await world.store.read(lambda tx: tx.escalations.next_at())


def _due(tx: Tx, now: datetime) -> tuple[datetime | None, Sequence[IncidentId]]:
    next_at = tx.escalations.next_at()
    return next_at, tx.escalations.due(now, _AT_ONCE) if next_at is not None and next_at <= now else ()


def _settle(tx: Tx, incident: IncidentId, *, setup: Setup, actor: Actor, now: datetime) -> None:
    standing = tx.escalations.get(incident)
    if standing is not None and standing.due_at is not None and standing.due_at <= now:
        escalating.settle(tx, setup, actor, tx.incidents.get(incident), now)


def _instead(tx: Tx, incident: IncidentId, mistake: Exception, *, setup: Setup, actor: Actor, now: datetime) -> bool:
    return escalating.fall_back(tx, setup, actor, tx.incidents.get(incident), mistake, now)
