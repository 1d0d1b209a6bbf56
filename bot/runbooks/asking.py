"""`uses: ask`: a question of the runbook's own, with typed answers that later steps read as its result."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from bot.documents import Strict
from bot.errors import NotAllowed
from bot.model.plan import ActionResult, Outcome, Plan
from bot.model.run import Approval
from bot.model.runbook import Input, Risk
from bot.ports.actions import ANY_TEXT, Action, ActionSpec, Occasion, Say
from bot.runbooks.inputs import fault_of, normalised
from bot.runbooks.one_step import ASK
from bot.runbooks.schema import InputSpec
from bot.runbooks.soundness import of_input

OURS = "tocsin"
"""Who offers the actions that are Tocsin's own."""


class AskParams(Strict):
    """`with:` of ask."""

    question: str = Field(
        min_length=1, max_length=2000, description="What people are asked; any text.", json_schema_extra=ANY_TEXT
    )
    answers: dict[Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]*$")], InputSpec] = Field(
        min_length=1,
        max_length=10,
        description="The answers it wants, each with its type, as inputs have them; `steps.ID.result.NAME` afterwards.",
    )

    @model_validator(mode="after")
    def _people_answer(self) -> AskParams:
        taken = [name for name, one in self.answers.items() if one.source]
        if taken:
            raise ValueError(f"answer {taken[0]!r} cannot be taken `from` anything: a person gives it")
        filled = {name: one.noun(name) for name, one in self.answers.items() if "{{" not in one.model_dump_json()}
        unsound = [f"answer {name!r}: {fault}" for name, one in filled.items() for _, fault in of_input(one)]
        if unsound:
            raise ValueError("; ".join(unsound))
        return self


async def _plan(params: AskParams, _occasion: Occasion) -> Plan:
    return Plan(
        action=ASK,
        integration=OURS,
        params=params.model_dump(mode="json", by_alias=True),
        targets=("people",),
        summary=f"ask: {params.question}",
        risk=Risk.READ,
        repeatable=True,
    )


async def _run(_plan: Plan, _within: timedelta, _say: Say) -> ActionResult:
    return ActionResult(outcome=Outcome.FAILED, summary="people answer this, nothing runs")


ACTION = Action(
    spec=ActionSpec(
        name=ASK,
        params=AskParams,
        risk=Risk.READ,
        help="Asks people a question, and waits for the answers.",
        result={"NAME": "the answer of this name"},
    ),
    plan=_plan,
    run=_run,
)


def wants(plan: Plan) -> tuple[Input, ...]:
    """The answers that the planned question wants."""
    params = AskParams.model_validate(plan.params)
    return tuple(one.noun(name) for name, one in params.answers.items())


def answers(approval: Approval, given: Mapping[str, str]) -> dict[str, str]:
    """The answers as the step's result holds them; NotAllowed names all that are missing, unknown or do not fit."""
    known = {one.name for one in approval.wants}
    faults = [f"it wants no {name!r}" for name in given if name not in known]
    values = {one.name: normalised(one, given.get(one.name) or one.default or "") for one in approval.wants}
    faults += [fault for one in approval.wants if (fault := fault_of(one, values[one.name]))]
    if faults:
        raise NotAllowed(
            f"these do not answer {approval.id}: " + "; ".join(faults), hint=f"it wants {', '.join(sorted(known))}"
        )
    return values
