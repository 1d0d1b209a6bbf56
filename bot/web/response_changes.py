"""What people do about the response on an incident's page: each a plain HTML form that leads back to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.documents import parse_duration
from bot.errors import NotAllowed
from bot.incidents.tasks import Wish
from bot.kit.who_asks import asker
from bot.model.ids import TaskId
from bot.model.reminder import ReminderKind
from bot.model.status_update import Audience
from bot.model.task import Aim, TaskKind
from bot.response import reminders_set, roles_taken, tasks_kept, updates_sent
from bot.response.world import World
from bot.web.forms import fields, incident_of, text, to

_AGAIN = "go back, correct it and send it again"


class ResponseChanges:
    """The forms' endpoints. The door has checked session, token, Origin and Host before any of them is asked."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def routes(self) -> list[Route]:
        """Their paths."""
        paths = {
            "/incidents/{key}/role": self.role,
            "/incidents/{key}/task": self.task,
            "/incidents/{key}/update": self.update,
            "/incidents/{key}/remind": self.remind,
            "/tasks/{key}/end": self.end,
        }
        return [Route(path, do, methods=["POST"]) for path, do in paths.items()]

    async def role(self, request: Request) -> Response:
        """Somebody takes a role or is given one; without a person nobody has it any more."""
        said, actor, incident = await fields(request), asker(request.scope).actor, incident_of(request)
        name, person = text(said, "role"), text(said, "person")
        if person:
            await roles_taken.give(self._world, actor, incident, name, person)
        else:
            await roles_taken.leave(self._world, actor, incident, name)
        return to(f"/incidents/{incident}#response")

    async def task(self, request: Request) -> Response:
        """Something is to be done; with an aim it is a follow-up."""
        said, actor, incident = await fields(request), asker(request.scope).actor, incident_of(request)
        wish = Wish(
            text=text(said, "text"),
            kind=TaskKind.FOLLOW_UP if said.get("aim") else TaskKind.TASK,
            owner=text(said, "owner"),
            due=_day(said),
            aim=_aim(said),
        )
        await tasks_kept.add(self._world, actor, incident, wish)
        return to(f"/incidents/{incident}#response")

    async def end(self, request: Request) -> Response:
        """It is done, or nobody will do it, by the button that was pressed."""
        said = await fields(request)
        task = TaskId(request.path_params["key"])
        dropped = said.get("how") == "dropped"
        ended = await tasks_kept.end(self._world, asker(request.scope).actor, task, dropped=dropped)
        return to(f"/incidents/{ended.incident}#response")

    async def update(self, request: Request) -> Response:
        """People are told how it stands."""
        said, actor, incident = await fields(request), asker(request.scope).actor, incident_of(request)
        audience = said.get("audience", "")
        if audience not in set(Audience):
            raise NotAllowed(f"{audience!r} is no audience", hint="choose responders, stakeholders or public")
        after = _span(text(said, "next")) if text(said, "next") else None
        await updates_sent.send(self._world, actor, incident, Audience(audience), text(said, "text"), after)
        return to(f"/incidents/{incident}#response")

    async def remind(self, request: Request) -> Response:
        """A reminder waits, or is stopped."""
        said, actor, incident = await fields(request), asker(request.scope).actor, incident_of(request)
        kind = said.get("kind", "")
        if kind not in set(ReminderKind):
            raise NotAllowed(f"{kind!r} is no reminder", hint=_AGAIN)
        if said.get("how") == "stop":
            await reminders_set.stop(self._world, actor, incident, [ReminderKind(kind)])
        else:
            lasts = _span(text(said, "lasts"))
            await reminders_set.snooze(self._world, actor, incident, lasts, [ReminderKind(kind)])
        return to(f"/incidents/{incident}#response")


def _day(said: Mapping[str, str]) -> date | None:
    written = said.get("due", "").strip()
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        raise NotAllowed(f"{written!r} is no day", hint="write it like 2027-01-31") from None


def _aim(said: Mapping[str, str]) -> Aim | None:
    written = said.get("aim", "")
    try:
        return Aim(written) if written else None
    except ValueError:
        raise NotAllowed(f"{written!r} is no aim", hint="choose prevent, detect or mitigate") from None


def _span(written: str) -> timedelta:
    try:
        return parse_duration(written)
    except ValueError as error:
        raise NotAllowed(str(error), hint=_AGAIN) from None
