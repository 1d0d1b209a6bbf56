"""Of which step of which run a plan is, kept in the plan itself: what runs it later is told nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from bot.errors import Permanent, TocsinError
from bot.model.ids import IncidentId, RunId
from bot.model.plan import ActionResult, Outcome, Plan
from bot.ports.actions import Occasion

NAME = "tocsin"
"""What offers these actions, where an integration has its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """Empty where a rehearsal has no run, or a run no incident."""

    run: RunId
    step: str
    incident: IncidentId

    @classmethod
    def to(cls, occasion: Occasion) -> Self:
        """What a plan for this occasion is bound to."""
        run, incident = occasion.run or RunId(""), occasion.incident or IncidentId("")
        return cls(run=run, step=occasion.step, incident=incident)

    @classmethod
    def of(cls, plan: Plan) -> Self:
        """What this plan is bound to."""
        kept = plan.preconditions
        return cls(run=RunId(kept["run"]), step=kept["step"], incident=IncidentId(kept["incident"]))

    @property
    def preconditions(self) -> Mapping[str, str]:
        """For `Plan.preconditions`."""
        return {"run": self.run, "step": self.step, "incident": self.incident}

    @property
    def why(self) -> str:
        """For timelines and records; no other step says the same."""
        return f"step {self.step} of {self.run}"

    @staticmethod
    def failed(error: TocsinError) -> ActionResult:
        """What did not work, in the error's own words."""
        return ActionResult(outcome=Outcome.FAILED, summary=str(error), text=error.hint)

    def of_an_incident(self, action: str) -> IncidentId:
        """The run's incident; Permanent where it has none."""
        if not self.incident:
            raise Mistaken(f"{action} needs an incident, and this run is for none", "start the run for an incident")
        return self.incident


class Mistaken(Permanent):
    """What makes no sense, for `Action.plan`."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message, integration=NAME, reason="client", hint=hint)
