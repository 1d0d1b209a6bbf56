"""A receiver is to be told of a group: it is, or it is written down that it was not, and why."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.alerts import saying
from bot.errors import IntegrationError, Permanent, Temporary
from bot.model.actor import Actor
from bot.model.errand import Errand
from bot.model.telling import Decision, Verdict
from bot.model.told_group import ToldGroup
from bot.response.world import World
from bot.rights import Act, require

GIVE_UP = timedelta(hours=24)
"""A message older than this is of no use to anybody: it is not tried again."""


async def telling_due(world: World, actor: Actor, errand: Errand) -> None:
    """Delivers the message. Temporary: it is to be tried again. Permanent: it is not, and `tocsin why` says so."""
    began = world.clock.now()
    integration, telling = saying.read(errand)
    require(actor, Act.TELL, telling.key, began)
    try:
        await _tell(world, integration, telling)
    except IntegrationError as error:
        is_lost = isinstance(error, Permanent) or began - telling.at >= GIVE_UP
        world.counts.not_told(integration, error.reason, lost=is_lost)
        if not is_lost:
            raise
        await _was_not(world, integration, telling, error, began)
        raise _for_good(error) from error
    world.counts.told(integration, (world.clock.now() - began).total_seconds())


async def _tell(world: World, integration: str, telling: ToldGroup) -> None:
    notifier = world.notifiers.get(integration)
    if notifier is None:
        message = f"{integration}, which was to be told, is not in tocsin.yaml any more"
        hint = "nothing to do, unless it was taken out by mistake"
        raise Permanent(message, integration=integration, reason="client", hint=hint)
    await notifier.tell(telling)


async def _was_not(world: World, integration: str, telling: ToldGroup, error: IntegrationError, now: datetime) -> None:
    tried = f", tried for {GIVE_UP.days * 24} hours" if isinstance(error, Temporary) else ""
    text = f"{telling.reason} of {telling.at:%H:%M:%S} UTC did not reach {integration}{tried}: {error}"
    decision = Decision(at=now, verdict=Verdict.NOT_TOLD, text=text, rule=f"receiver {telling.receiver}")
    await world.store.write(lambda tx: tx.decisions.add(telling.key, decision))


def _for_good(error: IntegrationError) -> Permanent:
    hint = error.hint if isinstance(error, Permanent) else ""  # a hint to wait is no help any more
    return Permanent(error.message, integration=error.integration, reason=error.reason, hint=hint)
