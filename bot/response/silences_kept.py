"""Somebody silences alerts, changes a silence, or ends it: Alertmanager's rules, with a record of who did it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.alerts import silencing
from bot.model.actor import Actor
from bot.model.ids import SilenceId
from bot.model.silence import Silence
from bot.ports.store import Tx
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require


async def place(world: World, actor: Actor, asked: Silence, fresh: SilenceId) -> Silence:
    """Makes the silence, or changes the one with its id; as it stands then, with the id `fresh` when it is a new one.

    `asked.id` is empty for a new silence. NotFound when there is none with the id; NotAllowed when there must be no
    silence like this, which `bot.alerts.silencing.mistake` says before.
    """
    now = world.clock.now()
    require(actor, Act.SILENCE, asked.id or fresh, now)

    def keep(tx: Tx) -> tuple[Silence, ...]:
        standing = tx.silences.get(asked.id) if asked.id else None
        kept = silencing.placed(standing, asked, fresh, now)
        for ended in kept[:-1]:
            record(tx, actor, Act.EXPIRE_SILENCE, ended.id, now, instead=kept[-1].id)
            tx.silences.put(ended)
        _keep(tx, actor, kept[-1], now)
        return kept

    kept = await world.store.write(keep)
    _known(world, kept)
    return kept[-1]


async def expire(world: World, actor: Actor, silence: SilenceId) -> Silence:
    """Ends a silence now; one that is over already stays as it is. NotFound when there is none."""
    now = world.clock.now()
    require(actor, Act.EXPIRE_SILENCE, silence, now)

    def keep(tx: Tx) -> Silence:
        standing = tx.silences.get(silence)
        ended = silencing.expired(standing, now)
        if ended is not standing:
            record(tx, actor, Act.EXPIRE_SILENCE, silence, now)
            tx.silences.put(ended)
        return ended

    ended = await world.store.write(keep)
    _known(world, (ended,))
    return ended


def _keep(tx: Tx, actor: Actor, silence: Silence, now: datetime) -> None:
    record(
        tx, actor, Act.SILENCE, silence.id, now,
        matchers=", ".join(str(matcher) for matcher in silence.matchers), starts_at=silence.starts_at.isoformat(),
        ends_at=silence.ends_at.isoformat(), created_by=silence.created_by, comment=silence.comment,
    )  # fmt: skip
    tx.silences.put(silence)


def _known(world: World, silences: Sequence[Silence]) -> None:
    """Only what is committed counts for alerts."""
    for silence in silences:
        world.alerts.silences.put(silence)
