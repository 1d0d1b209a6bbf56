"""What is due of several is done one by one: a mistake of ours with one of them holds up no other.

The one that met it is put off, so that it stands in nobody's way; where it is of an incident, the timeline says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Generic, TypeVar

from bot.errors import Fenced, StoreUnavailable
from bot.incidents import timeline
from bot.model.actor import Actor
from bot.model.ids import IncidentId
from bot.model.timeline import EntryKind, TimelineEntry
from bot.ports.store import Tx
from bot.response.world import World

AGAIN = timedelta(minutes=1)
"""After this long it is tried again."""
Key = TypeVar("Key", bound=str)
"""What one is called: of escalations and reminders their incident."""
Found = TypeVar("Found")


class PutOff(Exception):
    """Mistakes of ours, by what they were made with. All others had their turn."""

    def __init__(self, mistakes: Mapping[Any, Exception]) -> None:  # Any: a kind of text that the look knows
        super().__init__(", ".join(mistakes))
        self.mistakes: Mapping[str, Exception] = mistakes


@dataclass(frozen=True, slots=True)
class ByMark:
    """Puts off what has no time of its own, by a mark. `what` it is."""

    what: str

    def put_off(self, tx: Tx, key: str, until: datetime) -> None:
        """It waits until then."""
        tx.marks.put(self._name(key), until)

    def waiting(self, tx: Tx, keys: Iterable[Key], now: datetime) -> dict[Key, datetime]:
        """Those that wait, and until when."""
        until = {key: tx.marks.at(self._name(key)) for key in keys}
        return {key: at for key, at in until.items() if at is not None and now < at <= now + AGAIN}

    def _name(self, key: str) -> str:
        return f"{self.what} {key} put off"


def _nothing(_tx: Tx, _key: str, _mistake: Exception) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Look(Generic[Key]):
    """One look, under one lease. `put_off` has one tried again then, and not before.

    `kind` says what is put off, where each is of an incident, whose timeline tells of it. `instead` may do something
    else about a mistake: then it says so itself, and nothing is put off.
    """

    put_off: Callable[[Tx, Key, datetime], None]
    lease: str
    epoch: int
    kind: EntryKind | None = None
    instead: Callable[[Tx, Key, Exception], bool] = _nothing

    @staticmethod
    def see(keys: Iterable[Key], see: Callable[[Key], Found]) -> tuple[dict[Key, Found], dict[Key, Exception]]:
        """What is seen of each, and what mistakes were met."""
        found, met = {}, {}
        for key in keys:
            try:
                found[key] = see(key)
            except Exception as mistake:
                met[key] = mistake
        return found, met

    @staticmethod
    async def mistake(work: Awaitable[object]) -> Exception | None:
        """What it met, if it is one of ours: nothing of its transaction was kept."""
        try:
            await work
        except (Fenced, StoreUnavailable):
            raise
        except Exception as mistake:
            return mistake
        return None

    def check(self, tx: Tx) -> None:
        """Fenced when another process looks by now."""
        tx.leases.check(self.lease, self.epoch)

    def do(self, tx: Tx, work: Callable[[Tx, Key], None], key: Key) -> None:
        """The same, and then the work."""
        self.check(tx)
        work(tx, key)

    def go_on(self, tx: Tx, key: Key, mistake: Exception, until: datetime) -> bool:
        """Whether it is put off: nothing was done instead."""
        self.check(tx)
        if self.instead(tx, key, mistake):
            return False
        self.put_off(tx, key, until)
        return True


async def write(
    world: World,
    actor: Actor,
    due: Sequence[Key],
    work: Callable[[Tx, Key], None],
    look: Look[Key],
    met: Mapping[Key, Exception] | None = None,
) -> None:
    """`do` of works that are transactions: they are asked for at once, so that the store commits them together."""
    await do(world, actor, due, lambda key: world.store.write(partial(look.do, work=work, key=key)), look, met)


async def do(
    world: World,
    actor: Actor,
    due: Sequence[Key],
    work: Callable[[Key], Coroutine[Any, Any, object]],
    look: Look[Key],
    met: Mapping[Key, Exception] | None = None,
) -> None:
    """Each by itself. PutOff when some met a mistake, or had `met` one; what ends all of it is raised as it is."""
    ends = await asyncio.gather(*(look.mistake(work(key)) for key in due))
    if due:
        world.nudge()
    mistakes = {**(met or {}), **{key: end for key, end in zip(due, ends, strict=True) if end is not None}}
    for key, mistake in mistakes.items():
        await _put_off(world, actor, key, mistake, look)
    if mistakes:
        raise PutOff(mistakes)


async def _put_off(world: World, actor: Actor, key: Key, mistake: Exception, look: Look[Key]) -> None:
    """That it is tried later is kept first: to tell of it may meet the same mistake."""
    now = world.clock.now()
    is_put_off = await world.store.write(partial(look.go_on, key=key, mistake=mistake, until=now + AGAIN))
    if is_put_off and look.kind is not None:
        entry = timeline.stumbled(IncidentId(key), look.kind, type(mistake).__name__, actor, now)
        if untold := await look.mistake(world.store.write(partial(_tell_once, entry=entry))):
            mistake.add_note(f"and its timeline cannot say so: {untold!r}")


def _tell_once(tx: Tx, *, entry: TimelineEntry) -> None:
    if all(told.text != entry.text for told in tx.incidents.timeline(entry.incident)):
        tx.incidents.tell(entry)
