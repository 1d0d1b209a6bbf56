"""Something is to be done for an incident: it is written down, given to somebody, done or dropped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

from bot.errors import NotFound
from bot.incidents import tasks
from bot.incidents.tasks import Wish
from bot.model.actor import Actor
from bot.model.ids import IncidentId, TaskId
from bot.model.setup import Setup
from bot.model.task import Task
from bot.model.timeline import TimelineEntry
from bot.ports.store import Tx
from bot.response import messages, reminders_planned
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require

Say = Callable[[Task], TimelineEntry]


async def add(world: World, actor: Actor, incident_id: IncidentId, wish: Wish) -> Task:
    """A new task or follow-up. NotAllowed names what it lacks; NotFound: the owner is not in `people`."""
    now = world.clock.now()
    require(actor, Act.KEEP_TASK, incident_id, now)
    setup = world.setup
    _is_known(setup, wish.owner)

    def keep(tx: Tx) -> Task:
        incident = tx.incidents.get(incident_id)
        task = tasks.make(wish, tx.tasks.next_id(), incident.id, actor, now)
        _keep(tx, setup, actor, task, lambda task: tasks.added(task, actor, now), now)
        _tell_owner(tx, setup, actor, task, now)
        return task

    return await _written(world, keep)


async def change(
    world: World, actor: Actor, task_id: TaskId, *, owner: str | None = None, due: date | None = None
) -> Task:
    """Another owner (empty: nobody), another due date."""
    now = world.clock.now()
    require(actor, Act.KEEP_TASK, task_id, now)
    setup = world.setup
    _is_known(setup, owner or "")

    def keep(tx: Tx) -> Task:
        before = tx.tasks.get(task_id)
        task = tasks.change(before, now, owner=owner, due=due)
        _keep(tx, setup, actor, task, lambda task: tasks.changed(task, actor, now), now)
        if task.owner != before.owner:
            _tell_owner(tx, setup, actor, task, now)
        return task

    return await _written(world, keep)


async def end(world: World, actor: Actor, task_id: TaskId, *, dropped: bool = False, reason: str = "") -> Task:
    """It is done, or dropped without being done. NotAllowed when it has ended already."""
    now = world.clock.now()
    require(actor, Act.KEEP_TASK, task_id, now)
    setup = world.setup

    def keep(tx: Tx) -> Task:
        task = tasks.end(tx.tasks.get(task_id), actor, now, dropped=dropped)
        _keep(tx, setup, actor, task, lambda task: tasks.ended(task, reason, actor, now), now)
        return task

    return await _written(world, keep)


async def open_ones(world: World, actor: Actor, *, owner: str = "", due: date | None = None) -> Sequence[Task]:
    """Tasks and follow-ups of all incidents that have not ended, by due date; of one owner, due by a day."""
    require(actor, Act.LOOK, "tasks", world.clock.now())
    return await world.store.read(lambda tx: tx.tasks.open(owner=owner, due=due))


def _is_known(setup: Setup, owner: str) -> None:
    if owner and owner not in setup.people:
        raise NotFound(f"nobody is called {owner!r}", hint="see `people:` in tocsin.yaml")


async def _written(world: World, keep: Callable[[Tx], Task]) -> Task:
    task = await world.store.write(keep)
    world.nudge()
    return task


def _keep(tx: Tx, setup: Setup, actor: Actor, task: Task, say: Say, now: datetime) -> None:
    record(tx, actor, Act.KEEP_TASK, task.id, now, incident=task.incident)
    tx.tasks.put(task)
    tx.incidents.tell(say(task))
    reminders_planned.follow_task(tx, setup, actor, tx.incidents.get(task.incident), now)


def _tell_owner(tx: Tx, setup: Setup, actor: Actor, task: Task, now: datetime) -> None:
    """Nobody is told what they gave to themselves."""
    if not task.owner or task.owner == actor.name:
        return
    due = f"\nuntil {task.due:%Y-%m-%d}" if task.due else ""
    messages.send(
        tx, setup, actor, task.owner,
        subject=f"{task.incident}: {task.id} is yours",
        text=f"{actor.name} gave you a {task.kind}:\n{task.text}{due}",
        link=f"{setup.public_url}/incidents/{task.incident}",
        id=f"task {task.id} {task.owner} {now.isoformat()}",
        now=now,
        about=task.incident,
    )  # fmt: skip
