"""An admin says how far a runbook may go by itself in an environment: more, or less."""

from __future__ import annotations

from bot.errors import NotAllowed, NotFound
from bot.model.actor import Actor
from bot.model.automation import Autonomy, Trust
from bot.model.runbook import Runbook
from bot.model.setup import Setup
from bot.ports.store import Tx
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require
from bot.runbooks import autonomy


async def give(
    world: World, actor: Actor, runbook: str, level: Autonomy, *, environment: str = "", reason: str
) -> Trust:
    """Holds for runs that begin from now on. NotAllowed above what the configuration allows."""
    now = world.clock.now()
    require(actor, Act.GIVE_TRUST, runbook, now)
    known = _known(world.setup, runbook, environment, level)
    given = Trust(
        runbook=runbook, environment=environment, autonomy=level, since=now, by=actor.name, reason=reason,
        does=autonomy.doing(known),
    )  # fmt: skip

    def keep(tx: Tx) -> Trust:
        before = autonomy.held(tx.automation.trust(runbook, environment), known)
        had = autonomy.level(world.setup.automation, runbook, environment, before)
        record(
            tx, actor, Act.GIVE_TRUST, runbook, now, environment=environment, had=had, has=str(level), reason=reason
        )  # fmt: skip
        tx.automation.set_trust(given)
        return given

    return await world.store.write(keep)


def _known(setup: Setup, runbook: str, environment: str, level: Autonomy) -> Runbook:
    if runbook not in setup.runbooks:
        raise NotFound(f"no runbook is called {runbook!r}", hint="list them with `tocsin runbook list`")
    most = autonomy.ceiling(setup.automation, runbook, environment)
    if autonomy.is_more(level, most):
        raise NotAllowed(
            f"{runbook} may not have more than {most} there", hint="raise `automation.ceilings` in tocsin.yaml first"
        )
    return setup.runbooks[runbook]
