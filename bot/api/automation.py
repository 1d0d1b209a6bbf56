"""The switch that stops all automation, how far runbooks may go by themselves, and runs cancelled or taken back."""

from __future__ import annotations

from fastapi import APIRouter

from bot.api.asked import AskedName, AskedRun, AskedWorld, Asker
from bot.api.automation_schema import (
    AutomationOut,
    CancelIn,
    PauseIn,
    PauseOut,
    ResumeIn,
    RollbackIn,
    TrustIn,
    TrustOut,
)
from bot.api.schema import RunOut
from bot.response import automation_seen, automation_switched, run_cancelled, run_taken_back, trust_given

router = APIRouter(tags=["automation"])


@router.get("/automation")
async def show_automation(world: AskedWorld, asker: Asker) -> AutomationOut:
    """How the switch stands, what is in flight, and how far each runbook may go by itself."""
    return AutomationOut.of(await automation_seen.seen(world, asker))


@router.post("/automation/pause")
async def pause_automation(world: AskedWorld, asker: Asker, body: PauseIn) -> PauseOut:
    """No step begins from now on, on any replica; what has begun goes on to its end."""
    return PauseOut.model_validate(await automation_switched.pause(world, asker, reason=body.reason))


@router.post("/automation/resume")
async def resume_automation(world: AskedWorld, asker: Asker, body: ResumeIn) -> PauseOut:
    """Steps begin again."""
    return PauseOut.model_validate(await automation_switched.resume(world, asker, reason=body.reason))


@router.post("/automation/trust/{name}")
async def trust_runbook(world: AskedWorld, asker: Asker, name: AskedName, body: TrustIn) -> TrustOut:
    """Says how far a runbook may go by itself in an environment, for runs that begin from now on. Admins only."""
    given = await trust_given.give(
        world, asker, name, body.autonomy, environment=body.environment, reason=body.reason
    )  # fmt: skip
    return TrustOut.model_validate(given)


@router.post("/runs/{run_id}/cancel")
async def cancel_run(world: AskedWorld, asker: Asker, run_id: AskedRun, body: CancelIn) -> RunOut:
    """Nothing more of the run begins. A change that is under way goes on to its end; what was changed stays."""
    return RunOut.of(await run_cancelled.cancel(world, asker, run_id, reason=body.reason), ())


@router.post("/runs/{run_id}/rollback")
async def take_back_run(world: AskedWorld, asker: Asker, run_id: AskedRun, body: RollbackIn) -> RunOut:
    """What the run changed is taken back, last things first, each with its own plan and its own approval."""
    return RunOut.of(await run_taken_back.ask(world, asker, run_id, reason=body.reason), ())
