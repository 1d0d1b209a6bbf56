"""The clock was set back: what is to come stays as far away as it was, so that nobody is woken later for it.

A run that is held, or waits for its turn, looks again as soon as it would have; a yes holds no longer.

Reminders are worked out from when things happened, and come later by as much.
"""

from __future__ import annotations

from datetime import timedelta

from bot.model.actor import Actor
from bot.ports.store import Tx
from bot.response.world import World
from bot.rights import Act, require


async def follow(world: World, actor: Actor, by: timedelta, *, lease: str, epoch: int) -> None:
    """Escalations, errands, sleeping runs and the end of approvals come earlier by this much.

    Fenced when another process looks by now.
    """
    require(actor, Act.PAGE, "escalations", world.clock.now())

    def keep(tx: Tx) -> None:
        tx.leases.check(lease, epoch)
        tx.escalations.bring_forward(by)
        tx.outbox.bring_forward(by)
        tx.runs.bring_forward(by)
        tx.approvals.bring_forward(by)

    await world.store.write(keep)
    world.nudge()
