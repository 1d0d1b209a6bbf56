"""Another system posted: runbooks that its post begins begin, in the transaction that keeps the post."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.errors import NotAllowed
from bot.model.actor import TOCSIN, Actor
from bot.model.ids import RunId
from bot.model.setup import Setup
from bot.ports.store import Tx
from bot.response import run_wanted
from bot.response.record import record
from bot.rights import Act, require
from bot.runbooks.matching import Fit

TRIGGER = "webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    """What a post began, for whoever sent it: the runs, and for each runbook that could not begin, why."""

    runs: tuple[RunId, ...] = ()
    refused: tuple[str, ...] = ()


def begin(tx: Tx, setup: Setup, actor: Actor, fits: Sequence[Fit], now: datetime) -> Began:
    """One run for each; one that cannot begin is on record. The poster is no person, and cannot approve."""
    runs, refused = [], []
    for fit in fits:
        require(TOCSIN, Act.START_RUN, fit.runbook.name, now)
        why = f"{fit.why} ({actor.name})"
        try:
            run = run_wanted.begin(
                tx, setup, TOCSIN, fit.runbook,
                incident=None, alert=None, given=fit.inputs, why=why, now=now, trigger=TRIGGER,
            )  # fmt: skip
            runs.append(run.id)
        except NotAllowed as refusal:
            refused.append(refusal.message)
            record(tx, TOCSIN, Act.START_RUN, fit.runbook.name, now, why=why, refused=refusal.message)
    return Began(runs=tuple(runs), refused=tuple(refused))
