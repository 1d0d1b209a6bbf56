"""What Tocsin itself offers to runbooks, without any integration: to wait, to tell people, to act on its own incidents.

Nothing here reaches beyond Tocsin, so risk is about Tocsin's own record. What is only added to it (a note, a message, a
run that asks for itself) reads; what changes how people are told of trouble (a severity, a silence) writes.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.model.actor import Actor
from bot.ports.actions import Action
from bot.response.own import notifying, noting, running, severity, silencing, waiting
from bot.response.own.bound import NAME
from bot.response.world import World
from bot.runbooks import asking

__all__ = ["NAME", "SPECS", "offered"]

SPECS = (
    asking.ACTION.spec,
    waiting.SPEC,
    notifying.SPEC,
    noting.SPEC,
    severity.SPEC,
    silencing.SILENCE,
    silencing.UNSILENCE,
    running.SPEC,
)


def offered(world: World, actor: Actor) -> Mapping[str, Mapping[str, Action]]:
    """Tocsin's own actions, as `World.actions` holds them; what they do they do as this actor."""
    actions = (
        asking.ACTION,
        waiting.wait(world, actor),
        notifying.notify(world, actor),
        noting.note(world, actor),
        severity.change(world, actor),
        silencing.silence(world, actor),
        silencing.unsilence(world, actor),
        running.run(world, actor),
    )
    return {action.spec.name: {NAME: action} for action in actions}
