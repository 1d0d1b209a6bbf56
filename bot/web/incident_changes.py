"""What can be done to an incident on its page: each a plain HTML form that leads back to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.errors import NotAllowed
from bot.incidents.edits import Edit
from bot.kit.who_asks import asker
from bot.model.actor import Actor
from bot.model.ids import IncidentId
from bot.model.incident import Incident, IncidentKind, Severity
from bot.model.link import Link
from bot.response import (
    incident_changed,
    incident_declared,
    incident_edited,
    incidents_linked,
    incidents_merged,
    person_paged,
)
from bot.response.world import World
from bot.web.forms import fields, incident_of, text, to

W = TypeVar("W", bound=StrEnum)
_OWN = "field."
"""A field of the team's own is called so in forms, with its name after it."""
_WAS = "was."
"""Beside each field of the form that corrects things stands what it held: what nobody touched is not sent on."""
_Move = Callable[[World, Actor, IncidentId, str], Awaitable[Incident]]


class IncidentChanges:
    """The forms' endpoints. The door has checked session, token, Origin and Host before any of them is asked."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def routes(self) -> list[Route]:
        """Their paths."""
        paths = {
            "acknowledge": self.acknowledge,
            "assign": self.assign,
            "mitigate": self._mover(incident_changed.mitigate),
            "resolve": self._mover(incident_changed.resolve),
            "close": self._mover(incident_changed.close),
            "reopen": self._mover(incident_changed.reopen),
            "change": self.change,
            "merge": self.merge,
            "unmerge": self.unmerge,
            "link": self.link,
            "unlink": self.unlink,
            "pages": self.page,
        }
        return [
            Route("/incidents", self.declare, methods=["POST"]),
            *(Route(f"/incidents/{{key}}/{name}", do, methods=["POST"]) for name, do in paths.items()),
        ]

    async def declare(self, request: Request) -> Response:
        """A person declares an incident."""
        said = await fields(request)
        declared = await incident_declared.declare(
            self._world,
            asker(request.scope).actor,
            title=text(said, "title"),
            severity=_word(Severity, said.get("severity", ""), "choose one of SEV1 to SEV5"),
            text=text(said, "text"),
            kind=_word(IncidentKind, said.get("kind") or IncidentKind.NORMAL, "choose normal, drill or test"),
            service=text(said, "service"),
            fields=_own(said),
        )
        return to(f"/incidents/{declared.id}")

    async def acknowledge(self, request: Request) -> Response:
        """Somebody has it."""
        changed = await incident_changed.acknowledge(self._world, asker(request.scope).actor, incident_of(request))
        return to(f"/incidents/{changed.id}")

    async def assign(self, request: Request) -> Response:
        """Somebody has it from now on."""
        person = text(await fields(request), "person")
        changed = await incident_changed.assign(self._world, asker(request.scope).actor, incident_of(request), person)
        return to(f"/incidents/{changed.id}")

    async def change(self, request: Request) -> Response:
        """What it says of itself is corrected."""
        said = await fields(request)
        new = {name: text(said, name) for name in said if said[name] != said.get(_WAS + name, "")}
        severity, kind = new.get("severity"), new.get("kind")
        wanted = Edit(
            title=new.get("title"),
            severity=_word(Severity, severity, "choose one of SEV1 to SEV5") if severity else None,
            kind=_word(IncidentKind, kind, "choose normal, drill or test") if kind else None,
            service=new.get("service"),
            team=new.get("team"),
            fields=_own(new),
        )
        changed = await incident_edited.edit(
            self._world, asker(request.scope).actor, incident_of(request), wanted, text(said, "reason")
        )
        return to(f"/incidents/{changed.id}")

    async def merge(self, request: Request) -> Response:
        """It becomes part of another, where the browser is sent."""
        said = await fields(request)
        into = IncidentId(text(said, "into").upper())
        actor, reason = asker(request.scope).actor, text(said, "reason")
        _, whole = await incidents_merged.merge(self._world, actor, incident_of(request), into, reason)
        return to(f"/incidents/{whole.id}")

    async def unmerge(self, request: Request) -> Response:
        """It is one of its own again."""
        own, _ = await incidents_merged.undo(self._world, asker(request.scope).actor, incident_of(request))
        return to(f"/incidents/{own.id}")

    async def link(self, request: Request) -> Response:
        """It is a duplicate or a child of another."""
        said = await fields(request)
        kind = _word(Link, said.get("kind", ""), "choose duplicate or child")
        other = IncidentId(text(said, "to").upper())
        await incidents_linked.link(self._world, asker(request.scope).actor, incident_of(request), kind, other)
        return to(f"/incidents/{incident_of(request)}")

    async def unlink(self, request: Request) -> Response:
        """It is none after all."""
        kind = _word(Link, (await fields(request)).get("kind", ""), "choose duplicate or child")
        await incidents_linked.unlink(self._world, asker(request.scope).actor, incident_of(request), kind)
        return to(f"/incidents/{incident_of(request)}")

    async def page(self, request: Request) -> Response:
        """Somebody is woken."""
        said, incident = await fields(request), incident_of(request)
        whom = text(said, "whom")
        await person_paged.page(self._world, asker(request.scope).actor, incident, whom, text(said, "text"))
        return to(f"/incidents/{incident}")

    def _mover(self, move: _Move) -> Callable[[Request], Awaitable[Response]]:
        async def moved(request: Request) -> Response:
            reason = text(await fields(request), "reason")
            changed = await move(self._world, asker(request.scope).actor, incident_of(request), reason)
            return to(f"/incidents/{changed.id}")

        return moved


def _own(said: dict[str, str]) -> dict[str, str]:
    return {name.removeprefix(_OWN): text(said, name) for name in said if name.startswith(_OWN)}


def _word(kind: type[W], said: str, hint: str) -> W:
    try:
        return kind(said)
    except ValueError:
        raise NotAllowed(f"{said!r} is no {kind.__name__.lower()}", hint=hint) from None
