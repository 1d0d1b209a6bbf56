"""Commands for those who work on an incident together: updates, roles, tasks, reminders."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from bot.chat.asked import Asked, Deed, count, cut, moved
from bot.chat.grammar import Slot, Verb
from bot.chat.incidents import INCIDENT
from bot.chat.reading import Kind
from bot.documents import parse_duration
from bot.incidents.tasks import Wish
from bot.incidents.updates import unread
from bot.model.answer import Answer, Blank, BlankKind, Form, Press, Tone
from bot.model.ids import TaskId
from bot.model.status_update import Audience
from bot.model.task import Aim, Task, TaskKind
from bot.model.wording import one_line
from bot.response import reminders_set, response_seen, roles_taken, tasks_kept, updates_sent

_TASK = Slot(name="task", kind=Kind.TASK, help="the task, such as TASK-3")


def _says_nothing(values: Mapping[str, str]) -> str:
    return "" if values.get("text") else "an update needs a text: how it stands"


async def _update(asked: Asked) -> Answer:
    audience = Audience(asked.get("to") or Audience.STAKEHOLDERS)
    after = parse_duration(asked.get("next")) if asked.get("next") else None
    sent = await updates_sent.send(asked.world, asked.actor, asked.incident, audience, asked.get("text"), after)
    told = sent.update
    promised = f"the next is promised for {asked.at(told.next_at)}" if told.next_at else "no other is promised"
    return Answer(
        headline=f"{told.incident}: {'told' if sent.to else 'wrote down for'} {audience}, {promised}",
        text="" if sent.to else f"it is sent to nobody: {unread(audience)}",
        tone=Tone.GOOD if sent.to else Tone.PLAIN,
        code=told.text,
        link=asked.page_of(told.incident),
    )


def _update_form(asked: Asked) -> Form:
    return Form(
        command="update",
        title="Tell how it stands",
        submit="Tell them",
        fixed={"incident": asked.get("incident")},
        blanks=(
            Blank(name="text", label="How it stands", kind=BlankKind.TEXT, value=asked.get("text")),
            Blank(
                name="to",
                label="Who reads it",
                kind=BlankKind.CHOICE,
                choices=tuple(Audience),
                value=asked.get("to") or Audience.STAKEHOLDERS,
            ),
            Blank(name="next", label="When the next one comes", needed=False, hint="such as 30m or 2h"),
        ),
    )


async def _role(asked: Asked) -> Answer:
    role, person = asked.get("role"), asked.person()
    incident = await roles_taken.give(asked.world, asked.actor, asked.incident, role, person)
    return moved(asked, incident, f"has {incident.roles.get(role, person)} as {role}")


async def _leave(asked: Asked) -> Answer:
    role = asked.get("role")
    incident = await roles_taken.leave(asked.world, asked.actor, asked.incident, role)
    return moved(asked, incident, f"has nobody as {role}")


async def _roles(asked: Asked) -> Answer:
    seen = await response_seen.look(asked.world, asked.actor, asked.incident)
    return Answer(
        headline=f"Who does what in {seen.incident}",
        facts=tuple((one.role.title, one.person or "nobody") for one in seen.roles),
        presses=tuple(
            Press(label=f"Take {one.role.name}"[:70], says=f"role {seen.incident} {one.role.name}")
            for one in seen.roles
            if not one.person
        )[:4],
        link=asked.page_of(seen.incident),
    )


async def _task(asked: Asked) -> Answer:
    return await _kept(asked, TaskKind.TASK)


async def _follow_up(asked: Asked) -> Answer:
    return await _kept(asked, TaskKind.FOLLOW_UP)


async def _kept(asked: Asked, kind: TaskKind) -> Answer:
    due, aim = asked.get("due"), asked.get("aim")
    wish = Wish(
        text=asked.get("text"),
        kind=kind,
        owner=asked.person("owner"),
        due=date.fromisoformat(due) if due else None,
        aim=Aim(aim) if aim else None,
    )
    task = await tasks_kept.add(asked.world, asked.actor, asked.incident, wish)
    done = Press(label="Done", says=f"task done {task.id}", tone=Tone.GOOD)
    return Answer(headline=_said(task), tone=Tone.GOOD, presses=(done,), link=asked.page_of(task.incident))


async def _tasks(asked: Asked) -> Answer:
    found = await tasks_kept.open_ones(asked.world, asked.actor, owner=asked.person("owner"))
    if asked.get("incident"):
        found = [one for one in found if one.incident == asked.incident]
    return Answer(
        headline=count(len(found), "open task") if found else "Nothing is to be done",
        items=cut([f"{_said(one)} ({one.incident})" for one in found]),
        hint="task done TASK-3, or task drop TASK-3 why" if found else "",
    )


async def _done(asked: Asked) -> Answer:
    task = await tasks_kept.end(asked.world, asked.actor, TaskId(asked.get("task")))
    return Answer(headline=f"{task.id} is done", tone=Tone.GOOD, text=one_line(task.text, 300))


async def _drop(asked: Asked) -> Answer:
    task = TaskId(asked.get("task"))
    ended = await tasks_kept.end(asked.world, asked.actor, task, dropped=True, reason=asked.get("reason"))
    return Answer(headline=f"{ended.id} is dropped", text=one_line(ended.text, 300))


def _said(task: Task) -> str:
    owner = f", {task.owner}" if task.owner else ""
    due = f", by {task.due}" if task.due else ""
    return f"{task.id} {one_line(task.text, 200)}{owner}{due}"


async def _snooze(asked: Asked) -> Answer:
    lasts = parse_duration(asked.get("length"))
    reminders = await reminders_set.snooze(asked.world, asked.actor, asked.incident, lasts)
    until = max((one.snoozed_until for one in reminders if one.snoozed_until), default=None)
    return Answer(headline=f"Nobody is reminded of {asked.incident} until {asked.at(until)}", tone=Tone.GOOD)


UPDATE = Deed(
    verb=Verb(
        name="update",
        summary="tell people how it stands",
        examples=("update INC-7 we roll the release back", "update INC-7 it is over to=public"),
        slots=(INCIDENT, Slot(name="text", kind=Kind.TEXT, help="how it stands", needed=False)),
        options=(
            Slot(name="to", kind=Kind.CHOICE, help="who reads it", choices=tuple(Audience)),
            Slot(name="next", kind=Kind.LENGTH, help="when the next one comes"),
        ),
    ),
    do=_update,
    form=_update_form,
    lacks=_says_nothing,
)

_TEXT = Slot(name="text", kind=Kind.TEXT, help="a text: what is to be done")
_OWNER = Slot(name="owner", kind=Kind.PERSON, help="who does it")
_DUE = Slot(name="due", kind=Kind.DAY, help="until when")
_ROLE = Slot(name="role", kind=Kind.NAME, help="a role, such as commander")

DEEDS = (
    UPDATE,
    Deed(
        verb=Verb(
            name="role",
            summary="take a part in an incident, or give it to somebody",
            examples=("role INC-7 commander", "role INC-7 scribe ann"),
            slots=(INCIDENT, _ROLE, Slot(name="person", kind=Kind.PERSON, help="a person", needed=False)),
        ),
        do=_role,
    ),
    Deed(
        verb=Verb(
            name="role leave",
            summary="leave a part",
            examples=("role leave INC-7 commander",),
            slots=(INCIDENT, _ROLE),
            aside=True,
        ),
        do=_leave,
    ),
    Deed(
        verb=Verb(
            name="role list", summary="who does what", examples=("role list INC-7",), slots=(INCIDENT,), aside=True
        ),
        do=_roles,
    ),
    Deed(
        verb=Verb(
            name="task",
            summary="write down what is to be done now",
            examples=("task INC-7 call the provider owner=ann",),
            slots=(INCIDENT, _TEXT),
            options=(_OWNER, _DUE),
        ),
        do=_task,
    ),
    Deed(
        verb=Verb(
            name="task list",
            summary="what is to be done",
            examples=("task list", "task list owner=me"),
            slots=(Slot(name="incident", kind=Kind.INCIDENT, help="the incident, such as INC-7", needed=False),),
            options=(_OWNER,),
            also=("tasks",),
            aside=True,
        ),
        do=_tasks,
    ),
    Deed(
        verb=Verb(
            name="task done", summary="say that it is done", examples=("task done TASK-3",), slots=(_TASK,), aside=True
        ),
        do=_done,
    ),
    Deed(
        verb=Verb(
            name="task drop",
            summary="say that nobody will do it",
            examples=("task drop TASK-3 the service is gone",),
            slots=(_TASK, Slot(name="reason", kind=Kind.TEXT, help="why", needed=False)),
            aside=True,
        ),
        do=_drop,
    ),
    Deed(
        verb=Verb(
            name="followup",
            summary="write down what is to be done afterwards: by whom, until when, and what it is good for",
            examples=("followup INC-7 alert on the queue's age owner=ann due=2026-12-31 aim=detect",),
            slots=(INCIDENT, _TEXT),
            options=(_OWNER, _DUE, Slot(name="aim", kind=Kind.CHOICE, help="what for", choices=tuple(Aim))),
            also=("follow-up",),
        ),
        do=_follow_up,
    ),
    Deed(
        verb=Verb(
            name="snooze",
            summary="be reminded of it later",
            examples=("snooze INC-7 30m",),
            slots=(INCIDENT, Slot(name="length", kind=Kind.LENGTH, help="a length, such as 30m or 2h")),
        ),
        do=_snooze,
    ),
)
