"""Somebody looks at the service catalogue: what there is, who answers for it, and how it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.errors import NotFound
from bot.model.actor import Actor
from bot.model.incident import OPEN, Incident
from bot.model.rule import RuleGroup, RuleState
from bot.model.service import Service
from bot.model.setup import Setup
from bot.ports.store import Tx
from bot.response.world import World
from bot.rights import Act, require
from bot.rules import slo

_MOST_OPEN = 1000
_LATELY = 20
"""Incidents of one service that are shown, whether they are over or not."""
_GRAVEST_FIRST = (RuleState.FIRING, RuleState.PENDING, RuleState.UNKNOWN, RuleState.INACTIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenService:
    """One service as it stands: its incidents, the newest first, those that depend on it, and its promises by name.

    The state of a promise is the gravest one of the rules that watch it.
    """

    service: Service
    incidents: tuple[Incident, ...]
    dependents: tuple[str, ...]
    promises: Mapping[str, RuleState]

    @property
    def open(self) -> tuple[Incident, ...]:
        """Those that are worked on."""
        return tuple(one for one in self.incidents if one.is_open)


async def services(world: World, actor: Actor) -> Sequence[SeenService]:
    """All of them, those that hurt most first, each with its open incidents."""
    require(actor, Act.LOOK, "services", world.clock.now())
    setup = world.setup
    listed = sorted(setup.services.values(), key=lambda one: (one.tier, one.name))

    def look(tx: Tx) -> Sequence[SeenService]:
        found = tx.incidents.list(statuses=OPEN, services=[one.name for one in listed], limit=_MOST_OPEN)
        return [_seen(tx, setup, one, [each for each in found if each.service == one.name]) for one in listed]

    return await world.store.read(look) if listed else []


async def service(world: World, actor: Actor, name: str) -> SeenService:
    """One of them with its last incidents; NotFound."""
    require(actor, Act.LOOK, name, world.clock.now())
    setup = world.setup
    found = setup.services.get(name)
    if found is None:
        known = ", ".join(sorted(setup.services)) or "none is listed: add it under `services` in tocsin.yaml"
        raise NotFound(f"no service is called {name!r}", hint=f"there are: {known}")

    def look(tx: Tx) -> SeenService:
        return _seen(tx, setup, found, tx.incidents.list(services=[name], limit=_LATELY))

    return await world.store.read(look)


async def rules(world: World, actor: Actor, name: str) -> Sequence[RuleGroup]:
    """The rules that watch what a service promises; NotFound."""
    found = (await service(world, actor, name)).service
    return [group for one in found.slos for group in slo.watching(world.setup.groups, found, one)]


def _seen(tx: Tx, setup: Setup, service: Service, incidents: Sequence[Incident]) -> SeenService:
    return SeenService(
        service=service,
        incidents=tuple(incidents),
        dependents=tuple(sorted(one.name for one in setup.services.values() if service.name in one.dependencies)),
        promises={one.name: _state(tx, slo.watching(setup.groups, service, one)) for one in service.slos},
    )


def _state(tx: Tx, groups: Sequence[RuleGroup]) -> RuleState:
    """Unknown where none was evaluated yet."""
    known = [status for group in groups if (status := tx.rules.status(group.key)) is not None]
    states = {rule.state for status in known for rule in status.rules}
    return next((state for state in _GRAVEST_FIRST if state in states), RuleState.UNKNOWN)
