"""Time has passed: whoever was to be heard of and was not is missing, and whoever was missing and is heard is back.

Both are said as an alert, which goes the way of all alerts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.alerts import deadmen
from bot.alerts.deadmen import Finding
from bot.alerts.wire import Received
from bot.model.actor import Actor
from bot.ports.store import Tx
from bot.response import alerts_taken
from bot.response.world import World
from bot.rights import Act, require


class _Heard(Exception):
    """Somebody who was about to be missed."""


async def look(world: World, actor: Actor, *, up_since: datetime, lease: str, epoch: int) -> None:
    """`up_since`: since when no sign of life can be lost on us. Fenced when another process looks by now."""
    now = world.clock.now()
    require(actor, Act.RECEIVE_ALERTS, "deadmen", now)
    kept = {known.name: known for known in await world.store.read(lambda tx: tx.heartbeats.all())}
    found = deadmen.find(world.setup.deadmen, kept, world.alerts.watchdogs.heard(), up_since, now)
    gone = sorted(kept.keys() - {one.deadman.name for one in found})
    worth = [one for one in found if one.is_worth_writing]

    def keep(tx: Tx) -> None:
        tx.leases.check(lease, epoch)
        _check_unheard(tx, found)
        tx.heartbeats.drop(gone)
        _keep(tx, worth)

    said = [Received.of(deadmen.alert_of(one, now)) for one in found if one.is_missing or one.is_back]
    try:
        await alerts_taken.take(world, actor, said, also=keep if worth or gone else None)
    except _Heard:
        return  # the next look sees it, and nobody was missed
    for one in found:
        world.counts.deadman(one.deadman.name, missing=one.is_missing)


def _check_unheard(tx: Tx, found: Sequence[Finding]) -> None:
    """A ping that was on its way while we looked came in time, and no other may come for a day."""
    seen = {known.name: known.seen_at for known in tx.heartbeats.all()}
    if any(one.goes_missing and seen.get(one.now.name, one.now.seen_at) > one.now.seen_at for one in found):
        raise _Heard


def _keep(tx: Tx, found: Sequence[Finding]) -> None:
    """A ping that came since we looked is not undone."""
    seen = {known.name: known.seen_at for known in tx.heartbeats.all()}
    for one in found:
        tx.heartbeats.put(replace(one.now, seen_at=max(one.now.seen_at, seen.get(one.now.name, one.now.seen_at))))
