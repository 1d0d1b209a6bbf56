"""Who of our people somebody in a chat is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatLink:
    """In the chat of `integration` the one with the id `user` is our `person`, since then, because `by` said so."""

    integration: str
    user: str
    person: str
    at: datetime
    by: str
