"""A request's alerts are taken in: those that are known in passing, the others checked, in our words, and kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

from bot.alerts import mapping
from bot.alerts.wire import Received
from bot.api.alertmanager.posted import Mistake, checked, read
from bot.model.actor import Actor, ActorKind
from bot.model.alert import BY_HAND
from bot.model.route import FieldMap
from bot.response import alerts_taken
from bot.response.alerts_taken import ROW
from bot.response.world import World

SOURCE = "api"
"""What alerts that people send are counted under; those of a source under its name."""
_FEWEST_SPELLINGS, _MOST_SPELLINGS = 1000, 4
"""How many are remembered: so many, and so many more for each alert."""


class Intake:
    """Takes in what clients post, and remembers how they write the labels that we write in another way."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._maps: Sequence[FieldMap] = ()
        self._spelled: dict[str, dict[bytes, bytes]] = {}
        """By source: labels as it writes them, and as we do. A spelling under another mapping means nothing."""

    async def take(self, actor: Actor, body: bytes) -> Sequence[str]:
        """What is wrong with those that are not taken; all others are kept when this returns. Unreadable: none is."""
        world, began = self._world, self._world.clock.now()
        is_source = actor.kind is ActorKind.SOURCE
        source, name = (actor.name, actor.name) if is_source else (SOURCE, f"{BY_HAND}{actor.name}")
        batch = read(body, began.timestamp(), world.alerts.table.resolve_timeout, name)
        mistakes = await self._taken(actor, source, batch)
        world.counts.received(source, len(batch) - len(mistakes), (world.clock.now() - began).total_seconds())
        world.counts.refused(source, len(mistakes))
        return mistakes

    async def _taken(self, actor: Actor, source: str, batch: Sequence[Received]) -> Sequence[str]:
        maps, spelled = self._spellings(source)
        fresh: list[Received] = []
        async for part in _parts(batch):
            strange = part if maps else alerts_taken.unknown(self._world, actor, part)
            if strange:
                fresh += self._strange(actor, strange, spelled)
        if not fresh:
            return ()
        places = {id(one): index for index, one in enumerate(batch)}
        good, mistakes = list[Received](), list[str]()
        async for part in _parts(fresh):
            for one in part:
                try:
                    good.append(checked(one, places[id(one)], maps, spelled))
                except Mistake as error:
                    mistakes.append(str(error))
        async for part in _parts(good):
            await alerts_taken.take(self._world, actor, part)
        return mistakes

    def _strange(self, actor: Actor, part: Sequence[Received], spelled: Mapping[bytes, bytes]) -> Sequence[Received]:
        """Those that are not known either when their labels are written as we write them."""
        if not spelled:
            return part
        respelled, strange = list[Received](), list[Received]()
        for one in part:
            ours = spelled.get(one.labels)
            if ours is None:
                strange.append(one)
            else:
                one.sent, one.labels = one.labels, ours
                respelled.append(one)
        return [*strange, *alerts_taken.unknown(self._world, actor, respelled)]

    def _spellings(self, source: str) -> tuple[Sequence[FieldMap], dict[bytes, bytes]]:
        maps = self._world.setup.field_maps
        if maps is not self._maps:
            self._maps = maps
            self._spelled.clear()
        spelled = self._spelled.setdefault(source, {})
        if len(spelled) > _FEWEST_SPELLINGS + _MOST_SPELLINGS * len(self._world.alerts.table):
            spelled.clear()  # they are learnt anew
        return mapping.concerning(maps, source), spelled


async def _parts(batch: Sequence[Received]) -> AsyncIterator[Sequence[Received]]:
    """As many at a time as nobody else minds waiting for."""
    for first in range(0, len(batch), ROW):
        if first:
            await asyncio.sleep(0)
        yield batch[first : first + ROW]
