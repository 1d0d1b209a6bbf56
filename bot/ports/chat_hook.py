"""What people do in a chat whose vendor posts it to Tocsin: proven first, acknowledged at once, followed afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.ports.alert_hook import Call, Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """What the vendor reads at once; without `body`, nothing but that it came.

    `broken`: it cannot be read at all; `again`: it could not be written down, and is not acknowledged.
    """

    body: Mapping[str, object] | None = None
    broken: bool = False
    again: bool = False


class ChatHook(Protocol):
    """Takes what is posted at `/hooks/NAME` by the vendor of a chat."""

    @property
    def proof(self) -> Proof:
        """How a call is proven."""
        ...

    async def take(self, call: Call) -> Acknowledged:
        """A call that was proven. It answers when what was asked for is on the disk; that is done afterwards, once."""
        ...
