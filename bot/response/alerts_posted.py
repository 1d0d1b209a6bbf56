"""A vendor posted alerts: they are taken in as our own rules' are, and kept as they came, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.alerts import hearing, replaying
from bot.alerts.wire import Received
from bot.model.actor import Actor
from bot.model.alert import Alert
from bot.ports.alert_hook import Heard
from bot.ports.alert_store import Posted
from bot.ports.store import Tx
from bot.response import alerts_taken, posted_runs
from bot.response.posted_runs import Began
from bot.response.world import World
from bot.rights import Act, require
from bot.runbooks.matching import Fit


class _KnownAlready(Exception):
    """This delivery was kept before."""


async def take(world: World, actor: Actor, posted: Posted, heard: Heard, fits: Sequence[Fit] = ()) -> Began | None:
    """Once this returns, what was posted is kept, its alerts are taken, and the runs of what it `fits` have begun.

    None: this delivery was kept before, and nothing is done.
    """
    now, setup = world.clock.now(), world.setup
    require(actor, Act.RECEIVE_ALERTS, "alerts", now)

    alerts = told(world, actor, heard)
    kept = replaying.with_what_it_became(posted, alerts, world.setup.route)

    began = Began()

    def keep(tx: Tx) -> None:
        nonlocal began
        if not tx.posted.add(kept):
            raise _KnownAlready
        began = posted_runs.begin(tx, setup, actor, fits, now)

    try:
        await alerts_taken.take(world, actor, [Received.of(alert) for alert in alerts], also=keep)
    except _KnownAlready:
        return None
    _tell(world, posted, len(alerts), fits, now)
    return began


def _tell(world: World, posted: Posted, alerts: int, fits: Sequence[Fit], since: datetime) -> None:
    """Whoever counts, and whoever carries runs, hears of it."""
    world.counts.posted(posted.source, posted.outcome)
    world.counts.received(posted.source, alerts, (world.clock.now() - since).total_seconds())
    if fits:
        world.nudge()


def told(world: World, actor: Actor, heard: Heard) -> Sequence[Alert]:
    """The alerts of a call as they are taken: in our words, and under the labels they have while they fire."""
    now = world.clock.now()
    require(actor, Act.RECEIVE_ALERTS, "alerts", now)
    return hearing.told(world.setup.field_maps, heard, world.alerts.known_by, now)
