"""The page about automation, and its forms: the switch, trust, and runs that are cancelled or taken back by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.errors import NotAllowed
from bot.kit.who_asks import asker
from bot.model.actor import Actor
from bot.model.automation import Autonomy
from bot.model.ids import RunId
from bot.response import automation_seen, automation_switched, run_cancelled, run_taken_back, trust_given
from bot.response.automation_seen import SeenAutomation
from bot.response.world import World
from bot.rights import Act, Yes, may
from bot.web.forms import fields, text, to
from bot.web.pages import Page

MEANS: Mapping[Autonomy, str] = {
    Autonomy.OBSERVE: "it looks, and writes down what it would change.",
    Autonomy.SUGGEST: "it looks by itself, and asks before each change.",
    Autonomy.APPROVE: "it looks by itself, and asks once for all of its changes.",
    Autonomy.AUTO: "it makes changes by itself, and asks before it destroys anything.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomationView:
    """All of it, and what whoever looks may do about it."""

    seen: SeenAutomation
    may_switch: bool
    may_trust: bool
    means: Mapping[Autonomy, str]

    @property
    def title(self) -> str:
        """What the browser's tab says."""
        return "Automation is paused" if self.seen.pause.paused else "Automation"

    @property
    def news(self) -> str:
        """What a screen reader says when something has changed."""
        return f"automation is {'paused' if self.seen.pause.paused else 'on'}, {len(self.seen.in_flight)} in flight"


async def _see(world: World, actor: Actor, _key: str) -> SeenAutomation:
    return await automation_seen.seen(world, actor)


def _view(seen: SeenAutomation, world: World, actor: Actor) -> AutomationView:
    now = world.clock.now()
    switches = Act.RESUME if seen.pause.paused else Act.PAUSE
    return AutomationView(
        seen=seen,
        may_switch=isinstance(may(actor, switches, "automation", now), Yes),
        may_trust=isinstance(may(actor, Act.GIVE_TRUST, "automation", now), Yes),
        means=MEANS,
    )


AUTOMATION = Page(
    template="automation.html.jinja",
    nav="automation",
    parts={"automation": "_automation.html.jinja"},
    see=_see,
    view=_view,
)


class AutomationChanges:
    """Its forms' endpoints."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def routes(self) -> list[Route]:
        """Each with its path."""
        return [
            Route("/automation/pause", self.pause, methods=["POST"]),
            Route("/automation/resume", self.resume, methods=["POST"]),
            Route("/automation/trust", self.trust, methods=["POST"]),
            Route("/runs/{key}/cancel", self.cancel, methods=["POST"]),
            Route("/runs/{key}/rollback", self.rollback, methods=["POST"]),
        ]

    async def pause(self, request: Request) -> Response:
        """Nothing begins any more."""
        reason = text(await fields(request), "reason")
        if not reason:
            raise NotAllowed("nobody would know why", hint="go back and give a reason")
        await automation_switched.pause(self._world, asker(request.scope).actor, reason=reason)
        return to("/automation")

    async def resume(self, request: Request) -> Response:
        """It goes on."""
        reason = text(await fields(request), "reason")
        await automation_switched.resume(self._world, asker(request.scope).actor, reason=reason)
        return to("/automation")

    async def trust(self, request: Request) -> Response:
        """A runbook gets the autonomy that it has earned."""
        form = await fields(request)
        if form.get("autonomy") not in set(Autonomy):
            raise NotAllowed("this form does not say how far it may go", hint="open the page again")
        await trust_given.give(
            self._world,
            asker(request.scope).actor,
            text(form, "runbook"),
            Autonomy(form["autonomy"]),
            environment=text(form, "environment"),
            reason=text(form, "reason"),
        )
        return to("/automation")

    async def cancel(self, request: Request) -> Response:
        """Nothing more of a run begins."""
        run, reason = RunId(request.path_params["key"]), text(await fields(request), "reason")
        await run_cancelled.cancel(self._world, asker(request.scope).actor, run, reason=reason)
        return to(f"/runs/{run}")

    async def rollback(self, request: Request) -> Response:
        """What a run changed is taken back."""
        run, reason = RunId(request.path_params["key"]), text(await fields(request), "reason")
        await run_taken_back.ask(self._world, asker(request.scope).actor, run, reason=reason)
        return to(f"/runs/{run}")
