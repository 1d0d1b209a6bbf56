"""What is kept of who our people are in chats."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.model.chat_link import ChatLink


class ChatLinks(Protocol):
    """Links between our people and who they are in a chat, and codes that make one once."""

    def put(self, link: ChatLink) -> None:
        """Creates or replaces: there somebody is one of our people at most."""
        ...

    def of(self, integration: str) -> Sequence[ChatLink]:
        """All of one chat, by the id that people have there."""
        ...

    def all(self) -> Sequence[ChatLink]:
        """All of them."""
        ...

    def drop(self, integration: str, user: str) -> None:
        """Whoever has this id there is nobody of ours any more."""
        ...

    def add_code(self, secret_hash: str, person: str, now: datetime, expires_at: datetime) -> None:
        """Keeps a code that can be used once; those that expired before are forgotten."""
        ...

    def use_code(self, secret_hash: str, now: datetime) -> str | None:
        """Whose code it is; it is used up. None: unknown, used or expired."""
        ...
