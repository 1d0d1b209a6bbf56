"""The table of alerts is the log replayed: after a start, behind another process, and kept short by carrying it on.

Being down resolves nothing: what fired when it was last heard of has one `resolve_timeout` to be heard of again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial

from bot.alerts.routing import destinations, group_key
from bot.alerts.table import Change, Entry
from bot.alerts.wire import decode, encode
from bot.model.actor import Actor
from bot.ports.alert_store import LogKind, LogRow
from bot.ports.store import Tx
from bot.response import alerts_over
from bot.response.alerts_taken import ROW
from bot.response.world import World
from bot.rights import Act, require

_ROWS = 10
"""Rows read at a time: what they hold is taken in one go."""


async def rebuild(world: World, actor: Actor) -> None:
    """This process leads from now on: what is on the log is in the table, and has time to be heard of again."""
    require(actor, Act.RECEIVE_ALERTS, "alerts", world.clock.now())
    async with world.alerts.reads_log:
        await _rebuild(world, actor)


async def _rebuild(world: World, actor: Actor) -> None:
    world.alerts.table.leads = False  # nothing is told until all is known
    await _catch_up(world)
    table = world.alerts.table
    fired = table.active(0.0)  # also those whose stored end has passed
    held, untold = await alerts_over.still_held(world, actor), await _untold(world)
    now = world.clock.now().timestamp()
    before = world.alerts.groups
    world.alerts.begin_anew()
    table.leads = True
    table.settle(now + table.resolve_timeout)
    world.alerts.heard([(entry, Change.NEW) for entry in table.active(now)], now)
    world.alerts.groups.counts_on(before)
    for entry in (*untold, *(one for one in fired if one.over)):  # these ended while we read the rest
        world.alerts.groups.joins(entry, now)
    found = [table.find(fingerprint) for fingerprint in held]
    world.alerts.heard([(entry, Change.OVER) for entry in found if entry is not None and entry.over], now)


async def _untold(world: World) -> list[Entry]:
    """Alerts that are over while somebody was told that they fire, and nothing since.

    A webhook has to hear of it; and where no open incident holds it any more, that it fired is still to be forgotten.
    """
    groups: dict[str, list[Entry]] = {}
    for entry in world.alerts.table.over():
        labels = entry.label_set()
        for path, route in destinations(world.setup.route, labels):
            groups.setdefault(group_key(path, route, labels)[0], []).append(entry)
    told = await world.store.read(lambda tx: {key: tx.tellings.of_group(key) for key in groups})
    return [
        entry
        for key, entries in groups.items()
        for entry in entries
        if any(entry.fingerprint() in one.firing for one in told[key].values())
    ]


async def follow(world: World, actor: Actor, *, leads: bool) -> None:
    """What other processes took since is known here too. `leads`: whether this one still is the one that tells."""
    now = world.clock.now()
    require(actor, Act.RECEIVE_ALERTS, "alerts", now)
    async with world.alerts.reads_log:
        world.alerts.table.leads = world.alerts.table.leads and leads
        world.alerts.table.tidy(now.timestamp())
        await _catch_up(world)


async def carry(world: World, actor: Actor) -> None:
    """Writes the active alerts anew and marks where they begin, so that a start need not read what is older."""
    now = world.clock.now()
    require(actor, Act.RECEIVE_ALERTS, "alerts", now)
    # An empty row: once it is committed, all that came before it is in the table.
    since = await world.store.write(lambda tx: tx.log.append(LogKind.CARRIED, encode([]), now, world.writer))
    async with world.alerts.reads_log:
        await _catch_up(world)
    for body in _bodies(world.alerts.table.active(now.timestamp())):
        await world.store.write(partial(_append, body=body, at=now, writer=world.writer))
    await world.store.write(lambda tx: tx.log.append(LogKind.MARK, b"", now, world.writer, since))


def _bodies(entries: Sequence[Entry]) -> Iterator[bytes]:
    for first in range(0, len(entries), ROW):
        yield encode([entry.received() for entry in entries[first : first + ROW]])


def _append(tx: Tx, *, body: bytes, at: datetime, writer: str) -> int:
    return tx.log.append(LogKind.CARRIED, body, at, writer)


def _after(tx: Tx, *, seq: int, writer: str) -> tuple[Sequence[LogRow], int]:
    """The next rows that another process wrote, and the newest of all."""
    return tx.log.after(seq, _ROWS, not_by=writer), tx.log.newest()


async def _catch_up(world: World) -> None:
    """Reads what is new on the log, whoever asks for it: nobody reads it again, so what it changed is heard here.

    It is heard at once: between two pages others are taken in, and they are the newer ones.
    """
    table = world.alerts.table
    if table.seq < 0:
        begins = await world.store.read(lambda tx: tx.log.begins())
        table.seq = max(table.seq, begins - 1, 0)
    more = True
    while more:
        rows, newest = await world.store.read(partial(_after, seq=table.seq, writer=world.writer))
        _hear(world, rows)
        more = len(rows) == _ROWS
        table.seq = max(table.seq, rows[-1].seq if more else newest)


def _hear(world: World, rows: Sequence[LogRow]) -> None:
    for row in rows:
        if row.kind is not LogKind.MARK:
            changes = world.alerts.table.replay(decode(row.body), row.received_at.timestamp())
            world.alerts.heard(changes, world.clock.now().timestamp())
