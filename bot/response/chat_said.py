"""Somebody said something in a chat: it is kept before its vendor hears that it came, and followed afterwards, once.

What nobody began is done when somebody can, unless it is old by then. What was begun and not seen to end may have been
done, so it is never done again: whoever said it is told.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import islice

from bot.errors import Permanent, Temporary
from bot.model.actor import Actor
from bot.model.errand import Errand, ErrandKind
from bot.model.utterance import Missed
from bot.ports.chat_listener import ChatListener
from bot.response.world import World
from bot.rights import Act, require

TOO_LATE = timedelta(minutes=2)
"""Who had no answer for so long has said it again by now, or done something else."""
GIVE_UP = timedelta(hours=24)
"""After so long nobody wants to be told any more that it was not done."""
LONGEST_S = 40.0
"""Well within the lease of an errand: what takes longer would be taken for lost."""
_LONGEST, _MOST = 10_000, 64
_HEARD = "heard."


async def keep(world: World, actor: Actor, integration: str, key: str, heard: Mapping[str, str]) -> bool:
    """Whether it is news. Once this returns it is on the disk."""
    now = world.clock.now()
    require(actor, Act.LOOK, integration, now)
    digest = hashlib.sha256(key.encode()).hexdigest()
    said = {f"{_HEARD}{name}": world.clean(value)[:_LONGEST] for name, value in islice(heard.items(), _MOST)}
    errand = Errand(
        kind=ErrandKind.SAID,
        dedup_key=f"said {integration} {digest}",
        due_at=now,
        payload={**said, "integration": integration, "at": now.isoformat()},
    )
    is_news = await world.store.write(lambda tx: tx.outbox.add(errand), first=True)
    world.nudge()
    return is_news


async def said_due(world: World, actor: Actor, errand: Errand) -> None:
    """Follows it, or says that nobody will. Temporary: that could not be said yet. Permanent: it never will be."""
    integration, now = errand.payload["integration"], world.clock.now()
    require(actor, Act.LOOK, integration, now)
    listener = world.listeners.get(integration)
    if listener is None:
        raise Permanent("nobody listens there any more", integration=integration, reason="client")
    heard = {name.removeprefix(_HEARD): value for name, value in errand.payload.items() if name.startswith(_HEARD)}
    missed = _missed(errand, now)
    if missed is None:
        await _followed(listener, heard)
    else:
        await _excused(listener, heard, missed)


def _missed(errand: Errand, now: datetime) -> Missed | None:
    """Why it is not done. Whoever could not be told at the first attempt reads the more careful of the two."""
    age, begun = now - datetime.fromisoformat(errand.payload["at"]), errand.attempts > 1
    return Missed(age=age, begun=begun) if begun or age > TOO_LATE else None


async def _followed(listener: ChatListener, heard: Mapping[str, str]) -> None:
    try:
        async with asyncio.timeout(LONGEST_S):
            await listener.follow(heard)
    except TimeoutError:
        await listener.excuse(heard, Missed(age=timedelta(seconds=LONGEST_S), begun=True))


async def _excused(listener: ChatListener, heard: Mapping[str, str], missed: Missed) -> None:
    try:
        await listener.excuse(heard, missed)
    except Temporary as error:
        if missed.age < GIVE_UP:
            raise
        raise Permanent(error.message, integration=error.integration, reason=error.reason) from error
