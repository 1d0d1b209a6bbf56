"""The page about services: what teams run, who answers for it, what it promises, and what is wrong with it now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model.actor import Actor
from bot.response import services_looked_up
from bot.response.services_looked_up import SeenService
from bot.response.world import World
from bot.web.pages import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicesView:
    """All services, those that hurt most first. `known` are their names: others can only be written, not led to."""

    services: Sequence[SeenService]

    @property
    def known(self) -> frozenset[str]:
        """The names of those that are listed."""
        return frozenset(one.service.name for one in self.services)

    @property
    def title(self) -> str:
        """What the browser's tab says."""
        return "Services"

    @property
    def news(self) -> str:
        """What a screen reader says when something has changed."""
        return f"{sum(bool(one.open) for one in self.services)} of {len(self.services)} services have open incidents"


async def _see(world: World, actor: Actor, _key: str) -> Sequence[SeenService]:
    return await services_looked_up.services(world, actor)


SERVICES = Page(
    template="services.html.jinja",
    nav="services",
    parts={"services": "_services.html.jinja"},
    see=_see,
    view=lambda seen, world, actor: ServicesView(services=seen),
)
