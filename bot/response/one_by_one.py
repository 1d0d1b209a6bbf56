"""What is due of several incidents is done one by one: a mistake of ours with one of them holds up no other.

The one that met it is put off, so that it stands in nobody's way, and its timeline says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from bot.errors import Fenced, StoreUnavailable
from bot.incidents import timeline
from bot.model.actor import Actor
from bot.model.ids import IncidentId
from bot.model.timeline import EntryKind, TimelineEntry
from bot.ports.store import Tx
from bot.response.world import World

AGAIN = timedelta(minutes=1)
"""After this long it is tried again."""


class Rows(Protocol):
    """What is due by incident."""

    def put_off(self, incident: IncidentId, until: datetime) -> None:
        """What is due of this incident before then is due then."""
        ...


class PutOff(Exception):
    """Mistakes of ours, by the incident they were made with. All others had their turn."""

    def __init__(self, mistakes: Mapping[IncidentId, Exception]) -> None:
        super().__init__(", ".join(mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look does with each, and under which lease; `rows` is where they are kept, `kind` what they are."""

    work: Callable[[Tx, IncidentId], None]
    rows: Callable[[Tx], Rows]
    kind: EntryKind
    lease: str
    epoch: int

    def do(self, tx: Tx, incident: IncidentId) -> None:
        """Fenced when another process looks by now."""
        tx.leases.check(self.lease, self.epoch)
        self.work(tx, incident)

    def put_off(self, tx: Tx, incident: IncidentId, until: datetime) -> None:
        """Fenced, as above."""
        tx.leases.check(self.lease, self.epoch)
        self.rows(tx).put_off(incident, until)


async def do(world: World, actor: Actor, due: Sequence[IncidentId], look: Look) -> None:
    """Each in a transaction of its own. PutOff when some met a mistake; what ends all of it is raised as it is.

    They are asked for at once, so that the store commits them together.
    """
    ends = await asyncio.gather(*(_mistake(world, partial(look.do, incident=incident)) for incident in due))
    world.nudge()
    mistakes = {incident: end for incident, end in zip(due, ends, strict=True) if end is not None}
    if mistakes:
        await _put_off(world, actor, mistakes, look)
        raise PutOff(mistakes)


async def _mistake(world: World, work: Callable[[Tx], None]) -> Exception | None:
    """What it met, if it is one of ours: nothing of it was kept."""
    try:
        await world.store.write(work)
    except (Fenced, StoreUnavailable):
        raise
    except Exception as mistake:
        return mistake
    return None


async def _put_off(world: World, actor: Actor, mistakes: Mapping[IncidentId, Exception], look: Look) -> None:
    """That each is tried later is kept first: to tell of it may meet the same mistake."""
    now = world.clock.now()
    for incident, mistake in mistakes.items():
        await world.store.write(partial(look.put_off, incident=incident, until=now + AGAIN))
        entry = timeline.stumbled(incident, look.kind, type(mistake).__name__, actor, now)
        if untold := await _mistake(world, partial(_tell_once, entry=entry)):
            mistake.add_note(f"and its timeline cannot say so: {untold!r}")


def _tell_once(tx: Tx, *, entry: TimelineEntry) -> None:
    if all(told.text != entry.text for told in tx.incidents.timeline(entry.incident)):
        tx.incidents.tell(entry)
