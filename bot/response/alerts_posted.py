"""A vendor posted alerts: they are taken in as those of our own rules are, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model.actor import Actor
from bot.model.alert import Alert
from bot.response import alert_received
from bot.response.world import World
from bot.rights import Act, require


async def take(world: World, actor: Actor, alerts: Sequence[Alert]) -> None:
    """Once this returns, they are kept."""
    now = world.clock.now()
    require(actor, Act.RECEIVE_ALERTS, "alerts", now)
    await world.store.write(lambda tx: alert_received.take(tx, world.setup, actor, alerts, now))
    world.nudge()
