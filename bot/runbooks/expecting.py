"""`expect`: what must hold of a step's result, or the step has failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.model.plan import ActionResult, Outcome
from bot.model.run import JournalEntry, RunbookRun
from bot.model.runbook import Step
from bot.runbooks.journal import template_data
from bot.runbooks.templates import TemplateFailed, holds


def unmet(run: RunbookRun, journal: Sequence[JournalEntry], step: Step, result: ActionResult) -> ActionResult | None:
    """The failure that the result is where it is not what its step expects; None: it is, or it failed by itself."""
    if not step.expect or result.outcome is not Outcome.SUCCEEDED:
        return None
    data = {**template_data(run, journal), "result": dict(result.value)}
    try:
        why = "" if holds(step.expect, data) else "is false"
    except TemplateFailed as error:
        why = f"cannot be decided: {error}"
    if not why:
        return None
    return replace(result, outcome=Outcome.FAILED, summary=f"`expect: {step.expect}` {why}; {result.summary}")
