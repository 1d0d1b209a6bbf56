"""How people work on an incident: roles, tasks and follow-ups, reminders, status updates, catching up."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query

from bot.api.asked import AskedIncident, AskedWorld, Asker
from bot.api.oncall_schema import Near
from bot.api.response_schema import (
    CatchUpOut,
    Reminders,
    ResponseOut,
    RoleIn,
    SentUpdateOut,
    SnoozeIn,
    StopIn,
    TaskChangeIn,
    TaskEndIn,
    TaskIn,
    TaskOut,
    Tasks,
    UpdateIn,
    UpdateOut,
)
from bot.api.schema import IncidentOut
from bot.incidents.tasks import Wish
from bot.model.ids import TaskId
from bot.response import reminders_set, response_seen, roles_taken, tasks_kept, updates_sent

router = APIRouter(tags=["response"])

AskedTask = Annotated[TaskId, Path(max_length=40)]
AskedRole = Annotated[str, Path(max_length=200)]


@router.get("/incidents/{incident_id}/response")
async def show_response(world: AskedWorld, asker: Asker, incident_id: AskedIncident) -> ResponseOut:
    """Who has which role, what is to be done, what was told, and what people are reminded of."""
    return ResponseOut.of(await response_seen.look(world, asker, incident_id))


@router.get("/incidents/{incident_id}/catch-up")
async def catch_up(
    world: AskedWorld, asker: Asker, incident_id: AskedIncident, since: Near | None = None
) -> CatchUpOut:
    """How it stands, and what happened since then; from the beginning, when no time is given."""
    return CatchUpOut.of(await response_seen.catch_up_on(world, asker, incident_id, since), since)


@router.post("/incidents/{incident_id}/roles")
async def give_role(world: AskedWorld, asker: Asker, incident_id: AskedIncident, body: RoleIn) -> IncidentOut:
    """Somebody takes a role, or is given one."""
    return IncidentOut.model_validate(await roles_taken.give(world, asker, incident_id, body.role, body.person))


@router.post("/incidents/{incident_id}/roles/{role}/leave")
async def leave_role(world: AskedWorld, asker: Asker, incident_id: AskedIncident, role: AskedRole) -> IncidentOut:
    """Nobody has the role any more."""
    return IncidentOut.model_validate(await roles_taken.leave(world, asker, incident_id, role))


@router.post("/incidents/{incident_id}/tasks", status_code=201)
async def add_task(world: AskedWorld, asker: Asker, incident_id: AskedIncident, body: TaskIn) -> TaskOut:
    """Something is to be done, now or afterwards."""
    wish = Wish(text=body.text, kind=body.kind, owner=body.owner, due=body.due, aim=body.aim, link=body.link)
    return TaskOut.model_validate(await tasks_kept.add(world, asker, incident_id, wish))


@router.get("/tasks")
async def list_tasks(
    world: AskedWorld,
    asker: Asker,
    owner: Annotated[str, Query(max_length=200)] = "",
    due: date | None = None,
) -> Tasks:
    """Tasks and follow-ups of all incidents that have not ended: of one owner, or due by a day."""
    return Tasks.of(await tasks_kept.open_ones(world, asker, owner=owner, due=due))


@router.post("/tasks/{task_id}")
async def change_task(world: AskedWorld, asker: Asker, task_id: AskedTask, body: TaskChangeIn) -> TaskOut:
    """Somebody else does it, or until another day."""
    return TaskOut.model_validate(await tasks_kept.change(world, asker, task_id, owner=body.owner, due=body.due))


@router.post("/tasks/{task_id}/end")
async def end_task(world: AskedWorld, asker: Asker, task_id: AskedTask, body: TaskEndIn) -> TaskOut:
    """It is done, or nobody will do it."""
    ended = await tasks_kept.end(world, asker, task_id, dropped=body.dropped, reason=body.reason)
    return TaskOut.model_validate(ended)


@router.post("/incidents/{incident_id}/reminders/snooze")
async def snooze_reminders(world: AskedWorld, asker: Asker, incident_id: AskedIncident, body: SnoozeIn) -> Reminders:
    """Nobody is reminded for a while."""
    lasts = timedelta(seconds=body.seconds)
    return Reminders.of(await reminders_set.snooze(world, asker, incident_id, lasts, body.kinds))


@router.post("/incidents/{incident_id}/reminders/stop")
async def stop_reminders(world: AskedWorld, asker: Asker, incident_id: AskedIncident, body: StopIn) -> Reminders:
    """Nobody is reminded any more."""
    return Reminders.of(await reminders_set.stop(world, asker, incident_id, body.kinds))


@router.post("/incidents/{incident_id}/updates/draft")
async def draft_update(world: AskedWorld, asker: Asker, incident_id: AskedIncident, body: UpdateIn) -> UpdateOut:
    """The update as it would be told; nobody is told anything."""
    drafted = await updates_sent.draft(world, asker, incident_id, body.audience, body.text, _span(body.next_in))
    return UpdateOut.model_validate(drafted)


@router.post("/incidents/{incident_id}/updates", status_code=201)
async def send_update(world: AskedWorld, asker: Asker, incident_id: AskedIncident, body: UpdateIn) -> SentUpdateOut:
    """People are told how it stands."""
    sent = await updates_sent.send(world, asker, incident_id, body.audience, body.text, _span(body.next_in))
    return SentUpdateOut.of(sent)


def _span(seconds: float | None) -> timedelta | None:
    return timedelta(seconds=seconds) if seconds is not None else None
