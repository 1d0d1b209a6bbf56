"""Runs that steps of other runs began count as one with them: to nest runbooks is no way around a limit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.model.actor import Actor
from bot.model.run import JournalEntry, RunbookRun
from bot.ports.store import Tx
from bot.rights import Act, require
from bot.runbooks import limits
from bot.runbooks.beginning import NESTING
from bot.runbooks.journal import each_step


def touched(tx: Tx, actor: Actor, run: RunbookRun, journal: Sequence[JournalEntry]) -> frozenset[str]:
    """The targets of all changes that the run has begun, and those that stand above, below and beside it."""
    require(actor, Act.CARRY_RUN, run.id, run.started_at)
    own = limits.touched(run, journal)
    others = (one for one in _below(tx, _first(tx, run)) if one.id != run.id)
    return own.union(*(limits.touched(one, tx.runs.journal(one.id)) for one in others))


def _first(tx: Tx, run: RunbookRun) -> RunbookRun:
    while run.parent is not None:
        run = tx.runs.get(run.parent)
    return run


def _below(tx: Tx, run: RunbookRun) -> Iterator[RunbookRun]:
    yield run
    for step in each_step(run.runbook):
        if step.uses == NESTING:
            for child in tx.runs.children(run.id, step.id):
                yield from _below(tx, child)
