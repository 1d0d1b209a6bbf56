"""Runbooks, their runs, and the questions those put to people."""

from __future__ import annotations

from fastapi import APIRouter

from bot.api.asked import AskedAfter, AskedApproval, AskedName, AskedRun, AskedWorld, Asker
from bot.api.bodies import Answer, AnswerIn, RunIn
from bot.api.inventory import RehearsalOut, RunbookOut, Runbooks
from bot.api.schema import ApprovalOut, Approvals, OutputOut, RunDetail, RunOut, RunOutput
from bot.model.ids import IncidentId
from bot.response import (
    approval_given,
    looked_up,
    output_heard,
    run_wanted,
    runbooks_seen,
)

router = APIRouter(tags=["runs"])


@router.get("/runbooks")
async def list_runbooks(world: AskedWorld, asker: Asker) -> Runbooks:
    """All runbooks that are set up, by name."""
    return Runbooks(runbooks=[RunbookOut.of(one) for one in await runbooks_seen.seen(world, asker)])


@router.get("/runbooks/{name}")
async def show_runbook(world: AskedWorld, asker: Asker, name: AskedName) -> RunbookOut:
    """One runbook as its file says it, what its steps can do, and what became of its runs."""
    return RunbookOut.of(await runbooks_seen.seen_one(world, asker, name))


@router.post("/runbooks/{name}/rehearse")
async def rehearse_runbook(world: AskedWorld, asker: Asker, name: AskedName, body: RunIn) -> RehearsalOut:
    """Exactly what a run would do, with zero writes."""
    incident = IncidentId(body.incident_id) if body.incident_id else None
    rehearsal = await run_wanted.rehearse(world, asker, name, incident_id=incident, inputs=body.inputs)
    return RehearsalOut.model_validate(rehearsal)


@router.post("/runbooks/{name}/runs", status_code=201)
async def start_run(world: AskedWorld, asker: Asker, name: AskedName, body: RunIn) -> RunOut:
    """Begins a run; it goes on by itself and asks where it must."""
    incident = IncidentId(body.incident_id) if body.incident_id else None
    run = await run_wanted.start(world, asker, name, incident_id=incident, inputs=body.inputs)
    return RunOut.of(run, ())


@router.get("/runs/{run_id}")
async def show_run(world: AskedWorld, asker: Asker, run_id: AskedRun) -> RunDetail:
    """One run with its steps, its journal and its approvals."""
    return RunDetail.of(*await looked_up.run(world, asker, run_id))


@router.get("/runs/{run_id}/output")
async def show_output(world: AskedWorld, asker: Asker, run_id: AskedRun, after: AskedAfter = 0) -> RunOutput:
    """What steps under way have printed since the piece numbered `after`; once a step ends, its `text` has all."""
    found = await output_heard.heard(world, asker, run_id, after)
    return RunOutput(pieces=[OutputOut.model_validate(piece) for piece in found])


@router.get("/approvals")
async def list_approvals(world: AskedWorld, asker: Asker) -> Approvals:
    """The questions nobody has answered, the oldest first."""
    found = await looked_up.approvals(world, asker)
    return Approvals(approvals=[ApprovalOut.model_validate(approval) for approval in found])


@router.post("/approvals/{approval_id}")
async def answer_approval(world: AskedWorld, asker: Asker, approval_id: AskedApproval, body: AnswerIn) -> ApprovalOut:
    """Approves or rejects a plan, says whether a step ran that nobody saw end, or gives what a runbook asks for."""
    if body.answer in (Answer.DID, Answer.DID_NOT):
        answered = await approval_given.answer_if_ran(
            world, asker, approval_id, did=body.answer is Answer.DID, reason=body.reason
        )
    elif body.answer is Answer.GIVE:
        answered = await approval_given.answer_what(world, asker, approval_id, body.values, reason=body.reason)
    else:
        answered = await approval_given.answer(
            world,
            asker,
            approval_id,
            approve=body.answer is Answer.APPROVE,
            reason=body.reason,
            plan_hash=body.plan_hash,
        )
    return ApprovalOut.model_validate(answered)
