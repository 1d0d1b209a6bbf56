"""A run while this process carries it: its journal as it stands, and what is owed to it.

What happened, or was decided, is owed until the next thing is written, where that comes at once: so a step that only
looks costs one commit, which holds its end, the plan of the step after it, and that step's intent. Nothing begins, and
nothing is waited for, while anything is owed.

The lease keeps other processes away, and people may write at any time: cancel the run, answer, want it taken back. If
somebody has, only what happened is written; what was decided is decided again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bot.errors import StoreUnavailable
from bot.model.actor import Actor
from bot.model.run import JournalEntry, RunbookRun
from bot.ports.store import Tx
from bot.response.world import World
from bot.rights import Act, require
from bot.runbooks.journal import Journal

T = TypeVar("T")
_RETRY_S = 1.0


@dataclass(frozen=True, slots=True)
class _Owed:
    line: JournalEntry
    write: Callable[[Tx], object]
    has_happened: bool

    def is_there(self, lines: Sequence[JournalEntry]) -> bool:
        """Whether it was written by a commit of which nobody could say whether it happened."""
        own = (self.line.kind, self.line.step, self.line.attempt, self.line.at)
        return any((line.kind, line.step, line.attempt, line.at) == own for line in lines)


class Carried:
    """One run, and its journal with what is owed to it."""

    def __init__(self, world: World, actor: Actor, run: RunbookRun, journal: Sequence[JournalEntry]) -> None:
        """`journal`: as it is written now."""
        require(actor, Act.CARRY_RUN, run.id, world.clock.now())
        self.run = run
        self.journal = self._written = Journal(journal)
        self._world = world
        self._owed: list[_Owed] = []

    def owe(self, line: JournalEntry, write: Callable[[Tx], object], *, has_happened: bool) -> None:
        """From now on the journal says this, and the next thing that is written writes it first."""
        self._owed.append(_Owed(line, write, has_happened))
        self.journal = self.journal.and_then([line])

    async def write(self, work: Callable[[Tx], T]) -> T | None:
        """What is owed and then this, in one transaction; None where somebody has written to the journal: decide again.

        Fenced when the run was taken over. What has happened has happened: while the store is away, it is tried until
        it is back.
        """
        known, count = self._written, len(self._owed)

        def keep(tx: Tx) -> tuple[Journal, T | None, Sequence[JournalEntry]]:
            others = tx.runs.journal(self.run.id, known)[len(known) :]
            self._pay(tx, others)
            result = None if others else work(tx)
            lines = tx.runs.journal(self.run.id, known)[len(known) :]
            as_known = known if others else self.journal.as_written(lines[:count])
            return as_known, result, lines if others else lines[count:]

        as_known, result, lines = await self._surely(keep)
        self._owed = []
        self.journal = self._written = as_known.and_then(lines)
        return result

    def _pay(self, tx: Tx, others: Sequence[JournalEntry]) -> None:
        """Writes what is owed; where others have written, only what has happened, unless it is there already."""
        for one in self._owed:
            if not others or (one.has_happened and not one.is_there(others)):
                one.write(tx)

    async def settle(self) -> bool:
        """Writes what is owed; False where somebody has written to the journal: decide again."""
        return not self._owed or bool(await self.write(lambda _: True))

    async def look(self) -> None:
        """Reads what others, or other parts of ours, have written; nothing may be owed."""
        lines = await self._world.store.read(lambda tx: tx.runs.journal(self.run.id, self._written))
        self.journal = self._written = self._written.and_then(lines[len(self._written) :])

    async def _surely(self, work: Callable[[Tx], T]) -> T:
        while True:
            try:
                return await self._world.store.write(work)
            except StoreUnavailable:
                if not any(one.has_happened for one in self._owed):
                    raise
                await asyncio.sleep(_RETRY_S)
