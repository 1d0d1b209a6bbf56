"""Messages of a chat on the timeline of the incident that people talk about there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from bot.chat import places
from bot.chat.identity import Identity
from bot.errors import TocsinError
from bot.model.actor import Actor, ActorKind
from bot.model.answer import Answer, Tone
from bot.model.ids import IncidentId
from bot.model.remark import Remark, Spot
from bot.model.utterance import Speaker
from bot.model.wording import one_line
from bot.ports.remarks import Fetch
from bot.response import messages_kept
from bot.response.world import World


class Kept:
    """`Remarks`. Who somebody is, and what they may, is asked at the moment."""

    def __init__(self, world: World, identity: Identity) -> None:
        self._world, self._identity = world, identity

    async def spots(self, integration: str) -> Sequence[Spot]:
        """See `Remarks`."""
        return await self._world.store.read(lambda tx: places.spots(tx, integration))

    async def kept(self, integration: str, spot: Spot) -> Set[str]:
        """See `Remarks`."""
        incident = await self._about(integration, spot)
        return set() if incident is None else await messages_kept.seen(self._world, _chat(integration), incident)

    async def keep(self, speaker: Speaker, remark: Remark, how: str, images: Fetch | None = None) -> Answer | None:
        """See `Remarks`."""
        try:
            incident = await self._about(speaker.integration, Spot(place=remark.place, thread=remark.thread))
            return None if incident is None else await self._keep(speaker, incident, remark, how, images)
        except TocsinError as error:
            hint = one_line(error.hint, 500)
            return Answer(headline=one_line(error.message, 500), tone=Tone.CAREFUL, hint=hint, refused=True)

    async def _keep(
        self, speaker: Speaker, incident: IncidentId, remark: Remark, how: str, images: Fetch | None
    ) -> Answer:
        who = await self._identity.of(speaker)
        if isinstance(who, Answer):
            return who
        author = who.known.get(remark.author) or one_line(remark.called or remark.author, 80)
        await messages_kept.keep(self._world, who.actor, incident, remark, author=author, how=how, images=images)
        self._world.nudge()
        return Answer(headline=f"It stands on the timeline of {incident}", tone=Tone.GOOD, seen=True)

    async def follow(self, integration: str, spot: Spot, says: Mapping[str, str]) -> None:
        """See `Remarks`."""
        incident = await self._about(integration, spot)
        if incident is not None and says:
            await messages_kept.follow(self._world, _chat(integration), incident, says)

    async def _about(self, integration: str, spot: Spot) -> IncidentId | None:
        return await self._world.store.read(lambda tx: places.about(tx, integration, spot))


def _chat(integration: str) -> Actor:
    """The chat itself, which says what people did to their messages there."""
    return Actor(kind=ActorKind.SOURCE, name=integration, via="chat")
