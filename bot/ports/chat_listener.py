"""Whoever hears people in a chat, over whichever door: what was heard is kept first, and comes back to be followed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bot.model.utterance import Missed


class ChatListener(Protocol):
    """Follows what `Commands.keep` kept: `heard` is what was written down there."""

    async def follow(self, heard: Mapping[str, str]) -> None:
        """Does it and answers whoever said it. It raises nothing that would make it be done again."""
        ...

    async def excuse(self, heard: Mapping[str, str], missed: Missed) -> None:
        """Tells them that it was not done, or that nobody knows. Temporary: they do not know yet. Permanent: never."""
        ...
