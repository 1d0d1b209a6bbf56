"""Time has passed: whoever was to be heard of and was not is missing, and whoever was missing and is heard is back.

Both are said as an alert, which goes the way of all alerts. One of whom nobody can say so keeps no other from being
missed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.alerts import deadmen
from bot.alerts.deadmen import Finding
from bot.alerts.wire import Received
from bot.model.actor import Actor
from bot.model.deadman import Deadman
from bot.ports.alert_store import Heartbeat
from bot.ports.store import Tx
from bot.response import alerts_taken, one_by_one
from bot.response.world import World
from bot.rights import Act, require


class _Heard(Exception):
    """Somebody who was about to be missed."""


async def look(world: World, actor: Actor, *, up_since: datetime, lease: str, epoch: int) -> None:
    """`up_since`: since when no sign of life can be lost on us. Fenced when another process looks by now; PutOff."""
    now = world.clock.now()
    require(actor, Act.RECEIVE_ALERTS, "deadmen", now)
    kept = {known.name: known for known in await world.store.read(lambda tx: tx.heartbeats.all())}
    expected, heard = {one.name: one for one in world.setup.deadmen}, world.alerts.watchdogs.heard()
    seen, met = one_by_one.Look.see(expected, lambda name: _see(expected[name], kept, heard, up_since, now))
    found = [finding for finding, _ in seen.values()]
    gone = sorted(kept.keys() - expected.keys())
    worth = [one for one in found if one.is_worth_writing]

    def keep(tx: Tx) -> None:
        tx.leases.check(lease, epoch)
        _check_unheard(tx, found)
        tx.heartbeats.drop(gone)
        _keep(tx, worth)

    said = [alert for _, alert in seen.values() if alert is not None]
    try:
        await alerts_taken.take(world, actor, said, also=keep if worth or gone else None)
    except _Heard:
        return  # the next look sees it, and nobody was missed
    _count(world, found)
    if met:
        raise one_by_one.PutOff(met)


def _see(
    deadman: Deadman, kept: Mapping[str, Heartbeat], heard: Mapping[str, datetime], up_since: datetime, now: datetime
) -> tuple[Finding, Received | None]:
    """How it stands, and what is to be said of it."""
    [found] = deadmen.find([deadman], kept, heard, up_since, now)
    return found, Received.of(deadmen.alert_of(found, now)) if found.is_missing or found.is_back else None


def _count(world: World, found: Sequence[Finding]) -> None:
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
