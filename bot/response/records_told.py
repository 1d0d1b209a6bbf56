"""A sink has not all that was recorded: what it lacks is sent in order, and how far it came is kept afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeAlias

from bot.model.actor import Actor
from bot.model.event import Record
from bot.model.sent_event import SentEvent
from bot.ports.store import Tx
from bot.reports import events
from bot.response.world import World
from bot.rights import Act, require

Numbered: TypeAlias = Sequence[tuple[int, SentEvent]]
"""Events with the numbers their entries have in the record."""
Reader: TypeAlias = Callable[[Tx, int], Numbered]

PORTION = 200
"""Entries of one record that are sent at once."""


async def tell(world: World, actor: Actor, sink: str) -> bool:
    """Sends this sink the next portion of each record; whether there may be more. Raises IntegrationError.

    What was taken and could not be noted, because we died or the store was away, is sent again under the same keys.
    """
    require(actor, Act.LOOK, "records", world.clock.now())
    is_more = False
    for record, read in _READ.items():
        known = await world.store.read(partial(_lacking, sink=sink, record=record, read=read))
        if known:
            await world.events[sink].send([event for _, event in known])
            await world.store.write(partial(_noted, sink=sink, record=record, seq=known[-1][0]))
        is_more = is_more or len(known) == PORTION
    return is_more


def _lacking(tx: Tx, *, sink: str, record: Record, read: Reader) -> Numbered:
    return read(tx, tx.records.told(sink, record))


def _noted(tx: Tx, *, sink: str, record: Record, seq: int) -> None:
    tx.records.tell(sink, record, seq)


def _audit(tx: Tx, seq: int) -> Numbered:
    return [(entry.seq, events.of_audit(entry)) for entry in tx.records.audit_after(seq, PORTION)]


def _timeline(tx: Tx, seq: int) -> Numbered:
    entries = tx.records.timeline_after(seq, PORTION)
    incidents = {entry.incident: tx.incidents.get(entry.incident) for entry in entries}
    return [(entry.seq, events.of_timeline(entry, incidents[entry.incident])) for entry in entries]


def _journal(tx: Tx, seq: int) -> Numbered:
    return [(entry.seq, events.of_journal(entry)) for entry in tx.records.journal_after(seq, PORTION)]


_READ: Mapping[Record, Reader] = {
    Record.AUDIT: _audit,
    Record.INCIDENT: _timeline,
    Record.RUN: _journal,
}
