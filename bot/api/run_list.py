"""/api/v1/runs: the runs that there were, whatever began them, the newest first."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from bot.api.asked import AskedWorld, Asker
from bot.api.schema import ActorOut, Out
from bot.model.ids import IncidentId
from bot.model.run import RunbookRun, RunStatus, RunVerdict
from bot.response import looked_up

router = APIRouter(tags=["runs"])


class RunsIn(BaseModel):
    """All that is named must hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    incident: str | None = Field(None, max_length=40, description="only those for this incident")
    runbook: str = Field("", max_length=200, description="only those of this runbook")
    limit: int = Field(100, ge=1, le=500)


class RunLineOut(Out):
    """A run in short. `trigger`: what began it, such as alert, schedule or cli. /runs/RUN has its steps."""

    id: str
    runbook: str
    title: str
    incident: str | None
    status: RunStatus
    verdict: RunVerdict
    trigger: str
    started_at: datetime
    started_by: ActorOut
    ended_at: datetime | None

    @classmethod
    def of(cls, run: RunbookRun) -> RunLineOut:
        """Without its steps, which its journal says."""
        return cls(
            id=run.id,
            runbook=run.runbook.name,
            title=run.runbook.title,
            incident=run.incident,
            status=run.status,
            verdict=run.verdict,
            trigger=run.trigger,
            started_at=run.started_at,
            started_by=ActorOut.model_validate(run.started_by),
            ended_at=run.ended_at,
        )


class Runs(Out):
    """At most as many as were asked for, the newest first."""

    runs: list[RunLineOut]


@router.get("/runs")
async def list_runs(world: AskedWorld, asker: Asker, asked: Annotated[RunsIn, Query()]) -> Runs:
    """Runs, the newest first, those that schedules and other runs began included."""
    incident = IncidentId(asked.incident) if asked.incident is not None else None
    found = await looked_up.runs(world, asker, incident=incident, runbook=asked.runbook, limit=asked.limit)
    return Runs(runs=[RunLineOut.of(run) for run in found])
