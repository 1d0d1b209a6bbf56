"""Alerts came in, from our own rules or from others: on the log first, then into the table, and on to their groups.

Whoever is answered after `take` may forget what it said: it is on the disk. What says nothing new is not written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import structs

from bot.alerts.table import Change, Entry
from bot.alerts.wire import NO_END, Received, encode
from bot.model.actor import Actor
from bot.model.ids import Fingerprint
from bot.ports.alert_store import LogKind
from bot.ports.store import Tx
from bot.response.world import World
from bot.rights import Act, require

ROW = 1000
"""Alerts in one row of the log at most, where many are written at once."""

Also = Callable[[Tx], object]


async def take(world: World, actor: Actor, batch: Sequence[Received], *, also: Also | None = None) -> None:
    """Once this returns, they are kept. `also` is done in the same transaction, whatever the alerts say."""
    now = world.clock.now()
    require(actor, Act.RECEIVE_ALERTS, "alerts", now)
    fresh = world.alerts.table.weigh(batch, now.timestamp())

    def keep(tx: Tx) -> None:
        if also:
            also(tx)
        log(tx, world, actor, fresh, now)

    if fresh or also:
        await world.store.write(keep, first=True)
        know(world, actor, fresh, now)


def unknown(world: World, actor: Actor, batch: Sequence[Received]) -> Sequence[Received]:
    """Those whose labels or words are not known as they stand; the others are taken in passing. Nothing is written."""
    now = world.clock.now()
    require(actor, Act.RECEIVE_ALERTS, "alerts", now)
    return world.alerts.table.weigh(batch, now.timestamp())


def log(tx: Tx, world: World, actor: Actor, batch: Sequence[Received], now: datetime) -> None:
    """Writes them on the log. Those who do it in a transaction of their own call `know` once it is committed."""
    require(actor, Act.RECEIVE_ALERTS, "alerts", now)
    if batch:
        tx.log.append(LogKind.RECEIVED, encode(batch), now, world.writer)


def know(world: World, actor: Actor, batch: Sequence[Received], now: datetime) -> None:
    """What is on the log is taken, and goes on to its groups."""
    require(actor, Act.RECEIVE_ALERTS, "alerts", now)
    changes = world.alerts.table.take(batch, now.timestamp())
    world.counts.logged(len(batch))
    if changes:
        before = world.alerts.groups.next_at()
        world.alerts.heard(changes, now.timestamp())
        if world.alerts.over or world.alerts.groups.next_at() < before:
            world.nudge()  # in a storm, most that comes in makes nothing due any sooner


async def end(world: World, actor: Actor, fingerprints: Sequence[Fingerprint]) -> None:
    """Ends those of these alerts that nobody else would: no end is known, and no rule of ours follows them."""
    now = world.clock.now()
    require(actor, Act.RECEIVE_ALERTS, "alerts", now)
    found = [world.alerts.table.find(fingerprint) for fingerprint in fingerprints]
    left = [entry for entry in found if entry is not None and entry.ends_at == NO_END and _is_left(world, entry)]
    ended = [structs.replace(entry.received(), ends_at=now.timestamp(), said_at=0.0) for entry in left]
    if ended:
        await take(world, actor, ended)


def _is_left(world: World, entry: Entry) -> bool:
    return not entry.rule or world.setup.rule(entry.rule) is None


async def time_passed(world: World, actor: Actor, *, lease: str, epoch: int) -> None:
    """Alerts whose end has come are over, and stay so after a restart. Fenced when another process leads by now."""
    now = world.clock.now()
    require(actor, Act.RECEIVE_ALERTS, "alerts", now)
    ended = world.alerts.table.ended(now.timestamp())
    if ended:
        await _write_ends(world, actor, ended, now, lease=lease, epoch=epoch)
        world.alerts.heard([(entry, Change.OVER) for entry in ended if entry.over], now.timestamp())


async def _write_ends(
    world: World, actor: Actor, ended: Sequence[Entry], now: datetime, *, lease: str, epoch: int
) -> None:
    over = [entry.received() for entry in ended]

    def keep(tx: Tx) -> None:
        tx.leases.check(lease, epoch)
        for first in range(0, len(over), ROW):
            log(tx, world, actor, over[first : first + ROW], now)

    try:
        await world.store.write(keep)
    except BaseException:
        world.alerts.table.not_ended(ended)
        raise
