"""Messages of a chat that people want on the timeline of an incident; handed to integrations with `Commands`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from typing import Protocol, TypeAlias

from bot.model.answer import Answer
from bot.model.remark import Remark, Shown, Spot
from bot.model.utterance import Speaker

Fetch: TypeAlias = Callable[[], Awaitable[Sequence[Shown]]]
"""Fetches the images of a message: what cannot be had is among them with its reason, and nothing is raised."""


class Remarks(Protocol):
    """Whoever keeps them. However often the same is said here, it has one effect."""

    async def spots(self, integration: str) -> Sequence[Spot]:
        """Where people talk about incidents that are open, or were lately."""
        ...

    async def kept(self, integration: str, spot: Spot) -> Set[str]:
        """The links of the messages from there that stand on the timeline, or stood there."""
        ...

    async def keep(self, speaker: Speaker, remark: Remark, how: str, images: Fetch | None = None) -> Answer | None:
        """From now on it stands on the timeline, at its own time, as the person who is linked to the speaker wants it.

        `how` says by what they said so. `images` is asked only where it is news and they may. None: it was not said
        where people talk about an incident. Where they may not, the answer says why.
        """
        ...

    async def follow(self, integration: str, spot: Spot, says: Mapping[str, str]) -> None:
        """What each of these messages says now, by its link; empty: it was deleted. Those not kept are left alone."""
        ...
